"""All runs of one open story: commands on them, what their workers say, and their places in the text.

What their workers are told is `Telling`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ..document.live import Change
from ..document.updates import Struct
from ..errors import ConflictError, NotFoundError
from ..link.messages import (
    AcceptedToken,
    Event,
    LoreChanged,
    PauseRun,
    PrefillProgressed,
    ResumeRun,
    RunEnded,
    RunPaused,
    StopRun,
    TokenWritten,
)
from ..store.records import RunRecord
from . import states
from .feed import Feed, ends_sentence
from .memories import Memories
from .page import Page
from .run import REFILL, Run, after_token, from_record, with_tokens
from .telling import Telling

KEYS_AT_ONCE = 16  # insertions of one update that may have been typed where a run writes
KEPT_PLACES = 3  # ended runs whose place is moved along, so that they can be resumed


@dataclass(frozen=True, slots=True)
class NewRun:
    """What a writer asks for; `at` is a byte offset."""

    model: str
    model_name: str
    mode: str
    prompt: str
    params: dict[str, Any]
    seed: int
    at: int


class Runs:
    """The runs of a page. Every method takes `now`, seconds on one clock."""

    def __init__(self, page: Page, records: Iterable[RunRecord], memories: Memories) -> None:
        self._page, self._memories = page, memories
        self._runs: dict[str, Run] = {}
        self._telling = Telling(page, memories, self._wrote)
        self._order = 0
        for record in with_tokens(records, page.tokens):
            self._order += 1
            point = page.document.locate(record.left)
            at = len(page.document.text) if point is None else point
            self._runs[record.run] = from_record(record, self._order, at)
        page.on_typed = self._on_typed
        self.also_known: Callable[[str], set[str]] = lambda model: set()
        """Of a model, what else it wrote that may stand in the text."""

    # ------------------------------------------------------------ reading

    def views(self, ids: Iterable[str] | None = None) -> list[dict[str, Any]]:
        """Runs as browsers see them, oldest first; all of them unless `ids` are given."""
        wanted = self._runs if ids is None else {i for i in self._runs if i in set(ids)}
        return [self._runs[run].view(self._page.id) for run in self._runs if run in wanted]

    def get(self, run: str) -> Run:
        """The run with this id.

        Raises: NotFoundError.
        """
        try:
            return self._runs[run]
        except KeyError:
            raise NotFoundError("There is no such run in this story.") from None

    def ids(self) -> set[str]:
        """The ids of all runs."""
        return set(self._runs)

    def live(self) -> list[Run]:
        """Runs that have not ended."""
        return [run for run in self._runs.values() if run.live]

    def models_in_use(self) -> set[str]:
        """Models that some live run needs."""
        return {run.model for run in self.live()}

    def deadline(self) -> float | None:
        """When `tick` is next needed."""
        due = [run.due() for run in self._runs.values() if run.state == states.RUNNING]
        return min((found[0] for found in due if found is not None), default=None)

    # ------------------------------------------------------------ commands

    def start(
        self,
        new: NewRun,
        now: float,
        *,
        continues: Run | None = None,
        before: Sequence[AcceptedToken] = (),
    ) -> Run:
        """A new run, queued until `model_ready`. `before`: all that those wrote that it continues."""
        self._page.checkpoint("run_started", now)
        self._order += 1
        next_index = self._index_after(continues) if continues else 0
        run = Run(
            id=self._page.new_id(),
            order=self._order,
            model=new.model,
            model_name=new.model_name,
            mode=new.mode,
            prompt=new.prompt,
            params=new.params,
            seed=new.seed,
            started=now,
            feed=Feed(new.at, new.at),
            continues=continues.id if continues else None,
            next_index=next_index,
            before=tuple(before[:next_index]),
            left=self._page.document.place(new.at),
            memory_version=self._memories.read(continues.memory_version if continues else None),
        )
        self._runs[run.id] = run
        self._page.effects.news.story = True
        self._touch(run)
        return run

    def pause(self, run_id: str, now: float) -> Run:
        """Rest after the token in hand.

        Raises: ConflictError, NotFoundError.
        """
        run = self.get(run_id)
        run.advance("pause", now)
        if run.fed:
            self._telling.send(run, PauseRun(run.id))
        self._sentence_over(run, now)
        self._touch(run)
        return run

    def resume(self, run_id: str, now: float, before: Sequence[AcceptedToken] = ()) -> Run:
        """Go on; a run that was interrupted is continued by a new one, which is returned (see `start`).

        Raises: ConflictError, NotFoundError.
        """
        run = self.get(run_id)
        if run.resumable:
            if any(other.continues == run.id for other in self._runs.values()):
                raise ConflictError("This run has been resumed already.")
            again = NewRun(
                run.model,
                run.model_name,
                run.mode,
                run.prompt,
                run.params,
                run.seed,
                run.feed.point,
            )
            return self.start(again, now, continues=run, before=before)
        if run.fed:
            run.advance("resume", now)
            if run.feed.waiting:
                self._telling.revise(run, now, accepted=True)
            self._telling.send(run, ResumeRun(run.id))
        else:
            run.advance("requeue", now)
            self._telling.begin_if_ready(run, now)
        self._touch(run)
        return run

    def stop(self, run_id: str, now: float) -> Run:
        """End the run for good; what it wrote stays.

        Raises: ConflictError, NotFoundError.
        """
        run = self.get(run_id)
        was_fed = run.fed
        self._end(run, "stop", now)
        if was_fed:
            self._telling.send(run, StopRun(run.id))
        return run

    def change_params(self, run_id: str, params: dict[str, Any], now: float) -> Run:
        """Go on with other sampling parameters from the next token.

        Raises: ConflictError, NotFoundError.
        """
        run = self.get(run_id)
        if not run.live:
            raise ConflictError("This run has ended; start a new one with these parameters.")
        run.params = params
        if run.fed:
            self._telling.revise(run, now, accepted=True, params=params)
        self._telling.go_on(run)
        self._touch(run)
        return run

    def read_memory(self, run_id: str, now: float) -> Run:
        """Go on with the story's present memory, from the next token on.

        Raises: ConflictError, NotFoundError.
        """
        run = self.get(run_id)
        if not run.live:
            raise ConflictError("This run has ended; a new one reads the memory as it is now.")
        run.memory_version = self._memories.read()
        if run.fed:
            memory = self._memories.of(run.memory_version)
            self._telling.revise(run, now, accepted=True, memory=memory)
        self._telling.go_on(run)
        self._touch(run)
        return run

    # ------------------------------------------------------------ models and workers

    def model_ready(self, model: str, window: int, now: float) -> None:
        """A worker has loaded `model`, whose window is `window` tokens: its queued runs begin."""
        self._telling.model_ready(model, window)
        for run in self.live():
            if run.model == model:
                self._telling.begin_if_ready(run, now)

    def model_gone(self, model: str, now: float, *, reason: str = "") -> None:
        """The worker of `model` died or could not load it: runs are interrupted, or fail for `reason`."""
        self._telling.model_gone(model)
        for run in self.live():
            if run.model == model and (reason or run.fed):
                run.message = reason
                run.fed = False
                self._end(run, "fail" if reason else "interrupt", now)

    def worker_said(self, event: Event, now: float) -> None:
        """An event about one run; one about a run that has ended changes nothing."""
        run = self._runs.get(getattr(event, "run", ""))
        if run is None or not run.live or not run.fed:
            return
        if isinstance(event, TokenWritten):
            self._token(run, event, now)
        elif isinstance(event, PrefillProgressed):
            run.reading = (event.done, event.total) if event.done < event.total else None
            self._page.effects.news.runs.add(run.id)
        elif isinstance(event, LoreChanged):
            run.lore = event.entries
            self._page.effects.news.runs.add(run.id)
        elif isinstance(event, RunPaused):
            self._rested(run, now)
        elif isinstance(event, RunEnded) and event.reason != "stopped":
            run.detail, run.message = event.detail, event.message
            run.fed = False
            self._end(run, "finish" if event.reason == "finished" else "fail", now)

    def tick(self, now: float) -> None:
        """Send what has waited long enough; called after every input, so that it is read as a whole."""
        for run in self._runs.values():
            if run.live and run.fed:
                self._telling.settle(run, now)

    def document_changed(self, change: Change, by: str | None, now: float) -> None:
        """The text changed, by a run or by a person: places move along, and workers must learn of it."""
        text = self._page.document.text
        writer = self._runs.get(by) if by else None
        for run in self._runs.values():
            if run is writer:
                run.feed.appended(len(change.inserted.encode()))
                continue
            if not (run.live or run.resumable):
                continue
            stays = writer is not None and run.order < writer.order
            run.feed.absorb(change, text, now, by_run=writer is not None, stays=stays)
            if not run.fed:
                run.feed.take()

    def settle_places(self) -> None:
        """Store each run of which the store, with its tokens, would not tell all that is true now.

        Called before the effects are taken.
        """
        places = [run for run in self._runs.values() if run.live]
        places += [run for run in self._runs.values() if run.resumable][-KEPT_PLACES:]
        changed = [self._runs[run] for run in self._page.effects.news.runs if run in self._runs]
        for run in {run.id: run for run in [*places, *changed]}.values():
            if run.live or run.resumable:
                run.left = self._page.document.place(run.feed.point)
            record = run.record(self._page.id)
            if record != run.stored:
                run.stored = record
                self._page.effects.records.append(record)
                self._touch(run)

    def of_model(self, model: str) -> set[str]:
        """Ids of a model's runs."""
        return {run.id for run in self._runs.values() if run.model == model}

    # ------------------------------------------------------------ inside

    def _wrote(self, model: str) -> set[str]:
        return self.of_model(model) | self.also_known(model)

    def _token(self, run: Run, event: TokenWritten, now: float) -> None:
        if event.revision < run.min_revision or event.index != run.next_index:
            self._owe(run)
            return
        run.next_index += 1
        run.used, run.window = event.used, event.window
        run.token_came(event.revision, now)
        token = self._page.token(event, run.feed.point, now)
        run.wrote(token, now)
        if run.stored:
            run.stored = after_token(run.stored, token)
        self._owe(run)
        self._page.effects.news.runs.add(run.id)
        if ends_sentence(event.text):
            self._sentence_over(run, now)
        self._telling.settle(run, now)

    def _sentence_over(self, run: Run, now: float) -> None:
        for other in self._runs.values():
            if other is not run:
                other.feed.sentence_over(now)

    def _owe(self, run: Run) -> None:
        """Give credits back with the commit that holds the last of their tokens."""
        run.owed += 1
        if run.owed == REFILL:
            self._page.effects.credits.append((run.id, run.model, run.owed))
            run.owed = 0

    def _on_typed(self, structs: Sequence[Struct], now: float) -> None:
        """Words that stand after a key only because the browser did not have them yet are taken out.

        Typing where the model writes means going on from there, not before what nobody has seen.
        """
        for run in self.live():
            for struct in structs[-KEYS_AT_ONCE:]:
                start = run.overtook(struct, self._page.document, now)
                if start is not None:
                    self._page.take_out(start, run.feed.point, "overtaken", now)

    def _index_after(self, run: Run) -> int:
        """The index of the token that goes on from what an interrupted run left in the text.

        Tokens without text at its end were the first bytes of a character: they are written again.
        """
        index = run.next_index
        for token in reversed(self._page.tokens):
            if token.run == run.id and (token.units or token.index != index - 1):
                break
            index -= token.run == run.id
        return index

    def _rested(self, run: Run, now: float) -> None:
        if run.state == states.PAUSED and self._page.changed_since_head():
            self._page.checkpoint("run_paused", now, run=run.id)

    def _end(self, run: Run, event: str, now: float) -> None:
        run.advance(event, now)
        run.fed = False
        self._page.checkpoint("run_ended", now, run=run.id)
        self._page.describe(now)
        self._sentence_over(run, now)
        self._touch(run)

    def _touch(self, run: Run) -> None:
        self._page.effects.news.runs.add(run.id)
