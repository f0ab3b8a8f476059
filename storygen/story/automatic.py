"""The automatic writer of one open story: where it is, what it does next, what it has put into the text.

A step is a set of candidates at the story's end, of which one is put into the text. Who deals and picks is
the shell's (`server/automatic.py`); each of its visits names the `turn` that it works in, and in one that is
over nothing is changed: pausing, stopping and ending begin another turn.

What is kept is a setting of the story, so that it is committed with what it speaks of. One that was live when
the story was closed is interrupted.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..document.units import utf16_units
from ..errors import ConflictError
from .candidates import Candidates
from .card import Card
from .card_asking import NewSet
from .feed import HOLD_REST_S, near_start
from .page import Page

KEPT_AS = "auto"
"""The setting under which it is stored; no browser sets it."""

ASKING, WRITING, CHOOSING, PAUSED, ENDED = "asking", "writing", "choosing", "paused", "ended"
STATES = (ASKING, WRITING, CHOOSING, PAUSED, ENDED)
ACTIVE = (ASKING, WRITING, CHOOSING)

TRANSITIONS: dict[tuple[str, str], str] = {
    (ASKING, "write"): WRITING,
    (WRITING, "choose"): CHOOSING,
    (WRITING, "again"): ASKING,  # the text before was edited, or the worker has gone
    (CHOOSING, "again"): ASKING,
    (CHOOSING, "take"): ASKING,
    **{(state, "pause"): PAUSED for state in ACTIVE},
    (PAUSED, "resume"): ASKING,
    **{
        (state, event): ENDED
        for state in (*ACTIVE, PAUSED)
        for event in ("finish", "stop", "fail", "interrupt")
    },
}
END_REASONS = {
    "finish": "finished",
    "stop": "stopped",
    "fail": "failed",
    "interrupt": "interrupted",
}
SETS_SHOWN = 6
"""So many of its newest sets stay on the page."""
ENTROPIES_KEPT = 6
LOOKED_AT = 4000  # characters of the text that a judge is shown

_WORDS = {PAUSED: "is paused", ENDED: "has ended"}


@dataclass(frozen=True, slots=True)
class Plan:
    """What a writer asks for. `steps` 0: until it is stopped. `ranges`: as `preferences.ranges` has them."""

    model: str
    model_name: str
    mode: str
    prompt: str
    params: Mapping[str, Any]
    steps: int
    cards: int
    policy: str
    picker: str
    ranges: Mapping[str, Any]
    seed: int


@dataclass(frozen=True, slots=True)
class Reaction:
    """What is done about a sign of trouble: `level` 0 is nothing. `words` are for a person."""

    sign: str = ""
    level: int = 0
    words: str = ""
    gives_up: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """The step to be written now: `number` from 1; `wait_s` until the writer's hand has rested."""

    plan: Plan
    number: int
    reaction: Reaction
    wait_s: float


@dataclass(frozen=True, slots=True)
class Offered:
    """What there is to choose from after `before`; why there is nothing, if so: `trouble`."""

    before: str
    cards: tuple[tuple[str, str, tuple[float, ...]], ...]  # id, text, log-probabilities
    trouble: str = ""  # "" | "stopped" | "interrupted" | "failed" | "empty"
    message: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """All that is stored of it."""

    id: str
    plan: Plan
    state: str = ASKING
    reason: str = ""
    message: str = ""
    done: int = 0  # steps that were taken
    reaction: Reaction = Reaction()
    entropies: tuple[float, ...] = ()
    set: str = ""


Judge = Callable[[str, str, tuple[float, ...], Reaction], Reaction]
"""The text before a step, with it, mean surprises of the last steps, what was done before → what to do."""


