"""Samplers that need words: biases, bans, phrases, grammars and regular expressions, over two tokenizers."""

from __future__ import annotations

import re
from typing import Any

import pytest
import torch

from storygen.engine.sampling.chain import SamplerChain
from storygen.engine.sampling.gbnf import to_lark
from storygen.engine.sampling.parameters import PARAMETERS, check_params
from storygen.engine.writing_model import WritingModel
from storygen.errors import BadRequestError
from storygen.link.messages import ReviseRun
from tests.tiny_engine import ended, start, text_of, tiny_worker, tiny_writing, write

OFF = {parameter.name: parameter.neutral for parameter in PARAMETERS}
KINDS = ("gpt2", "llama")


def chain(language: WritingModel, seed: int = 1, **params: Any) -> SamplerChain:
    return SamplerChain(check_params({**OFF, **params}), seed, language)


def ids_of(language: WritingModel, text: str) -> list[int]:
    return language.encoder.encode(text, first=False)[0]


def changes(language: WritingModel, said: str, **params: Any) -> dict[bytes, float]:
    """What a chain adds to the scores after `said`, by the bytes of the token."""
    flat = torch.zeros(1, language.model.vocabulary)
    history = torch.tensor([[0, *ids_of(language, said)]])
    changed = chain(language, **params).distribution(history, flat)[0]
    found = changed.nonzero()[:, 0].tolist()
    return {language.bytes.of(number): float(changed[number]) for number in found}


# ---------------------------------------------------------------- biases


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_that_is_a_token_is_biased_with_and_without_a_space(kind: str) -> None:
    language = tiny_writing(kind)
    assert changes(language, "by", logit_bias=[["sea", 2]])[b" sea"] == 2
    assert set(changes(language, "by", logit_bias=[[" sea", 2]])) == {b" sea"}
    number = ids_of(language, " sea")[0]
    assert changes(language, "by", logit_bias=[[number, -1], [number, 0.5]]) == {b" sea": -0.5}


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_of_several_tokens_is_biased_where_it_would_be_completed(kind: str) -> None:
    language = tiny_writing(kind)
    text = " seahorse"
    *_, last = ids = ids_of(language, text)
    assert len(ids) > 1
    begun = language.bytes.join(ids[:-1]).decode()
    assert changes(language, "the", logit_bias=[[text, 3]]) == {}
    assert changes(language, "the" + begun, logit_bias=[[text, 3]]) == {language.bytes.of(last): 3}


@pytest.mark.parametrize("kind", KINDS)
def test_banned_words_never_come_and_never_all(kind: str) -> None:
    language = tiny_writing(kind)
    gone = changes(language, "by", banned_tokens=["sea", "\n", ids_of(language, " old")[0]])
    assert {b" sea", b"\n", b" old"} <= set(gone)
    assert set(gone.values()) == {float("-inf")}
    everything = list(range(language.model.vocabulary))[:500]
    assert changes(language, "by", banned_tokens=everything) == {}


