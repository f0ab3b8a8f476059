"""XTC, exclude top choices: now and then all the likeliest tokens go but the least likely of them.

With `xtc_probability`, every token of at least `xtc_threshold` goes except the least likely one. Where a line
break or the end of the text would go, all stay. Source: p-e-w 2024, "Exclude Top Choices (XTC)".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..parameter import Parameter

if TYPE_CHECKING:
    from ...writing_model import WritingModel

PARAMETERS = (
    Parameter(
        "xtc_probability",
        "number",
        default=0.0,
        neutral=0.0,
        title="XTC probability",
        sentence="How often the most obvious words are passed over for a less obvious one; 0 is off.",
        low=0,
        high=1,
        step=0.05,
    ),
    Parameter(
        "xtc_threshold",
        "number",
        default=0.1,
        neutral=0.1,
        title="XTC threshold",
        sentence="How likely a word must be to count as obvious; above 0.5 there is never a choice.",
        low=0.01,
        high=0.5,
        step=0.01,
        switches=False,
    ),
)


def build_stage(params: dict[str, Any], seed: int, language: WritingModel | None) -> Any:
    """The exclusion, or None when its probability is 0."""
    if params["xtc_probability"] == 0.0:
        return None
    from ..exclusion import TopChoices
    from ..wording import newline_ids

    spared = newline_ids(language) + sorted(language.ends_of_text if language else ())
    return TopChoices(params["xtc_probability"], params["xtc_threshold"], seed, spared)
