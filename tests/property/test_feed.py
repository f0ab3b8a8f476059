"""Any interleaving of edits, tokens, pauses and deaths: in the end the worker knows exactly what stands.

Several browsers, each with a replica that lags behind, two runs, and a worker whose commands and events
wait in queues until the interleaving delivers them. Pure: no socket, no clock, no thread.
"""

from __future__ import annotations

from collections import defaultdict, deque

import hypothesis.strategies as st
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from storygen.store.records import TokenRecord
from storygen.story import states
from storygen.story.effects import Effects
from storygen.story.runs import NewRun
from storygen.story.story import Place
from tests.fakes import WINDOW, ScriptedRun, ScriptedWorker
from tests.unit.story.room import MODEL, Browser, Room

FAR = "Far away a cat sat. " * 40 + "\n"
WORDS = ["a", " b", "é", "😀", "猫が", "👩‍👩‍👧", "e\u0301", ". ", "\n", "x" * 50]
FRACTION = st.floats(0, 1)
WHERE = st.one_of(FRACTION, st.floats(0.95, 1), st.just(1.0))
MAX_RUNS = 2


class SentenceWorker(ScriptedWorker):
    """Token `i` of a run is ` w<i>`; each fourth ends a sentence."""

    def _next(self, run: ScriptedRun) -> str:
        return f" w{run.next_index}" + ("." if run.next_index % 4 == 3 else "")


class BroadcastingRoom(Room):
    """A room whose news wait on the way to each browser."""

    def __init__(self, text: str) -> None:
        self.on_the_way: list[deque[bytes]] = []
        self.window = WINDOW
        super().__init__(text)
        self.worker = SentenceWorker()

    def start_at(self, place: Place, ready: bool) -> str:
        """Start a run of a model with this room's window, which is `ready` or is still being loaded."""
        new = NewRun(MODEL, "Test", "continue", "", {}, 1, 0)
        view = self.story.start_run(new, place, self.now)
        if ready:
            self.story.runs.model_ready(MODEL, self.window, self.now)
        self.settle()
        return str(view["id"])

    def settle(self) -> Effects:
        effects = super().settle()
        for waiting in self.on_the_way:
            waiting.extend(effects.news.updates)
        return effects


