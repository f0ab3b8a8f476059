"""What is known of each token of a text that was scored, and the last such texts.

A column of numbers for each thing, so that a long story takes little memory: 150 bytes a token.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..link.messages import NextListed, NextToken
from .cache_plan import Ids, num_common
from .next_tokens import insertable

if TYPE_CHECKING:
    from .text.tokenized import TokenizedText
    from .writing_model import WritingModel

MOST_TEXTS = 2
NUM_LIKELIEST = 10


class ScoredText:
    """The tokens of `text` after `head`; of the first `num_scored` everything is known.

    Two with the same `key` (head, parameters) say the same of the same beginning. `num_likeliest`: of how
    many tokens that could have stood there is remembered, at each place.
    """

    def __init__(
        self, text: TokenizedText, head: Ids, params: dict[str, Any] | None, num_likeliest: int
    ) -> None:
        self.text = text
        self.ids: Ids = np.array(text.ids, dtype=np.int64)
        self.key = (head.tobytes(), params)
        self.num_scored = 0
        self.ends, self._begins_whole = _places(text)
        size = len(self.ids)
        self.logprobs = np.full(size, np.nan, dtype=np.float32)
        self.ranks = np.zeros(size, dtype=np.int32)
        self.entropies = np.zeros((size, 2), dtype=np.float32)  # before and after the samplers
        self.after = np.zeros(size, dtype=np.float32)
        self.likeliest = np.zeros((size, num_likeliest), dtype=np.int32)
        self.their_logprobs = np.zeros((size, num_likeliest), dtype=np.float32)
        self.their_after = np.zeros((size, num_likeliest), dtype=np.float32)

    def copy_from(self, other: ScoredText) -> None:
        """Know what `other`, of the same `key`, knows of tokens that stand here unchanged."""
        same = num_common(other.ids[: other.num_scored], self.ids)
        for name in (
            "logprobs",
            "ranks",
            "entropies",
            "after",
            "likeliest",
            "their_logprobs",
            "their_after",
        ):
            getattr(self, name)[:same] = getattr(other, name)[:same]
        self.num_scored = same

    def unfinished_before(self, index: int) -> bytes:
        """The bytes of a character that token `index - 1` cut."""
        if self._begins_whole[index]:
            return b""
        end = self.text.ends[index - 1]
        start = end - 1
        while self.text.data[start] & 0xC0 == 0x80:
            start -= 1
        return bytes(self.text.data[start:end])

    def known(self) -> list[tuple[int, float]]:
        """The tokens that were scored, as `SamplerChain.replay` takes them."""
        first = 0 if self.ranks[:1].any() else 1
        ids, logprobs = self.ids[first : self.num_scored], self.logprobs[first : self.num_scored]
        return list(zip(ids.tolist(), logprobs.tolist(), strict=True))

    def look(self, writing: WritingModel, request: str, index: int) -> NextListed:
        """The likeliest tokens at the place of token `index`, and that token."""
        ids, logprobs = self.likeliest[index].tolist(), self.their_logprobs[index].tolist()
        after = self.their_after[index].tolist()
        here = int(self.ids[index])
        if self.ranks[index] and here not in ids:
            ids.append(here)
            logprobs.append(float(self.logprobs[index]))
            after.append(float(self.after[index]))
        tokens = tuple(
            NextToken(
                token_id,
                self._insertable(writing, index, token_id),
                writing.bytes.shown(token_id),
                logprob,
                probability,
                0,
            )
            for token_id, logprob, probability in zip(ids, logprobs, after, strict=True)
            if logprob > float("-inf")
        )
        before, later = self.entropies[index].tolist()
        return NextListed(request, tokens if self.ranks[index] else (), before, later)

    def _insertable(self, writing: WritingModel, index: int, token_id: int) -> str | None:
        data = writing.bytes.of(token_id)
        if not self._begins_whole[index]:
            return None
        if index == 0 and self.text.begins_with_space and data.startswith(b" "):
            data = data[1:]
        return insertable(data)


class ScoredTexts:
    """The last texts that were scored, the newest first."""

    def __init__(self) -> None:
        self._texts: list[tuple[str, ScoredText]] = []

    def get(self, request: str) -> ScoredText | None:
        """The text that was scored under this request."""
        return next((text for name, text in self._texts if name == request), None)

    def put(self, request: str, text: ScoredText) -> None:
        """Remember a text that is being scored, which then knows what was known of its beginning."""
        same = [other for _, other in self._texts if other.key == text.key]
        if same:
            text.copy_from(max(same, key=lambda other: _num_known(other, text)))
        self._texts = [(request, text), *self._texts][:MOST_TEXTS]


def _num_known(other: ScoredText, text: ScoredText) -> int:
    return num_common(other.ids[: other.num_scored], text.ids)


def _places(text: TokenizedText) -> tuple[Any, Any]:
    """The code point where each token ends, and whether each begins at a character's beginning."""
    data = np.frombuffer(bytes(text.data), dtype=np.uint8)
    begins = np.append((data & 0xC0) != 0x80, True)
    before = np.concatenate([[0], np.cumsum(begins[:-1])])  # characters that begin before a byte
    ends = np.array(text.ends, dtype=np.int64)
    whole = begins[ends]
    points = np.maximum(0, before[ends] - ~whole - text.num_lead)
    return points, np.append(True, whole[:-1])
