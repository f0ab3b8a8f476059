"""Runs that this process evaluates now, beside the pages: they go on when a browser leaves.

Pages look at `now` for how far one is. When the process dies, the runs can be gone on with from what they
have kept.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...errors import ConflictError, StorygenError
from ..jobs import CancelledError, Job

log = logging.getLogger(__name__)


@dataclass(slots=True)
class RunningRun:
    """A run that goes on. `num_kept` rows are on the disk; `news` tells of anything new."""

    job: Job
    num_kept: int = 0
    done: int = 0
    total: int = 0
    note: str = ""
    problem: str = ""
    over: bool = False
    news: threading.Condition = field(default_factory=threading.Condition)

    def tell(self, **values: Any) -> None:
        """Set what is new, and wake who waits for news."""
        with self.news:
            for name, value in values.items():
                setattr(self, name, value)
            self.news.notify_all()

    def pause(self) -> None:
        """Let it stop; what it keeps stands."""
        self.job.cancel()


class Running:
    """What runs, by the run's folder."""

    def __init__(self) -> None:
        self._runs: dict[Path, RunningRun] = {}
        self._lock = threading.Lock()

    def start(self, folder: Path, work: Callable[[RunningRun], Any]) -> RunningRun:
        """Do `work` in a thread of its own. Raises: ConflictError when that run runs here already."""
        folder = folder.resolve()
        run = RunningRun(Job(lambda done, total, note: run.tell(done=done, total=total, note=note)))
        with self._lock:
            if folder in self._runs:
                raise ConflictError("This run is running already. Pause it first.")
            self._runs[folder] = run
        threading.Thread(
            target=self._do, args=(folder, run, work), name="workbench-run", daemon=True
        ).start()
        return run

    def of(self, folder: Path) -> RunningRun | None:
        """The run in that folder, if it runs here."""
        with self._lock:
            return self._runs.get(folder.resolve())

    def __bool__(self) -> bool:
        """Whether anything runs."""
        with self._lock:
            return bool(self._runs)

    def _do(self, folder: Path, run: RunningRun, work: Callable[[RunningRun], Any]) -> None:
        problem = ""
        try:
            work(run)
        except CancelledError:
            pass
        except StorygenError as error:
            problem = error.message
        except Exception as error:
            log.warning("A run of the workbench failed.", exc_info=True)
            problem = f"{type(error).__name__}: {error}"
        finally:
            with self._lock:
                self._runs.pop(folder, None)
            run.tell(problem=problem, over=True)


RUNNING = Running()
"""Of this process."""
