"""Will it fit? Estimates before anything large is read, and says no with the numbers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from ...errors import ModelError

MOST_CACHE_BYTES = 2 * 1024**3
LEAST_CACHE_BYTES = 64 * 1024**2
_WORKSPACE_BYTES = 200_000_000  # activations and the libraries' own buffers
_CGROUP_LIMITS = (
    (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")),
    (
        Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
        Path("/sys/fs/cgroup/memory/memory.usage_in_bytes"),
    ),
)


@dataclass(frozen=True, slots=True)
class MemoryNeed:
    """What a model will take: bytes for the weights and for a full context window."""

    num_parameters: int
    weights_bytes: int
    cache_bytes: int

    @property
    def total_bytes(self) -> int:
        """Everything together, with room to work in."""
        return self.weights_bytes + self.cache_bytes + _WORKSPACE_BYTES


def memory_need(config: Any, num_parameters: int, item_bytes: int, context: int) -> MemoryNeed:
    """The estimate for weights of `item_bytes` bytes each and a window of `context` tokens."""
    return MemoryNeed(
        num_parameters,
        num_parameters * item_bytes,
        cache_numbers_per_token(config) * item_bytes * context if context else 0,
    )


def cache_numbers_per_token(config: Any) -> int:
    """Numbers that the KV cache keeps for one token (not bytes, until multiplied by an item's size)."""
    config = config.get_text_config()
    layers = getattr(config, "num_hidden_layers", None) or 0
    heads = getattr(config, "num_attention_heads", None)
    hidden = getattr(config, "hidden_size", None) or 0
    if not heads:  # no attention, no cache that grows
        return 0
    kept = getattr(config, "num_key_value_heads", None) or heads
    size = getattr(config, "head_dim", None) or hidden // heads
    return int(2 * layers * kept * size)


def free_bytes(limit_bytes: int | None, already_bytes: int = 0) -> int:
    """Memory that may still be used: the machine's, the container's, and what the user allows.

    `already_bytes` is what this process holds against `limit_bytes`.
    """
    free = int(psutil.virtual_memory().available)
    for limit, used in _CGROUP_LIMITS:
        try:
            free = min(free, int(limit.read_text()) - int(used.read_text()))
        except (OSError, ValueError):
            continue
    if limit_bytes is not None:
        free = min(free, limit_bytes - already_bytes)
    return max(free, 0)


def cache_budget(limit_bytes: int | None, model_bytes: int) -> int:
    """What the caches of all runs of a loaded model may take before paused ones give theirs back.

    Half of the memory that is left, within bounds: a run that writes must have a cache, whatever is left.
    """
    return min(MOST_CACHE_BYTES, max(LEAST_CACHE_BYTES, free_bytes(limit_bytes, model_bytes) // 2))


def check_fits(name: str, need: MemoryNeed, free: int, item_bytes: int) -> None:
    """Raises: ModelError with code "memory" and the numbers when `need` is more than `free` bytes."""
    if need.total_bytes <= free:
        return
    raise ModelError(
        f"{name} needs about {gigabytes(need.total_bytes)} of memory "
        f"({need.num_parameters / 1e6:,.0f} million weights of {item_bytes} bytes each, and "
        f"{gigabytes(need.cache_bytes)} for its context); {gigabytes(free)} are free.",
        mend="Close other programs, choose a smaller model, or give it a smaller context.",
        code="memory",
    )


def gigabytes(num_bytes: int) -> str:
    """A size for people, in GB of 10^9 bytes with one digit, or MB when small."""
    return f"{num_bytes / 1e9:.1f} GB" if num_bytes >= 10**9 else f"{num_bytes / 1e6:.0f} MB"
