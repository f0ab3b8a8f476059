"""Hidden states that were worked out once, kept in a file beside the picker: a line for each candidate.

    {"model": "…", "candidate": "…", "text": "…", "vector": "base64 of half-precision numbers"}

`text` is a digest of what the candidate said then: one that was written on or edited is worked out anew.
The file only grows until it is too long; then its older half goes. A line that is broken counts as none.
One thread at a time may use it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import struct
from collections.abc import Iterable
from pathlib import Path

MOST_BYTES = 64 * 2**20
_LARGEST = 65504.0  # of half-precision numbers


class VectorFile:
    """`model` everywhere: what tells models apart, and versions of one."""

    def __init__(self, path: Path, most_bytes: int = MOST_BYTES) -> None:
        self._path, self._most_bytes = path, most_bytes
        self._model: str | None = None
        self._known: dict[str, tuple[str, bytes]] = {}  # by candidate, of that model

    def get(self, model: str, candidate: str, text: str) -> list[float] | None:
        """What is known of a candidate that says `text`."""
        self._turn_to(model)
        digest, packed = self._known.get(candidate, ("", b""))
        if digest != _digest(text):
            return None
        return list(struct.unpack(f"<{len(packed) // 2}e", packed))

    def put(self, model: str, found: Iterable[tuple[str, str, tuple[float, ...]]]) -> None:
        """Keep (candidate, its text, its vector); what holds no finite numbers is left out."""
        self._turn_to(model)
        lines = []
        for candidate, text, vector in found:
            if not vector or not all(map(math.isfinite, vector)):
                continue
            limited = (min(max(one, -_LARGEST), _LARGEST) for one in vector)
            packed = struct.pack(f"<{len(vector)}e", *limited)
            self._known[candidate] = (_digest(text), packed)
            lines.append(_line(model, candidate, *self._known[candidate]))
        with self._path.open("ab") as file:
            file.writelines(lines)
            size = file.tell()
        if size > self._most_bytes:
            self._halve()

    def _turn_to(self, model: str) -> None:
        if model == self._model:
            return
        self._model, self._known = model, {}
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            for line in file:
                one = _read(line)
                if one is not None and one[0] == model:
                    self._known[one[1]] = one[2], one[3]

    def _halve(self) -> None:
        """The newest lines stay, in half of the size that there may be."""
        left, kept = self._most_bytes // 2, []
        for line in reversed(self._path.read_bytes().splitlines(keepends=True)):
            left -= len(line)
            if left < 0:
                break
            kept.append(line)
        work = self._path.with_suffix(".new")
        work.write_bytes(b"".join(reversed(kept)))
        work.replace(self._path)
        model, self._model = self._model, None
        if model is not None:
            self._turn_to(model)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _line(model: str, candidate: str, digest: str, packed: bytes) -> bytes:
    vector = base64.b64encode(packed).decode()
    told = {"model": model, "candidate": candidate, "text": digest, "vector": vector}
    return json.dumps(told).encode() + b"\n"


def _read(line: bytes) -> tuple[str, str, str, bytes] | None:
    try:
        told = json.loads(line)
        packed = base64.b64decode(told["vector"], validate=True)
        names = tuple(str(told[name]) for name in ("model", "candidate", "text"))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return None if len(packed) % 2 else (*names, packed)  # type: ignore[return-value]
