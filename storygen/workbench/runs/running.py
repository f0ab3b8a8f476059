"""Runs that this process evaluates now, beside the pages: they go on when a browser leaves.

Pages wait for `news` and look how far each is. When the process dies, the runs can be gone on with from what
they have kept.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import ConflictError, StorygenError
from ..jobs import CancelledError, Job

log = logging.getLogger(__name__)


@dataclass(slots=True)
class RunningRun:
    """A run that goes on. `num_kept` rows are on the disk, of `done` samples the model has heard."""

    job: Job
    num_kept: int = 0
    done: int = 0
    total: int = 0
    note: str = ""
    problem: str = ""
    over: bool = False

    def pause(self) -> None:
        """Let it stop; what it has kept stands."""
        self.job.cancel()


class Running:
    """What runs, by the run's folder. `news` is notified whenever something of it is new.

    `num_changes` counts beginnings and ends, so that one that was short is not overlooked.
    """

    def __init__(self) -> None:
        self.news = threading.Condition()
        self.num_changes = 0
        self._runs: dict[Path, RunningRun] = {}

    def start(self, folder: Path, work: Callable[[RunningRun], Any]) -> RunningRun:
        """Do `work` in a thread of its own. Raises: ConflictError when that run runs here already."""
        folder = folder.resolve()
        run = RunningRun(Job(lambda done, total, note: self.tell(run, done, total, note)))
        with self.news:
            if folder in self._runs:
                raise ConflictError("This run is running already. Pause it first.")
            self._runs[folder] = run
            self._changed()
        threading.Thread(
            target=self._do, args=(folder, run, work), name="workbench-run", daemon=True
        ).start()
        return run

    def tell(self, run: RunningRun, done: float, total: float, note: str) -> None:
        """How far a run is; the shape of a `Job`'s `on_progress` behind the run itself."""
        with self.news:
            run.done, run.total, run.note = int(done), int(total), note
            self.news.notify_all()

    def kept(self, run: RunningRun, num: int) -> None:
        """So many rows of a run are on the disk."""
        with self.news:
            run.num_kept = num
            self.news.notify_all()

    def of(self, folder: Path) -> RunningRun | None:
        """The run in that folder, if it runs here."""
        with self.news:
            return self._runs.get(folder.resolve())

    def __bool__(self) -> bool:
        """Whether anything runs."""
        with self.news:
            return bool(self._runs)

    def _do(self, folder: Path, run: RunningRun, work: Callable[[RunningRun], Any]) -> None:
        problem = ""
        try:
            work(run)
        except CancelledError:
            pass
        except StorygenError as error:
            problem = " ".join(filter(None, (error.message, getattr(error, "mend", ""))))
        except (Exception, SystemExit) as error:
            log.warning("A run of the workbench failed.", exc_info=True)
            problem = f"{type(error).__name__}: {error}"
        finally:
            with self.news:
                self._runs.pop(folder, None)
                run.problem, run.over = problem, True
                self._changed()

    def _changed(self) -> None:
        self.num_changes += 1
        self.news.notify_all()


RUNNING = Running()
"""Of this process."""
