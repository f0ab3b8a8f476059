"""Different texts together, as a run over a data set has them: sorted by length, padded, batch by batch.

To score, texts are padded on the right, where no token before looks: any causal model reads them as it would
alone. To write, they are padded on the left under a mask; whether a model reads these as it should is tried
once, and one that does not (or whose cache is a state) writes its texts one by one.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ...engine.cache_plan import Ids
from ...engine.kv_cache import RunCache
from ...engine.model import ReadState
from ..jobs import CancelledError, Job
from .base import Generated, ScoredToken
from .local_facts import check_numbers, facts
from .local_rows import Row, context_of
from .local_writing import take_each, write_alone

if TYPE_CHECKING:
    from torch import Tensor

    from .local_reading import Read, Reading

MOST_LOGITS_CPU, MOST_LOGITS_GPU = 1 << 26, 1 << 28
CHUNK_TOKENS = 512


# ---------------------------------------------------------------- scoring


def score_pairs(
    reading: Reading,
    pairs: Sequence[tuple[Read, Read]],
    *,
    num_top: int,
    most_rows: int,
    job: Job,
) -> list[list[ScoredToken]]:
    """The tokens of each second text after its first one, in the order of `pairs`.

    Every second text has at least one token; of every pair at least one token stands before another, and
    both fit the window.
    """
    ids = [np.concatenate([before.ids, text.ids]) for before, text in pairs]
    firsts = [max(1, len(before.ids)) for before, _ in pairs]
    found: list[list[ScoredToken]] = [[] for _ in pairs]
    done = 0
    for batch in _scoring_batches(reading, ids, firsts, most_rows):
        job.progress(done, len(pairs))
        least = min(firsts[number] for number in batch) - 1
        logits = _padded_logits(reading, [ids[number] for number in batch], least)
        for row, number in enumerate(batch):
            own, first = ids[number], firsts[number]
            part = logits[row, first - 1 - least : len(own) - 1 - least]
            targets = own[first:].tolist()
            table, texts = reading.writing.bytes, pairs[number][1].texts
            tokens = [
                fact.scored(token_id, text, table)
                for fact, token_id, text in zip(
                    facts(part, targets, num_top, reading.name),
                    targets,
                    texts[len(texts) - len(targets) :],
                    strict=True,
                )
            ]
            if len(texts) > len(targets):  # nothing stands before the first token of all
                tokens.insert(0, ScoredToken(int(own[0]), texts[0]))
            found[number] = tokens
        done += len(batch)
    job.progress(done, len(pairs))
    return found


def _scoring_batches(
    reading: Reading, ids: list[Ids], firsts: list[int], most_rows: int
) -> Iterator[list[int]]:
    """Numbers of texts of nearly the same length, the longest first: if memory is short, it shows at once."""
    on_cpu = reading.model.device.type == "cpu"
    most = (MOST_LOGITS_CPU if on_cpu else MOST_LOGITS_GPU) // reading.model.vocabulary
    order = sorted(range(len(ids)), key=lambda number: (-len(ids[number]), firsts[number]))
    batch: list[int] = []
    for number in order:
        least = min(firsts[other] for other in [*batch, number])
        width = len(ids[batch[0] if batch else number]) - least
        if batch and (len(batch) == most_rows or (len(batch) + 1) * width > most):
            yield batch
            batch = []
        batch.append(number)
    if batch:
        yield batch


@torch.inference_mode()
def _padded_logits(reading: Reading, ids: list[Ids], least: int) -> Tensor:
    """`(num_rows, width - least, vocab)` after each token from place `least` on."""
    width = max(map(len, ids))
    padded = np.zeros((len(ids), width), dtype=np.int64)
    for row, own in enumerate(ids):
        padded[row, : len(own)] = own
    with reading.at_work() as raw:
        arguments = inspect.signature(raw.forward).parameters
        keywords: dict[str, Any] = {"use_cache": False} if "use_cache" in arguments else {}
        keeps = "logits_to_keep" in arguments
        if keeps:
            keywords["logits_to_keep"] = torch.arange(least, width, device=raw.device)
        out = raw(input_ids=torch.from_numpy(padded).to(raw.device), return_dict=True, **keywords)
    logits: Tensor = out.logits
    return logits if keeps else logits[:, least:]


# ---------------------------------------------------------------- writing


def write_texts(
    reading: Reading,
    texts: Sequence[str],
    params: dict[str, Any],
    seeds: Sequence[int],
    *,
    num_top: int,
    most_rows: int,
    job: Job,
) -> list[Generated]:
    """What follows each of `texts`, in their order; when cancelled, what was written up to then."""
    contexts = [context_of(reading, text, params) for text in texts]
    rows = [
        Row(reading, context, params, seed, full=num_top > 0, told=lambda _: None)
        for context, seed in zip(contexts, seeds, strict=True)
    ]
    sizes = [len(context.wanted()) for context in contexts]
    order = sorted(range(len(rows)), key=lambda number: -sizes[number])
    if not can_pad(reading):
        most_rows = 1
    try:
        for start in range(0, len(order), most_rows):
            job.progress(start, len(order))
            _write_batch(reading, [rows[n] for n in order[start : start + most_rows]], job)
        job.progress(len(order), len(order))
    except CancelledError:
        for row in rows:
            row.cancel()
    return [row.generated() for row in rows]


def _write_batch(reading: Reading, rows: list[Row], job: Job) -> None:
    if len(rows) == 1:
        with reading.state_for(rows[0].context.wanted()) as state:
            write_alone(reading, rows[0], state, job)
        return
    padded = PaddedRows(reading, [row.context.wanted() for row in rows])
    logits = padded.read_beginnings(job)
    alone: list[Row] = []
    while True:
        check_numbers(logits, reading.name)
        take_each(rows, padded.histories, logits)
        stay = [
            number for number, row in enumerate(rows) if row.next_id is not None and not row.ended
        ]
        alone += [row for n, row in enumerate(rows) if not row.ended and n not in stay]
        if not stay:
            break
        job.check()
        padded.keep(stay)
        rows = [rows[number] for number in stay]
        logits = padded.read([row.next_id or 0 for row in rows])
    for row in alone:
        write_alone(reading, row, ReadState(), job)


class PaddedRows:
    """What the model has read of several texts, padded on the left so that all end at the same place."""

    def __init__(self, reading: Reading, ids: Sequence[Ids]) -> None:
        self._reading = reading
        self._states = [ReadState() for _ in ids]  # of ids alone
        for state, own in zip(self._states, ids, strict=True):
            state.append(own)
        width = max(map(len, ids))
        self._ids = np.zeros((len(ids), width), dtype=np.int64)
        self._mask = np.zeros((len(ids), width), dtype=np.int64)
        for row, own in enumerate(ids):
            self._ids[row, width - len(own) :] = own
            self._mask[row, width - len(own) :] = 1
        self._cache = RunCache(reading.raw.config, croppable=False, breaks_off=lambda: False)
        self._takes_positions = "position_ids" in inspect.signature(reading.raw.forward).parameters
        self._keeps = "logits_to_keep" in inspect.signature(reading.raw.forward).parameters

    @property
    def histories(self) -> list[Tensor]:
        """The ids of each row, without padding."""
        return [state.history[0] for state in self._states]

    def read_beginnings(self, job: Job) -> Tensor:
        """`(num_rows, vocab) float32` after all texts. Raises: CancelledError."""
        width = self._ids.shape[1]
        for start in range(0, width, CHUNK_TOKENS):
            job.check()
            logits = self._pass(self._ids[:, start : start + CHUNK_TOKENS], start)
        return logits

    def read(self, next_ids: Sequence[int]) -> Tensor:
        """`(num_rows, vocab) float32` after one token more of each row."""
        column = np.array(next_ids, dtype=np.int64)[:, None]
        for state, own in zip(self._states, column, strict=True):
            state.append(own)
        width = self._mask.shape[1]
        self._mask = np.concatenate([self._mask, np.ones_like(column)], axis=1)
        return self._pass(column, width)

    def keep(self, rows: list[int]) -> None:
        """Go on with these rows alone."""
        if len(rows) == len(self._states):
            return
        self._states = [self._states[number] for number in rows]
        self._mask = self._mask[rows]
        with self._reading.at_work():
            self._cache = self._cache.keep_rows(rows)

    @torch.inference_mode()
    def _pass(self, ids: Ids, start: int) -> Tensor:
        """One pass over columns from `start` on."""
        end = start + ids.shape[1]
        keywords: dict[str, Any] = {"logits_to_keep": 1} if self._keeps else {}
        device = self._reading.model.device
        if not self._mask.all():
            mask = self._mask[:, :end]
            keywords["attention_mask"] = torch.from_numpy(mask).to(device)
            if self._takes_positions:
                positions = np.maximum(0, mask.cumsum(-1) - 1)[:, start:]
                keywords["position_ids"] = torch.from_numpy(positions).to(device)
        with self._reading.at_work() as raw:
            out = raw(
                input_ids=torch.from_numpy(np.ascontiguousarray(ids)).to(device),
                past_key_values=self._cache,
                use_cache=True,
                return_dict=True,
                **keywords,
            )
        logits: Tensor = out.logits[:, -1]
        return logits.float()


def can_pad(reading: Reading) -> bool:
    """Whether texts that are padded are read as they are alone: tried once, on a few tokens."""
    if reading.pads is None:
        reading.pads = _tried(reading)
    return reading.pads


def _tried(reading: Reading) -> bool:
    arguments = inspect.signature(reading.raw.forward).parameters
    if not reading.model.croppable or not {"past_key_values", "attention_mask"} <= set(arguments):
        return False
    size = reading.model.vocabulary
    texts = [np.arange(1, 1 + num, dtype=np.int64) * 7 % size for num in (6, 2)]
    padded = PaddedRows(reading, texts)
    try:
        padded.read_beginnings(Job())
        found = padded.read([3 % size, 5 % size])
    except (TypeError, ValueError, AttributeError, IndexError):
        return False
    rows = []
    for text, number in zip(texts, (3, 5), strict=True):
        with reading.at_work():
            whole = np.append(text, number % size)
            rows.append(reading.model.read(ReadState(), whole))
    expected = torch.cat(rows)
    check_numbers(expected, reading.name)
    most = 0.02 if reading.raw.dtype is torch.float32 else 0.2
    return torch.allclose(found, expected, rtol=most, atol=most * float(expected.std()))
