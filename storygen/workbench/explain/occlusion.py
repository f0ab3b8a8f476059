"""Which words of the context mattered: each is left out, and the model is asked again.

Words are tried from the last to the first, several in a pass: what stands before them is read once, and
the cache is only ever cut.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import BadRequestError
from ..jobs import Job
from ..models.base import Model
from .place import reading_of

if TYPE_CHECKING:
    from ...engine.cache_plan import Ids
    from ...engine.model import ReadState
    from ..models.local_reading import Reading

WORD = re.compile(r"\S+\s*|\s+")
MOST_WORDS = 100
_MOST_TOKENS, _MOST_ROWS = 512, 16


@dataclass(frozen=True, slots=True)
class Mattered:
    """A stretch of the context, and by how much the token was likelier with it than without (nats)."""

    start: int
    end: int
    text: str
    change: float


@dataclass(frozen=True, slots=True)
class Occlusion:
    """`logprob`: of the token with the whole context. `words` stand in the text's order."""

    token: str
    logprob: float
    words: tuple[Mattered, ...]
    sentence: str


def occlusion(
    model: Model,
    text: str,
    token: int,
    then: Sequence[int] = (),
    *,
    most_words: int = MOST_WORDS,
    job: Job | None = None,
) -> Occlusion:
    """How much each of the last `most_words` words of `text` mattered for `token` after `text` and `then`.

    Raises: CannotError for a model whose weights are not here; BadRequestError; CancelledError.
    """
    job = job or Job()
    reading = reading_of(model, job)
    if not 0 <= token < reading.model.vocabulary:
        raise BadRequestError(f"There is no token {token}.")
    spans = [match.span() for match in WORD.finditer(text)]
    tried = spans[-most_words:]
    whole = _ids(reading, text, then)
    logprob = _logprobs(reading.logits_after(whole, job), token)[0]
    without = [_ids(reading, text[:start] + text[end:], then) for start, end in tried]
    changes = np.zeros(len(tried))
    done = 0
    with reading.state_for(whole) as state:
        for group, prefix in _groups(whole, without):
            job.progress(done, len(tried), "leaving words out")
            rows = [without[number] for number in group]
            logits = _after_each(reading, state, whole[:prefix], rows, job)
            changes[group] = [logprob - one for one in _logprobs(logits, token)]
            done += len(group)
    job.progress(done, len(tried), "leaving words out")
    words = tuple(
        Mattered(start, end, text[start:end], float(change))
        for (start, end), change in zip(tried, changes, strict=True)
    )
    shown = reading.writing.bytes.shown(token)
    return Occlusion(shown, logprob, words, _sentence(len(spans) - len(tried)))


def _sentence(num_left: int) -> str:
    part = (
        f" Only the last words were tried; {num_left:,} before them were not." if num_left else ""
    )
    return (
        "Each word was left out once; shown is by how much that makes the token less likely. Words that "
        "say the same can stand in for each other, so that none of them seems to matter, and a text with a "
        f"word missing is one that the model may never have seen.{part}"
    )


def _ids(reading: Reading, text: str, then: Sequence[int]) -> Ids:
    ids = np.concatenate([reading.read(text).ids, np.array(then, dtype=np.int64)])
    return reading.within_window(ids if len(ids) else reading.writing.fallback_ids)


def _groups(whole: Ids, without: list[Ids]) -> Iterator[tuple[list[int], int]]:
    """Numbers of texts to be read together, and how many tokens they share; the last words come first."""
    from ...engine.cache_plan import num_common

    shared = [min(num_common(whole, ids), len(ids) - 1) for ids in without]
    group: list[int] = []
    prefix = width = 0
    for number in range(len(without) - 1, -1, -1):
        least = min(prefix, shared[number]) if group else shared[number]
        most = max(len(without[n]) - least for n in [*group, number])
        full = len(group) == _MOST_ROWS or most * (len(group) + 1) > _MOST_TOKENS
        if group and (full or least < prefix - width):
            yield group, prefix
            group, least = [], shared[number]
            most = len(without[number]) - least
        group.append(number)
        prefix, width = least, most
    if group:
        yield group, prefix


def _after_each(reading: Reading, state: ReadState, prefix: Ids, rows: list[Ids], job: Job) -> Any:
    """Logits `(num_rows, vocab)` after each of `rows`, which all begin with `prefix`."""
    import torch

    from ...engine.cache_plan import num_common

    job.check()
    if not reading.model.croppable:
        prefix = prefix[:0]
    elif num_common(state.ids, prefix) < len(prefix):
        reading.leave_read(state, prefix, job)
    ends = [len(ids) - len(prefix) - 1 for ids in rows]
    padded = np.zeros((len(rows), max(ends) + 1), dtype=np.int64)
    for row, ids in enumerate(rows):
        padded[row, : ends[row] + 1] = ids[len(prefix) :]
    with reading.at_work() as raw, torch.inference_mode():
        reading.model.keep(state, len(prefix))
        keywords: dict[str, Any] = {"use_cache": False}
        if state.cache is not None and len(prefix):
            cache = state.cache.branch(len(rows), shares=False)
            keywords = {"past_key_values": cache, "use_cache": True}
        places = sorted(set(ends))
        if "logits_to_keep" in inspect.signature(raw.forward).parameters:
            keywords["logits_to_keep"] = torch.tensor(places, device=raw.device)
        else:
            places = list(range(padded.shape[1]))
        out = raw(input_ids=torch.from_numpy(padded).to(raw.device), return_dict=True, **keywords)
        return out.logits[range(len(rows)), [places.index(end) for end in ends]].float()


def _logprobs(logits: Any, token: int) -> list[float]:
    found: list[float] = logits.log_softmax(-1)[:, token].tolist()
    return found
