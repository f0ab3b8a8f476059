"""The library's own stories and choices as datasets, read beside the server while it writes.

A dataset holds the rows that there were when it was opened; opening it again shows new ones.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import URL

from ...observed.choices import observe
from ...observed.stories import ReadStory, read_story
from ...preferences.observations import Observation, ShownCandidate
from ...store.reader import OpenReader
from ...store.records import StoryRecord
from ...store.store import file_url
from ..jobs import Job
from .split import BrokenSample, Dataset, Sample, Split

STORIES = "stories"
CHOICES = "choices"
_PERSON = "a person"
_HELD = 2
"""Of so many stories the choices are held at a time."""


def library_stories(database: Path | str) -> Dataset:
    """Every story of the library, the oldest first. `database`: its file, or SQLAlchemy's URL of one.

    Raises: StoreError when it can't be read.
    """
    return Dataset("Stories", [_Stories(_url(database))], "the library")


def library_choices(database: Path | str, job: Job | None = None) -> Dataset:
    """Every set of candidates from which something was chosen, or deliberately nothing, story by story.

    Raises: StoreError when it can't be read.
    """
    return Dataset("Choices", [_Choices(_url(database), job)], "the library")


def _url(database: Path | str) -> URL | str:
    return file_url(database) if isinstance(database, Path) else database


def _reading(url: URL | str) -> contextlib.closing[OpenReader]:
    """A connection for one reading, so that none is held and any thread may read."""
    return contextlib.closing(OpenReader(url))


class _Stories(Split):
    def __init__(self, url: URL | str) -> None:
        super().__init__(STORIES)
        self._url = url
        with _reading(url) as store:
            records = sorted(store.stories(), key=lambda one: (one.created, one.story))
        self._ids = [record.story for record in records]
        self.features = _STORY_COLUMNS

    def __len__(self) -> int:
        return len(self._ids)

    def read(self, start: int, stop: int) -> Iterator[Sample]:
        """See `Split`. A story that was deleted meanwhile is broken. Raises: StoreError."""
        with _reading(self._url) as store:
            for story in self._ids[start:stop]:
                read = read_story(store, story)
                yield _gone(story) if read is None else _story_sample(read)


def _gone(story: str) -> BrokenSample:
    return BrokenSample(f"story {story}", "it was deleted since this was opened.")


_STORY_COLUMNS = {
    "story": "text",
    "title": "text",
    "text": "text",
    "parts": "list of object",
    "human_share": "number",
    "models": "object",
    "num_words": "number",
    "num_tokens": "number",
    "created": "text",
    "changed": "text",
}


def _story_sample(read: ReadStory) -> Sample:
    names: dict[str | None, str] = {run.run: run.model_name for run in read.runs}
    names[None] = _PERSON
    units = read.units()
    total = sum(units.values())
    shares: dict[str, float] = {}
    for run, num in units.items():
        name = names.get(run, "a model")
        shares[name] = shares.get(name, 0.0) + num / total
    human = shares.pop(_PERSON, 0.0) if total else None
    return {
        "story": read.record.story,
        "title": read.record.title,
        "text": read.text,
        "parts": [{"by": names.get(run, "a model"), "text": text} for run, text in read.parts],
        "human_share": human,
        "models": shares,
        "num_words": len(read.text.split()),
        "num_tokens": read.num_tokens,
        "created": _date(read.record.created),
        "changed": _date(read.record.changed),
    }


class _Choices(Split):
    def __init__(self, url: URL | str, job: Job | None) -> None:
        super().__init__(CHOICES)
        self._url = url
        self._lock = threading.Lock()
        self._places: list[tuple[str, str, str]] = []  # story, set, by
        self._held: dict[str, dict[tuple[str, str], Observation]] = {}
        with _reading(url) as store:
            self._stories: dict[str, StoryRecord] = {one.story: one for one in store.stories()}
            choosers = store.choosers()
            for number, story in enumerate(choosers):
                if job is not None:
                    job.progress(number, len(choosers), "reading choices")
                found = observe(store, story, 0, kept=False)
                self._places += [(story, one.set, one.by) for one in found]
        self.features = _CHOICE_COLUMNS

    def __len__(self) -> int:
        return len(self._places)

    def read(self, start: int, stop: int) -> Iterator[Sample]:
        """See `Split`. A choice of a story that was deleted meanwhile is broken. Raises: StoreError."""
        for story, set_, by in self._places[start:stop]:
            seen = self._observed(story).get((set_, by))
            yield _gone(story) if seen is None else self._sample(seen)

    def _observed(self, story: str) -> dict[tuple[str, str], Observation]:
        with self._lock:
            if story not in self._held:
                with _reading(self._url) as store:
                    found = {(one.set, one.by): one for one in observe(store, story)}
                while len(self._held) >= _HELD:
                    self._held.pop(next(iter(self._held)))
                self._held[story] = found
            return self._held[story]

    def _sample(self, seen: Observation) -> Sample:
        record = self._stories.get(seen.story)
        chosen = seen.chosen
        return {
            "story": seen.story,
            "title": record.title if record else "",
            "time": _date(seen.time),
            "before": seen.before,
            "writing_prompt": seen.prompt,
            "chosen": chosen.text if chosen else None,
            "rejected": [one.text for one in seen.candidates if not one.taken],
            "taken": chosen.taken if chosen else 0.0,
            "by": _PERSON if seen.by == "human" else "the automatic writer",
            "seconds": seen.seconds,
            "kept": seen.kept,
            "policy": seen.policy,
            "candidates": [_candidate(one) for one in seen.candidates],
        }


_CHOICE_COLUMNS = {
    "story": "text",
    "title": "text",
    "time": "text",
    "before": "text",
    "writing_prompt": "text",
    "chosen": "text",
    "rejected": "list of text",
    "taken": "number",
    "by": "text",
    "seconds": "number",
    "kept": "number",
    "policy": "text",
    "candidates": "list of object",
}


def _candidate(one: ShownCandidate) -> dict[str, Any]:
    known = len(one.logprobs)
    return {
        "text": one.text,
        "taken": one.taken,
        "model": one.model,
        "params": dict(one.params),
        "seed": one.seed,
        "num_tokens": len(one.ids),
        "mean_logprob": sum(one.logprobs) / known if known else None,
    }


def _date(time: float) -> str:
    """A time as people and programs read it, in UTC."""
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="seconds")