def test_a_text_bans_every_token_that_is_just_that() -> None:
    language = tiny_writing("llama")  # has a token for the letter, and one for its byte
    flat = torch.zeros(1, language.model.vocabulary)
    changed = chain(language, banned_tokens=["a"]).distribution(torch.tensor([[0]]), flat)[0]
    gone = [language.bytes.of(number) for number in changed.isinf().nonzero()[:, 0].tolist()]
    assert sorted(gone) == [b" a", b"a", b"a"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_phrase_gets_likelier_to_begin_and_then_to_go_on(kind: str) -> None:
    language = tiny_writing(kind)
    phrase = {"phrase_bias": [["the old woman", 1, 5]]}
    first, second, third, *_ = ids_of(language, " the old woman")
    assert changes(language, "", **phrase)[language.bytes.of(first)] == 1
    begun = changes(language, "saw" + language.bytes.of(first).decode(), **phrase)
    assert begun[language.bytes.of(second)] == 5
    going = changes(language, "saw" + language.bytes.join([first, second]).decode(), **phrase)
    assert going[language.bytes.of(third)] == 5


def test_tokens_that_the_model_does_not_have_are_named() -> None:
    language = tiny_writing("gpt2")
    for name, value in (("logit_bias", [[99999, 1]]), ("banned_tokens", [99999])):
        with pytest.raises(BadRequestError, match=f"{name}.*99999"):
            chain(language, **{name: value})


# ---------------------------------------------------------------- forms

GRAMMARS = {
    'root ::= "yes" | "no"': r"yes|no",
    'root ::= "(" root ")" | word\nword ::= [a-zé]{2,4} # short\n': r"(\()*[a-zé]{2,4}(\))*",
    'root ::= line{2}\nline ::=\n "- " [^\\n\\x80-\\U0010FFFF]{1,3} (\n "!")? "\\n"': r"(- [^\n]+\n){2}",
    'root ::= root ", " [a-z] | "猫" "."?': r"猫\.?(, [a-z])*",
    'root ::= [^\\x00-\\u00ff]{3}': r"[^\x00-\xff]{3}",
    'root ::= "a"{0} [x\\-z\\]] "b"{,2} "c"{1,} ""': r"[x\-z\]]b{0,2}c+",
}  # fmt: skip


def written(language: WritingModel, seed: int, **params: Any) -> tuple[str, bool]:
    """What a chain picks from random scores, and whether the form was completed."""
    picking = chain(language, seed, **params)
    generator = torch.Generator().manual_seed(seed)
    unwritten = list(language.bytes.special - language.ends_of_text)
    ids: list[int] = []
    for index in range(60):
        scores = torch.randn(1, language.model.vocabulary, generator=generator) * 3
        scores[0, unwritten] = float("-inf")
        token_id = picking.choose(torch.tensor([[0, *ids]]), scores, index)
        if token_id is None or token_id in language.ends_of_text:
            return language.bytes.join(ids).decode(), True
        ids.append(token_id)
    return language.bytes.join(ids).decode("utf-8", "ignore"), False


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("grammar", GRAMMARS)
def test_what_is_written_has_the_grammars_form(kind: str, grammar: str) -> None:
    completed = 0
    for seed in range(4):
        text, whole = written(tiny_writing(kind), seed, grammar=grammar)
        completed += whole
        assert not whole or re.fullmatch(GRAMMARS[grammar], text), text
    assert completed


def test_brackets_are_closed_as_often_as_opened() -> None:
    language = tiny_writing("gpt2")
    grammar = 'root ::= "(" root ")" | "x"'
    texts = [written(language, seed, grammar=grammar)[0] for seed in range(30)]
    assert max(map(len, texts)) > 1
    assert all(text.count("(") == text.count(")") for text in texts)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_matches_the_regular_expression(kind: str) -> None:
    pattern = "[A-Z][a-z]{3,8} ?猫[.!]"
    for seed in range(5):
        text, whole = written(tiny_writing(kind), seed, regex=pattern)
        assert whole
        assert re.fullmatch(pattern, text)


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"grammar": 'root ::= "a'}, "line 1, column 10"),
        ({"grammar": 'root ::= "a"\n  | missing'}, "line 2, column 5: There is no rule.*missing"),
        ({"grammar": 'foo ::= "a"'}, "no rule named root"),
        ({"grammar": 'root = "a"'}, "column 6"),
        ({"grammar": 'root ::= "a" )'}, "column 14: This doesn't belong"),
        ({"grammar": 'root ::= ("a"'}, "column 10: This bracket is never closed"),
        ({"grammar": "root ::= [z-a]"}, "backwards"),
        ({"grammar": 'root ::= "\\q"'}, "column 11: There is no such character"),
        ({"grammar": 'root ::= "\\ud800"'}, "no such character"),
        ({"grammar": 'root ::= "a"\nroot ::= "b"'}, "line 2, column 1: There are two rules"),
        ({"grammar": 'root ::= "a"{3,2}'}, "makes no sense"),
        ({"grammar": 'root ::= "a"{5000}'}, "At most 1000"),
        ({"grammar": "root ::= " + "(" * 60}, "nested too deeply"),
        ({"grammar": "root ::= * x"}, "column 10"),
        ({"regex": "(ab"}, "unclosed group"),
        ({"regex": "foo(?=x)"}, "look-around"),
        ({"regex": "a", "grammar": 'root ::= "a"'}, "not both"),
    ],
)
def test_a_broken_form_is_refused_with_its_place(params: dict[str, Any], said: str) -> None:
    with pytest.raises(BadRequestError, match=said):
        chain(tiny_writing("gpt2"), **params)


def test_a_grammar_without_recursion_is_one_lexeme() -> None:
    assert "R0" in to_lark('root ::= a a\na ::= "x"')
    assert "r0" in to_lark('root ::= a?\na ::= "x" root')
    assert to_lark('root ::= "b" # "c" ::=\n') == to_lark('root ::= "b"')


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("at_end", ["stop", "go_on"])
def test_a_run_ends_when_its_form_is_complete(kind: str, at_end: str) -> None:
    worker = tiny_worker(kind)
    params = {"regex": "[a-z]{5} (sea|house)", "temperature": 1.0, "at_end_of_text": at_end}
    worker.send(start("Once upon a ti", params=params, heal=True))
    end = ended(worker.run_until(max_steps=400))
    assert (end.reason, end.detail) == ("finished", "end_of_text")
    assert re.fullmatch("[a-z]{5} (sea|house)", text_of(worker.events))


def test_a_form_may_be_set_in_the_midst_of_a_run() -> None:
    worker = tiny_worker("gpt2")
    worker.send(start("Once upon a time"))
    write(worker, 5)
    worker.send(ReviseRun("r", 2, None, params={"regex": "[0-9]+"}))
    write(worker, 12)
    assert re.search(r"\d{5}$", text_of(worker.events))
    worker.send(ReviseRun("r", 3, None, params={"regex": "(ab"}))
    end = ended(worker.events)
    assert (end.reason, "unclosed group" in end.message) == ("failed", True)


def test_a_token_that_does_not_fit_begins_the_form_anew() -> None:
    language = tiny_writing("gpt2")
    letters = {letter: ids_of(language, letter)[0] for letter in "abx"}
    for before, expected in (("a", b"b"), ("ax", b"a"), ("xa", b"b"), ("abx", b"a")):
        going = chain(language, regex="ab")
        going.replay([(letters[letter], -1.0) for letter in before], 0)
        flat = torch.zeros(1, language.model.vocabulary)
        token_id = going.choose(torch.tensor([[0]]), flat, len(before))
        assert language.bytes.of(token_id or 0)[:1] == expected
