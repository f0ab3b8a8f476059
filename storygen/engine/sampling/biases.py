"""What is added to the scores of single tokens, everywhere or where certain tokens come before them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from torch import Tensor

from .cuts import without
from .stage import Stage

Sequence = tuple[int, ...]


class Biases(Stage):
    """For each (ids, bias): the bias of the last id wherever the others stand right before it.

    Biases of one token add up.
    """

    def __init__(self, biases: Iterable[tuple[Sequence, float]]) -> None:
        self._after: dict[Sequence, dict[int, float]] = defaultdict(lambda: defaultdict(float))
        for (*before, token_id), bias in biases:
            self._after[tuple(before)][token_id] += bias
        self._longest = max(map(len, self._after), default=0)

    def apply(self, history: Tensor, scores: Tensor, index: int) -> Tensor:
        """`scores` with the biases added."""
        return scores + self.added(history, scores)

    def added(self, history: Tensor, scores: Tensor) -> Tensor:
        """What is added, of the shape of `scores`."""
        added = scores.new_zeros(scores.shape)
        ends = history[:, max(0, history.shape[-1] - self._longest) :].tolist()
        for row, ids in enumerate(ends):
            for size in range(len(ids) + 1):
                found = self._after.get(tuple(ids[len(ids) - size :]))
                if found:
                    places = scores.new_tensor(list(found), dtype=history.dtype)
                    added[row].index_add_(0, places, scores.new_tensor(list(found.values())))
        return added


class Bans(Stage):
    """The last of each of `sequences` never comes after the others."""

    def __init__(self, sequences: Iterable[Sequence]) -> None:
        self._banned = Biases((sequence, 1.0) for sequence in sequences)

    def apply(self, history: Tensor, scores: Tensor, index: int) -> Tensor:
        """`scores` with what is banned at -inf, unless nothing would be left."""
        return without(scores, self._banned.added(history, scores) > 0)
