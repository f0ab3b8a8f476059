"""Mirostat 2: tokens go that would be too surprising, and how surprising follows what was written.

See `feedback.Mirostat`. Source: Basu et al. 2021, "Mirostat: A Neural Text Decoding Algorithm that Directly
Controls Perplexity", and its authors' second version of the algorithm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..parameter import Parameter

if TYPE_CHECKING:
    from ...writing_model import WritingModel

PARAMETERS = (
    Parameter(
        "mirostat_tau",
        "number",
        default=0.0,
        neutral=0.0,
        title="Mirostat surprise",
        sentence="Keeps the text about this surprising, in bits a token; 0 is off, 5 is usual.",
        low=0,
        high=10,
        step=0.1,
    ),
    Parameter(
        "mirostat_eta",
        "number",
        default=0.1,
        neutral=0.1,
        title="Mirostat rate",
        sentence="How fast it makes up for text that was too dull or too surprising.",
        low=0,
        high=1,
        step=0.01,
        switches=False,
    ),
)


def build_stage(params: dict[str, Any], _seed: int, _language: WritingModel | None) -> Any:
    """The control, or None when the surprise is 0."""
    if params["mirostat_tau"] == 0.0:
        return None
    from ..feedback import Mirostat

    return Mirostat(params["mirostat_tau"], params["mirostat_eta"])
