"""Several continuations of one text: it is read once, then all are written together, a token each a pass.

The random number of a token is a function of its seed and index, as in the writing room: a continuation is
the same alone and beside others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ...engine.loading.memory import MOST_CACHE_BYTES
from ...engine.model import ReadState
from ..jobs import CancelledError, Job
from .base import Generated, OnToken
from .local_facts import check_numbers
from .local_rows import Row, context_of

if TYPE_CHECKING:
    from torch import Tensor

    from .local_reading import Reading

MOST_ROWS = 32


def write(
    reading: Reading,
    text: str,
    params: dict[str, Any],
    seeds: Sequence[int],
    *,
    on_token: OnToken,
    num_top: int,
    job: Job,
) -> list[Generated]:
    """See `Model.generate`; `params` are full and checked.

    Raises: ModelError where the model computes no numbers, or has no token that could come.
    """
    context = context_of(reading, text, params)
    rows = [
        Row(
            reading,
            context.fork(),
            params,
            seed,
            full=True,
            told=lambda token, number=number: on_token(number, token),  # type: ignore[misc]
        )
        for number, seed in enumerate(seeds)
    ]
    try:
        _write_all(reading, rows, context.wanted(), params["max_tokens"], job)
    except CancelledError:
        for row in rows:
            row.cancel()
    return [row.generated() for row in rows]


def _write_all(
    reading: Reading, rows: list[Row], ids: np.ndarray[Any, Any], max_tokens: int, job: Job
) -> None:
    with reading.state_for(ids) as state:
        logits = reading.read_to(state, ids, job)
        waiting = list(rows)
        while waiting:
            each = reading.model.row_bytes(state, max_tokens)
            at_once = max(1, min(MOST_ROWS, MOST_CACHE_BYTES // max(1, each)))
            together, waiting = waiting[:at_once], waiting[at_once:]
            for row in together:
                row.take(state.history, logits)
            if len(rows) == 1:
                write_alone(reading, rows[0], state, job)
            else:
                _write_together(reading, together, state, job)


def write_alone(reading: Reading, row: Row, state: ReadState, job: Job) -> None:
    """Write `row` to its end, from whatever `state` has read. Raises: CancelledError, ModelError."""
    while not row.ended:
        job.check()
        if row.next_id is None:
            logits = reading.read_to(state, row.context.wanted(), job)
        else:
            with reading.at_work():
                logits = reading.model.read(state, np.array([row.next_id], dtype=np.int64))
            check_numbers(logits, reading.name)
        row.take(state.history, logits)


def _write_together(reading: Reading, rows: list[Row], state: ReadState, job: Job) -> None:
    """Write rows that have each drawn a first token after what `state` has read, which stays."""
    with reading.at_work():
        branched = reading.model.branch(state, len(rows))
    alone: list[tuple[Row, ReadState]] = []
    while True:
        stay = [
            number for number, row in enumerate(rows) if row.next_id is not None and not row.ended
        ]
        alone += [
            (row, branched.row(number))
            for number, row in enumerate(rows)
            if not row.ended and number not in stay
        ]
        if not stay:
            break
        if len(stay) < len(rows):
            with reading.at_work():
                branched.keep_rows(stay)
            rows = [rows[number] for number in stay]
        job.check()
        ids = np.array([row.next_id for row in rows], dtype=np.int64)
        with reading.at_work():
            logits = reading.model.read_rows(branched, ids)
        check_numbers(logits, reading.name)
        take_each(rows, branched.history, logits)
    for row, its_state in alone:
        write_alone(reading, row, its_state, job)


def take_each(rows: Sequence[Row], histories: Tensor | Sequence[Tensor], logits: Tensor) -> None:
    """The next token of each row, from its row of `logits` `(num_rows, vocab)`."""
    for number, row in enumerate(rows):
        row.take(histories[number][None], logits[number : number + 1])
