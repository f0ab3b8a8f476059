"""One open story: the page, its runs and its settings; the only door that the server's rooms use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..document.live import Change
from ..errors import ConflictError, NotFoundError
from ..link.messages import Event, ListNext, NextListed, ShowContext
from ..store.records import CheckpointRecord, StoredStory
from .automatic import KEPT_AS, Automatic
from .candidates import Candidates
from .card_asking import NewSet
from .effects import Effects
from .looks import Looks, NewLook
from .memories import Memories, Plain
from .offers import Offers
from .page import Page
from .runs import NewRun, Runs

Place = tuple[int, int] | None
DESCRIBE_EVERY_S = 5.0


class Story:
    """`client` is a CRDT client id that no server has used for this story before."""

    def __init__(self, stored: StoredStory, client: int, new_id: Callable[[], str]) -> None:
        self.page = Page(stored, client, new_id)
        self.memories = Memories(self.page, stored.memories)
        self.runs = Runs(self.page, stored.runs, self.memories)
        offers = Offers(self.page)
        self.looks = Looks(self.page, offers, self.memories, stored.taken, self._wrote)
        self.candidates = Candidates(self.page, offers, self.memories, stored.sets, self._wrote)
        self.automatic = Automatic(self.page, self.candidates)
        self.runs.also_known = self._wrote
        self.page.listener = self._document_changed
        self._described = 0.0

    @property
    def id(self) -> str:
        """The story's id."""
        return self.page.id

    @property
    def settings(self) -> dict[str, Any]:
        """The story's settings as browsers know them."""
        return {name: value for name, value in self.page.record.settings.items() if name != KEPT_AS}

    def _wrote(self, model: str) -> set[str]:
        """Whatever a model wrote that may stand in the text: by runs, on cards, tokens taken from a list."""
        taken = self.candidates.of_model(model) | self.looks.of_model(model)
        return self.runs.of_model(model) | taken

    def begin(self, text: str, now: float) -> None:
        """Put the first text into a new story and make its first checkpoint."""
        if text:
            self.page.put_in(0, text, (), "create", now)
        self.page.describe(now)
        self.page.checkpoint("created", now)

    def start_run(self, new: NewRun, at: Place | str, now: float) -> dict[str, Any]:
        """Start a run at a place or at "end"; `new.at` is ignored."""
        point = self._byte(at)
        run = self.runs.start(
            NewRun(new.model, new.model_name, new.mode, new.prompt, new.params, new.seed, point),
            now,
        )
        return run.view(self.id)

    def ask_candidates(self, new: NewSet, at: Place | str, now: float) -> str:
        """Ask for a set at a place or at "end"; `new.at` is ignored. Returns its id."""
        return self.candidates.ask(replace(new, at=self._byte(at)), now).id

    def text_before(self, at: Place | str) -> str:
        """The text up to a place or "end". Raises: NotFoundError when the place is gone."""
        return self.page.document.slice(0, self._byte(at))

    # ------------------------------------------------------------ looking inside

    def ask_next(
        self, new: NewLook, at: Place | str, window: int, num: int, draws: int
    ) -> tuple[NewLook, Place, ListNext]:
        """What to ask a worker of the tokens that could stand at a place; for `next_told`.

        `new.at` is ignored. Raises: NotFoundError when the place is gone.
        """
        new = replace(new, at=self._byte(at))
        return new, self.page.document.place(new.at), self.looks.question(new, window, num, draws)

    def next_told(
        self, new: NewLook, left: Place, answer: NextListed, now: float
    ) -> dict[str, Any]:
        """A look as browsers see it, whose tokens may be taken from now on."""
        return self.looks.view(self.looks.offer(new, left, answer, now))

    def ask_context(
        self, new: NewLook, at: Place | str, window: int, memory: Plain, run: str
    ) -> ShowContext:
        """What to ask a worker of what it would read at a place, or of a live `run` of ours.

        `new.at` is ignored. Raises: NotFoundError when the place is gone.
        """
        point = self.runs.get(run).feed.point if run else self._byte(at)
        return self.looks.context(replace(new, at=point), window, memory, run)

    # ------------------------------------------------------------ models and workers

    def live(self) -> int:
        """How many runs and candidates have not ended, and the automatic writer, if it has not."""
        return len(self.runs.live()) + len(self.candidates.live()) + self.automatic.live

    def models_in_use(self) -> set[str]:
        """Models that runs, candidates or the automatic writer need."""
        used = self.runs.models_in_use() | self.candidates.models_in_use()
        return used | self.automatic.models_in_use()

    def model_ready(self, model: str, window: int, now: float) -> None:
        """A worker has loaded `model`: what waits for it begins."""
        self.runs.model_ready(model, window, now)
        self.candidates.model_ready(model, window, now)

    def model_gone(self, model: str, now: float, *, reason: str = "") -> None:
        """The worker of `model` died or could not load it."""
        self.runs.model_gone(model, now, reason=reason)
        self.candidates.model_gone(model, now, reason=reason)

    def worker_said(self, event: Event, now: float) -> None:
        """An event about a run, a candidate or a set."""
        self.runs.worker_said(event, now)
        self.candidates.worker_said(event, now)

    def stop_all(self, now: float) -> None:
        """End everything that writes."""
        if self.automatic.live:
            self.automatic.stop(now)
        for run in self.runs.live():
            self.runs.stop(run.id, now)
        self.candidates.stop_all(now)

    def _document_changed(self, change: Change, by: str | None, now: float) -> None:
        self.runs.document_changed(change, by, now)
        self.candidates.document_changed(change, by, now)

    # ------------------------------------------------------------ the page

    def continue_here(self, at: Place, now: float) -> str:
        """Take out what follows a place; returns the checkpoint that keeps it."""
        start, end = self._byte(at), len(self.page.document.text)
        if start == end:
            raise ConflictError("Nothing follows this place.")
        kept = self.page.checkpoint("before_continue", now)
        self.page.take_out(start, end, "continue_here", now)
        self.page.checkpoint("continued", now)
        self.page.describe(now)
        return kept

    def restore(self, target: CheckpointRecord, now: float) -> str:
        """Bring the text back to a checkpoint; returns the one that undoes it."""
        before = self.page.restore(target, now)
        self.page.describe(now)
        return before

    def change_settings(self, patch: dict[str, Any], now: float) -> dict[str, Any]:
        """Merge checked settings; a value of None removes its key."""
        merged = {**self.page.record.settings, **patch}
        settings = {key: value for key, value in merged.items() if value is not None}
        self.page.describe(now, settings=settings)
        return self.settings

    def tick(self, now: float) -> None:
        """What time asks for: edits that have waited, and the story's counts."""
        self.runs.tick(now)
        if now - self._described >= DESCRIBE_EVERY_S and self.page.uncounted():
            self._described = now
            self.page.describe(now)

    def take_effects(self) -> Effects:
        """Everything that must follow the inputs since the last call."""
        self.runs.settle_places()
        self.candidates.settle_places()
        return self.page.take_effects()

    def _byte(self, at: Place | str) -> int:
        if at == "end":
            return len(self.page.document.text)
        assert not isinstance(at, str)
        point = self.page.document.locate(at)
        if point is None:
            raise NotFoundError(
                "That place in the text is gone; put the caret somewhere and try again."
            )
        return point
