"""Where what stands some lines back is put: in steps, and always at the same place for the same text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storygen.engine.context.lines import Lines

TEXT = st.lists(
    st.sampled_from(["One.", " two", "\n", "\n\n", "  ", "é猫", "No. 3", "“Go!”"]), max_size=40
)


def place(text: str, depth: int) -> int:
    lines = Lines()
    data = bytearray(text.encode())
    lines.read(data)
    return lines.place(depth, data)


def lines_after(text: str, depth: int) -> int:
    behind = text.encode()[place(text, depth) :].decode()
    return sum(bool(line.strip()) for line in behind.split("\n"))


@pytest.mark.parametrize("depth", [1, 2, 3, 4, 7])
def test_between_n_and_twice_n_lines_follow(depth: int) -> None:
    for num_lines in range(1, 60):
        text = "".join(f"Line {n}.\n\n" for n in range(num_lines))
        expected = range(depth, 2 * depth) if num_lines > depth else [num_lines]
        assert lines_after(text, depth) in expected


def test_a_place_moves_once_in_n_lines() -> None:
    places = [place("".join(f"Line {n}.\n" for n in range(count)), 5) for count in range(10, 60)]
    assert len(set(places)) == 10


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
        copied = grown.copied()
        assert grown.place(depth, data) == place(data.decode(), depth)
        assert copied.place(depth, data) == grown.place(depth, data)
