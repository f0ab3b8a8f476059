"""What servers answer, read into the workbench's types."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storygen.errors import StorygenError
from storygen.workbench.models.base import Likely, ScoredToken
from storygen.workbench.models.remote_answers import read_pieces, spread, with_thoughts


def completion(**choice: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "finish_reason": None, **choice}]}


def listed(logprob: Any, top: dict[str, Any]) -> dict[str, Any]:
    return {"tokens": ["a"], "token_logprobs": [logprob], "top_logprobs": [top]}


def test_the_lists_of_completions_are_read() -> None:
    [piece] = read_pieces(completion(text="a", logprobs=listed(-1.0, {"b": -0.5, "a": -1.0})), 2)
    likely = (Likely(None, "b", -0.5), Likely(None, "a", -1.0))
    assert piece.tokens == (ScoredToken(None, "a", -1.0, 2, None, likely),)


def test_the_objects_of_chats_are_read_with_their_bytes_and_ids() -> None:
    told = {
        "token": "\ufffd",
        "bytes": [0xC3],
        "id": 7,
        "logprob": -1.0,
        "top_logprobs": [{"token": "x", "logprob": -0.1}],
    }
    [piece] = read_pieces(completion(delta={"content": "é"}, logprobs={"content": [told]}), 1)
    assert piece.text == "é"
    assert piece.tokens == (ScoredToken(7, "é", -1.0, None, None, (Likely(None, "x", -0.1),)),)


def test_a_token_beyond_those_asked_for_has_no_rank() -> None:
    top = {"b": -0.5, "c": -0.7, "a": -3.0}
    [piece] = read_pieces(completion(text="a", logprobs=listed(-3.0, top)), 2)
    assert piece.tokens[0].rank is None
    assert [each.text for each in piece.tokens[0].top] == ["b", "c"]


def test_without_log_probabilities_the_text_is_one_token_that_nothing_is_known_of() -> None:
    [piece] = read_pieces(completion(text="several words", logprobs=None), 5)
    assert piece.tokens == (ScoredToken(None, "several words"),)


def test_a_message_without_text_adds_nothing() -> None:
    assert read_pieces(completion(delta={"role": "assistant", "content": None}), 0)[0].tokens == ()
    assert read_pieces({"usage": {}}, 0) == []
    assert read_pieces({"choices": [], "usage": {}}, 0) == []


def test_thoughts_that_a_server_tells_apart_stand_in_the_text_between_marks() -> None:
    deltas = [
        {"role": "assistant", "content": ""},
        {"reasoning_content": "Let me"},
        {"reasoning": " see."},
        {"content": "Good"},
        {"content": " day."},
    ]
    pieces = [piece for delta in deltas for piece in read_pieces(completion(delta=delta), 0)]
    assert "".join(piece.text for piece in with_thoughts(pieces)) == (
        "<think>Let me see.</think>Good day."
    )
    tokens = [token.text for piece in with_thoughts(pieces) for token in piece.tokens]
    assert "".join(tokens) == "<think>Let me see.</think>Good day."


@pytest.mark.parametrize(
    ("logprob", "reason"),
    [(float("nan"), "NaN"), (0.5, "above 0"), ("-1", "no number"), (True, "no number")],
)
def test_a_log_probability_that_is_none_is_an_error(logprob: Any, reason: str) -> None:
    with pytest.raises(StorygenError, match=reason):
        read_pieces(completion(text="a", logprobs=listed(logprob, {})), 1)
    with pytest.raises(StorygenError, match=reason):
        read_pieces(completion(text="a", logprobs=listed(-1.0, {"b": logprob})), 1)


def test_rounding_above_0_is_0() -> None:
    [piece] = read_pieces(completion(text="a", logprobs=listed(1e-7, {"a": 1e-7})), 1)
    assert piece.tokens[0].logprob == 0.0


@pytest.mark.parametrize(
    "answer",
    [
        [],
        {"choices": "none"},
        {"choices": [1]},
        completion(text=5),
        completion(message="hello"),
        completion(text="ab", logprobs={"tokens": ["a", "b"], "token_logprobs": [-1.0]}),
        completion(text="a", logprobs={"content": ["a"]}),
    ],
)
def test_an_answer_of_another_form_is_an_error(answer: Any) -> None:
    with pytest.raises(StorygenError, match="makes no sense"):
        read_pieces(answer, 1)


@pytest.mark.parametrize(
    ("text", "tokens", "shares"),
    [
        ("The cat", ["The", " cat"], ["The", " cat"]),
        ("The cat", ["<s>", "The", " cat"], ["", "The", " cat"]),
        ("a 🙂.", ["a", " ", "\ufffd", "\ufffd", "\ufffd", "."], ["a", " ", "", "", "🙂", "."]),
        ("é", ["\ufffd", "\ufffd"], ["", "é"]),
        (" Hello you", ["Hello", " you"], [" Hello", " you"]),
        ("ab", ["x"], ["ab"]),
        ("", ["</s>"], [""]),
    ],
)
def test_tokens_share_out_the_text(text: str, tokens: list[str], shares: list[str]) -> None:
    assert spread(text, tokens) == shares


@given(st.text(max_size=30), st.lists(st.text(max_size=4), min_size=1, max_size=12))
def test_the_shares_are_always_the_text_again(text: str, tokens: list[str]) -> None:
    assert "".join(spread(text, tokens)) == text
