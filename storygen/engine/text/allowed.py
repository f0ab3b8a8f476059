"""Which tokens may come next: those that keep the text whole, and those that complete a word.

A token that would make the text malformed UTF-8 or bring a NUL (which is no text, and which not every
database stores), special tokens and rows without a token never come; in
the midst of a character only its continuations do. All of it is worked out once or when it is needed.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache

import torch
from torch import Tensor

from .token_bytes import TokenBytes
from .utf8 import can_follow, is_boundary

LEAST_WHOLE = 1e-4
"""Below this probability of all tokens that complete a word, it may also be completed in pieces."""


class AllowedTokens:
    """For a model of `vocabulary` rows; `ends_of_text` are allowed at whole characters unless banned."""

    def __init__(
        self,
        token_bytes: TokenBytes,
        vocabulary: int,
        ends_of_text: frozenset[int],
        device: str = "cpu",
    ) -> None:
        self._bytes = token_bytes
        self._vocabulary = vocabulary
        self._device = device
        known = [(token_bytes.of(number), number) for number in range(len(token_bytes))]
        self._sorted = sorted(item for item in known if item[0] and b"\0" not in item[0])
        self._continuing = [item for item in self._sorted if not is_boundary(item[0], 0)]
        whole = [number for data, number in self._sorted if can_follow(b"", data)]
        self._starts = frozenset(whole)
        self._banned = self._all_but(whole)
        self._banned_but_end = self._all_but([*whole, *ends_of_text])
        self._after = lru_cache(maxsize=512)(self._ids_after)
        self._completing = lru_cache(maxsize=4)(self._only_completing)  # rows of a set begin alike

    def banned(self, unfinished: bytes, *, may_end: bool) -> Tensor | None:
        """Mask `(vocab,) bool` of tokens that must not come, or None when nothing fits at all.

        `unfinished`: bytes of the character that stands half written.
        """
        if unfinished:
            return self._only(self._after(unfinished))
        return self._banned_but_end if may_end else self._banned

    def banned_in_word(self, unfinished: bytes, rest: bytes, logits: Tensor) -> Tensor | None:
        """The same where `rest` must come next: the beginning of a word that the model completes.

        Tokens that go on from all of `rest` come first: a shorter one stands for every word that begins
        with it, most of which `rest` forbids, so that its probability says little. The longest of those is
        let in only when the model finds the others unlikely (`logits` `(vocab,)`), or there are none.
        """
        whole = self._completing(unfinished, rest)
        if whole is not None:
            likely = float(logits.softmax(-1).masked_fill(whole, 0.0).sum())
            if likely >= LEAST_WHOLE:
                return whole
        part = self._only(self._longest_part(rest))
        return part if whole is None else whole if part is None else part & whole

    def _only(self, ids: list[int]) -> Tensor | None:
        return self._all_but(ids) if ids else None

    def _all_but(self, ids: list[int]) -> Tensor:
        mask = torch.ones(self._vocabulary, dtype=torch.bool)
        mask[ids] = False
        return mask.to(self._device)

    def _ids_after(self, unfinished: bytes) -> list[int]:
        return [number for data, number in self._continuing if can_follow(unfinished, data)]

    def _only_completing(self, unfinished: bytes, rest: bytes) -> Tensor | None:
        return self._only(self._ids_extending(unfinished, rest))

    def _ids_extending(self, unfinished: bytes, rest: bytes) -> list[int]:
        """Tokens that begin with `rest`."""
        ids = []
        for data, number in self._sorted[bisect_left(self._sorted, (rest, -1)) :]:
            if not data.startswith(rest):
                break
            if number in self._starts if not unfinished else can_follow(unfinished, data):
                ids.append(number)
        return ids

    def _longest_part(self, rest: bytes) -> list[int]:
        """The longest tokens with which `rest` begins, but which are not all of it."""
        for size in range(len(rest) - 1, 0, -1):
            low = bisect_left(self._sorted, (rest[:size], -1))
            high = bisect_left(self._sorted, (rest[:size], self._vocabulary))
            if low < high:
                return [number for _, number in self._sorted[low:high]]
        return []
