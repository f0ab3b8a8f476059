"""A sampler step by step, with a clock that a test turns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from storygen.server.original.requests import read_generate, read_sampler, unwrap_prompt
from storygen.server.original.sampler import SLICE_S, TOKENS_AHEAD, Outlet, Sampler


class Desk:
    """Both ends of a sampler: what was granted and sent, the timer, and the client's answer."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.granted = 0
        self.stopped = self.completed = False
        self.timer: Callable[[], None] | None = None
        self.answer: Callable[[Any], None] = lambda _go_on: None
        self.sampler = Sampler(Outlet(self._send, self._complete, self._later))
        self.sampler.begin(self)

    def grant(self, tokens: int) -> None:
        self.granted += tokens

    def stop(self) -> None:
        self.stopped = True

    def time_passes(self) -> None:
        timer, self.timer = self.timer, None
        assert timer is not None
        timer()

    def _send(self, text: str, acknowledged: Callable[[Any], None]) -> None:
        self.sent.append(text)
        self.answer = acknowledged

    def _complete(self) -> None:
        self.completed = True

    def _later(self, delay_s: float, work: Callable[[], None]) -> Callable[[], None]:
        assert delay_s == SLICE_S
        assert self.timer is None
        self.timer = work
        return self._cancel

    def _cancel(self) -> None:
        self.timer = None


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_what_comes_within_half_a_second_is_one_slice(desk: Desk) -> None:
    desk.sampler.add("a")
    desk.sampler.add("b")
    assert desk.sent == []
    desk.time_passes()
    assert desk.sent == ["ab"]


def test_a_slice_waits_for_the_acknowledgement_of_the_one_before(desk: Desk) -> None:
    desk.sampler.add("a")
    desk.time_passes()
    desk.sampler.add("b")
    desk.time_passes()
    assert desk.sent == ["a"]
    desk.answer(True)
    assert desk.sent == ["a", "b"]


def test_an_early_acknowledgement_does_not_cut_the_next_slice_short(desk: Desk) -> None:
    desk.sampler.add("a")
    desk.time_passes()
    desk.sampler.add("b")
    desk.answer(True)
    desk.sampler.add("c")
    assert desk.sent == ["a"]
    desk.time_passes()
    assert desk.sent == ["a", "bc"]


def test_tokens_are_granted_again_as_they_are_acknowledged_and_not_before(desk: Desk) -> None:
    assert desk.granted == TOKENS_AHEAD
    for _ in range(TOKENS_AHEAD):
        desk.sampler.add("x")
    assert desk.sent == ["x" * TOKENS_AHEAD]
    assert desk.granted == TOKENS_AHEAD
    desk.answer(True)
    assert desk.granted == 2 * TOKENS_AHEAD


def test_tokens_without_text_neither_send_a_slice_nor_stall_the_model(desk: Desk) -> None:
    for _ in range(3 * TOKENS_AHEAD):
        desk.sampler.add("")
    assert desk.sent == []
    assert desk.granted >= 3 * TOKENS_AHEAD


def test_the_end_is_told_after_the_last_slice_was_acknowledged(desk: Desk) -> None:
    desk.sampler.add("a")
    desk.time_passes()
    desk.sampler.add("b")
    desk.sampler.end()
    assert not desk.completed
    desk.answer(True)
    assert desk.sent == ["a", "b"] and not desk.completed
    desk.answer(True)
    assert desk.completed and desk.stopped and desk.timer is None


def test_false_stops_and_nothing_follows(desk: Desk) -> None:
    desk.sampler.add("a")
    desk.time_passes()
    desk.sampler.add("b")
    desk.answer(False)
    assert desk.stopped and desk.timer is None
    desk.sampler.add("c")
    desk.sampler.end()
    desk.answer(True)
    assert desk.sent == ["a"] and not desk.completed


def test_an_acknowledgement_counts_once(desk: Desk) -> None:
    desk.sampler.add("a")
    desk.time_passes()
    desk.answer(True)
    granted = desk.granted
    desk.answer(True)
    assert desk.granted == granted


# ---------------------------------------------------------------- arguments


def test_parameters_are_brought_into_their_range_and_unknown_ones_left_out() -> None:
    given = {"min_length": 600, "temperature": "0.7", "top_k": -3, "top_p": 7, "do_sample": True}
    request = read_sampler(("s", "m", "Once", given))
    assert request is not None
    assert request.params == {
        "min_tokens": 512,
        "temperature": 0.7,
        "top_k": 0,
        "top_p": 1.0,
        "limit": "endless",
        "max_tokens": 0,
        "alternatives": 0,
        "at_end_of_text": "stop",
    }


@pytest.mark.parametrize(
    "number", [float("nan"), float("inf"), "nan", "1e999", "x", True, [], {}, "1" * 40]
)
def test_what_is_no_number_makes_no_request(number: Any) -> None:
    assert read_sampler(("s", "m", "Once", {"temperature": number})) is None
    assert read_generate(("s", "m", "Once", number)) is None
    assert read_generate(("s", "m", "Once", 5, {}, number)) is None


def test_numbers_beyond_all_measure_are_brought_into_range() -> None:
    request = read_generate(("s", "m", "Once", 10**400, {"top_k": -(10**400)}, 10**400))
    assert request is not None
    assert (request.max_length, request.num, request.params["top_k"]) == (50, 10, 0)


def test_parameters_and_number_may_be_left_out_or_null() -> None:
    for args in (
        ("t", "m", "Once", 5),
        ("t", "m", "Once", 5, None),
        ("t", "m", "Once", 5, None, None),
    ):
        request = read_generate(args)
        assert request is not None
        assert (request.num, request.max_length) == (1, 5)


def test_a_wrapped_prompt_is_taken_apart_for_models_of_another_format() -> None:
    assert unwrap_prompt("<|endoftext|>[WP] A fox. [RESPONSE] ") == ("A fox.", "")
    assert unwrap_prompt("<|endoftext|>[WP] A\nfox [RESPONSE] It ran [on") == (
        "A\nfox",
        "It ran [on",
    )
    for plain in ("Once", "[WP] A fox. [RESPONSE] ", "<|endoftext|>A fox", ""):
        assert unwrap_prompt(plain) is None
