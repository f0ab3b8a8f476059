"""Any policy back from its JSON, whichever it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from . import checked
from .kernels import PerStepPolicy
from .policies import VERSION, FixedPolicy, Policy, RandomPolicy
from .thompson import ThompsonPolicy

_READ: Mapping[str, Callable[[Any], Policy]] = {
    "random": RandomPolicy.from_json,
    "fixed": FixedPolicy.from_json,
    "per_step": PerStepPolicy.from_json,
    "thompson": ThompsonPolicy.from_json,
}

NAMES = tuple(_READ)
"""The names of all policies."""


def from_json(data: Any) -> Policy:
    """The policy that `data`, from a policy's `to_json`, describes.

    Raises: BadRequestError, naming the first part that is unknown, of the wrong type or impossible.
    """
    checked.version(data, "policy", VERSION)
    return _READ[checked.word(data.get("policy"), "policy", NAMES)](data)
