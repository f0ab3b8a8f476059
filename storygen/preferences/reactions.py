"""What an automatic writer does when its story stagnates: signs of trouble in, moved parameters out.

Each level moves the parameters further, within bounds that are stated here: warmer, and harder on what was
said before. What is drawn has its range moved, so that the density of what was drawn stays right; what is
fixed is moved itself. A level that helps stays until the sign is gone; then all is as it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from . import signs
from .ranges import Range, Ranges

MOST_LEVELS = 5
"""After so many levels without help the writer gives up."""

MOST_TEMPERATURE, TEMPERATURE_STEP, LEAST_TEMPERATURE = 1.6, 0.15, 0.7
MOST_PENALTY, PENALTY_STEP, LEAST_PENALTY = 1.3, 0.05, 1.05
MOST_DRY, DRY_STEP = 1.6, 0.4
MIN_TOKENS_STEP = 6
"""So many tokens more, at each level, before a text may end that had nothing to add."""
NARROWER = 0.2
"""The share of a range that is cut off at its low end, at each level; at most four of them."""

CERTAIN = 0.8
"""Nats: below it the model hardly chooses any more. Prose that is sampled has 1.5 to 3."""
LEAST_STEPS = 5
"""Over fewer steps nothing is said of how certain words become: single ones differ too much."""

WORDS = {
    "circle": "It runs in a circle",
    "repeats": "It repeats itself",
    "certain": "Its words become too predictable",
    "nothing": "It has nothing to add",
}


def sign_in(text: str, entropies: Sequence[float]) -> str:
    """A key of `WORDS`, or "" where all is well. `entropies`: mean surprises of the last steps, in nats."""
    if signs.runs_in_circle(text):
        return "circle"
    if signs.repetition(text) >= signs.HIGH_REPETITION:
        return "repeats"
    falls = signs.is_falling(entropies, LEAST_STEPS)
    return "certain" if falls and entropies[-1] < CERTAIN else ""


def next_level(before: str, after: str, sign: str, level: int) -> int:
    """The level for the next step, when `sign` is seen in `after` and `level` was in force; 0: none.

    It stays while it helps, that is while a text repeats itself less than before.
    """
    if not sign:
        return 0
    helps = sign != "certain" and signs.repetition(after) < signs.repetition(before)
    return level if level and helps else level + 1


def words(sign: str, level: int) -> str:
    """For a person: what is seen, and what is done."""
    if not level:
        return ""
    done = "warmer" if level == 1 else "warmer still"
    return f"{WORDS[sign]}: {done}"


def last_words(sign: str) -> str:
    """For a person: why it ends, after all levels."""
    return f"{WORDS[sign]}, and other parameters did not help."


def moved_ranges(ranges: Ranges, level: int) -> Ranges:
    """The ranges at a level; unchanged at 0."""
    if not level:
        return ranges
    most = {"temperature": (MOST_TEMPERATURE, TEMPERATURE_STEP)}
    most["repetition_penalty"] = (MOST_PENALTY, PENALTY_STEP)
    moved = tuple(
        _moved(one, *most[one.name], level) if one.name in most and one.scale != "fixed" else one
        for one in ranges.ranges
    )
    return Ranges(moved, ranges.couplings)


def _moved(one: Range, most: float, step: float, level: int) -> Range:
    high = max(one.high, min(one.high + step * level, most))
    low = one.value(min(NARROWER * level, 4 * NARROWER))
    return replace(one, low=round(min(max(one.low, low), high), 4), high=round(high, 4))


def moved_params(
    params: Mapping[str, Any], ranges: Ranges, sign: str, level: int
) -> dict[str, Any]:
    """A card's parameters at a level, whose drawn ones are in `ranges` and stay; unchanged at 0."""
    if not level:
        return dict(params)
    drawn = {one.name for one in ranges.drawn}
    wanted: dict[str, Any] = {}
    if "temperature" not in drawn:
        was = float(params["temperature"])
        warm = max(was, LEAST_TEMPERATURE) + TEMPERATURE_STEP * level
        wanted["temperature"] = max(was, min(warm, MOST_TEMPERATURE))
    if sign == "nothing":
        least = max(int(params["min_tokens"]), MIN_TOKENS_STEP * level)
        wanted["min_tokens"] = min(least, int(params["max_tokens"]))
        return {**params, **wanted}
    if "repetition_penalty" not in drawn:
        penalty = LEAST_PENALTY + PENALTY_STEP * level
        wanted["repetition_penalty"] = max(
            float(params["repetition_penalty"]), min(penalty, MOST_PENALTY)
        )
    dry = min(DRY_STEP * level, MOST_DRY)
    wanted["dry_multiplier"] = max(float(params["dry_multiplier"]), dry)
    return {**params, **wanted}


def fresh(before: str, texts: Sequence[str]) -> list[int]:
    """The candidates that don't make a text repeat itself more than it does; all where there are none."""
    usual = signs.repetition(before)
    found = [
        at
        for at, text in enumerate(texts)
        if text.strip()
        and signs.repetition(before + text) <= usual
        and not signs.runs_in_circle(before + text)
    ]
    return found or [at for at, text in enumerate(texts) if text.strip()]
