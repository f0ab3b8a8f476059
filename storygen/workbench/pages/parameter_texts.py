"""Sampling parameters that are lists, written as text, a line for each entry, and read back.

A token is a number (its id) or a text; one with spaces at its ends, or of digits alone, stands in double
quotes, as JSON has it. What belongs to it follows after "=".
"""

from __future__ import annotations

import json
from typing import Any

from ...engine.sampling.parameter import Parameter
from ...errors import BadRequestError

HINTS = {
    "strings": "One in each line.",
    "order": "Names, with commas between them.",
    "tokens": 'One in each line: a text, a number, or a text in quotes, as " the".',
    "biases": 'One in each line: token = bias, as " the" = -2.5.',
    "phrases": 'One in each line: text = bias at its beginning, bias after it, as "Once upon" = 1, 3.',
}


def written(parameter: Parameter, value: Any) -> str:
    """`value` as the text that `read` understands."""
    if parameter.kind == "text":
        return str(value)
    if parameter.kind == "order":
        return ", ".join(value)
    if parameter.kind == "strings":
        return "\n".join(_quoted(item) for item in value)
    if parameter.kind == "tokens":
        return "\n".join(_token(item) for item in value)
    return "\n".join(
        f"{_token(token)} = {', '.join(f'{bias:g}' for bias in biases)}" for token, *biases in value
    )


def read(parameter: Parameter, text: str) -> Any:
    """The value that `text` says, checked. Raises: BadRequestError naming the parameter."""
    if parameter.kind == "text":
        return parameter.check(text)
    if parameter.kind == "order":
        return parameter.check([name.strip() for name in text.split(",") if name.strip()])
    lines = [line for line in text.split("\n") if line.strip()]
    if parameter.kind == "strings":
        return parameter.check([_unquoted(parameter, line) for line in lines])
    if parameter.kind == "tokens":
        return parameter.check([_read_token(parameter, line) for line in lines])
    return parameter.check([_read_entry(parameter, line) for line in lines])


def _token(item: int | str) -> str:
    return str(item) if isinstance(item, int) else _quoted(item)


def _quoted(text: str) -> str:
    plain = text == text.strip() and text and not text.isdigit() and text.isprintable()
    return text if plain and '"' not in text and "=" not in text else json.dumps(text)


def _unquoted(parameter: Parameter, line: str) -> str:
    line = line.strip()
    if not line.startswith('"') or len(line) == 1:
        return line
    try:
        return str(json.loads(line))
    except ValueError:
        raise BadRequestError(
            f"{parameter.title}: {line[:60]} begins with a quote but is no text in quotes; "
            'write " as \\" in it.'
        ) from None


def _read_token(parameter: Parameter, line: str) -> int | str:
    line = line.strip()
    return int(line) if line.isdecimal() and line.isascii() else _unquoted(parameter, line)


def _read_entry(parameter: Parameter, line: str) -> list[Any]:
    token, equals, biases = line.rpartition("=")
    try:
        numbers = [float(bias) for bias in biases.split(",")]
    except ValueError:
        numbers = []
    if not equals or not numbers:
        raise BadRequestError(
            f"{parameter.title}: {line[:60]!r} is not so. {HINTS[parameter.kind]}"
        )
    return [_read_token(parameter, token), *numbers]
