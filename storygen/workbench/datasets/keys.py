"""What a sample and a split are recognised by: the same for the same content, wherever it is kept."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from typing import Any

from .split import BrokenSample, Sample, Split

_SPREAD = 64
"""So many samples, spread over a split, stand for all of it."""


def key_of(sample: Sample) -> str:
    """Sixteen letters that a sample of the same content always has, whatever the order of its columns."""
    if isinstance(sample, BrokenSample):
        return _digest("broken", str(sample))
    return _digest("sample", _written(sample))


def fingerprint(split: Split) -> str:
    """Sixteen letters for a split: its length, its columns, and samples spread over it.

    Cheap, so a change of a few samples in the midst may not show; each sample's own key shows it.
    """
    num = len(split)
    places = sorted({at * max(0, num - 1) // (_SPREAD - 1) for at in range(_SPREAD)}) if num else []
    keys = (key_of(split[at]) for at in places)
    return _digest("split", str(num), *split.columns, *keys)


def _digest(*parts: str) -> str:
    return hashlib.blake2b(_joined(parts), digest_size=8).hexdigest()


def _joined(parts: Iterable[str]) -> bytes:
    return "\0".join(parts).encode("utf-8", "surrogatepass")


def _written(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    """What JSON has no word for: bytes, times, arrays, pictures."""
    if isinstance(value, bytes | bytearray | memoryview):
        return {"bytes": base64.b64encode(bytes(value)).decode()}
    if hasattr(value, "tolist"):
        return value.tolist()
    if hasattr(value, "tobytes"):  # a picture
        return {"bytes": hashlib.blake2b(value.tobytes(), digest_size=16).hexdigest()}
    return str(value)
