"""The place in a text that is to be explained: the tokens before it, as the model reads them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..jobs import Job
from ..models.base import CannotError, Model
from ..models.local import LocalModel

if TYPE_CHECKING:
    from ...engine.cache_plan import Ids
    from ..models.local_reading import Reading


@dataclass(frozen=True, slots=True)
class Place:
    """What stands before the place; `shown`: each token as it is looked at. There is at least one."""

    reading: Reading
    ids: Ids
    shown: tuple[str, ...]


def place_after(model: Model, text: str, then: Sequence[int], job: Job) -> Place:
    """The place after `text` and the tokens `then`; of long ones the last part, as much as is read.

    Raises: CannotError for a model whose weights are not here.
    """
    reading = reading_of(model, job)
    ids = np.concatenate([reading.read(text).ids, np.array(then, dtype=np.int64)])
    ids = reading.within_window(ids if len(ids) else reading.writing.fallback_ids)
    return Place(reading, ids, tuple(map(reading.writing.bytes.shown, ids.tolist())))


def reading_of(model: Model, job: Job) -> Reading:
    """What reads with the model's weights. Raises: CannotError where they are not here."""
    if not isinstance(model, LocalModel):
        raise CannotError(
            f"{model.name} does not show its inside: that needs weights that are loaded here."
        )
    return model.load(job)


def last_pass(
    place: Place, num_last: int, job: Job, around: AbstractContextManager[None], **keywords: Any
) -> Any:
    """What the raw model gives for the last `num_last` ids at least, those before them being read already.

    That pass alone is made within `around`. Must not be called in a turn of the model's.

    Raises: CancelledError.
    """
    import torch

    reading, ids = place.reading, place.ids
    if num_last > len(ids) or not reading.model.croppable:
        num_last = len(ids)  # some states can't be read on with as one likes
    with reading.state_for(ids) as state:
        if num_last < len(ids):
            reading.leave_read(state, ids[: len(ids) - num_last], job)
        else:
            state.forget()
        part = ids[len(ids) - num_last :]
        cached = state.cache is not None
        with reading.at_work() as raw, torch.inference_mode():
            keywords["use_cache"] = cached
            if cached:
                keywords["past_key_values"] = state.cache
            given = torch.from_numpy(part)[None].to(raw.device)
            try:
                with around:
                    out = raw(input_ids=given, return_dict=True, **keywords)
            except BaseException:
                state.forget()  # some layers have read what others have not
                raise
            if cached:
                state.append(part)
            return out
