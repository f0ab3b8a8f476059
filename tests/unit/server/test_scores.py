"""A story being scored for one browser: parts by identity, one message under way, an end in every case."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from storygen.errors import ModelError
from storygen.link.messages import ScoreText, TokensScored
from storygen.server.scores import MOST_TOKENS, Score
from storygen.story.looks import NewLook, Whole

TEXT = "Once 🙂 upon"
STRETCHES = [(9, 0, 4), (7, 20, 3), (9, 4, 5)]  # "Once", " 🙂", " upon"
NEW = NewLook("m", "M", "continue", "", {}, 0)


class Requests:
    """Answers with parts that a test chooses."""

    def __init__(self, *parts: TokensScored, error: str = "") -> None:
        self.parts, self.error = parts, error
        self.cancelled: list[str] = []
        self.asked = 0

    def ready(self, model: str) -> int:
        return 100

    def ask(self, model: str, command: Any, *, hear: Callable[[Any], None]) -> Any:
        self.asked += 1
        if self.error:
            raise ModelError(self.error)
        for part in self.parts[:-1]:
            hear(part)
        return self.parts[-1]

    def cancel(self, request: str) -> None:
        self.cancelled.append(request)


class Browser:
    """Acknowledges when told to."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self._done: list[Callable[..., None]] = []

    def __call__(self, message: dict[str, Any], done: Callable[..., None]) -> None:
        self.told.append(message)
        self._done.append(done)

    def acknowledge(self) -> None:
        self._done.pop(0)(True)


def part(*ends: int, done: int = 0, total: int = 0, **more: Any) -> TokensScored:
    size = len(ends)
    logprobs, ranks = tuple(-float(end) for end in ends), (1,) * size
    return TokensScored(
        "q", done, total, ends, logprobs, ranks, (0.5,) * size, (0.25,) * size, **more
    )


def scoring(browser: Browser, text: str = TEXT, stretches: Any = None) -> Score:
    whole = Whole(ScoreText("q", text, params={}), STRETCHES if stretches is None else stretches)
    return Score("s", NEW, whole, browser)


def run(score: Score, requests: Requests) -> None:
    score.run(requests)  # type: ignore[arg-type]


def test_tokens_are_counted_in_units_and_named_by_identity() -> None:
    browser = Browser()
    score = scoring(browser)
    score.open()
    last = part(11, done=4, total=4, partial=False)
    run(score, Requests(part(2, 4, 6, done=3, total=4), last))
    assert browser.told[0]["stretches"] == [[9, 0, 4], [7, 20, 3]]
    assert [token[0] for token in browser.told[0]["tokens"]] == [2, 2, 3]
    browser.acknowledge()
    assert browser.told[1]["stretches"] == [[9, 4, 5]]
    assert (browser.told[1]["done"], browser.told[1]["over"]) == (4, True)


def test_one_message_is_under_way_and_the_rest_goes_with_the_next() -> None:
    browser = Browser()
    score = scoring(browser)
    run(score, Requests(part(2, done=1, total=3), part(4, done=2, total=3),
                        part(11, done=3, total=3, partial=False)))  # fmt: skip
    assert browser.told == []  # the answer to the call goes first
    score.open()
    (message,) = browser.told
    assert len(message["tokens"]) == 3 and message["over"]
    browser.acknowledge()
    assert len(browser.told) == 1


def test_a_message_has_a_bounded_length() -> None:
    browser = Browser()
    size = MOST_TOKENS + 10
    score = scoring(browser, "x" * size, [(9, 0, size)])
    run(score, Requests(part(*range(1, size + 1), done=size, total=size, partial=False)))
    score.open()
    assert (len(browser.told[0]["tokens"]), browser.told[0]["over"]) == (MOST_TOKENS, False)
    assert browser.told[0]["done"] == MOST_TOKENS
    browser.acknowledge()
    assert (len(browser.told[1]["tokens"]), browser.told[1]["over"]) == (10, True)
    assert browser.told[1]["stretches"] == [[9, MOST_TOKENS, 10]]


def test_a_worker_that_goes_ends_it_with_the_reason() -> None:
    browser = Browser()
    score = scoring(browser)
    score.open()
    run(score, Requests(error="The model's process ended; try again."))
    assert browser.told[-1]["over"] and "ended" in browser.told[-1]["error"]


def test_what_the_worker_could_not_do_is_said() -> None:
    browser = Browser()
    score = scoring(browser)
    score.open()
    run(score, Requests(TokensScored("q", partial=False, error="Too long.")))
    assert browser.told[-1]["error"] == "Too long."


def test_after_a_stop_nothing_is_asked_or_told() -> None:
    browser, requests = Browser(), Requests(part(11, done=1, total=1, partial=False))
    score = scoring(browser)
    score.open()
    score.stop(requests)  # type: ignore[arg-type]
    run(score, requests)
    assert requests.cancelled == ["q"] and requests.asked == 0
    assert browser.told == []


def test_numbers_that_json_has_not_are_null() -> None:
    browser = Browser()
    score = scoring(browser)
    score.open()
    nan = float("nan")
    whole = TokensScored("q", 1, 1, (11,), (nan,), (1,), (nan,), (float("inf"),), partial=False)
    run(score, Requests(whole))
    assert browser.told[0]["tokens"] == [[12, None, 1, None, None]]


@pytest.mark.parametrize(
    ("index", "place"), [(0, None), (1, (9, 1)), (2, (9, 3)), (3, (7, 22)), (4, (9, 8))]
)
def test_the_place_before_a_token_is_the_character_left_of_it(
    index: int, place: tuple[int, int] | None
) -> None:
    score = scoring(Browser())
    run(score, Requests(part(2, 4, 6, 11, 11, done=5, total=5, partial=False)))
    assert score.place_before(index) == place
