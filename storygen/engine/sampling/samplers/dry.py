"""DRY: the longer the passage that a token would repeat, the less likely it becomes.

A token that would lengthen a repeat of n tokens loses multiplier · base^(n - allowed length) where n reaches
the allowed length. Source: p-e-w 2024, "DRY: A modern repetition penalty that reliably prevents looping".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..parameter import Parameter

if TYPE_CHECKING:
    from ...writing_model import WritingModel

BREAKERS = ["\n", ":", '"', "*"]
PARAMETERS = (
    Parameter(
        *("dry_multiplier", "number", 0.0, 0.0, "DRY strength"),
        sentence="Keeps the model from repeating whole passages; 0 is off, 0.8 is usual.",
        high=5,
        step=0.05,
    ),
    Parameter(
        *("dry_base", "number", 1.75, 1.75, "DRY growth"),
        sentence="How fast the DRY penalty grows with each token that is repeated.",
        low=1,
        high=4,
        step=0.05,
        switches=False,
    ),
    Parameter(
        *("dry_allowed_length", "integer", 2, 2, "DRY allowed length"),
        sentence="A repeat shorter than this many tokens goes unpunished.",
        low=1,
        high=50,
        switches=False,
    ),
    Parameter(
        *("dry_range", "integer", 0, 0, "DRY range"),
        sentence="How many tokens back DRY looks; 0 looks at everything the model reads.",
        high=8192,
        switches=False,
    ),
    Parameter(
        *("dry_breakers", "strings", BREAKERS, BREAKERS, "DRY breakers"),
        sentence="A repeat ends at these signs, so that names before a colon may come again.",
        high=50,
        step=50,
        switches=False,
    ),
)


def build_stage(params: dict[str, Any], _seed: int, language: WritingModel | None) -> Any:
    """The penalty, or None when the multiplier is 0."""
    if params["dry_multiplier"] == 0.0:
        return None
    from ..repeats import Dry
    from ..wording import breaking_ids

    return Dry(params, breaking_ids(language, params["dry_breakers"]))
