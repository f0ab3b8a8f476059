"""Presets: named sets of sampling parameters, the built-in ones and the user's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..engine.sampling.parameters import check_params
from ..errors import BadRequestError, NotFoundError

MAX_OWN = 100
MAX_SENTENCE = 300
PLAIN = "Your own."


@dataclass(frozen=True, slots=True)
class Preset:
    """`params` holds only what differs from the defaults; `sentence` says what one will notice."""

    name: str
    sentence: str
    params: dict[str, Any]
    builtin: bool = True

    def view(self) -> dict[str, Any]:
        """As docs/PROTOCOL.md shapes it, with every parameter."""
        return {
            "name": self.name,
            "sentence": self.sentence,
            "params": check_params(self.params),
            "builtin": self.builtin,
        }


BUILTIN = (
    Preset(
        "Balanced",
        "Lively without losing the thread; a good place to begin.",
        {"temperature": 0.8, "min_p": 0.05, "repetition_penalty": 1.1},
    ),
    Preset(
        "Careful",
        "Stays close to what is likely: plain, consistent sentences.",
        {"temperature": 0.5, "min_p": 0.1, "repetition_penalty": 1.1},
    ),
    Preset(
        "Adventurous",
        "Reaches for rarer words and turns; expect surprises, and some nonsense.",
        {"temperature": 1.15, "min_p": 0.03, "repetition_penalty": 1.1},
    ),
    Preset(
        "Most likely",
        "Always the likeliest token: the same every time, and soon repetitive.",
        {"temperature": 0.0, "min_p": 0.0, "repetition_penalty": 1.0},
    ),
    Preset(
        "Untouched",
        "The model's own distribution with nothing cut away: honest and unruly.",
        {"temperature": 1.0, "min_p": 0.0, "repetition_penalty": 1.0},
    ),
)
DEFAULT = BUILTIN[0]


def default_params() -> dict[str, Any]:
    """The parameters of a story that has chosen none."""
    return check_params(DEFAULT.params)


def with_own(own: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every preset as browsers see it: the built-in ones, then the stored ones of the user."""
    mine = [Preset(p["name"], p.get("sentence", ""), p["params"], builtin=False) for p in own]
    return [preset.view() for preset in (*BUILTIN, *mine)]


def saved(
    own: list[dict[str, Any]],
    name: str,
    params: dict[str, Any],
    sentence: str = "",
    was: str | None = None,
) -> list[dict[str, Any]]:
    """The user's presets with one more, or one changed; `was`: the one of that name is it from now on.

    Without a `sentence` a preset keeps the one that it has. Raises: BadRequestError for a built-in name, an
    empty one, another's where it is renamed, or too many; NotFoundError where there is none called `was`.
    """
    if not name.strip() or any(preset.name == name for preset in BUILTIN):
        raise BadRequestError(
            "Choose another name: this one is empty or belongs to a built-in preset."
        )
    names = [preset["name"] for preset in own]
    if was is not None and was not in names:
        raise NotFoundError("There is no preset of your own by this name.")
    if was not in (None, name) and name in names:
        raise BadRequestError("Another preset of yours has this name already.")
    replaced = was or name
    place = names.index(replaced) if replaced in names else len(own)
    if place == MAX_OWN:
        raise BadRequestError(
            f"There can be at most {MAX_OWN} presets of your own; delete one first."
        )
    known = own[place].get("sentence") if place < len(own) else None
    made = {"name": name, "sentence": sentence or known or PLAIN, "params": check_params(params)}
    return [*own[:place], made, *own[place + 1 :]]


def without(own: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    """The user's presets without one.

    Raises: NotFoundError.
    """
    rest = [preset for preset in own if preset["name"] != name]
    if len(rest) == len(own):
        raise NotFoundError("There is no preset of your own by this name.")
    return rest
