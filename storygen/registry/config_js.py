"""`config.js` as data, without running it: the objects after `ModelConfig =` and `APILocation =`.

Comments, trailing commas, single quotes and names without quotes are understood, as JavaScript does.
Anything that would have to be computed is an error with its line and column.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pyjson5

from .entries import Problem

MAX_CONFIG_BYTES = 2_000_000
_MAX_DEPTH = 6
# Comments and strings are matched as well, so that what stands inside them is passed over.
_TOKENS = re.compile(
    r"//[^\n]*|/\*.*?\*/"
    r"|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`"
    r"|(?<![\w$.])(?P<name>ModelConfig|APILocation)\s*=(?!=)",
    re.DOTALL,
)
_NEAR = re.compile(r" near (\d+)")


class ConfigError(Exception):
    """config.js cannot be read; `problem` says where and why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """What config.js says: display name → value, for each mode, in the file's order."""

    continuation: dict[str, Any]
    prompt: dict[str, Any]
    api_location: str


def parse_config(text: str) -> ConfigFile:
    """The content of a config.js.

    Raises: ConfigError when there is no ModelConfig in it, or it is no plain object of objects.
    """
    places = {found["name"]: found.end() for found in _TOKENS.finditer(text) if found["name"]}
    if "ModelConfig" not in places:
        raise ConfigError(
            Problem(
                "config.js has no “var ModelConfig = {…}”.",
                "Copy the line back from the config.js that came with StoryGen.",
            )
        )
    models = _decode(text, places["ModelConfig"])
    if not isinstance(models, dict):
        raise _error(text, places["ModelConfig"], "ModelConfig is no object {…}")
    location = _decode(text, places["APILocation"]) if "APILocation" in places else ""
    return ConfigFile(
        _section(text, places["ModelConfig"], models, "continuationModels"),
        _section(text, places["ModelConfig"], models, "promptModels"),
        location if isinstance(location, str) else "",
    )


def _section(text: str, start: int, models: dict[str, Any], name: str) -> dict[str, Any]:
    section = models.get(name)
    if section is None:
        return {}
    if not isinstance(section, dict):
        place = text.find(name, start)
        raise _error(text, place if place >= 0 else start, f"{name} is no object {{…}}")
    return section


def _decode(text: str, start: int) -> Any:
    try:
        return pyjson5.decode(text[start:], maxdepth=_MAX_DEPTH, some=True)
    except pyjson5.Json5DecoderException as error:
        place, reason = _place_and_reason(text, start, error)
        raise _error(text, place, reason) from error


def _place_and_reason(text: str, start: int, error: Exception) -> tuple[int, str]:
    """Offset in `text` of what pyjson5 stumbled over, and a sentence about it."""
    message = str(error.args[0]) if error.args else ""
    near = _NEAR.search(message)
    place = start + int(near[1]) if near else start
    if isinstance(error, pyjson5.Json5NestingTooDeep):
        return min(place, len(text)), "there are too many brackets inside each other"
    if isinstance(error, pyjson5.Json5EOF):
        return min(place, len(text)), "something is opened here and never closed"
    wrong = error.args[2] if len(error.args) > 2 else None
    if isinstance(wrong, str) and wrong:
        # the number is the character's offset or the one after it
        place = place - 1 if text[place - 1 : place] == wrong else place
        shown = "the end of the line" if wrong == "\n" else f"“{wrong}”"
        return (
            place,
            f"{shown} is not expected here; perhaps a comma or a quotation mark is missing",
        )
    return min(place, len(text)), "this is not understood"


def _error(text: str, place: int, reason: str) -> ConfigError:
    line = text.count("\n", 0, place) + 1
    column = place - (text.rfind("\n", 0, place) + 1) + 1
    return ConfigError(
        Problem(
            f"config.js is broken at line {line}, column {column}: {reason}.",
            "Correct it there in a text editor. Until then the models of the last good version stay.",
            line,
            column,
        )
    )