class Automatic:
    """At most one is live. Every method that changes something takes `now`."""

    def __init__(self, page: Page, candidates: Candidates) -> None:
        self._page, self._candidates = page, candidates
        self._kept = _kept_from(page.record.settings.get(KEPT_AS))
        self.turn = 0
        self._near: tuple[bytes, bool] = b"", False
        """What stood just before the place when the set was asked for, and whether that was all."""
        self._overtaken = False
        self._own_sets: list[str] = []
        if self.live:
            self._change("interrupt")

    # ------------------------------------------------------------ reading

    @property
    def live(self) -> bool:
        """Whether it has begun and not ended."""
        return self._kept is not None and self._kept.state != ENDED

    @property
    def active(self) -> bool:
        """Whether it is live and not paused."""
        return self._kept is not None and self._kept.state in ACTIVE

    def models_in_use(self) -> set[str]:
        """The model that it needs between its sets too."""
        return {self._kept.plan.model} if self._kept and self.active else set()

    def view(self) -> dict[str, Any] | None:
        """As browsers see it: docs/PROTOCOL.md, Auto."""
        kept = self._kept
        if kept is None:
            return None
        plan = kept.plan
        return {
            "id": kept.id,
            "story": self._page.id,
            "state": kept.state,
            "reason": kept.reason,
            "message": kept.message,
            "step": kept.done + (kept.state != ENDED),
            "steps": plan.steps or None,
            "policy": plan.policy,
            "picker": plan.picker,
            "cards": plan.cards,
            "reaction": kept.reaction.words,
            "set": kept.set or None,
        }

    # ------------------------------------------------------------ commands

    def start(self, plan: Plan, now: float) -> int:
        """Begin; returns the turn to work in. Raises: ConflictError while one is live."""
        if self.live:
            raise ConflictError("The automatic writer is at work in this story; stop it first.")
        self._kept, self._overtaken = Kept(self._page.new_id(), plan), False
        return self._told()

    def pause(self, now: float, message: str = "") -> None:
        """Rest; the set in hand ends within a token and its step is written anew later.

        Raises: ConflictError when it is not at work.
        """
        self._change("pause", message=message)
        self._drop_set(now)

    def resume(self, now: float) -> int:
        """Go on with the step that was not finished, also after an interruption; returns the turn to work in.

        Raises: ConflictError.
        """
        kept = self._kept
        if kept is not None and (kept.state, kept.reason) == (ENDED, "interrupted"):
            self._kept = replace(kept, state=ASKING, reason="", message="", set="")
            return self._told()
        self._change("resume", message="", set="")
        return self.turn

    def stop(self, now: float) -> None:
        """End for good; what it has put into the text stays. Raises: ConflictError."""
        self.end("stop", now)

    def end(self, event: str, now: float, message: str = "") -> None:
        """End by "stop", "finish" or "fail". Raises: ConflictError."""
        self._change(event, message=message)
        self._drop_set(now)

    # ------------------------------------------------------------ a step, in its turn

    def step(self, turn: int, now: float) -> Step | None:
        """What to write now; None when the turn is over."""
        kept = self._kept
        if kept is None or turn != self.turn or kept.state != ASKING:
            return None
        rests = self._page.typed_at + HOLD_REST_S - now if self._overtaken else 0.0
        return Step(kept.plan, kept.done + 1, kept.reaction, max(0.0, rests))

    def write(self, turn: int, new: NewSet, now: float) -> str | None:
        """Ask for the step's set at the story's end; returns its id, None when the turn is over."""
        if turn != self.turn:
            return None
        text = self._page.document.text
        self._overtaken = False
        near = near_start(text, len(text))
        self._near = bytes(text[near:]), near == 0
        found = self._candidates.ask(replace(new, at=len(text)), now)
        self._own_sets.append(found.id)
        self._change("write", set=found.id)
        return found.id

    def look(self, turn: int, now: float) -> str:
        """ "writing", "ended", or "over" when the turn is. Where the text just before was edited, the set is
        ended and its step to be written anew: "again".
        """
        kept = self._kept
        if kept is None or turn != self.turn:
            return "over"
        found = self._candidates.get(kept.set)
        if found.record.stale and not self._still_fits():
            self._overtaken = True
            self._drop_set(now)
            self._change("again")
            return "again"
        return "writing" if found.live else "ended"

    def offered(self, turn: int, now: float) -> Offered | None:
        """What was written; None when the turn is over."""
        kept = self._kept
        if kept is None or turn != self.turn:
            return None
        if kept.state == WRITING:
            self._change("choose")
        cards = self._candidates.get(kept.set).cards
        offered = tuple(
            (card.id, card.standing, tuple(token.logprob for token in card.tokens))
            for card in cards
            if card.reason in ("finished", "stopped") and card.standing and not card.dismissed
        )
        message = next((card.message for card in cards if card.reason == "failed"), "")
        finished = any(card.reason == "finished" for card in cards)
        trouble = "" if finished and _any_text(offered) else _trouble(cards)
        return Offered(self._before(), offered, trouble, message)

    def again(self, turn: int, reaction: Reaction | None, now: float) -> bool:
        """Write the step anew, with what is to be done about a sign; False when the turn is over."""
        if turn != self.turn or self._kept is None:
            return False
        self._change("again", reaction=reaction or self._kept.reaction)
        return True

    def take(self, turn: int, card_id: str, judge: Judge, now: float) -> bool:
        """Put a card into the text and go to the next step; False when the turn is over, or was by this."""
        kept = self._kept
        if kept is None or turn != self.turn:
            return False
        if not self._still_fits():
            self._overtaken = True
            self._change("again")
            return True
        before = self._before()
        _, card = self._candidates.card(card_id)
        self._candidates.accept(card_id, utf16_units(card.standing), now)
        entropies = (*kept.entropies, _surprise(card))[-ENTROPIES_KEPT:]
        reaction = judge(before, self._before(), entropies, kept.reaction)
        self._kept = replace(kept, done=kept.done + 1, entropies=entropies)
        self._retire(now)
        if reaction.gives_up:
            self.end("fail", now, reaction.words)
        elif kept.plan.steps and kept.done + 1 >= kept.plan.steps:
            self.end("finish", now)
        else:
            self._change("take", reaction=reaction)
        return self.active

    # ------------------------------------------------------------ inside

    def _before(self) -> str:
        return self._page.document.text[-4 * LOOKED_AT :].decode(errors="ignore")[-LOOKED_AT:]

    def _still_fits(self) -> bool:
        """Whether just before the set's place stands what stood there when it was asked for."""
        assert self._kept is not None
        at = self._candidates.place(self._kept.set)
        near, is_all = self._near
        before = bytes(self._page.document.text[:at])
        return before == near if is_all else before.endswith(near)

    def _drop_set(self, now: float) -> None:
        kept = self._kept
        if kept and kept.set and self._candidates.get(kept.set).live:
            self._candidates.stop_set(kept.set, now)

    def _retire(self, now: float) -> None:
        while len(self._own_sets) > SETS_SHOWN:
            self._candidates.retire(self._own_sets.pop(0), now)

    def _change(self, event: str, **changes: Any) -> None:
        """Move along the table. Raises: ConflictError when it forbids it."""
        kept = self._kept
        target = TRANSITIONS.get((kept.state, event)) if kept else None
        if kept is None or target is None:
            words = _WORDS.get(kept.state, "is at work") if kept else "has not begun"
            raise ConflictError(f"The automatic writer {words}: it can't {event}.")
        reason = END_REASONS[event] if target == ENDED else ""
        self._kept = replace(kept, state=target, reason=reason, **changes)
        if target in (PAUSED, ENDED) or event == "resume":
            self.turn += 1
        self._store()

    def _told(self) -> int:
        self.turn += 1
        self._store()
        return self.turn

    def _store(self) -> None:
        assert self._kept is not None
        self._page.keep(KEPT_AS, dataclasses.asdict(self._kept))
        self._page.effects.news.auto = True
        self._page.effects.news.story = (
            True  # whether it is being written, and which model it needs
        )


def _kept_from(data: dict[str, Any] | None) -> Kept | None:
    if data is None:
        return None
    return Kept(
        **{
            **data,
            "plan": Plan(**data["plan"]),
            "reaction": Reaction(**data["reaction"]),
            "entropies": tuple(data["entropies"]),
        }
    )


def _any_text(offered: Iterable[tuple[str, str, tuple[float, ...]]]) -> bool:
    return any(text.strip() for _, text, _ in offered)


def _trouble(cards: list[Card]) -> str:
    """Why there is nothing to choose from."""
    reasons = {card.reason for card in cards}
    for reason in ("failed", "interrupted"):
        if reason in reasons:
            return reason
    return "empty" if "finished" in reasons else "stopped"


def _surprise(card: Card) -> float:
    """The mean of -log p over a card's tokens, in nats; 0 where there are none."""
    known = [-token.logprob for token in card.tokens if -1e6 < token.logprob <= 0]
    return sum(known) / len(known) if known else 0.0
