"""One page that somebody has open: its component, its elements, and the threads in which callbacks run.

Callbacks run one after the other. What they change is told as it happens, one message at a time: the next
goes out when the browser has taken the last. An error in a callback is shown and stops nothing.
"""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Callable
from typing import Any

from ...errors import StorygenError
from ..bench import Bench
from ..component import Component
from ..elements import Button, Column, Saved
from ..jobs import CancelledError, Job
from .errands import Errands
from .sheet import Sheet

log = logging.getLogger(__name__)

TOGETHER_S = 0.03
"""News of this long goes in one message, so that a token costs no message of its own."""
PATIENCE_S = 60.0
"""A browser that takes longer with a message is gone."""

Tell = Callable[[int, list[dict[str, Any]]], None]


class Visit:
    """`tell(number, ops)` sends news to the browser; `heard()` is to be called when it has taken them."""

    def __init__(self, component: Component, bench: Bench, tell: Tell) -> None:
        self.sheet = Sheet(lambda: self._wanted.set())
        self._wanted, self._taken = threading.Event(), threading.Event()
        self._tell, self._number = tell, 0
        self._sending = threading.Lock()
        self._connected = self._closed = False
        self._errands = Errands()
        self._jobs: list[Job] = []
        self._stuck: list[Job] = []
        self._jobs_lock = threading.Lock()
        self._here = threading.local()
        self._component = component.opened(bench, self)
        self._root = Column()
        self.sheet.put(self._root)
        self._errands.put(self._build)
        for work, name in ((self._run, "callbacks"), (self._send, "news")):
            threading.Thread(target=work, name=f"workbench-{name}", daemon=True).start()

    # ------------------------------------------------------------ the browser's side

    def attach(self) -> dict[str, Any]:
        """The page as it stands; news after `number` will follow."""
        with self._sending:
            self._connected = True
            self._taken.set()
            self._wanted.set()
            tree = self.sheet.tree()
            return {"tree": tree, "number": self._number, "busy": self.busy}

    def detach(self) -> None:
        """The browser is gone, perhaps for a moment; the page stays, and its work goes on."""
        self._connected = False

    def heard(self) -> None:
        """The browser has taken what it was told; one that took long is here again."""
        self._connected = True
        self._taken.set()
        self._wanted.set()

    def event(self, element_id: str, event: str, value: Any) -> None:
        """Take in what was done with an element. Raises: StorygenError when it can't be."""
        element = self.sheet.find(element_id)
        callback = element.receive(event, value)
        if callback is None:
            return
        if isinstance(element, Button) and element.at_once:
            self.beside(lambda job: callback())
        else:
            self._errands.put(callback, (element_id, event) if event == "change" else None)

    def cancel(self) -> None:
        """Give up all that runs or waits; what was given up before and still runs is said to be stuck."""
        self._errands.forget()
        with self._jobs_lock:
            jobs = list(self._jobs)
            self._stuck = [job for job in jobs if job.cancelled]
        for job in jobs:
            job.cancel()
        if self._stuck and not self._closed:
            self.say(
                "What runs here does not look whether it should stop. Load this page again to begin anew; "
                "it goes on unseen until it is done."
            )

    def close(self) -> None:
        """The page is shut for good."""
        self._closed = True
        self.cancel()
        self._errands.close()
        self.sheet.closed()
        self._taken.set()
        self._wanted.set()

    @property
    def is_stuck(self) -> bool:
        """Whether something runs on that was given up twice: nothing else will ever be done here."""
        with self._jobs_lock:
            return any(job in self._jobs for job in self._stuck)

    @property
    def busy(self) -> bool:
        """Whether something runs, or is about to."""
        return bool(self._jobs) or not self._errands.rest

    # ------------------------------------------------------------ the component's side

    @property
    def job(self) -> Job:
        """See `component.Desk`; a thread of nobody's gets one that is never cancelled."""
        job: Job = getattr(self._here, "job", None) or Job()
        return job

    def beside(self, work: Callable[[Job], Any]) -> Job:
        """See `component.Desk`."""
        job = Job(self._progressed)
        self._began(job)

        def run() -> None:
            self._do(lambda: work(job), job)

        threading.Thread(target=run, name="workbench-beside", daemon=True).start()
        return job

    def save(self, saved: Saved) -> None:
        """See `component.Desk`."""
        self.sheet.tell({"op": "save", **saved.to_json()})

    def say(self, message: str, trace: str = "") -> None:
        """See `component.Desk`."""
        self.sheet.tell({"op": "problem", "message": message, "trace": trace})

    # ------------------------------------------------------------ threads

    def _build(self) -> None:
        self._root.children = [self._component.build()]
        self._errands.put(self._component.begin)

    def _run(self) -> None:
        while (work := self._errands.take()) is not None:
            job = Job(self._progressed)
            self._began(job)
            self._do(work, job)
        self._do(self._component.closed, Job())

    def _do(self, work: Callable[[], Any], job: Job) -> None:
        self._here.job = job
        try:
            work()
        except CancelledError:
            pass
        except StorygenError as error:
            self.say(" ".join(filter(None, (error.message, getattr(error, "mend", "")))))
        except (Exception, SystemExit) as error:  # sys.exit() would end this thread, and no more
            log.warning("A callback of the workbench failed.", exc_info=True)
            self.say(f"{type(error).__name__}: {error}", traceback.format_exc())
        finally:
            self._over(job)

    def _began(self, job: Job) -> None:
        with self._jobs_lock:
            self._jobs.append(job)
        self.sheet.busy(True)

    def _over(self, job: Job) -> None:
        with self._jobs_lock:
            if job in self._jobs:
                self._jobs.remove(job)
            still = bool(self._jobs)
        self.sheet.busy(still)

    def _progressed(self, done: float, total: float, note: str) -> None:
        self.sheet.busy(True, done, total, note)

    def _send(self) -> None:
        while not self._closed:
            self._wanted.wait()
            self._wanted.clear()
            threading.Event().wait(TOGETHER_S)
            while self._connected and not self._closed and not self._taken.wait(PATIENCE_S):
                self.detach()
            with self._sending:
                if self._connected and not self._closed and (ops := self.sheet.take_news()):
                    self._taken.clear()
                    self._number += 1
                    self._tell(self._number, ops)
