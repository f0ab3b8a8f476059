"""What a metric looks at: one text that was written, and what is known about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..models.base import ScoredToken


@dataclass(frozen=True, slots=True)
class Case:
    """`text` came after `prompt`; `targets` are what it might have been, none where nobody knows.

    `scores`: what a model thought of the tokens of `text`; None where it was not asked. `sample`: the
    dataset's own record, for metrics that want more of it.
    """

    text: str
    targets: tuple[str, ...] = ()
    scores: tuple[ScoredToken, ...] | None = None
    prompt: str = ""
    sample: Any = None

    @classmethod
    def of(
        cls,
        text: str,
        target: str | Iterable[str] | None = None,
        scores: Iterable[ScoredToken] | None = None,
        *,
        prompt: str = "",
        sample: Any = None,
    ) -> Case:
        """A case from what a developer's `to_target` gives: nothing, a text, or several that are as good."""
        if target is None:
            targets: tuple[str, ...] = ()
        elif isinstance(target, str):
            targets = (target,)
        else:
            targets = tuple(target)
        return cls(text, targets, None if scores is None else tuple(scores), prompt, sample)

    @property
    def target(self) -> str:
        """The first of the targets, "" without any."""
        return self.targets[0] if self.targets else ""
