"""Every sampling parameter in the order shown, and the check of what a client sends. Loads no torch.

The samplers bring their own; here stand those that say when a run ends and what is told about a token.
`limit` is "endless" unless given; with `max_tokens` alone it is "tokens". An endless run heeds no
`max_tokens`; under any other limit `max_tokens` above 0 is a cap.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import Any

from ...errors import BadRequestError
from .order import movable, name_of
from .parameter import Parameter
from .samplers import ORDER

_ORDER = Parameter(
    "sampler_order",
    "order",
    default=[],
    neutral=[],
    title="Order of samplers",
    sentence="Which sampler acts first; those not named follow in their usual order.",
    choices=movable(),
)

_ENDS = (
    Parameter(
        "limit",
        "choice",
        default="endless",
        neutral="endless",
        title="Write until",
        sentence="Where the model stops by itself: never, or after some tokens, a sentence or a paragraph.",
        choices=("endless", "tokens", "sentence", "paragraph"),
    ),
    Parameter(
        "max_tokens",
        "integer",
        default=0,
        neutral=0,
        title="Most tokens",
        sentence="The run ends after this many tokens, unless it is endless; 0 sets no bound.",
        low=0,
        high=100000,
    ),
    Parameter(
        "min_tokens",
        "integer",
        default=0,
        neutral=0,
        title="Fewest tokens",
        sentence="The model can't end the text before this many tokens.",
        low=0,
        high=8192,
    ),
    Parameter(
        "stop",
        "strings",
        default=[],
        neutral=[],
        title="Stop at",
        sentence="The run ends before any of these strings would appear.",
        high=16,
        step=100,
    ),
    Parameter(
        "banned_strings",
        "strings",
        default=[],
        neutral=[],
        title="Banned texts",
        sentence="These never appear, in capitals or not: the model goes back and says it another way.",
        high=50,
        step=100,
    ),
    Parameter(
        "at_end_of_text",
        "choice",
        default="go_on",
        neutral="go_on",
        title="At the model's end",
        sentence="When the model thinks that the text is over: stop there, or go on.",
        choices=("stop", "go_on"),
    ),
    Parameter(
        "alternatives",
        "integer",
        default=10,
        neutral=0,
        title="Alternatives",
        sentence="How many of the likeliest tokens are remembered beside each one written.",
        low=0,
        high=100,
    ),
)

PARAMETERS: tuple[Parameter, ...] = (
    *(
        replace(parameter, sampler=name_of(sampler))
        for sampler in ORDER
        for parameter in sampler.PARAMETERS
    ),
    _ORDER,
    *_ENDS,
)
"""Every parameter, samplers first in the order in which they act unless another is asked for."""

NUM_BEAMS = Parameter(
    "num_beams",
    "integer",
    default=1,
    neutral=1,
    title="Beams",
    sentence="How many continuations a search keeps at once; 1 writes by chance.",
    low=1,
    high=20,
)
"""Of a set of candidates as a whole, so that it has no place among what the page shows of sampling."""

_BY_NAME = {parameter.name: parameter for parameter in (*PARAMETERS, NUM_BEAMS)}


def check_params(params: dict[str, Any]) -> dict[str, Any]:
    """A full dict of parameters: those of `params`, checked, and defaults for the rest.

    Raises: BadRequestError naming the field that is unknown, of the wrong kind or out of range.
    """
    unknown = [name for name in params if name not in _BY_NAME]
    if unknown:
        raise BadRequestError(f"There is no sampling parameter {unknown[0]!r}.")
    full = {
        name: parameter.check(params[name]) if name in params else deepcopy(parameter.default)
        for name, parameter in _BY_NAME.items()
    }
    if "limit" not in params and full["max_tokens"]:
        full["limit"] = "tokens"
    return full


def sorted_out(
    params: dict[str, Any],
) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """Those of `params` that are right, checked, and {name, message} of each that is not."""
    right: dict[str, Any] = {}
    wrong: list[dict[str, str]] = []
    for name, value in params.items():
        try:
            if name not in _BY_NAME:
                raise BadRequestError(f"There is no sampling parameter {name[:100]!r}.")
            right[name] = _BY_NAME[name].check(value)
        except BadRequestError as error:
            wrong.append({"name": name[:100], "message": error.message})
    return right, wrong


def remembers(params: dict[str, Any]) -> bool:
    """Whether some sampler that `params` switch on keeps a state from token to token."""
    return any(params.get(name) for name in ("mirostat_tau", "grammar", "regex"))


def response_tokens(params: dict[str, Any]) -> int:
    """How many tokens a run writes at most, 0 when it is endless.

    Raises: BadRequestError as `check_params`.
    """
    full = check_params(params)
    most: int = full["max_tokens"]
    return 0 if full["limit"] == "endless" else most
