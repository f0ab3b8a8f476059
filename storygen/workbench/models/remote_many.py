"""Several texts from a server at once, their tokens told one at a time, in the thread that asked."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from ..jobs import CancelledError, Job
from .base import Generated, OnToken, ScoredToken

MOST_AT_ONCE = 4
STEP_S = 0.05

Write = Callable[[int, OnToken, Job | None], Generated]
"""Writes the text of a row; it tells its tokens, and looks at the job."""


def all_at_once(write: Write, num_rows: int, on_token: OnToken, job: Job | None) -> list[Generated]:
    """What `write` gives for each row. If one fails, the others are given up and its error is raised."""
    if num_rows == 1:
        return [write(0, on_token, job)]
    inner = Job()
    told: queue.Queue[tuple[int, ScoredToken | Generated | BaseException]] = queue.Queue(1000)
    rows = iter(range(num_rows))
    lock = threading.Lock()

    def work() -> None:
        while True:
            with lock:
                row = next(rows, None)
            if row is None:
                return
            try:
                told.put((row, write(row, lambda r, token: told.put((r, token)), inner)))
            except BaseException as error:  # noqa: BLE001 - raised again in the thread that asked
                told.put((row, error))

    threads = [
        threading.Thread(target=work, daemon=True) for _ in range(min(MOST_AT_ONCE, num_rows))
    ]
    for thread in threads:
        thread.start()
    try:
        return _gather(told, num_rows, on_token, job, inner)
    finally:
        inner.cancel()
        _drain(told, threads)


def _gather(
    told: queue.Queue[tuple[int, ScoredToken | Generated | BaseException]],
    num_rows: int,
    on_token: OnToken,
    job: Job | None,
    inner: Job,
) -> list[Generated]:
    done: dict[int, Generated] = {}
    while len(done) < num_rows:
        if job is not None and job.cancelled:
            inner.cancel()
        try:
            row, item = told.get(timeout=STEP_S)
        except queue.Empty:
            continue
        if isinstance(item, ScoredToken):
            on_token(row, item)
        elif isinstance(item, Generated):
            done[row] = item
        elif isinstance(item, CancelledError):
            done[row] = Generated("", (), "cancelled")
        else:
            raise item
    return [done[row] for row in range(num_rows)]


def _drain(
    told: queue.Queue[tuple[int, ScoredToken | Generated | BaseException]],
    threads: list[threading.Thread],
) -> None:
    """Let the threads end: they may wait for room in the queue."""
    while any(thread.is_alive() for thread in threads):
        try:
            told.get(timeout=STEP_S)
        except queue.Empty:
            continue
