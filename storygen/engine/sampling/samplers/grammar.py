"""Grammar or regular expression: what the run writes has this form, whatever stood before it.

The grammar is GBNF (as llama.cpp's documentation describes it); see `gbnf` and `constraint`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ....errors import BadRequestError
from ..parameter import Parameter

if TYPE_CHECKING:
    from ...writing_model import WritingModel

PARAMETERS = (
    Parameter(
        "grammar",
        "text",
        default="",
        neutral="",
        title="Grammar",
        sentence="What is written must have the form that this grammar (GBNF) describes; empty is off.",
        high=20000,
    ),
    Parameter(
        "regex",
        "text",
        default="",
        neutral="",
        title="Regular expression",
        sentence="What is written must match this regular expression as a whole; empty is off.",
        high=2000,
    ),
)


def build_stage(params: dict[str, Any], _seed: int, language: WritingModel | None) -> Any:
    """The constraint, or None where there is neither a grammar nor a regular expression.

    Raises: BadRequestError for a broken one, with its place, or where both are given.
    """
    grammar, regex = params["grammar"], params["regex"]
    if not grammar and not regex:
        return None
    if grammar and regex:
        raise BadRequestError("Give a grammar or a regular expression, not both.")
    assert language is not None
    from ..constraint import Constraint, from_gbnf, from_regex

    return Constraint(language, from_gbnf(grammar) if grammar else from_regex(regex))
