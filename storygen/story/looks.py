"""Looks at the tokens that could stand somewhere, and what was taken of them.

A look is no part of the story: the newest are remembered while it is open. Each of its tokens has an identity
of ours, so that text which is taken is the model's. A taken token is stored as a set of one card, which was
cleared from the start, together with the choice that it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from ..document.units import utf16_units
from ..errors import ConflictError, NotFoundError
from ..link.messages import (
    Alternative,
    ListNext,
    NextListed,
    NextToken,
    ScoreText,
    ShowContext,
    TokenWritten,
)
from ..store.records import ChoiceRecord, RunRecord, SetRecord
from . import states
from .card import Card
from .known import known_tokens, text_before
from .memories import Memories, Plain, for_worker
from .offers import Offers
from .page import Page

UNITS_PER_TOKEN = 256
MOST_LOOKS = 50
NUM_STORED = 10
"""So many of the other tokens are stored with one that was taken."""


@dataclass(frozen=True, slots=True)
class NewLook:
    """What is asked: `at` is a byte offset, the rest as for a run."""

    model: str
    model_name: str
    mode: str
    prompt: str
    params: dict[str, Any]
    seed: int
    at: int = 0


@dataclass(slots=True)
class Look:
    """`left`: the identity of the character before the place. The text of token `n` of `answer` has the units
    from `(client, clock + n * UNITS_PER_TOKEN)` on."""

    id: str
    new: NewLook
    left: tuple[int, int] | None
    client: int
    clock: int
    answer: NextListed
    taken: dict[int, Card] = field(default_factory=dict)  # by number of the token


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole story to be scored; `stretches` [client, clock, units] say by identity what its text is."""

    command: ScoreText
    stretches: list[tuple[int, int, int]]


