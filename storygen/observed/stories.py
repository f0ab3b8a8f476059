"""Stories as they stand in the store: their text, and who wrote which part of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from ..document.authorship import Authorship, Written
from ..document.live import LiveDocument, UnfitSnapshotError
from ..document.units import utf16_units
from ..store.reader import Reader
from ..store.records import RunRecord, StoredStory, StoryRecord


@dataclass(frozen=True, slots=True)
class ReadStory:
    """A story as it stands. `parts`: the text from its beginning, each with the run that wrote it; None: a
    person. `num_tokens`: of models, in the text as it stands. `runs`: every run that wrote in it.
    """

    record: StoryRecord
    text: str
    parts: tuple[tuple[str | None, str], ...]
    num_tokens: int
    runs: tuple[RunRecord, ...]

    def units(self) -> Counter[str | None]:
        """How many UTF-16 units of the text each run wrote; None: people."""
        found: Counter[str | None] = Counter()
        for run, text in self.parts:
            found[run] += utf16_units(text)
        return found


def read_story(store: Reader, story: str) -> ReadStory | None:
    """The story of that id; None when there is none."""
    stored = store.open_story(story)
    if stored is None:
        return None
    document = _document(store, stored)
    written = document.written()
    text = document.text.decode()
    return ReadStory(
        record=stored.record,
        text=text,
        parts=tuple(_parts(text, written)),
        num_tokens=len({(part.run, part.index) for part in written if part.run is not None}),
        runs=(*stored.runs, *stored.taken),
    )


def written_in(store: Reader, story: str) -> list[Written]:
    """Who wrote what over the whole text of the story of that id; nothing when there is none."""
    stored = store.open_story(story)
    return [] if stored is None else _document(store, stored).written()


def _parts(text: str, written: list[Written]) -> Iterator[tuple[str | None, str]]:
    """The text cut where its author changes."""
    wide = text.encode("utf-16-le", "surrogatepass")
    at = 0
    for run, parts in groupby(written, key=lambda part: part.run):
        end = at + 2 * sum(part.units for part in parts)
        yield run, wide[at:end].decode("utf-16-le", "replace")
        at = end


def _document(store: Reader, stored: StoredStory) -> LiveDocument:
    """The document, built from the snapshot, or from the whole log where the snapshot does not fit."""
    document = _empty(stored)
    if stored.snapshot:
        try:
            document.restore_snapshot(stored.snapshot.data, stored.snapshot.spans)
        except UnfitSnapshotError:
            whole = store.open_story(stored.record.story, whole_log=True)
            assert whole is not None and whole.snapshot is None
            return _document(store, whole)
    for update in stored.updates:
        document.replay(update.data)
    return document


def _empty(stored: StoredStory) -> LiveDocument:
    """Under a client id that nobody used; nothing will ever be written under it."""
    client = max(stored.clients, default=0) + 1
    return LiveDocument(client, stored.clients, Authorship(stored.aliases, stored.tokens))