class Interleaving(RuleBasedStateMachine):
    """Every rule is one thing that may happen at any moment."""

    def __init__(self) -> None:
        super().__init__()
        self.room = BroadcastingRoom(FAR + "Near it, é😀猫.")
        self.runs: list[str] = []
        self.browsers = [Browser(21), Browser(22), Browser(23)]
        self.on_the_way = self.room.on_the_way = [deque() for _ in self.browsers]
        for browser in self.browsers:
            browser.receive(self.room.story.page.document.update_since(None))

    @initialize(
        first=WHERE, second=st.one_of(st.none(), WHERE), window=st.sampled_from([30, WINDOW])
    )
    def begin(self, first: float, second: float | None, window: int) -> None:
        self.room.window = window
        for where in (first, second):
            if where is not None:
                self.start(where, True)

    # ------------------------------------------------------------ browsers

    @rule(who=st.integers(0, 2), where=WHERE, text=st.sampled_from(WORDS))
    def type(self, who: int, where: float, text: str) -> None:
        browser = self.browsers[who]
        browser.insert(round(where * len(str(browser))), text)

    @rule(who=st.integers(0, 2), where=WHERE, count=st.integers(1, 40))
    def erase(self, who: int, where: float, count: int) -> None:
        browser = self.browsers[who]
        end = round(where * len(str(browser)))
        if end:
            browser.delete(max(0, end - count), end)

    @rule(who=st.integers(0, 2))
    def send(self, who: int) -> None:
        self.room.story.page.human_update(self.browsers[who].unsent(), (), self.room.now)
        self.room.story.tick(self.room.now)
        self.room.settle()

    @rule(who=st.integers(0, 2))
    def receive(self, who: int) -> None:
        if self.on_the_way[who]:
            self.browsers[who].receive(self.on_the_way[who].popleft())

    @rule(start=FRACTION, end=FRACTION)
    def erase_much_at_once(self, start: float, end: float) -> None:
        text = str(self.room.browser)
        first, last = sorted((round(start * len(text)), round(end * len(text))))
        if first < last:
            self.room.browser.delete(first, last)
            self.room.story.page.human_update(self.room.browser.unsent(), (), self.room.now)
            self.room.story.tick(self.room.now)
            self.room.settle()

    @precondition(lambda self: self.room.story.runs.live())
    @rule(
        which=st.integers(0, 9),
        back=st.sampled_from([0, 0, 1, 5, 300]),
        text=st.sampled_from(WORDS),
    )
    def type_where_it_writes(self, which: int, back: int, text: str) -> None:
        live = self.room.story.runs.live()
        point = live[which % len(live)].feed.point
        before = self.room.story.page.document.slice(0, point)
        self.room.type(max(0, len(before) - back), text)

    # ------------------------------------------------------------ the worker

    @rule()
    def write(self) -> None:
        self.room.write()

    @rule(count=st.integers(1, 5))
    def deliver_events(self, count: int) -> None:
        for _ in range(min(count, len(self.room.events))):
            self.room.story.runs.worker_said(self.room.events.popleft(), self.room.now)
        self.room.settle()

    @rule(count=st.integers(1, 5))
    def deliver_commands(self, count: int) -> None:
        for _ in range(min(count, len(self.room.commands))):
            self.room.events += self.room.worker.handle(self.room.commands.popleft())

    @rule()
    def turn(self) -> None:
        self.room.deliver_commands()
        self.room.write()
        self.deliver_events(99)

    @rule()
    def model_gets_ready(self) -> None:
        self.room.story.runs.model_ready(MODEL, self.room.window, self.room.now)
        self.room.settle()

    @precondition(lambda self: self.runs)
    @rule()
    def worker_dies(self) -> None:
        self.room.worker.runs.clear()
        self.room.commands.clear()
        self.room.events.clear()
        self.room.story.runs.model_gone(MODEL, self.room.now)
        self.room.settle()

    # ------------------------------------------------------------ time and commands

    @rule(seconds=st.sampled_from([0.05, 0.2, 0.41, 0.51, 2.0]))
    def wait(self, seconds: float) -> None:
        self.room.now += seconds
        self.room.story.tick(self.room.now)
        self.room.settle()

    @precondition(lambda self: len(self.room.story.runs.live()) < MAX_RUNS)
    @rule(where=WHERE, ready=st.booleans())
    def start(self, where: float, ready: bool) -> None:
        text = str(self.room)
        at = len(text[: round(where * len(text))].encode())
        place = self.room.story.page.document.place(at)
        self.runs.append(self.room.start_at(place, ready))
        self.room.settle()

    @precondition(lambda self: self.runs)
    @rule(which=st.integers(0, 99), pause=st.booleans())
    def pause_or_resume(self, which: int, pause: bool) -> None:
        run = self.room.story.runs.get(self.runs[which % len(self.runs)])
        if pause and run.state == states.RUNNING:
            self.room.story.runs.pause(run.id, self.room.now)
        elif run.state == states.PAUSED:
            self.room.story.runs.resume(run.id, self.room.now)
            self.room.story.runs.model_ready(MODEL, self.room.window, self.room.now)
        elif run.resumable and not any(
            self.room.story.runs.get(other).continues == run.id for other in self.runs
        ):
            again = self.room.story.runs.resume(run.id, self.room.now)
            self.room.story.runs.model_ready(MODEL, self.room.window, self.room.now)
            self.runs.append(again.id)
        self.room.settle()

    @precondition(lambda self: self.runs)
    @rule(which=st.integers(0, 99))
    def change_parameters(self, which: int) -> None:
        run = self.room.story.runs.get(self.runs[which % len(self.runs)])
        if run.live:
            self.room.story.runs.change_params(run.id, {"temperature": 0.5}, self.room.now)
            self.room.settle()

    # ------------------------------------------------------------ what must hold

    @invariant()
    def tokens_come_once_and_in_order(self) -> None:
        indexes: dict[str, list[int]] = defaultdict(list)
        for record in self.room.records:
            if isinstance(record, TokenRecord):
                indexes[record.run].append(record.index)
                assert record.text.rstrip(".") == f" w{record.index}"
        for run, seen in indexes.items():
            view = self.room.story.runs.get(run)
            assert seen == list(range(seen[0], view.next_index))

    @invariant()
    def places_stand_between_characters(self) -> None:
        document = self.room.story.page.document
        for run_id in self.runs:
            run = self.room.story.runs.get(run_id)
            if run.live:
                assert 0 <= run.feed.base <= run.feed.point <= len(document.text)
                document.slice(run.feed.base, run.feed.point)

    def teardown(self) -> None:
        """Let everything come to rest; then nothing may differ, and every run must go on writing."""
        self.model_gets_ready()
        for who in range(len(self.browsers)):
            self.send(who)
        self._rest()
        self._check_progress()
        for run in (
            self.room.story.runs.live()
        ):  # what other runs wrote is read now, not at their next end
            if run.state != states.PAUSED:
                self.room.story.runs.pause(run.id, self.room.now)
            self.room.story.runs.resume(run.id, self.room.now)
            self.room.story.runs.model_ready(MODEL, self.room.window, self.room.now)
        self.room.settle()
        self._rest()
        self._check_agreement()
        self._check_progress()
        for who, browser in enumerate(self.browsers):
            while self.on_the_way[who]:
                self.receive(who)
            assert str(browser) == str(self.room)

    def _rest(self) -> None:
        for _ in range(6):
            self.room.deliver_commands()
            self.deliver_events(999)
            self.wait(0.6)

    def _check_agreement(self) -> None:
        document = self.room.story.page.document
        for run in self.room.story.runs.live():
            assert run.fed and not run.holding
            told = self.room.worker.runs[run.id]
            assert told.text == document.slice(run.feed.base, run.feed.point)
            assert told.next_index == run.next_index

    def _check_progress(self) -> None:
        """Nothing that came to rest holds a run up."""
        running = [r for r in self.room.story.runs.live() if r.state == states.RUNNING]
        before = {run.id: run.next_index for run in running}
        self.room.turn(2)
        for run in running:
            assert run.next_index > before[run.id], f"{run.id} writes no more"


TestInterleaving = Interleaving.TestCase
TestInterleaving.settings = settings(
    max_examples=150,
    stateful_step_count=50,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
