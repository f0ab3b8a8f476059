"""One run as the story sees it: its state, what its worker was told, and how fast it writes."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ..document.live import LiveDocument
from ..document.updates import Struct
from ..link.messages import AcceptedToken
from ..store.records import RunRecord, TokenRange
from . import states
from .feed import FAR_LATEST_S, Feed
from .waiting import Distance

CREDITS = 16
REFILL = 4  # credits go back to the worker so many at a time
UNSEEN_S = (
    1.0  # what came longer ago was lost on the way, and who typed worked without a connection
)
_RATE_TOKENS = 24
_RATE_GAP_S = 2.0


@dataclass(slots=True)
class Run:
    """Mutable; changed only by `Story`. `order` says which of two runs at one place stands left."""

    id: str
    order: int
    model: str
    model_name: str
    mode: str
    prompt: str
    params: dict[str, Any]
    seed: int
    started: float
    feed: Feed
    continues: str | None = None
    before: tuple[AcceptedToken, ...] = ()  # what it goes on from, for samplers that remember
    next_index: int = 0
    state: str = states.QUEUED
    reason: str = ""
    detail: str = ""
    message: str = ""
    ended: float | None = None
    memory_version: int = 0
    lore: tuple[str, ...] = ()  # ids of the entries that are in its context
    fed: bool = False  # the worker has this run
    holding: bool = False  # typing at its place has not come to rest
    awaiting: bool = False  # the token that reads the last urgent edit has not come
    min_revision: int = 0  # tokens computed from an older revision are dropped
    rereads_since: float | None = None  # a far edit was sent, and no token that knows it has come
    rereads_revision: int = 0
    rereads_again: float = 0.0  # no far edit is sent before
    reading: tuple[int, int] | None = None
    used: int = 0
    window: int = 0
    left: tuple[int, int] | None = None
    stored: RunRecord | None = None  # what the store says of it, tokens counted in
    owed: int = 0  # credits that the worker has not been given back
    fresh: deque[tuple[float, TokenRange]] = field(  # since when it stands
        default_factory=lambda: deque(maxlen=_RATE_TOKENS)
    )
    times: deque[float] = field(default_factory=lambda: deque(maxlen=_RATE_TOKENS))

    @property
    def live(self) -> bool:
        """Queued, running or paused."""
        return self.state != states.ENDED

    @property
    def resumable(self) -> bool:
        """Ended by the death of a worker or a server, so that its place is still kept."""
        return self.state == states.ENDED and self.reason == "interrupted"

    def advance(self, event: str, now: float) -> None:
        """Move along the table.

        Raises: ConflictError when the table forbids it.
        """
        self.state = states.next_state(self.state, event)
        if self.state == states.ENDED:
            self.reason = states.END_REASONS[event]
            self.ended = now
            self.lore = ()
        if self.state != states.RUNNING:
            self.holding = False
            self.awaiting = False
            self.reading = None
            self.rereads_since = None
            self.times.clear()

    def tokens_per_s(self) -> float | None:
        """The rate of the last tokens; None until two have come."""
        if len(self.times) < 2 or self.times[-1] == self.times[0]:
            return None
        return (len(self.times) - 1) / (self.times[-1] - self.times[0])

    def due(self) -> tuple[float, Distance] | None:
        """When the splices that wait must be sent, and up to which urgency; None when none waits for time.

        However fast one types and however slow the model is, a reading brings tokens: a near edit waits for
        the one token that reads the near edit before it; a far edit, which may take long to read, until the
        run has written for as long as it read the far edit before, up to `FAR_LATEST_S`.
        """
        due = self.feed.due()
        if due is None:
            return None
        at, reach = due
        if reach > Distance.NEAR:
            return None if self.rereads_since is not None else (max(at, self.rereads_again), reach)
        is_near = self.feed.waiting.urgency == Distance.NEAR
        return None if is_near and self.awaiting and self.reading is None else due

    def revised(self, now: float, reach: Distance, *, accepted: bool) -> None:
        """Splices up to `reach` were sent; `accepted`: tokens computed before are dropped."""
        if accepted:
            self.min_revision = self.feed.revision
            self.awaiting = True
        if reach > Distance.NEAR and self.state == states.RUNNING:
            self.rereads_since, self.rereads_revision = now, self.feed.revision

    def wrote(self, token: TokenRange, now: float) -> None:
        """A token came to stand before the point."""
        if token.units:
            self.fresh.append((now, token))

    def overtook(self, typed: Struct, document: LiveDocument, now: float) -> int | None:
        """Where the words begin that stand behind `typed` because who typed it did not have them yet.

        They are whole tokens that came less than `UNSEEN_S` ago and reach from `typed` to the point, and
        the identity that `typed` was put before is none of theirs. None when there are none.
        """
        at = self.feed.point
        last = (typed.client, typed.clock + typed.units - 1)
        for since, token in reversed(self.fresh):
            was_seen = typed.right is not None and _is_of(typed.right, token)
            start = document.start_of(token, at)
            if now - since > UNSEEN_S or was_seen or start is None:
                return None
            at = start
            if document.place(at) == last:
                return at
        return None

    def token_came(self, revision: int, now: float) -> None:
        """A token computed from `revision` was taken: what it has read, and the rate."""
        self.reading = None
        self.awaiting = False
        if self.rereads_since is not None and revision >= self.rereads_revision:
            took = now - self.rereads_since
            self.rereads_since, self.rereads_again = None, now + min(took, FAR_LATEST_S)
        if self.state == states.RUNNING:
            self._count_for_rate(now)

    def _count_for_rate(self, now: float) -> None:
        """A long gap starts the rate anew."""
        if self.times and now - self.times[-1] > _RATE_GAP_S:
            self.times.clear()
        self.times.append(now)

    def record(self, story: str) -> RunRecord:
        """The run as it is stored."""
        return RunRecord(
            run=self.id,
            story=story,
            state=self.state,
            reason=self.reason,
            detail=self.detail or self.message,
            model=self.model,
            model_name=self.model_name,
            mode=self.mode,
            prompt=self.prompt,
            params=self.params,
            seed=self.seed,
            next_index=self.next_index,
            continues=self.continues,
            started=self.started,
            ended=self.ended,
            left=self.left,
            memory_version=self.memory_version,
        )

    def view(self, story: str) -> dict[str, Any]:
        """The run as browsers see it; docs/PROTOCOL.md, Run."""
        rate = self.tokens_per_s()
        return {
            "id": self.id,
            "story": story,
            "state": self.state,
            "reason": self.reason,
            "detail": self.detail,
            "message": self.message,
            "model": self.model,
            "model_name": self.model_name,
            "mode": self.mode,
            "prompt": self.prompt,
            "params": self.params,
            "seed": self.seed,
            "next_index": self.next_index,
            "continues": self.continues,
            "started": self.started,
            "ended": self.ended,
            "left": list(self.left) if self.left else None,
            "revision": self.feed.revision,
            "reading": {"done": self.reading[0], "total": self.reading[1]}
            if self.reading
            else None,
            "holding": self.holding,
            "tokens_per_s": round(rate, 2) if rate else None,
            "used": self.used,
            "window": self.window,
            "memory_version": self.memory_version,
            "lore": list(self.lore),
        }


def _is_of(place: tuple[int, int], token: TokenRange) -> bool:
    client, clock = place
    return client == token.client and token.clock <= clock < token.clock + token.units


def after_token(record: RunRecord, token: TokenRange) -> RunRecord:
    """What the store says of a run when it has this token too: the run's row is not written for that."""
    if token.index < record.next_index:
        return record
    end = (token.client, token.clock + token.units - 1) if token.units else record.left
    return dataclasses.replace(record, next_index=token.index + 1, left=end)


def with_tokens(records: Iterable[RunRecord], tokens: Iterable[TokenRange]) -> list[RunRecord]:
    """Stored runs as the tokens after their rows tell them; a run's tokens come in their order."""
    found = {record.run: record for record in records}
    for token in tokens:
        if token.run in found:  # candidates' tokens are not theirs
            found[token.run] = after_token(found[token.run], token)
    return list(found.values())


def from_record(record: RunRecord, order: int, point: int) -> Run:
    """A stored run that has ended, with its place at byte `point`."""
    failed = record.reason == "failed"  # then its detail is what the worker said
    return Run(
        id=record.run,
        order=order,
        model=record.model,
        model_name=record.model_name,
        mode=record.mode,
        prompt=record.prompt,
        params=record.params,
        seed=record.seed,
        started=record.started,
        feed=Feed(point, point),
        continues=record.continues,
        next_index=record.next_index,
        state=record.state,
        reason=record.reason,
        detail="" if failed else record.detail,
        message=record.detail if failed else "",
        ended=record.ended,
        left=record.left,
        memory_version=record.memory_version or 0,
        stored=record,
    )
