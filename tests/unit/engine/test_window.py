"""The window over a long story: it fits, moves in large steps, and follows edits."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from storygen.engine.context.window import Window
from storygen.engine.text.tokenized import Replaced


def test_a_growing_story_moves_the_window_in_large_steps() -> None:
    window = Window(90)
    moves = [n for n in range(1000) if window.fit(n)]
    assert moves == list(range(91, 1000, 30))
    assert window.start % 30 == 0


@given(st.integers(2, 300), st.integers(0, 5000))
def test_a_run_that_begins_now_has_the_window_of_one_that_grew(room: int, num_tokens: int) -> None:
    grown, new = Window(room), Window(room)
    for n in range(max(0, num_tokens - 2 * room), num_tokens + 1):
        grown.fit(n)
    new.fit(num_tokens)
    assert new.start == grown.start
    assert num_tokens - new.start <= room


def test_an_edit_before_the_window_leaves_it_at_the_same_tokens() -> None:
    window = Window(90)
    window.fit(100)
    window.moved(Replaced(5, 3, 10))
    assert window.start == 37


def test_text_cut_away_brings_earlier_text_back_into_the_window() -> None:
    window = Window(90)
    window.fit(400)
    window.fit(120)
    assert 120 - window.start <= 90
    window.fit(40)
    assert window.start == 0


@given(
    st.integers(4, 100),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 60), st.integers(0, 60)), max_size=30),
)
def test_the_window_always_fits_and_always_starts_in_the_text(
    room: int, edits: list[tuple[int, int, int]]
) -> None:
    window, num_tokens = Window(room), 300
    for first, removed, inserted in edits:
        first = min(first, num_tokens)
        removed = min(removed, num_tokens - first)
        window.moved(Replaced(first, removed, inserted))
        num_tokens += inserted - removed
        window.fit(num_tokens)
        assert 0 <= window.start <= num_tokens
        assert num_tokens - window.start <= room
