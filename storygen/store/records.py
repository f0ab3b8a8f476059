"""What the store keeps, as frozen dataclasses: the vocabulary between the story's core and the database.

A commit is a list of these, applied in one transaction in their order (`Store.commit`). Times are
seconds since the epoch. Document updates are numbered per story by `seq`, without gaps, by the core.
`Span` is identity: where a stretch of visible text stands in the document order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

EXCERPT_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of visible text: UTF-16 units `[clock, clock + units)` of CRDT client `client`."""

    client: int
    clock: int
    units: int
    num_bytes: int  # the same stretch in UTF-8


@dataclass(frozen=True, slots=True)
class StoryRecord:
    """Inserts or replaces a story's own row."""

    story: str
    title: str
    created: float
    changed: float
    settings: dict[str, Any] = field(default_factory=dict)  # mode, model key, params, prompt, …
    binned: float | None = None
    document: str = ""  # identity of the CRDT document: a restored backup gets a new one
    num_words: int = 0
    opening: str = ""  # the first characters, for the list


@dataclass(frozen=True, slots=True)
class ServerClientRecord:
    """A CRDT client id that a server used for one opening of a story; never used again."""

    story: str
    client: int
    opened: float


@dataclass(frozen=True, slots=True)
class UpdateRecord:
    """One document update of the append-only log."""

    story: str
    seq: int
    data: bytes
    origin: str  # "human" | "run:<id>" | "restore" | "create" | "continue_here" | "overtaken" | "accept"
    time: float


@dataclass(frozen=True, slots=True)
class SnapshotRecord:
    """The whole document after update `seq`: compaction of the log for opening quickly; the log stays."""

    story: str
    seq: int
    data: bytes  # the CRDT's state as one update
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class AliasRecord:
    """Text that came back under a new identity: `units` units from (client, clock) are the original's.

    `original_client` None means: written by a person.
    """

    story: str
    client: int
    clock: int
    units: int
    original_client: int | None
    original_clock: int


@dataclass(frozen=True, slots=True)
class RunRecord:
    """Inserts or replaces a run."""

    run: str
    story: str
    state: str  # "queued" | "running" | "paused" | "ended"
    reason: str  # "" until ended; then "stopped" | "finished" | "failed" | "interrupted"
    detail: str
    model: str  # registry key
    model_name: str
    mode: str
    prompt: str
    params: dict[str, Any]
    seed: int
    next_index: int
    continues: str | None
    started: float
    ended: float | None
    left: (
        tuple[int, int] | None
    )  # identity of the character left of the insertion point; None: at the start
    memory_version: int | None = None  # what it reads; None: it knows no memory


