"""What a reader was shown and what they did then, as everything that learns from it sees it.

One `Observation` is one set of candidates and one choice from it. Text is code points; a fraction is of
UTF-16 units, as a browser counts letters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ShownCandidate:
    """One continuation as it could be read. `params`: all sampling parameters that it was written with."""

    candidate: str  # id
    number: int  # its place among the cards as they were shown, from 0
    model: str
    params: Mapping[str, Any]
    seed: int
    text: str
    ids: tuple[int, ...] = ()
    logprobs: tuple[float, ...] = ()  # of each token, before the sampler chain, natural logarithm
    taken: float = 0.0  # the fraction of `text` that was accepted, 0 to 1; 0: passed over
    log_density: float | None = (
        None  # of `params` under the policy that drew them; None: nobody drew
    )


@dataclass(frozen=True, slots=True)
class Situation:
    """What was known when parameters were drawn; a policy may look at nothing else."""

    step: int  # of the story, from 1
    num_words: int = 0  # of the text before the candidates
    repetition: float = 0.0  # see `signs`
    entropy: float | None = (
        None  # mean over the last tokens that a model wrote, in nats; None: not known
    )


@dataclass(frozen=True, slots=True)
class Observation:
    """A set from which something was taken, or (all `taken` 0) nothing."""

    set: str
    story: str
    time: float  # seconds since the epoch
    situation: Situation
    before: str  # the text that the candidates went on from
    candidates: tuple[ShownCandidate, ...]
    by: str = "human"  # "human" | "auto": never learned from together
    policy: str = ""  # that drew the parameters; "": the reader set them
    seconds: float | None = None  # from the first letter that could be read to the choice
    kept: float | None = None  # the fraction of what was taken that still stands in the story
    deleted: int | None = None  # UTF-16 units of what was taken that do not stand any more
    inserted: int | None = None  # units that people put between the first and the last that stand
    mode: str = "continue"
    prompt: str = ""
    blind: bool = False
    before_ids: tuple[int, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def chosen(self) -> ShownCandidate | None:
        """The candidate of which most was taken; None when nothing was."""
        best = max(self.candidates, key=lambda one: one.taken, default=None)
        return best if best is not None and best.taken > 0 else None
