"""A scripted worker: speaks the worker link's messages without a model, one word per token.

What it writes is a function of its text, so that tests can see what it has read: by default token `i` of
a run is ` w<i>`; a script "named" adds the beginning of the run's id; a script "quote" writes the last
word of the first line, in guillemets; any other script is a list of words that it goes through. It
follows the rules of `link/messages.py` to the letter.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from storygen.link.memory import Memory
from storygen.link.messages import (
    Alternative,
    Command,
    ContextPiece,
    ContextShown,
    Event,
    GrantCredits,
    LoreChanged,
    PauseRun,
    PrefillProgressed,
    ResumeRun,
    ReviseRun,
    RunEnded,
    RunPaused,
    SearchProgressed,
    ShowContext,
    StartRun,
    StartSet,
    StopRun,
    TokenWritten,
)
from tests.scripted_looks import ScriptedLooks

WINDOW = 1000


@dataclass
class ScriptedRun:
    """One run inside the scripted worker."""

    text: str
    revision: int
    next_index: int
    credits: int
    max_tokens: int
    id: str
    paused: bool = False
    written: list[tuple[int, str]] = field(default_factory=list)


@dataclass
class ScriptedSearch:
    """A beam search: a token deeper with each step, and everything is told at its end."""

    command: StartSet
    says: list[list[str]]  # for each row
    done: int = 0

    def step(self) -> list[Event]:
        """How far it is, or what it found."""
        self.done += 1
        name, first = self.command.run, self.command.next_index
        total = int(self.command.rows[0].params["max_tokens"]) - first
        if self.done < total:
            return [SearchProgressed(name, self.done, total)]
        return self.tell("finished", "max_tokens")

    def tell(self, reason: str, detail: str = "") -> list[Event]:
        """What it has found so far."""
        events: list[Event] = []
        first = self.command.next_index
        for row, words in zip(self.command.rows, self.says, strict=True):
            texts = words[: self.done]
            for index, text in enumerate(texts, first):
                events.append(
                    TokenWritten(row.run, index, 1000 + index, text, -1.0, (), 1.0, 0, 0, WINDOW)
                )
            events.append(RunEnded(row.run, reason, detail, index=first + len(texts)))
        return events


class ScriptedWorker:
    """`handle` takes a command, `step` writes one token of each run that may write."""

    def __init__(self, script: str | list[str] = "count") -> None:
        self.runs: dict[str, ScriptedRun] = {}
        self.sets: dict[str, list[str]] = {}  # names of rows
        self.searches: dict[str, ScriptedSearch] = {}
        self._script = script
        self._looks = ScriptedLooks()

    def handle(self, command: Command) -> list[Event]:
        """Carry a command out; returns what is answered at once."""
        if (looked := self._looks.handle(command)) is not None:
            return looked
        if isinstance(command, StartRun):
            limit = int(command.params.get("max_tokens") or 0)
            self.runs[command.run] = ScriptedRun(
                command.text,
                command.revision,
                command.next_index,
                command.credits,
                limit,
                command.run,
            )
            return _lore(command.run, command.memory)
        if isinstance(command, ShowContext):
            return [self._shown(command)]
        if isinstance(command, StopRun) and (found := self._search_of(command.run)) is not None:
            return self.searches.pop(found.command.run).tell("stopped")
        if isinstance(command, StartSet) and command.rows[0].params.get("num_beams", 1) > 1:
            numbers = range(command.passed_over, command.passed_over + len(command.rows))
            says = [[f" b{number}w{n}" for n in range(500)] for number in numbers]
            self.searches[command.run] = ScriptedSearch(command, says)
            return []
        if isinstance(command, StartSet):
            self._start_rows(command)
            return [PrefillProgressed(command.run, len(command.text), len(command.text), 0)]
        if isinstance(command, StopRun) and command.run in self.sets:
            return [event for row in self.sets.pop(command.run) for event in self._stop(row)]
        run = self.runs.get(getattr(command, "run", ""))
        if run is None:
            return []
        if isinstance(command, ReviseRun):
            _revise(run, command)
            if command.memory is not None:
                return _lore(command.run, command.memory)
        elif isinstance(command, PauseRun):
            run.paused = True
            return [RunPaused(command.run, run.next_index)]
        elif isinstance(command, ResumeRun):
            run.paused = False
        elif isinstance(command, GrantCredits):
            run.credits += command.tokens
        elif isinstance(command, StopRun):
            return self._stop(command.run)
        return []

    def _shown(self, command: ShowContext) -> ContextShown:
        """Memory, note and story, a token for each word; every entry is active, called by its first key."""
        run, memory = self.runs.get(command.run), command.memory
        texts = [("memory", memory.text), ("story", run.text if run else command.text)]
        texts.append(("note", memory.note))
        pieces = tuple(
            ContextPiece(origin, "", text, len(text.split())) for origin, text in texts if text
        )
        used = sum(piece.num_tokens for piece in pieces)
        active = tuple((entry.id, "".join(entry.keys[:1])) for entry in memory.entries)
        return ContextShown(
            command.request,
            window=WINDOW,
            reserve=int(command.params.get("max_tokens") or 0),
            used=used,
            pieces=pieces,
            active=active,
            reread_tokens=used,
        )

    def _start_rows(self, command: StartSet) -> None:
        self.sets[command.run] = [row.run for row in command.rows]
        for row in command.rows:
            most = int(row.params["max_tokens"])
            self.runs[row.run] = ScriptedRun(
                command.text, command.revision, command.next_index, most, most, row.run
            )

    def _search_of(self, name: str) -> ScriptedSearch | None:
        for search in self.searches.values():
            if name in (search.command.run, *(row.run for row in search.command.rows)):
                return search
        return None

    def _stop(self, name: str) -> list[Event]:
        run = self.runs.pop(name, None)
        return [RunEnded(name, "stopped", index=run.next_index)] if run else []

    def step(self) -> list[Event]:
        """One token of every run that is neither paused nor out of credits."""
        events = [event for search in self.searches.values() for event in search.step()]
        over = {event.run for event in events if isinstance(event, RunEnded)}
        for name, search in list(self.searches.items()):
            if search.command.rows[0].run in over:
                del self.searches[name]
        for run_id, run in list(self.runs.items()):
            if run.paused or run.credits <= 0:
                continue
            events.append(self._write(run_id, run))
            if run.max_tokens and run.next_index >= run.max_tokens:
                del self.runs[run_id]
                events.append(RunEnded(run_id, "finished", "max_tokens", index=run.next_index))
        return events

    def _write(self, run_id: str, run: ScriptedRun) -> TokenWritten:
        text = self._next(run)
        event = TokenWritten(
            run=run_id,
            index=run.next_index,
            id=1000 + run.next_index,
            text=text,
            logprob=-1.0,
            alternatives=(Alternative(7, " other", -1.5),),
            ms=1.0,
            revision=run.revision,
            used=len(run.text.split()),
            window=WINDOW,
        )
        run.text += text
        run.written.append((run.next_index, text))
        run.next_index += 1
        run.credits -= 1
        return event

    def _next(self, run: ScriptedRun) -> str:
        if self._script == "count":
            return f" w{run.next_index}"
        if self._script == "named":
            return f" w{run.next_index}:{run.id[:4]}"
        if self._script == "quote":
            words = run.text.split("\n", 1)[0].split()
            return f" «{words[-1] if words else ''}»"
        return self._script[run.next_index % len(self._script)]


def _lore(run: str, memory: Memory) -> list[Event]:
    """Constant entries are what stands in a run's context."""
    entries = tuple(entry.id for entry in memory.entries if entry.constant)
    return [LoreChanged(run, entries)] if entries else []


def _revise(run: ScriptedRun, command: ReviseRun) -> None:
    if command.accepted is not None:
        while run.written and run.written[-1][0] >= command.accepted:
            _, text = run.written.pop()
            assert run.text.endswith(text), "a dropped token must be the end of the text"
            run.text = run.text[: len(run.text) - len(text)]
        run.next_index = command.accepted
    for splice in command.splices:
        assert 0 <= splice.at <= splice.at + splice.delete <= len(run.text), splice
        run.text = run.text[: splice.at] + splice.insert + run.text[splice.at + splice.delete :]
    run.revision = command.revision
