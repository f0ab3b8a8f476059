"""Simple measures of a candidate's text, the same for any language, model and story.

`MEASURES` is the table of them, which a page can show; `measured` tells them for the candidates of a set.
Counts are told as log(1 + count): what doubles a text counts alike for short ones and long ones. Words are
those of `signs`. Names are capitalised words within a sentence, so that German counts its nouns too.
Every measure of every text is finite.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from . import quotes
from .words import words

Candidate = tuple[str, Sequence[float]]
"""Its text, and the log-probability of each of its tokens (natural logarithm); none where not known."""

MOST_LETTERS = 20_000
"""Of a longer candidate, prompt or text before only so many characters next to the candidate are read."""

LEAST_LOGPROB = -50.0
"""What is less likely counts as this."""

_ECHO_LETTERS = 4000  # of the text before, whose three-word sequences may come back
_SEQUENCE = 3  # words


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure: what it says, and what to call a candidate that has more or less of it than others."""

    name: str
    meaning: str
    more: str
    less: str


_LONGER, _SHORTER = "longer than the others", "shorter than the others"
_LIKELIER, _UNLIKELIER = "likelier wording", "more surprising wording"

MEASURES = (
    Measure("letters", "How many characters the text has, as a logarithm.", _LONGER, _SHORTER),
    Measure("words", "How many words the text has, as a logarithm.", _LONGER, _SHORTER),
    Measure(
        "sentences",
        "How many sentences the text has, as a logarithm.",
        "more sentences",
        "fewer sentences",
    ),
    Measure(
        "ends_sentence",
        "Whether the text ends where a sentence ends.",
        "ends with a whole sentence",
        "ends within a sentence",
    ),
    Measure(
        "word_length", "How many characters a word has on average.", "longer words", "shorter words"
    ),
    Measure(
        "sentence_length",
        "How many words a sentence has on average, as a logarithm.",
        "longer sentences",
        "shorter sentences",
    ),
    Measure("dialogue", "The share of the text that is spoken.", "more dialogue", "less dialogue"),
    Measure(
        "repetition",
        "The share of three-word sequences that the text had before itself.",
        "more repetition",
        "less repetition",
    ),
    Measure(
        "echo",
        "The share of three-word sequences that stand in the story shortly before.",
        "more of the story's own phrases",
        "fewer phrases that stood there before",
    ),
    Measure(
        "variety",
        "The number of different words, divided by the number of words.",
        "more varied words",
        "fewer different words",
    ),
    Measure(
        "new_names",
        "How many capitalised words within sentences are new to the story, as a logarithm.",
        "more new names",
        "fewer new names",
    ),
    Measure("commas", "How many commas a hundred words have.", "more commas", "fewer commas"),
    Measure(
        "breaks",
        "How many dashes, dots in a row, colons and semicolons a hundred words have.",
        "more dashes and pauses",
        "fewer dashes and pauses",
    ),
    Measure(
        "questions",
        "How many questions there are to a sentence.",
        "more questions",
        "fewer questions",
    ),
    Measure(
        "exclamations",
        "How many exclamations there are to a sentence.",
        "more exclamations",
        "fewer exclamations",
    ),
    Measure(
        "paragraphs",
        "How many paragraphs the text has, as a logarithm.",
        "more paragraphs",
        "fewer paragraphs",
    ),
    Measure(
        "mean_logprob",
        "How likely its tokens were to the model, on average of their logarithms.",
        _LIKELIER,
        _UNLIKELIER,
    ),
    Measure(
        "min_logprob",
        "How likely its least likely token was to the model, as a logarithm.",
        "no very unlikely word",
        "one very unlikely word",
    ),
    Measure(
        "prompt_overlap",
        "The share of its different words that stand in the prompt.",
        "closer to the prompt",
        "further from the prompt",
    ),
)
NAMES = tuple(one.name for one in MEASURES)

_ENDERS = ".!?…؟۔।॥።"
_WIDE_ENDERS = "。！？｡"
_CLOSING = r"[\"'”“’»«›)\]」』）＂]*"
_END = re.compile(rf"[{_ENDERS}]+{_CLOSING}(?=\s|$)|[{_WIDE_ENDERS}]+{_CLOSING}|\n+")
_AT_END = re.compile(rf"[{_ENDERS}{_WIDE_ENDERS}]{_CLOSING}$")
_LETTER_OR_DIGIT = re.compile(r"[^\W_]")
_LETTERS = re.compile(r"[^\W\d_]+")
_COMMA = re.compile(r"[,،，、]")
_BREAK = re.compile(r"[—–―;:；：؛]+|--+|\.\.+|…+")
_QUESTION = re.compile(r"[?？؟]+")
_EXCLAMATION = re.compile(r"[!！]+")
_LINE_WITH_TEXT = re.compile(r"^.*\S", re.MULTILINE)
_NEAR = 8  # characters before a word in which the end of a sentence is looked for


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """What is told once for all candidates of a set."""

    before: str
    sequences: frozenset[tuple[str, ...]]
    known: frozenset[str]
    asked: frozenset[str]

    @classmethod
    def of(cls, before: str, prompt: str) -> _Surroundings:
        before, prompt = before[-MOST_LETTERS:], prompt[-MOST_LETTERS:]
        return cls(
            before,
            frozenset(_sequences(words(before[-_ECHO_LETTERS:]))),
            frozenset(_LETTERS.findall(before.casefold())),
            frozenset(words(prompt)),
        )