class Looks:
    """The looks of a page. `runs_of(model)`: the runs whose tokens need no tokenising."""

    def __init__(
        self,
        page: Page,
        offers: Offers,
        memories: Memories,
        taken: Iterable[RunRecord],
        runs_of: Callable[[str], set[str]],
    ) -> None:
        self._page, self._offers, self._memories = page, offers, memories
        self._runs_of = runs_of
        self._looks: dict[str, Look] = {}
        self._wrote: dict[str, set[str]] = {}
        for run in taken:
            self._wrote.setdefault(run.model, set()).add(run.run)

    def of_model(self, model: str) -> set[str]:
        """Runs of cards and tokens of a model that were taken into the story."""
        return self._wrote.get(model, set())

    def ids(self) -> set[str]:
        """The looks that are remembered."""
        return set(self._looks)

    # ------------------------------------------------------------ what is asked of a worker

    def question(self, new: NewLook, window: int, num: int, draws: int) -> ListNext:
        """What a worker with this window is asked; the answer is for `offer`."""
        document = self._page.document
        text, known = text_before(document, new.at, window, self._runs_of(new.model))
        return ListNext(
            request=self._page.new_id(),
            text=text,
            params=new.params,
            seed=new.seed,
            num=num,
            draws=draws,
            mode=new.mode,
            prompt=new.prompt,
            memory=self._memories.of(self._memories.version),
            known=known,
            heal=not (known and known[-1].end == len(text)),
        )

    def context(self, new: NewLook, window: int, memory: Plain, run: str) -> ShowContext:
        """What a worker is asked of what it would read with this memory; `run`: of that run, if it has it."""
        document = self._page.document
        text, known = text_before(document, new.at, window, self._runs_of(new.model))
        return ShowContext(
            request=self._page.new_id(),
            text=text,
            params=new.params,
            mode=new.mode,
            prompt=new.prompt,
            memory=for_worker(memory),
            known=known,
            heal=not (known and known[-1].end == len(text)),
            run=run,
        )

    def whole(self, new: NewLook) -> Whole:
        """The whole story as a worker is to score it; `new.at` and its seed don't matter."""
        document = self._page.document
        known = known_tokens(document, 0, len(document.text), self._runs_of(new.model))
        command = ScoreText(
            request=self._page.new_id(),
            text=document.text.decode(),
            mode=new.mode,
            prompt=new.prompt,
            memory=self._memories.of(self._memories.version),
            known=known,
            params=new.params,
        )
        stretches = [(span.client, span.clock, span.units) for span in document.spans]
        return Whole(command, stretches)

    # ------------------------------------------------------------ looks

    def offer(
        self, new: NewLook, left: tuple[int, int] | None, answer: NextListed, now: float
    ) -> Look:
        """Remember an answer; its tokens may be taken from now on."""
        client, clock = self._offers.reserve(now)
        look = Look(self._page.new_id(), new, left, client, clock, answer)
        self._looks[look.id] = look
        if len(self._looks) > MOST_LOOKS:
            del self._looks[next(iter(self._looks))]
        return look

    def taken(self, look_id: str, token_id: int, units: int, now: float) -> str:
        """The first units of a token stand in the story now; returns the checkpoint of that.

        Raises: NotFoundError; ConflictError when the token does not say as much.
        """
        look = self._looks.get(look_id)
        if look is None:
            raise NotFoundError("This list of tokens is too old; look again.")
        number, token = _find(look, token_id)
        if not 0 < units <= utf16_units(_takable(token) or ""):
            raise ConflictError("The token does not say as much.")
        page = self._page
        card = look.taken.get(number)
        is_new = card is None
        if card is None:
            card = look.taken[number] = self._card(look, number, token, now)
        page.describe(now)
        checkpoint = page.checkpoint("accepted", now, run=card.id)
        if is_new:
            self._store(look, card, number, token, checkpoint, now)
        text = card.written.encode("utf-16-le")[: 2 * units].decode("utf-16-le", "ignore")
        shown = {card.id: card.units}
        page.effects.records.append(
            ChoiceRecord(page.new_id(), page.id, card.set, card.id, now, units, text, shown)
        )
        return checkpoint

    def view(self, look: Look) -> dict[str, Any]:
        """A look as browsers see it; docs/PROTOCOL.md."""
        new, answer = look.new, look.answer
        return {
            "id": look.id,
            "story": self._page.id,
            "at": list(look.left) if look.left else None,
            "model": new.model,
            "client": look.client,
            "tokens": [
                [
                    token.id,
                    _takable(token),
                    token.logprob,
                    token.after,
                    look.clock + number * UNITS_PER_TOKEN,
                    token.num,
                    token.shown,
                ]
                for number, token in enumerate(answer.tokens)
            ],
            "entropy": answer.entropy,
            "entropy_after": answer.entropy_after,
            "ms": answer.ms,
            "used": answer.used,
            "heals": utf16_units(answer.healed),
        }

    # ------------------------------------------------------------ inside

    def _card(self, look: Look, number: int, token: NextToken, now: float) -> Card:
        new = look.new
        return Card(
            id=self._page.new_id(),
            set=self._page.new_id(),
            number=0,
            model=new.model,
            model_name=new.model_name,
            mode=new.mode,
            prompt=new.prompt,
            params=new.params,
            seed=new.seed,
            started=now,
            client=look.client,
            clock=look.clock + number * UNITS_PER_TOKEN,
            tokens=[],
            state=states.ENDED,
            reason="finished",
            detail="max_tokens",
            ended=now,
        )

    def _store(
        self, look: Look, card: Card, number: int, token: NextToken, checkpoint: str, now: float
    ) -> None:
        """The set goes on from the text of `checkpoint` up to the place where the token was put in."""
        page, answer = self._page, look.answer
        others = tuple(
            Alternative(other.id, other.shown, other.logprob)
            for other in answer.tokens[:NUM_STORED]
        )
        event = TokenWritten(
            card.id, 0, token.id, token.text or "", token.logprob, others, answer.ms, 0, 0, 0
        )
        written, stands = card.write(event)
        card.taken = card.units
        offset = page.units_before(page.document.locate(look.left) or 0)
        page.effects.records += [
            SetRecord(
                card.set, page.id, now, "token", checkpoint, offset, look.left, 0, False, now
            ),
            card.run_record(page.id),
            card.record(),
            card.token_record(page.id, event, written.text, stands),
        ]
        page.take_token(stands)
        self._wrote.setdefault(card.model, set()).add(card.id)


def _takable(token: NextToken) -> str | None:
    if token.text is None or utf16_units(token.text) > UNITS_PER_TOKEN:
        return None
    return token.text.replace("\r", "\n")


def _find(look: Look, token_id: int) -> tuple[int, NextToken]:
    for number, token in enumerate(look.answer.tokens):
        if token.id == token_id:
            return number, token
    raise NotFoundError("There is no such token in this list.")
