"""Observations for tests, made by hand: one candidate is (params, taken)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from storygen.preferences.observations import Observation, ShownCandidate, Situation


def candidate(params: Mapping[str, Any], taken: float, **more: Any) -> ShownCandidate:
    """One card; its id, number, model, seed and text say nothing."""
    return ShownCandidate("c", 0, "m", params, 0, "text", taken=taken, **more)


def chosen_from(
    *cards: tuple[Mapping[str, Any], float],
    step: int = 1,
    story: str = "s",
    set_id: str = "",
    situation: Situation | None = None,
    **more: Any,
) -> Observation:
    """One set with these cards."""
    return Observation(
        set=set_id or f"{story}/{step}",
        story=story,
        time=float(step),
        situation=situation or Situation(step),
        before="",
        candidates=tuple(candidate(params, taken) for params, taken in cards),
        **more,
    )


def temperatures(chosen: float, *rejected: float, taken: float = 1.0, **more: Any) -> Observation:
    """A set of cards of which the first was taken, each with nothing but a temperature."""
    cards: Sequence[tuple[Mapping[str, Any], float]] = [({"temperature": chosen}, taken)]
    return chosen_from(*cards, *(({"temperature": one}, 0.0) for one in rejected), **more)