@dataclass(frozen=True, slots=True)
class TokenRecord:
    """One token as it was taken into the document: UTF-16 units `[clock, clock + units)` of `client`."""

    story: str
    run: str
    index: int
    id: int
    text: str
    logprob: float
    ms: float
    revision: int
    client: int
    clock: int
    units: int
    alternatives: tuple[tuple[int, str, float], ...] = ()  # (id, text, logprob)


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote `units` UTF-16 units of a checkpoint's text: a run's tokens, or a person (`run` None)."""

    units: int
    client: int
    clock: int


@dataclass(frozen=True, slots=True)
class CheckpointRecord:
    """A node of the history tree: the whole text and who wrote it; stored as a difference."""

    checkpoint: str
    story: str
    parent: str | None
    # "created" | "run_started" | "run_paused" | "run_ended" | "before_restore" | "restored" |
    # "before_continue" | "continued" | "asked" | "accepted"
    kind: str
    time: float
    run: str | None
    label: str
    text: str
    authors: tuple[Author, ...]

    def head(self) -> CheckpointHead:
        """This checkpoint without its text; the excerpt is its end, where the writing was."""
        return CheckpointHead(
            self.checkpoint,
            self.story,
            self.parent,
            self.kind,
            self.time,
            self.run,
            self.label,
            len(self.text.split()),
            _last_words(self.text),
        )


@dataclass(frozen=True, slots=True)
class SetRecord:
    """Inserts or replaces a set of candidates: continuations of the text of `checkpoint` up to `offset`."""

    set: str
    story: str
    time: float
    origin: str  # "asked" | "quick" | "auto" | "writer" | "token"
    checkpoint: str
    offset: int  # UTF-16 units
    left: (
        tuple[int, int] | None
    )  # identity of the character left of their place; None: at the start
    sets_left: int  # how many more were to follow by themselves
    stale: bool  # the text before their place has changed since
    cleared: float | None
    memory_version: int | None = None  # what its cards read
    input_ids: tuple[int, ...] = ()  # the tokens that were read before its cards; none: not known
    fate: dict[str, Any] | None = None  # how its parameters were drawn; see docs/PROTOCOL.md, Fate


@dataclass(frozen=True, slots=True)
class CandidateRecord:
    """Inserts or replaces what is a candidate's beside its run. Unit `n` of what its tokens say has the
    identity `(client, clock + n)`, which stands in no document; text taken from it is an alias of that.
    """

    run: str
    set: str
    number: int
    client: int
    clock: int
    text: str | None = None  # what a person made of it; None: what the tokens say
    pinned: bool = False
    dismissed: bool = False
    taken: int = 0  # UTF-16 units; below 0: so many were, and then taken back
    log_density: float | None = None  # of its parameters, where they were drawn


@dataclass(frozen=True, slots=True)
class ChoiceRecord:
    """A candidate was taken: so many units of it, as `text`; `shown`: how much of each could be read then.
    `seconds`: since its set could be read; None: not known. No units and no text: what was taken of it before
    was taken back.
    """

    choice: str
    story: str
    set: str
    candidate: str
    time: float
    units: int
    text: str
    shown: dict[str, int]
    by: str = "human"  # "human" | "auto"
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class StoredCandidate:
    """A candidate with its run and its tokens."""

    record: CandidateRecord
    run: RunRecord
    tokens: tuple[TokenRecord, ...]


@dataclass(frozen=True, slots=True)
class StoredSet:
    """A set with its candidates, in their order."""

    record: SetRecord
    candidates: tuple[StoredCandidate, ...]


@dataclass(frozen=True, slots=True)
class MemoryRecord:
    """A version of what a story's writer wants the model to know; see docs/PROTOCOL.md, Memory.

    `replaces`: a version that this one takes the place of; every other one stays.
    """

    story: str
    version: int
    time: float
    memory: dict[str, Any]
    replaces: int | None = field(default=None, compare=False)


Record = (
    StoryRecord
    | MemoryRecord
    | ServerClientRecord
    | UpdateRecord
    | SnapshotRecord
    | AliasRecord
    | RunRecord
    | TokenRecord
    | CheckpointRecord
    | SetRecord
    | CandidateRecord
    | ChoiceRecord
)


@dataclass(frozen=True, slots=True)
class CheckpointHead:
    """A checkpoint without its text, for lists."""

    checkpoint: str
    story: str
    parent: str | None
    kind: str
    time: float
    run: str | None
    label: str
    num_words: int
    excerpt: str


@dataclass(frozen=True, slots=True)
class TokenRange:
    """Where a token stands: enough to attribute characters, without its alternatives."""

    run: str
    index: int
    id: int
    client: int
    clock: int
    units: int


@dataclass(frozen=True, slots=True)
class StoredStory:
    """Everything needed to open a story: the newest snapshot and the updates after it."""

    record: StoryRecord
    snapshot: SnapshotRecord | None
    updates: tuple[UpdateRecord, ...]  # seq > snapshot.seq, in order
    clients: tuple[int, ...]  # every server client id ever used
    aliases: tuple[AliasRecord, ...]
    runs: tuple[RunRecord, ...]  # those that wrote into the story
    tokens: tuple[TokenRange, ...]  # theirs, and those of candidates that were taken
    head: str | None  # the newest checkpoint
    taken: tuple[RunRecord, ...] = ()  # runs of candidates that were taken
    sets: tuple[StoredSet, ...] = ()  # the newest that were not cleared, oldest first
    memories: tuple[
        MemoryRecord, ...
    ] = ()  # the newest is the last; before it those that interrupted runs, and these sets, read


def _last_words(text: str) -> str:
    """The end of `text` on one line, from a word's beginning, at most `EXCERPT_CHARACTERS` long."""
    line = " ".join(storable(text[-4 * EXCERPT_CHARACTERS :]).split())
    if len(line) <= EXCERPT_CHARACTERS:
        return line
    tail = line[1 - EXCERPT_CHARACTERS :]
    return "…" + (tail.partition(" ")[2] or tail)


def storable(text: str) -> str:
    """`text` as every database takes it in a text column: Postgres has no NUL."""
    return text.replace("\0", "\ufffd")
