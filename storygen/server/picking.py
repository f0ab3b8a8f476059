"""The learned picker: which card the reader will take. Learned in a process of its own, kept as a file.

Where a model is loaded, how it sees the texts is learned from too (`hidden_states`); there are two pickers
then, one of them for when that model is not there. After some new choices it learns anew by itself, if the
reader lets it. What it may say of itself is `picker/report.py`'s matter: measured on unseen sets.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ..errors import BadRequestError, ConflictError, StorygenError
from ..preferences.observation_json import observation_to_json
from ..preferences.observations import Observation
from ..preferences.picker.enough import FEWEST_SETS, tells
from ..preferences.picker.measures import Candidate
from ..preferences.picker.report import LONGEST_NAME, Report
from ..preferences.picker.scoring import Picker
from .hidden_states import HiddenStates, SeenBy, Shown, Vectors
from .loop import Loop
from .tastes import Tastes

log = logging.getLogger(__name__)

FILE = "picker.json"
MOST_BYTES = 4 << 20
COMMAND = (sys.executable, "-m", "storygen.preferences.picker.train")

NEW_CHOICES = 20
"""After so many it learns anew by itself."""

AFTER_S = 2.0
"""So long after a choice it looks whether there are as many: what follows a choice comes first."""

EXPECT_WITHIN_S = 5.0
"""A model that is busy may take so long to read cards that a choice is expected of."""

TELL_EVERY = 10  # sets

Tell = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class _Learned:
    """`plain`: goes by the texts alone; the same as `picker` where that does. `seen_by`: None then."""

    picker: Picker
    plain: Picker
    report: Report
    seen_by: SeenBy | None


class Picking:
    """One picker for the library. `tell` sends `view()` to every browser when it changes."""

    def __init__(
        self,
        loop: Loop,
        data_dir: Path,
        tastes: Tastes,
        tell: Tell,
        states: HiddenStates | None = None,
        name_of: Callable[[str], str] = str,
        by_itself: bool = True,
    ) -> None:
        """`name_of(key)`: a model's name, for the report."""
        self._loop, self._path, self._tastes, self._tell = loop, data_dir / FILE, tastes, tell
        self._states, self._name_of = states, name_of
        self._lane = loop.lane("picker")
        self._by_itself = by_itself
        self._num_new: int | None = None  # choices since it learned; None: not counted yet
        self._look_soon: Callable[[], None] | None = None  # cancels it
        self._learning: dict[str, Any] | None = None
        self._stopped = False
        self._problem = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._learned = self._kept()

    def view(self) -> dict[str, Any]:
        """As docs/PROTOCOL.md shapes it."""
        return {
            "learned": self._learned is not None,
            "report": None if self._learned is None else self._learned.report.to_json(),
            "learning": self._learning,
            "problem": self._problem,
            "by_itself": self._by_itself,
        }

    # ------------------------------------------------------------ expecting

    def expects(
        self, before: str, prompt: str, candidates: Sequence[Candidate], ids: Sequence[str] = ()
    ) -> tuple[int, float, list[str]]:
        """The index of the card that it expects to be taken, how probable that is, and why.

        `ids`: of the cards, so that what a model sees in them is kept. May take a while.
        Raises: ConflictError when nothing was learned yet.
        """
        learned = self._learned
        if learned is None:
            raise ConflictError("Nothing was learned yet; let it learn first.")
        texts = [text for text, _ in candidates]
        cards = tuple(zip(ids or [""] * len(texts), texts, strict=True))
        vectors = self._seen(learned, Shown(before, prompt, cards))
        picker = learned.plain if vectors is None else learned.picker
        asked = (before, prompt, candidates, vectors or ())
        chances = picker.probabilities(*asked)
        best = picker.expected(*asked)
        return best, chances[best], picker.reasons(*asked)

    def pick(self, before: str, texts: Sequence[Candidate]) -> int:
        """The index of the candidate that it expects to be taken. Raises: as `expects`."""
        return self.expects(before, "", texts)[0]

    def _seen(self, learned: _Learned, shown: Shown) -> list[list[float] | None] | None:
        """How the model that it learned with sees the cards; None where that isn't known."""
        states, seen_by = self._states, learned.seen_by
        if states is None or seen_by is None or states.model() != seen_by:
            return None
        return states.of_cards(seen_by, shown, EXPECT_WITHIN_S)

    # ------------------------------------------------------------ learning

    def learn(self) -> None:
        """Begin to learn from the library; returns soon. Raises: ConflictError while it does already."""
        if self._learning is not None:
            raise ConflictError("It is learning already.")
        self._learning, self._problem = {"stage": "reading", "done": 0, "of": 0}, ""
        self._stopped = False
        self._told()
        try:
            seen = self._tastes.observations()
        except StorygenError:
            self._learning = None
            self._told()
            raise
        self._num_new = 0
        self._loop.spawn(self._teach, seen)

    def stop(self) -> None:
        """Give up what is being learned; what was learned before stays."""
        self._stopped = True
        if self._process is not None:
            self._process.kill()

    def chose(self) -> None:
        """A person took something: perhaps there is enough to learn anew."""
        if self._num_new is not None:
            self._num_new += 1
        if self._by_itself and self._look_soon is None:
            self._look_soon = self._loop.timer(AFTER_S, self._look)

    def set_by_itself(self, on: bool) -> None:
        """Whether it learns without being told to."""
        self._by_itself = on
        self._told()

    def close(self) -> None:
        """End what is being learned."""
        self.stop()
        if self._look_soon is not None:
            self._look_soon()
        self._lane.close()
        if self._states is not None:
            self._states.close()

    def _look(self) -> None:
        self._look_soon = None
        if not self._by_itself or self._learning is not None:
            return
        if self._learned and self._num_new is not None and self._num_new < NEW_CHOICES:
            return
        try:
            seen = self._tastes.observations()
        except StorygenError as error:
            log.warning("The choices can't be read: %s", error.message)
            return
        num = sum(one.by == "human" and tells(one) for one in seen)
        self._num_new = num - (self._learned.report.num_sets if self._learned else 0)
        if num >= FEWEST_SETS and self._num_new >= NEW_CHOICES and self._learning is None:
            self.learn()

    def _teach(self, seen: Sequence[Observation]) -> None:
        """A task: asks the model how it sees the texts, if one is there, then learns in the lane."""
        seen_by, vectors = self._seen_by_model(seen)
        if self._stopped:
            self._ended({}, None, None)
            return
        name = "" if vectors is None or seen_by is None else self._name_of(seen_by.key)
        self._lane.submit(
            lambda: self._learn(seen, vectors or {}, name),
            lambda last, error: self._ended(last, error, seen_by),
        )

    def _seen_by_model(self, seen: Sequence[Observation]) -> tuple[SeenBy | None, Vectors | None]:
        telling = [one for one in seen if one.by == "human" and tells(one)]
        seen_by = self._states.model() if self._states is not None else None
        if self._states is None or seen_by is None or len(telling) < FEWEST_SETS:
            return None, None
        sets = [
            Shown(one.before, one.prompt, tuple((c.candidate, c.text) for c in one.candidates))
            for one in sorted(telling, key=lambda one: one.time)
        ]

        def told(done: int, of: int) -> bool:
            if done % TELL_EVERY == 0:
                self._progressed({"stage": "seeing", "done": done, "of": of})
            return not self._stopped

        return seen_by, self._states.of_sets(seen_by, sets, told)

    # ------------------------------------------------------------ in a thread of its own

    def _learn(self, seen: Sequence[Observation], vectors: Vectors, name: str) -> dict[str, Any]:
        """The last line that the program wrote."""
        if self._stopped:
            return {}
        pipe = subprocess.PIPE
        environ = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        last: dict[str, Any] = {}
        with subprocess.Popen(COMMAND, stdin=pipe, stdout=pipe, env=environ, cwd=_ROOT) as process:
            self._process = process
            assert process.stdin and process.stdout
            with contextlib.suppress(OSError):  # it has ended early, and its last line says why
                for one in seen:
                    process.stdin.write(json.dumps(observation_to_json(one)).encode() + b"\n")
                for card, vector in vectors.items():
                    process.stdin.write(json.dumps({"vectors": {card: vector}}).encode() + b"\n")
                if vectors:
                    told = {"model": name[:LONGEST_NAME]}
                    process.stdin.write(json.dumps(told).encode() + b"\n")
            with contextlib.suppress(OSError):
                process.stdin.close()
            for line in process.stdout:
                last = json.loads(line)
                if "progress" in last:
                    self._loop.post(partial(self._progressed, last["progress"]))
        self._process = None
        return last

    # ------------------------------------------------------------ in the loop

    def _progressed(self, told: dict[str, Any]) -> None:
        if self._learning is not None:
            self._learning = told
            self._told()

    def _ended(self, last: Any, error: BaseException | None, seen_by: SeenBy | None) -> None:
        self._learning = None
        try:
            if self._stopped:
                pass
            elif error is not None:
                raise error
            elif "error" in last:
                raise BadRequestError(last["error"]["message"])
            else:
                last["seen_by"] = asdict(seen_by) if seen_by and last["plain"] else None
                self._learned = _read(last)
                self._keep(last)
        except StorygenError as problem:
            self._problem = problem.message
        except (OSError, ValueError, KeyError, TypeError):
            log.exception("The picker could not be learned.")
            self._problem = "It could not be learned; data/logs says why."
        self._told()

    def _told(self) -> None:
        self._tell({"picker": self.view()})

    # ------------------------------------------------------------ on the disk

    def _keep(self, learned: dict[str, Any]) -> None:
        work = self._path.with_suffix(".new")
        work.write_text(json.dumps(learned) + "\n", encoding="utf-8")
        work.replace(self._path)

    def _kept(self) -> _Learned | None:
        try:
            if self._path.stat().st_size > MOST_BYTES:
                return None
            return _read(json.loads(self._path.read_text("utf-8")))
        except FileNotFoundError:
            return None
        except _BROKEN as error:
            log.warning("%s is of no use: %s", self._path, error)
            return None


def _read(kept: dict[str, Any]) -> _Learned:
    picker, report = Picker.from_json(kept["picker"]), Report.from_json(kept["report"])
    plain = Picker.from_json(kept["plain"]) if kept.get("plain") else picker
    told = kept.get("seen_by")
    seen_by = SeenBy(str(told["key"]), str(told["mark"])) if told else None
    return _Learned(picker if seen_by else plain, plain, report, seen_by)


_BROKEN = (StorygenError, OSError, ValueError, KeyError, TypeError, RecursionError)
_ROOT = Path(__file__).resolve().parents[2]
