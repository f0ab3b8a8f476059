"""Tokenised text through edits: it always spells the text, and what stays keeps its ids."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storygen.engine.text.tokenized import MAX_HEALED_TOKENS, TokenizedText
from storygen.errors import BadRequestError
from storygen.link.messages import KnownToken
from tests.tiny_engine import tiny_writing
from tests.tiny_models import SENTENCEPIECE_LIKE

KINDS = ("gpt2", "llama")
LETTERS = st.text(st.sampled_from("ab hel\nthe é猫🙂👩‍👧́مש.,"), max_size=12)


def tokenized(kind: str, text: str, **fields: object) -> TokenizedText:
    return TokenizedText(tiny_writing(kind).encoder, text, **fields)  # type: ignore[arg-type]


def check_spells(kind: str, text: TokenizedText) -> None:
    joined = tiny_writing(kind).bytes.join(text.ids)
    assert (
        joined.removeprefix(b" " if kind in SENTENCEPIECE_LIKE and text._first else b"")
        == text.data
    )
    assert text.ends[-1:] == ([len(text.data)] if text.data else [])
    assert len(text.ids) == len(text.ends)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("first", [True, False])
@settings(max_examples=60, deadline=None)
@given(
    text=LETTERS,
    edits=st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), LETTERS), max_size=8),
)
def test_tokens_spell_the_text_after_any_edits(
    kind: str, first: bool, text: str, edits: list[tuple[float, float, str]]
) -> None:
    if first and kind in SENTENCEPIECE_LIKE:
        text = "x" + text  # keeps the tokenizer's own space apart from one that was typed
    tokens = tokenized(kind, text, first=first)
    for at_part, delete_part, insert in edits:
        at = int(at_part * len(text))
        if first and kind in SENTENCEPIECE_LIKE:
            at = max(at, 1)
        delete = int(delete_part * (len(text) - at))
        tokens.splice(at, delete, insert)
        text = text[:at] + insert + text[at + delete :]
        assert tokens.text == text
        check_spells(kind, tokens)


def test_an_edit_keeps_the_ids_of_all_that_stays() -> None:
    tokens = tokenized("gpt2", "Once upon a time there was a small house by the sea.")
    before = list(tokens.ids)
    replaced = tokens.splice(20, 1, "Q")
    kept_before = tokens.ids[: replaced.first]
    kept_after = tokens.ids[replaced.first + replaced.inserted :]
    assert kept_before == before[: replaced.first]
    assert kept_after == before[replaced.first + replaced.removed :]
    assert replaced.removed <= 6


def test_a_generated_tokenization_survives_an_edit_elsewhere() -> None:
    pieces = [number for letter in "hello hello" for number in ids_of(letter)]
    known = tuple(KnownToken(n, n + 1, number) for n, number in enumerate(pieces))
    tokens = tokenized("gpt2", "hello hello", known=known)
    assert tokens.ids == pieces
    tokens.splice(0, 1, "j")
    assert tokens.ids[-6:] == pieces[-6:]


def test_known_tokens_that_do_not_fit_the_text_are_tokenised_instead() -> None:
    wrong = (KnownToken(0, 5, ids_of(" sea")[0]), KnownToken(3, 400, 1), KnownToken(-2, 1, 1))
    tokens = tokenized("gpt2", "hello there", known=wrong)
    check_spells("gpt2", tokens)
    assert not tokens.ends_known


def test_known_tokens_inside_one_character_are_kept_together() -> None:
    ids = ids_of("🙂")
    assert len(ids) > 1
    known = (*(KnownToken(1, 1, n) for n in ids[:-1]), KnownToken(1, 2, ids[-1]))
    tokens = tokenized("gpt2", "a🙂", known=known)
    assert tokens.ends_known
    assert tokens.ids[-len(ids) :] == ids


def test_the_last_word_is_taken_back_to_its_space() -> None:
    tokens = tokenized("gpt2", "the old wom")
    tokens.take_back_word()
    assert tokens.rest == b" wom"
    tokens.settle()
    check_spells("gpt2", tokens)


def test_at_least_one_and_at_most_a_few_tokens_are_taken_back() -> None:
    tokens = tokenized("gpt2", "qxzqxzqxzqxz")
    count = len(tokens.ids)
    tokens.take_back_word()
    assert len(tokens.ids) == count - MAX_HEALED_TOKENS
    spaced = tokenized("gpt2", "the sea\n\n")
    spaced.take_back_word()
    assert spaced.rest in (b"\n", b"\n\n")


def test_taking_text_back_in_the_middle_of_a_token_leaves_the_rest_to_be_tokenised() -> None:
    tokens = tokenized("gpt2", "hello there")
    tokens.truncate(3)
    assert tokens.text == "hello th"
    tokens.settle()
    check_spells("gpt2", tokens)


def test_the_lead_takes_no_part_in_offsets() -> None:
    tokens = tokenized("gpt2", "Once upon", lead=" ")
    assert tokens.text == "Once upon"
    assert tokens.data == b" Once upon"
    tokens.splice(0, 4, "Twice")
    assert tokens.data == b" Twice upon"
    assert tokens.place(len(tokens.data)) == len("Twice upon")


@pytest.mark.parametrize(("at", "delete"), [(6, 0), (0, 6), (-1, 0), (0, -1)])
def test_an_edit_outside_the_text_is_refused(at: int, delete: int) -> None:
    tokens = tokenized("gpt2", "hello")
    with pytest.raises(BadRequestError):
        tokens.splice(at, delete, "x")
    assert tokens.text == "hello"


def ids_of(text: str) -> list[int]:
    return tiny_writing("gpt2").encoder.encode(text, first=False)[0]


def test_a_place_in_the_tokens_leaves_no_word_and_no_character_in_two() -> None:
    text = TokenizedText(tiny_writing("gpt2").encoder, "ab\ncd 猫")
    text.ids, text.ends = [1, 2, 3, 4, 5], [2, 4, 5, 7, 9]
    assert [text.tokens_before(byte) for byte in (0, 1, 2, 3)] == [0, 0, 1, 1]  # "\nc" is one token
    assert [text.tokens_before(byte) for byte in (4, 5)] == [1, 3]  # none between c and d
    assert [text.tokens_before(byte) for byte in (6, 7, 8, 9)] == [3, 3, 3, 5]
