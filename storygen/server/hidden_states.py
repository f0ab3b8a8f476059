"""How the loaded model sees candidates: asked of its worker, a set at a time, and kept.

A model is never loaded for this. Where none is there, where it goes meanwhile or does not answer in time,
there is nothing, and whoever asked goes by the texts alone.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from ..errors import StorygenError
from ..link.messages import EmbedTexts, LoadModel, ModelLoaded
from .loop import Loop
from .vector_file import VectorFile
from .workers.questions import WorkerRequests

FILE = "picker_vectors.jsonl"
MOST_CANDIDATES = 6000
"""So many are read to be learned from, the newest."""

MOST_TEXTS = 50
"""In one question."""

MOST_LETTERS = 2000
"""Of what stands before: of more no model reads anything here."""

log = logging.getLogger(__name__)


class Ready(Protocol):
    """What is needed of `workers.Workers`."""

    def window(self, key: str) -> int | None:
        """The window of a model that is ready."""

    def latest(self) -> tuple[str, LoadModel, ModelLoaded] | None:
        """The model that was last asked for, if it is ready."""


@dataclass(frozen=True, slots=True)
class SeenBy:
    """Whose hidden states: the registry's `key`, and what tells its weights from others (`mark`)."""

    key: str
    mark: str


@dataclass(frozen=True, slots=True)
class Shown:
    """Cards of a set: (id, text) each; an id that is empty is not kept."""

    before: str
    prompt: str
    cards: tuple[tuple[str, str], ...]

    @property
    def input(self) -> str:
        """The end of what they go on from."""
        whole = f"{self.prompt}\n\n{self.before}" if self.prompt else self.before
        return whole[-MOST_LETTERS:]


Vectors = dict[str, list[float]]


class HiddenStates:
    """All methods may block their own task, never the loop."""

    def __init__(
        self, loop: Loop, data_dir: Path, workers: Ready, requests: WorkerRequests
    ) -> None:
        self._loop, self._workers, self._requests = loop, workers, requests
        self._file = VectorFile(data_dir / FILE)
        self._lane = loop.lane("picker-vectors")

    def model(self) -> SeenBy | None:
        """The model that is loaded, if one is."""
        found = self._workers.latest()
        if found is None:
            return None
        key, spec, info = found
        try:
            return SeenBy(key, self._lane.call(lambda: mark_of(spec, info)))
        except OSError as error:  # its folder has gone
            log.info("No hidden states: %s", error)
            return None

    def of_sets(
        self, seen_by: SeenBy, sets: Sequence[Shown], told: Callable[[int, int], bool]
    ) -> Vectors | None:
        """By candidate id; those of the newest 6,000 candidates of `sets`, the oldest set first.

        `told(done, of)` is called with the number of sets that are known; where it returns False, or the
        model goes, this returns None.
        """
        newest, num = [], 0
        for one in reversed(sets):
            num += len(one.cards)
            if num > MOST_CANDIDATES:
                break
            newest.append(one)
        known: Vectors = {}
        for done, one in enumerate(newest):
            if not told(done, len(newest)):
                return None
            found = self.of_cards(seen_by, one)
            if found is None:
                return None
            known |= {card: v for (card, _), v in zip(one.cards, found, strict=True) if v}
        return known

    def of_cards(
        self, seen_by: SeenBy, shown: Shown, within_s: float | None = None
    ) -> list[list[float] | None] | None:
        """Of each card, None where there is none; None when the model is not there or takes too long."""
        mark = seen_by.mark
        found = self._lane.call(
            lambda: [
                self._file.get(mark, card, text) if card else None for card, text in shown.cards
            ]
        )
        missing = [at for at, one in enumerate(found) if one is None and shown.cards[at][1]]
        for start in range(0, len(missing), MOST_TEXTS):
            part = missing[start : start + MOST_TEXTS]
            vectors = self._ask(
                seen_by, shown.input, tuple(shown.cards[at][1] for at in part), within_s
            )
            if vectors is None:
                return None
            for at, vector in zip(part, vectors, strict=True):
                found[at] = list(vector) or None
            news = [(*shown.cards[at], v) for at, v in zip(part, vectors, strict=True)]
            kept = [one for one in news if one[0]]
            self._keep(mark, kept)
        return found

    def close(self) -> None:
        """End its thread."""
        self._lane.close()

    def _keep(self, mark: str, kept: list[tuple[str, str, tuple[float, ...]]]) -> None:
        try:
            self._lane.call(lambda: self._file.put(mark, kept))
        except OSError as error:
            log.warning("Hidden states can't be kept: %s", error)

    def _ask(
        self, seen_by: SeenBy, before: str, texts: tuple[str, ...], within_s: float | None
    ) -> tuple[tuple[float, ...], ...] | None:
        if self._workers.window(seen_by.key) is None:
            return None
        request = uuid4().hex
        enough = None
        if within_s is not None:
            enough = self._loop.timer(within_s, lambda: self._requests.cancel(request))
        try:
            answer = self._requests.ask(seen_by.key, EmbedTexts(request, before, texts))
        except StorygenError as error:
            log.warning("No hidden states: %s", error.message)
            return None
        finally:
            if enough is not None:
                enough()
        if answer.error or len(answer.vectors) != len(texts):
            log.warning("No hidden states: %s", answer.error)
            return None
        vectors: tuple[tuple[float, ...], ...] = answer.vectors
        return vectors


def mark_of(spec: LoadModel, info: ModelLoaded) -> str:
    """The same for the same weights: where they come from, their files' sizes and times, their number."""
    source = Path(spec.source)
    files = [source] if source.is_file() else sorted(source.glob("*")) if source.is_dir() else []
    told = [spec.kind, spec.source, spec.base or "", info.architecture, str(info.parameters)]
    for file in files:
        stat = file.stat()
        told.append(f"{file.name} {stat.st_size} {stat.st_mtime_ns}")
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]