def measured(before: str, prompt: str, candidates: Sequence[Candidate]) -> list[tuple[float, ...]]:
    """For each candidate its measures, in the order of `MEASURES`: (num_candidates, num_measures).

    `before`: the text that all of them go on from. Where the log-probabilities of a candidate aren't known,
    the average of the others of the set stands for them, so that they speak neither for nor against it.
    """
    around = _Surroundings.of(before, prompt)
    likely = _likelihoods([logprobs for _, logprobs in candidates])
    return [
        _all_of(around, text[:MOST_LETTERS], chance)
        for (text, _), chance in zip(candidates, likely, strict=True)
    ]


def _all_of(around: _Surroundings, text: str, chance: tuple[float, float]) -> tuple[float, ...]:
    found = words(text)
    different, num_words = set(found), max(len(found), 1)
    num_sentences = max(_num_sentences(text), 1)
    sequences = _sequences(found)
    num_sequences, num_different = max(len(sequences), 1), len(set(sequences))
    return (
        math.log1p(len(text)),
        math.log1p(len(found)),
        math.log1p(num_sentences),
        float(_AT_END.search(text.rstrip()[-20:]) is not None),
        sum(map(len, found)) / num_words,
        math.log1p(len(found) / num_sentences),
        quotes.spoken_share(around.before, text),
        (len(sequences) - num_different) / num_sequences,
        sum(one in around.sequences for one in sequences) / num_sequences,
        len(different) / num_words,
        math.log1p(_num_new_names(around, text)),
        len(_COMMA.findall(text)) * 100 / num_words,
        len(_BREAK.findall(text)) * 100 / num_words,
        len(_QUESTION.findall(text)) / num_sentences,
        len(_EXCLAMATION.findall(text)) / num_sentences,
        math.log1p(len(_LINE_WITH_TEXT.findall(text))),
        *chance,
        len(different & around.asked) / max(len(different), 1),
    )


def _sequences(found: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(found[at : at + _SEQUENCE]) for at in range(len(found) - _SEQUENCE + 1)]


def _num_sentences(text: str) -> int:
    return sum(_LETTER_OR_DIGIT.search(part) is not None for part in _END.split(text))


def _num_new_names(around: _Surroundings, text: str) -> int:
    """Capitalised words of two letters or more within sentences whose letters don't stand before yet."""
    joined = around.before[-_NEAR:] + text
    begun = len(joined) - len(text)
    found = set()
    for word in _LETTERS.finditer(joined, begun):
        name = word[0]
        new = len(name) > 1 and name[0].isupper() and name.casefold() not in around.known
        if new and not _begins_sentence(joined[max(word.start() - _NEAR, 0) : word.start()]):
            found.add(name.casefold())
    return len(found)


def _begins_sentence(near: str) -> bool:
    """Whether a word after `near`, up to 8 characters of what stands before it, begins a sentence."""
    bare = near.rstrip(" \t\r")
    if not bare or bare[-1] in "\n" or bare[-1] in quotes.OPENERS:
        return True
    return bare.rstrip("\"'”’»)]")[-1:] in {*_ENDERS, *_WIDE_ENDERS, "\n", ""}


def _likelihoods(logprobs: Sequence[Sequence[float]]) -> list[tuple[float, float]]:
    """(mean, least) log-probability of each; the averages of the known ones where one's aren't known."""
    known = [_mean_and_least(one) for one in logprobs]
    there = [one for one in known if one is not None]
    num = max(len(there), 1)
    usual = (sum(one[0] for one in there) / num, sum(one[1] for one in there) / num)
    return [one if one is not None else usual for one in known]


def _mean_and_least(logprobs: Sequence[float]) -> tuple[float, float] | None:
    kept = [min(max(one, LEAST_LOGPROB), 0.0) for one in logprobs if one == one]
    return (sum(kept) / len(kept), min(kept)) if kept else None
