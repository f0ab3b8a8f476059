"""The form that what a run writes must have: a grammar or a regular expression, by the library llguidance.

The library reads bytes, and gets its tokenizer from our table of each token's bytes; nothing is looked up by
a model's name. Only this module knows it. Source: llguidance, docs and python/llguidance.
"""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
import torch
from llguidance import LLMatcher, LLTokenizer
from torch import Tensor

from ...errors import BadRequestError, ModelError
from .gbnf import to_lark
from .stage import Stage

if TYPE_CHECKING:
    from ..text.encoder import TextEncoder
    from ..writing_model import WritingModel


def from_gbnf(text: str) -> str:
    """A grammar in the library's own form. Raises: BadRequestError, with the place that is wrong."""
    return str(LLMatcher.grammar_from_lark(to_lark(text)))


def from_regex(text: str) -> str:
    """The same of a regular expression, which has to match as a whole; broken ones show later."""
    return str(LLMatcher.grammar_from_regex(text))


class Constraint(Stage):
    """Lets only tokens through with which the text can still be completed; the end of text once it is.

    Where a token was accepted that doesn't fit (it was written before the constraint was set), the form
    begins anew after it. `language` gives the tokens.
    """

    may_end = True

    def __init__(self, language: WritingModel, grammar: str) -> None:
        """Raises: BadRequestError with the library's message when `grammar` can't be used."""
        self._ends = sorted(language.ends_of_text)
        self._end = language.model.vocabulary
        self._fresh = LLMatcher(_tokenizer(language), grammar, log_level=0)
        if self._fresh.is_error():
            raise BadRequestError(f"The text can't be given this form: {_shortened(self._fresh)}")
        self._matcher = self._fresh.deep_copy()
        self._ids: list[int] = []

    def apply(self, history: Tensor, scores: Tensor, index: int) -> Tensor:
        """`scores` `(1, vocab)` with what doesn't fit at -inf: all of it, when nothing may come any more.

        Raises: ModelError when the library gives up on the grammar.
        """
        bits = np.frombuffer(self._matcher.compute_bitmask(), dtype=np.uint8)
        if self._matcher.is_error():
            raise ModelError(
                f"The grammar is too hard to follow: {_shortened(self._matcher)}",
                mend="Make the grammar simpler, or leave it out.",
            )
        fits = np.unpackbits(bits, bitorder="little").astype(bool)
        fits[self._ends] = fits[self._end]
        return scores.masked_fill(
            torch.from_numpy(~fits[: self._end]).to(scores.device), float("-inf")
        )

    def accept(self, token_id: int, logprob: float) -> None:
        """The text goes on with this token."""
        self._ids.append(token_id)
        self._consume(token_id)

    def go_back(self, num_tokens: int) -> None:
        """Read what stands again."""
        if num_tokens < len(self._ids):
            del self._ids[num_tokens:]
            self._matcher = self._fresh.deep_copy()
            for token_id in self._ids:
                self._consume(token_id)

    def fork(self) -> Constraint:
        """The same at the same place, to go on by itself."""
        other = copy.copy(self)
        other._matcher, other._ids = self._matcher.deep_copy(), list(self._ids)
        return other

    def _consume(self, token_id: int) -> None:
        if not self._matcher.try_consume_tokens([token_id]):
            self._matcher = self._fresh.deep_copy()


class _Tokens:
    """Our tokens as the library's tokenizer wants to see them; one more id stands for the end of the text."""

    is_tokenizer_wrapper = True
    bos_token_id = None

    def __init__(self, language: WritingModel) -> None:
        self.eos_token_id = language.model.vocabulary
        tokens = (language.bytes.of(number) for number in range(self.eos_token_id))
        # Bytes that begin with FF are no text to the library.
        self.tokens = [data or b"\xff<%d>" % number for number, data in enumerate((*tokens, b""))]
        self.special_token_ids = [
            number for number, data in enumerate(self.tokens) if data.startswith(b"\xff<")
        ]
        self._encoder: TextEncoder = language.encoder
        self.library: Any = None

    def __call__(self, text: str) -> list[int]:
        """The tokens of text that the grammar leaves no choice about."""
        ids, _ = self._encoder.encode(text, first=False)
        if self._encoder.token_bytes.join(ids) == text.encode():
            return ids
        return list(self.library.greedy_tokenize(text))


_TOKENIZERS: WeakKeyDictionary[WritingModel, LLTokenizer] = WeakKeyDictionary()


def _tokenizer(language: WritingModel) -> LLTokenizer:
    """Made once for each model (0.2 s of 49,000 tokens)."""
    if language not in _TOKENIZERS:
        tokens = _Tokens(language)
        tokens.library = LLTokenizer(tokens, n_vocab=language.model.vocabulary + 1)  # type: ignore[arg-type]
        _TOKENIZERS[language] = tokens.library
    return _TOKENIZERS[language]


def _shortened(matcher: LLMatcher) -> str:
    """The library's message without what it adds about its own state and its own notation."""
    message = str(matcher.get_error())
    return re.split(r"\n(?:<state>|<backtrace>| *\d+ \|)", message)[0].strip()
