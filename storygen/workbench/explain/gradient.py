"""Which tokens of the context a small change would matter for: the gradient at each input, times the input.

Quicker than leaving words out: one pass forth and back. Source: Shrikumar et al. 2016, section 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...errors import BadRequestError
from ..jobs import Job
from ..models.base import CannotError, Model
from .place import place_after

MOST_TOKENS = 1024
SENTENCE = (
    "How much a small change at each token would change the token's log-probability, in one pass. It is a "
    "straight line laid on a curve: quick, and right only near by; leaving words out is slower and truer."
)


@dataclass(frozen=True, slots=True)
class Gradient:
    """`scores` `(num_tokens,)`: above 0 for what speaks for `token`, below 0 against it."""

    token: str
    tokens: tuple[str, ...]
    scores: NDArray[np.float32]
    sentence: str = SENTENCE


def gradient_times_input(
    model: Model,
    text: str,
    token: int,
    then: Sequence[int] = (),
    *,
    job: Job | None = None,
) -> Gradient:
    """Of the last `MOST_TOKENS` of `text` and `then`, for `token` as the next one.

    Raises: CannotError where the weights let no gradient through; BadRequestError.
    """
    import torch

    job = job or Job()
    place = place_after(model, text, then, job)
    reading, ids = place.reading, place.ids[-MOST_TOKENS:]
    if not 0 <= token < reading.model.vocabulary:
        raise BadRequestError(f"There is no token {token}.")
    job.check()
    with reading.at_work() as raw, torch.inference_mode(False), torch.enable_grad():
        try:
            given = torch.from_numpy(ids.copy())[None].to(raw.device)
            inputs = raw.get_input_embeddings()(given).detach().clone().requires_grad_(True)
            out = raw(inputs_embeds=inputs, use_cache=False, return_dict=True)
            logprob = out.logits[0, -1].float().log_softmax(-1)[token]
            (slope,) = torch.autograd.grad(logprob, inputs)
        except (RuntimeError, TypeError, NotImplementedError, ValueError) as error:
            raise CannotError(
                f"The weights of {model.name} let no gradient through: {str(error)[:200]}"
            ) from error
    scores = (slope * inputs.detach()).sum(-1)[0].float().cpu().numpy()
    shown = place.shown[len(place.shown) - len(ids) :]
    return Gradient(reading.writing.bytes.shown(token), shown, scores)
