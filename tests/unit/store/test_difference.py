"""A checkpoint read back is the checkpoint that was written."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from storygen.store.difference import (
    Body,
    apply_difference,
    pack_difference,
    pack_whole,
    unpack_whole,
)
from storygen.store.records import Author

pieces = st.sampled_from(
    ["\n", "\n\n", "Once ", "upon", "👩‍👩‍👧", "é", "é", "物語", "שלום", "\r", "\u2028", "\x00", "𝔘"]
)
bodies = st.builds(
    Body,
    st.lists(pieces, max_size=30).map("".join),
    st.lists(
        st.builds(Author, st.integers(0, 9), st.sampled_from([1, 2**52]), st.integers(0, 99)),
        max_size=10,
    ).map(tuple),
)


@given(bodies)
def test_a_whole_copy_comes_back(body: Body) -> None:
    assert unpack_whole(pack_whole(body)) == body


@given(bodies, bodies)
def test_a_difference_between_any_two_bodies_is_exact(old: Body, new: Body) -> None:
    assert apply_difference(old, pack_difference(old, new)) == new


def test_scattered_edits_of_a_long_story_make_a_small_difference() -> None:
    lines = [f"Sentence {number} of the story, and what came of it.\n\n" for number in range(5_000)]
    old = Body("".join(lines), (Author(9, 1, 0), Author(9, 2, 0)))
    lines[10] = "Another beginning.\n"
    del lines[2_000]
    lines.append("And so it went on.")
    new = Body("".join(lines), (Author(9, 1, 0), Author(3, 3, 0), Author(9, 2, 0)))
    assert len(pack_difference(old, new)) < 150
    assert apply_difference(old, pack_difference(old, new)) == new


def test_a_story_turned_upside_down_is_compared_at_once() -> None:
    lines = [f"{number}\n" for number in range(100_000)]
    old, new = Body("".join(lines), ()), Body("".join(reversed(lines)), ())
    assert apply_difference(old, pack_difference(old, new)) == new
