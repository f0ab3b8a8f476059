"""Splices told out of turn: whatever order, the same text."""

from __future__ import annotations

import hypothesis.strategies as st
from hypothesis import given, settings

from storygen.link.messages import Splice
from storygen.story.waiting import MOST_MOVED, Distance, WaitingSplices

TEXT = "0123456789" * 3


def applied(text: str, splices: tuple[Splice, ...]) -> str:
    for splice in splices:
        assert 0 <= splice.at <= splice.at + splice.delete <= len(text)
        text = text[: splice.at] + splice.insert + text[splice.at + splice.delete :]
    return text


@st.composite
def waiting(draw: st.DrawFn) -> tuple[WaitingSplices, str]:
    """Splices as edits of a text make them, and the text after all of them."""
    found, text = WaitingSplices(), TEXT
    for number in range(draw(st.integers(0, 8))):
        at = draw(st.integers(0, len(text)))
        delete = draw(st.integers(0, min(4, len(text) - at)))
        splice = Splice(at, delete, draw(st.sampled_from(["", "a", "bcd", "\n"])))
        distance = draw(st.sampled_from(list(Distance)[:-1]))
        found.add(splice, distance, float(number))
        text = applied(text, (splice,))
    return found, text


@settings(max_examples=500, deadline=None)
@given(waiting(), st.lists(st.sampled_from(list(Distance)), max_size=3))
def test_in_whatever_order_they_are_told_the_text_comes_out_the_same(
    made: tuple[WaitingSplices, str], reaches: list[Distance]
) -> None:
    found, text = made
    told = TEXT
    for reach in [*reaches, Distance.OUTSIDE]:
        told = applied(told, found.take(reach))
        assert found.urgency > reach or not found
    assert told == text


def test_a_near_key_does_not_bring_along_what_another_run_wrote_far_up() -> None:
    found = WaitingSplices()
    found.add(Splice(5, 0, " more"), Distance.OTHER_RUN, 1.0)
    found.add(Splice(30, 0, "x"), Distance.NEAR, 2.0)
    assert found.take(Distance.NEAR) == (Splice(25, 0, "x"),)
    assert found.urgency == Distance.OTHER_RUN
    assert found.take() == (Splice(5, 0, " more"),)


def test_what_is_read_again_anyway_goes_along() -> None:
    found = WaitingSplices()
    found.add(Splice(2, 0, "far"), Distance.FAR, 1.0)
    found.add(Splice(20, 0, " more"), Distance.OTHER_RUN, 2.0)
    assert len(found.take(Distance.FAR)) == 2


def test_two_that_touch_the_same_text_stay_together() -> None:
    found = WaitingSplices()
    found.add(Splice(5, 0, "abc"), Distance.FAR, 1.0)
    found.add(Splice(6, 1, ""), Distance.NEAR, 2.0)
    assert found.take(Distance.NEAR) == (Splice(5, 0, "abc"), Splice(6, 1, ""))


def test_very_many_are_told_together() -> None:
    found = WaitingSplices()
    for number in range(MOST_MOVED):
        found.add(Splice(0, 0, "a"), Distance.FAR, float(number))
    found.add(Splice(MOST_MOVED + 10, 0, "x"), Distance.NEAR, 1e3)
    assert len(found.take(Distance.NEAR)) == MOST_MOVED + 1
