"""What of a KV cache can stay for the text that is wanted now. Pure; knows no model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class CachePlan:
    """Keep the first `keep` cached tokens (0: begin anew), then read `feed`, which holds at least one."""

    keep: int
    feed: Ids


def plan_cache(cached: Ids, wanted: Ids, *, croppable: bool) -> CachePlan:
    """The plan that leaves exactly `wanted` read.

    At least one token is fed even when all are cached, since the logits come from the last one fed. A cache
    that can't be cropped is kept only when the wanted text goes on from all of it.
    """
    assert len(wanted) > 0
    keep = min(num_common(cached, wanted), len(wanted) - 1)
    if keep < len(cached) and not croppable:
        keep = 0
    return CachePlan(keep, wanted[keep:])


def num_common(left: Ids, right: Ids) -> int:
    """How many tokens at the beginning are the same."""
    size = min(len(left), len(right))
    different = np.flatnonzero(left[:size] != right[:size])
    return int(different[0]) if len(different) else size
