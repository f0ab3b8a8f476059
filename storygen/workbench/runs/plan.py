"""What a run needs to be done again: model, data, how samples are read, parameters, seeds, metrics."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from ...errors import BadRequestError, ConflictError
from ..bench import Functions
from ..datasets.roles import Roles
from ..datasets.search import drawn
from ..models.base import Ability, Model

WRITE = "write"
SCORE = "score"
TASKS = {
    WRITE: "write on from each text",
    SCORE: "score each target after its text",
}
CHUNK = 32
"""So many samples are asked for together, and kept together; a pause loses no more than these."""

MOST_SEED = 2**31 - 1
_PROBE = "Once upon a time there was an old house by the sea, and nobody knew who had built it."
_SAME = 0.05
"""Nats by which a token of the probe may differ on another machine."""


@dataclass(frozen=True, slots=True)
class RunPlan:
    """What is done. `made`: seconds since the epoch. `num` samples are the split's first, or drawn by
    `draw_seed`. `probe`: what the model said of a fixed text, so that another one under its name shows.
    `functions`: digests of the developer's functions by name. `num_texts`: written for each sample.
    `question`: texts are questions, in the model's chat template. `unheeded`: titles of parameters that the
    model did not heed.
    """

    run: str
    made: float
    model: str
    dataset: str
    split: str
    fingerprint: str
    num_in_split: int
    num: int
    draw_seed: int | None
    task: str
    roles: Roles
    functions: Mapping[str, str]
    params: Mapping[str, Any]
    num_texts: int
    seed: int
    metrics: tuple[str, ...]
    probe: tuple[tuple[str, float | None], ...] = ()
    model_kind: str = ""
    chunk: int = CHUNK
    version: str = ""
    question: bool = False
    unheeded: tuple[str, ...] = ()

    def indices(self) -> list[int]:
        """Which samples of the split are asked for, in order."""
        most = min(self.num, self.num_in_split)
        if self.draw_seed is None:
            return list(range(most))
        return drawn(self.num_in_split, most, self.draw_seed)

    def seed_of(self, index: int, number: int) -> int:
        """The seed of the text `number` (from 0) of a sample; the same whatever is asked beside it."""
        name = f"{self.seed} {index} {number}".encode()
        return int.from_bytes(hashlib.blake2b(name, digest_size=4).digest(), "big") & MOST_SEED

    def to_json(self) -> dict[str, Any]:
        """What `from_json` reads."""
        return {**asdict(self), "roles": self.roles.to_json()}

    @classmethod
    def from_json(cls, data: Any) -> RunPlan:
        """Raises: BadRequestError when `data` is no plan of this program's."""
        names = {field.name for field in fields(cls)}
        if not isinstance(data, dict) or set(data) - names:
            raise BadRequestError("This run was kept by another StoryGen.")
        try:
            return cls(
                **{
                    **data,
                    "roles": Roles.from_json(data["roles"]),
                    "metrics": tuple(data["metrics"]),
                    "unheeded": tuple(data.get("unheeded", ())),
                    "probe": tuple((str(text), number) for text, number in data.get("probe", ())),
                }
            )
        except (KeyError, TypeError, ValueError) as error:
            raise BadRequestError(f"This run's plan is damaged ({error}).") from error


def digests(functions: Functions) -> dict[str, str]:
    """The developer's functions by name, each with a digest of its source, so that a change shows."""
    given = {
        "to_text": functions.to_text,
        "to_step": functions.to_step,
        "to_target": functions.to_target,
    }
    return {name: _digest(one) for name, one in given.items() if one is not None}


def _digest(function: Callable[..., Any]) -> str:
    try:
        source = inspect.getsource(function)
    except (OSError, TypeError):
        source = getattr(function, "__qualname__", type(function).__name__)
    return hashlib.blake2b(source.encode(), digest_size=8).hexdigest()


def probe(model: Model) -> tuple[tuple[str, float | None], ...]:
    """What the model says of a fixed text; nothing of one that tells no probabilities."""
    if not model.can(Ability.SCORE):
        return ()
    return tuple((one.text, one.logprob) for one in model.score("", _PROBE))


def check_probe(plan: RunPlan, found: Sequence[tuple[str, float | None]]) -> None:
    """Nothing, if the model is the one that the run began with. Raises: ConflictError."""
    if not plan.probe or not found:
        return
    same = len(plan.probe) == len(found) and all(
        one[0] == other[0] and _close(one[1], other[1])
        for one, other in zip(plan.probe, found, strict=True)
    )
    if not same:
        raise ConflictError(
            f"{plan.model} is another model than the one this run began with. Start a new run."
        )


def _close(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return one == other or abs(one - other) <= _SAME
