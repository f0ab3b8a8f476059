"""Where what stands some lines back is put: in steps, and always at the same place for the same text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storygen.engine.context.lines import Lines, step

TEXT = st.lists(
    st.sampled_from(["One.", " two", "\n", "\n\n", "  ", "é猫", "No. 3", "“Go!”"]), max_size=40
)


def place(text: str, depth: int, least: int = 1) -> int:
    lines = Lines()
    data = bytearray(text.encode())
    lines.read(data)
    return lines.place(depth, step(depth, least), data)


def lines_after(text: str, depth: int, least: int) -> int:
    behind = text.encode()[place(text, depth, least) :].decode()
    return sum(bool(line.strip()) for line in behind.split("\n"))


@pytest.mark.parametrize("depth", [1, 2, 3, 4, 7, 40])
@pytest.mark.parametrize("least", [1, 2, 3])
def test_between_n_and_twice_n_lines_follow(depth: int, least: int) -> None:
    least = min(depth, least)
    for num_lines in range(1, 60):
        text = "".join(f"Line {n}.\n\n" for n in range(num_lines))
        expected = range(depth, 2 * depth) if num_lines > depth else [num_lines]
        assert lines_after(text, depth, least) in expected


def moves(depth: int, least: int) -> set[int]:
    """The numbers of lines with which a place moves."""
    texts = ["".join(f"Line {n}.\n" for n in range(count)) for count in range(50, 120)]
    places = [place(text, depth, least) for text in texts]
    return {50 + n for n in range(1, len(places)) if places[n] != places[n - 1]}


def test_a_place_moves_once_in_n_lines() -> None:
    assert len(moves(5, 5)) == 13


@pytest.mark.parametrize(("near", "far"), [(3, 4), (3, 7), (2, 5), (1, 30), (4, 4)])
def test_a_farther_place_moves_only_together_with_a_nearer_one(near: int, far: int) -> None:
    assert moves(far, near) <= moves(near, near)


@pytest.mark.parametrize(
    ("text", "behind"),
    [
        ("He ran.", ""),
        ("He ran. She", " She"),
        ("He ran to Mr. Smith", "He ran to Mr. Smith"),
        ("He ran. It was 3.", " It was 3."),
        ("He ran.\nShe", "She"),
        ("He ran.\n", ""),
        ("“Go!” she", " she"),
        ("猫が来た。夜", "夜"),
        ("", ""),
    ],
)
def test_no_lines_back_is_behind_the_last_sentence(text: str, behind: str) -> None:
    assert text.encode()[place(text, 0) :].decode() == behind


@given(TEXT, st.integers(0, 5))
def test_a_text_that_grew_has_the_places_of_one_that_is_read_at_once(
    parts: list[str], depth: int
) -> None:
    grown, data = Lines(), bytearray()
    for part in parts:
        data += part.encode()
        grown.read(data)
        expected = place(data.decode(), depth)
        assert grown.place(depth, step(depth, 1), data) == expected
        assert grown.copied().place(depth, step(depth, 1), data) == expected
