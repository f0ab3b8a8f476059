"""How fast one connection may call."""

from __future__ import annotations

import pytest

from storygen.errors import BadRequestError
from storygen.server.calls.pace import BURST_S, RATES, Pace


def _count_until_refused(pace: Pace, event: str, now: float) -> int:
    for count in range(10_000):
        try:
            pace.count(event, now)
        except BadRequestError as error:
            assert error.code == "too_fast"
            return count
    raise AssertionError("never refused")


@pytest.mark.parametrize(
    ("event", "rate"), [("doc_update", RATES["doc_update"]), ("hello", RATES[""])]
)
def test_a_burst_of_twice_a_seconds_worth_is_allowed_and_no_more(event: str, rate: float) -> None:
    assert _count_until_refused(Pace(), event, 1000.0) == int(rate * BURST_S)


def test_a_steady_pace_at_the_rate_is_never_refused() -> None:
    pace, now = Pace(), 1000.0
    for _ in range(2000):
        pace.count("doc_update", now)
        now += 1 / RATES["doc_update"]


def test_updates_that_are_too_fast_leave_room_for_other_calls() -> None:
    pace = Pace()
    _count_until_refused(pace, "doc_update", 1000.0)
    pace.count("run_pause", 1000.0)


def test_after_a_rest_one_may_call_again() -> None:
    pace = Pace()
    _count_until_refused(pace, "hello", 1000.0)
    pace.count("hello", 1000.0 + BURST_S)
