"""The samplers for a model of a few lines: the usual ones by numpy, all others by the engine's chain.

A probability is looked at where the engine has scores: its logarithm. The usual ones do what the chain's
do; with them alone torch is not loaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...engine.sampling.chance import uniform
from ...engine.sampling.parameters import PARAMETERS, check_params
from .base import CannotError, Params

Probs = NDArray[np.float64]

DEFAULT_TOKENS = 100
_USUAL = frozenset({"temperature", "top_k", "top_p", "min_p", "repetition"})
_NEED_WORDS = ("grammar", "regex", "banned_tokens", "logit_bias", "phrase_bias", "banned_strings")


def full_params(params: Params, name: str) -> dict[str, Any]:
    """Checked parameters of a text that comes to an end.

    Raises: BadRequestError; CannotError for what needs a tokenizer.
    """
    given = {"at_end_of_text": "stop", **params}
    given["max_tokens"] = given.get("max_tokens") or DEFAULT_TOKENS
    if given.get("limit", "endless") == "endless":
        given["limit"] = "tokens"
    full = check_params(given)
    for parameter in _NEED_WORDS:
        if full[parameter]:
            raise CannotError(f"{name} has no tokenizer of its own, which {parameter} needs.")
    return full


class Samplers:
    """What the parameters (full, checked) make of a distribution; remembers the tokens that were chosen."""

    def __init__(self, params: dict[str, Any], seed: int) -> None:
        self._params, self._seed = params, seed
        self._chain: Any = None
        on = {p.sampler for p in PARAMETERS if p.switches and params[p.name] != p.neutral}
        on.discard(None)  # what says when a text ends is no sampler
        if on - _USUAL or params["sampler_order"] or params["repetition_slope"]:
            from ...engine.sampling.chain import SamplerChain

            self._chain = SamplerChain(params, seed)

    def after(self, probs: Probs, history: Sequence[int]) -> Probs:
        """How likely each token is to be chosen where the model gives `probs` after `history`."""
        if self._chain is None:
            return self._usual(probs, history)
        import torch

        scores = torch.from_numpy(_logs(probs)).float()[None]
        chosen = self._chain.expected(torch.tensor(list(history) or [0]), scores)[0]
        found: Probs = chosen.double().numpy()
        return found

    def choose(self, probs: Probs, history: Sequence[int], index: int) -> int | None:
        """The token of that index; None where nothing may come."""
        if self._chain is None:
            after = self._usual(probs, history)
            return pick(after, uniform(self._seed, index)) if after.any() else None
        import torch

        scores = torch.from_numpy(_logs(probs)).float()[None]
        chosen: int | None = self._chain.choose(torch.tensor([list(history) or [0]]), scores, index)
        return chosen

    def _usual(self, probs: Probs, history: Sequence[int]) -> Probs:
        params, scores = self._params, _logs(probs)
        if params["repetition_penalty"] != 1.0:
            written = np.array(history[-params["repetition_range"] :], dtype=np.int64)
            scores[written] *= params["repetition_penalty"]
        temperature = params["temperature"]
        if temperature == 0.0:
            greedy = np.zeros_like(probs)
            greedy[int(scores.argmax())] = 1.0
            return greedy
        probs = _softmax(scores / max(1e-3, temperature))
        if params["top_k"]:
            kth = np.sort(probs)[-min(params["top_k"], len(probs))]
            probs = _renewed(np.where(probs >= kth, probs, 0.0))
        if params["top_p"] < 1.0:
            order = np.argsort(-probs, kind="stable")
            before = probs[order].cumsum() - probs[order]
            out = order[max(1, int((before < params["top_p"]).sum())) :]
            probs[out] = 0.0
            probs = _renewed(probs)
        if params["min_p"]:
            probs = _renewed(np.where(probs >= params["min_p"] * probs.max(), probs, 0.0))
        return probs


def pick(probs: Probs, number: float) -> int:
    """The token that `number` in [0, 1) picks, by the inverse of their CDF."""
    cumulative = probs.cumsum()
    place = int(np.searchsorted(cumulative, cumulative[-1] * number, side="right"))
    return min(place, len(probs) - 1)


def _logs(probs: Probs) -> Probs:
    with np.errstate(divide="ignore"):
        found: Probs = np.log(probs)
    return found


def _softmax(scores: Probs) -> Probs:
    raised = np.exp(scores - scores.max())
    found: Probs = raised / raised.sum()
    return found


def _renewed(probs: Probs) -> Probs:
    found: Probs = probs / probs.sum()
    return found
