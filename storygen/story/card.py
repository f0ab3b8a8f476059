"""One candidate as the story sees it: what was written on it, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..document.units import utf16_units
from ..link.messages import KnownToken, TokenWritten
from ..store.records import (
    CandidateRecord,
    RunRecord,
    StoredCandidate,
    TokenRange,
    TokenRecord,
    storable,
)
from . import states


@dataclass(frozen=True, slots=True)
class CardToken:
    """A token of a card; its text has `units` UTF-16 units."""

    id: int
    text: str
    logprob: float
    units: int


@dataclass(slots=True)
class Card:
    """Mutable; changed only by `Candidates` and its parts. `client` and `clock` as in `CandidateRecord`."""

    id: str
    set: str
    number: int
    model: str
    model_name: str
    mode: str
    prompt: str
    params: dict[str, Any]
    seed: int
    started: float
    client: int
    clock: int
    tokens: list[CardToken]
    units: int = 0  # of what the tokens say
    next_index: int = 0
    state: str = states.QUEUED
    reason: str = ""
    detail: str = ""
    message: str = ""
    ended: float | None = None
    text: str | None = None
    pinned: bool = False
    dismissed: bool = False
    taken: int = 0
    taken_back: int = 0  # units that were taken and do not stand any more; then `taken` is 0
    log_density: float | None = None

    @property
    def live(self) -> bool:
        """Whether it is being written, or waits to be."""
        return self.state != states.ENDED

    @property
    def was_taken(self) -> bool:
        """Whether something was taken of it, also where that was taken back."""
        return bool(self.taken or self.taken_back)

    @property
    def written(self) -> str:
        """What the tokens say."""
        return "".join(token.text for token in self.tokens)

    @property
    def standing(self) -> str:
        """The text as it stands: what the tokens say, or what a person made of it."""
        return self.written if self.text is None else self.text

    def advance(self, event: str, now: float) -> None:
        """Move along the table of a run's states. Raises: ConflictError when it forbids it."""
        self.state = states.next_state(self.state, event)
        if self.state == states.ENDED:
            self.reason, self.ended = states.END_REASONS[event], now

    def again(self) -> None:
        """Wait to be written on from where it ended."""
        self.state, self.reason, self.detail, self.message = states.QUEUED, "", "", ""
        self.ended = None

    def write(self, event: TokenWritten) -> tuple[CardToken, TokenRange]:
        """Take a token; returns it and its identity."""
        text = storable(event.text.replace("\r", "\n"))
        token = CardToken(event.id, text, event.logprob, utf16_units(text))
        clock = self.clock + self.units
        stands = TokenRange(self.id, event.index, token.id, self.client, clock, token.units)
        self.tokens.append(token)
        self.units += token.units
        self.next_index = event.index + 1
        if self.text is not None:
            self.text += text
        return token, stands

    def ranges(self) -> list[TokenRange]:
        """Its tokens by identity."""
        found, clock = [], self.clock
        first = self.next_index - len(self.tokens)
        for index, token in enumerate(self.tokens, first):
            found.append(TokenRange(self.id, index, token.id, self.client, clock, token.units))
            clock += token.units
        return found

    def known(self, at: int) -> list[KnownToken]:
        """The tokens that still stand at the card's beginning, which is code point `at` of a text."""
        found, done, standing = [], 0, self.standing
        for token in self.tokens:
            if not standing.startswith(token.text, done):
                break
            end = done + len(token.text)
            found.append(KnownToken(at + done, at + end, token.id))
            done = end
        return found

    # ------------------------------------------------------------ as records

    def run_record(self, story: str) -> RunRecord:
        """Its run as it is stored."""
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
            continues=None,
            started=self.started,
            ended=self.ended,
            left=None,
        )

    def record(self) -> CandidateRecord:
        """What else is stored of it."""
        return CandidateRecord(
            run=self.id,
            set=self.set,
            number=self.number,
            client=self.client,
            clock=self.clock,
            text=self.text,
            pinned=self.pinned,
            dismissed=self.dismissed,
            taken=self.taken or -self.taken_back,
            log_density=self.log_density,
        )

    def token_record(
        self, story: str, event: TokenWritten, text: str, stands: TokenRange
    ) -> TokenRecord:
        """One of its tokens as it is stored."""
        return TokenRecord(
            story=story,
            run=self.id,
            index=event.index,
            id=event.id,
            text=text,
            logprob=event.logprob,
            ms=event.ms,
            revision=event.revision,
            client=stands.client,
            clock=stands.clock,
            units=stands.units,
            alternatives=tuple((a.id, storable(a.text), a.logprob) for a in event.alternatives),
        )

    def view(self) -> dict[str, Any]:
        """The card as browsers see it, without its tokens; docs/PROTOCOL.md, Card."""
        return {
            "id": self.id,
            "number": self.number,
            "seed": self.seed,
            "params": self.params,
            "state": self.state,
            "reason": self.reason,
            "detail": self.detail,
            "message": self.message,
            "text": self.text,
            "pinned": self.pinned,
            "dismissed": self.dismissed,
            "taken": self.taken,
            "client": self.client,
            "clock": self.clock,
            "next_index": self.next_index,
        }


def card_from(stored: StoredCandidate) -> Card:
    """A stored card; one that was being written was interrupted."""
    run, record = stored.run, stored.record
    tokens = [
        CardToken(token.id, token.text, token.logprob, token.units) for token in stored.tokens
    ]
    was_live = run.state != states.ENDED
    failed = run.reason == "failed"  # then its detail is what the worker said
    return Card(
        id=run.run,
        set=record.set,
        number=record.number,
        model=run.model,
        model_name=run.model_name,
        mode=run.mode,
        prompt=run.prompt,
        params=run.params,
        seed=run.seed,
        started=run.started,
        client=record.client,
        clock=record.clock,
        tokens=tokens,
        units=sum(token.units for token in tokens),
        next_index=stored.tokens[-1].index + 1 if stored.tokens else 0,
        state=states.ENDED,
        reason="interrupted" if was_live else run.reason,
        detail="" if failed else run.detail,
        message=run.detail if failed else "",
        ended=run.ended or run.started,
        text=record.text,
        pinned=record.pinned,
        dismissed=record.dismissed,
        taken=max(record.taken, 0),
        taken_back=max(-record.taken, 0),
        log_density=record.log_density,
    )
