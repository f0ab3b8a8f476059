"""The learned picker: which card the reader will take. Learned in a process of its own, kept as a file.

What it may say of itself is `picker/report.py`'s matter: measured on sets that it had not seen.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from ..errors import BadRequestError, ConflictError, StorygenError
from ..preferences.observation_json import observation_to_json
from ..preferences.observations import Observation
from ..preferences.picker.measures import Candidate
from ..preferences.picker.report import Report
from ..preferences.picker.scoring import Picker
from .loop import Loop
from .tastes import Tastes

log = logging.getLogger(__name__)

FILE = "picker.json"
MOST_BYTES = 1 << 20
COMMAND = (sys.executable, "-m", "storygen.preferences.picker.train")

Tell = Callable[[dict[str, Any]], None]


class Picking:
    """One picker for the library. `tell` sends `view()` to every browser when it changes."""

    def __init__(self, loop: Loop, data_dir: Path, tastes: Tastes, tell: Tell) -> None:
        self._loop, self._path, self._tastes, self._tell = loop, data_dir / FILE, tastes, tell
        self._lane = loop.lane("picker")
        self._learning: dict[str, Any] | None = None
        self._problem = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._picker, self._report = self._kept()

    def view(self) -> dict[str, Any]:
        """As docs/PROTOCOL.md shapes it."""
        return {
            "learned": self._picker is not None,
            "report": None if self._report is None else self._report.to_json(),
            "learning": self._learning,
            "problem": self._problem,
        }

    def expects(
        self, before: str, prompt: str, candidates: Sequence[Candidate]
    ) -> tuple[int, float, list[str]]:
        """The index of the card that it expects to be taken, how probable that is, and why.

        Raises: ConflictError when nothing was learned yet.
        """
        if self._picker is None:
            raise ConflictError("Nothing was learned yet; let it learn first.")
        chances = self._picker.probabilities(before, prompt, candidates)
        best = self._picker.expected(before, prompt, candidates)
        return best, chances[best], self._picker.reasons(before, prompt, candidates)

    def pick(self, before: str, texts: Sequence[Candidate]) -> int:
        """The index of the candidate that it expects to be taken. Raises: as `expects`."""
        return self.expects(before, "", texts)[0]

    def learn(self) -> None:
        """Begin to learn from the library; returns at once. Raises: ConflictError while it does already."""
        if self._learning is not None:
            raise ConflictError("It is learning already.")
        self._learning, self._problem = {"stage": "reading", "done": 0, "of": 0}, ""
        self._told()
        try:
            seen = self._tastes.observations()
        except StorygenError:
            self._learning = None
            self._told()
            raise
        self._lane.submit(lambda: self._learn(seen), self._learned)

    def close(self) -> None:
        """End what is being learned."""
        if self._process is not None:
            self._process.kill()
        self._lane.close()

    # ------------------------------------------------------------ in a thread of its own

    def _learn(self, seen: Sequence[Observation]) -> dict[str, Any]:
        """The last line that the program wrote."""
        pipe = subprocess.PIPE
        environ = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        last: dict[str, Any] = {}
        with subprocess.Popen(COMMAND, stdin=pipe, stdout=pipe, env=environ, cwd=_ROOT) as process:
            self._process = process
            assert process.stdin and process.stdout
            with contextlib.suppress(BrokenPipeError):
                for one in seen:
                    process.stdin.write(json.dumps(observation_to_json(one)).encode() + b"\n")
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

    def _learned(self, last: Any, error: BaseException | None) -> None:
        self._learning = None
        try:
            if error is not None:
                raise error
            if "error" in last:
                raise BadRequestError(last["error"]["message"])
            self._picker = Picker.from_json(last["picker"])
            self._report = Report.from_json(last["report"])
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

    def _kept(self) -> tuple[Picker | None, Report | None]:
        try:
            if self._path.stat().st_size > MOST_BYTES:
                return None, None
            kept = json.loads(self._path.read_text("utf-8"))
            return Picker.from_json(kept["picker"]), Report.from_json(kept["report"])
        except FileNotFoundError:
            return None, None
        except _BROKEN as error:
            log.warning("%s is of no use: %s", self._path, error)
            return None, None


_BROKEN = (StorygenError, OSError, ValueError, KeyError, TypeError, RecursionError)
_ROOT = Path(__file__).resolve().parents[2]
