"""A row of a run: one sample with what the model made of it and what was measured."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..metrics import Measured
from ..models.base import Generated, ScoredToken

_DIGITS = 4


@dataclass(frozen=True, slots=True)
class KeptToken:
    """A token with what the model thought of it; None: not told."""

    text: str
    logprob: float | None
    rank: int | None


@dataclass(frozen=True, slots=True)
class Written:
    """A text that was written, or the target that was scored (`seed` None)."""

    text: str
    tokens: tuple[KeptToken, ...]
    ended: str = ""
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """Of the sample `index` of the split, whose content has the key `key`. `problem`: why it has no text.

    `asked`: the question or talk that stands in `text` as the model's template wrote it; "" where there was
    none. `measured`: by metric; of several texts the mean, with their sums added up.
    """

    index: int
    key: str
    text: str = ""
    targets: tuple[str, ...] = ()
    written: tuple[Written, ...] = ()
    measured: Mapping[str, Measured] = field(default_factory=dict)
    problem: str = ""
    asked: str = ""


def kept_tokens(tokens: Sequence[ScoredToken]) -> tuple[KeptToken, ...]:
    """Tokens as they are kept: log-probabilities to four digits."""
    return tuple(
        KeptToken(one.text, None if one.logprob is None else round(one.logprob, _DIGITS), one.rank)
        for one in tokens
    )


def of_generated(one: Generated) -> Written:
    """A text as it is kept."""
    return Written(one.text, kept_tokens(one.tokens), one.ended, one.seed)


def joined(measured: Sequence[Measured]) -> Measured:
    """One metric's numbers for the texts of a sample as one: their mean, and the sums of all."""
    known = [one for one in measured if one.number is not None]
    if not known:
        return measured[0]
    if len(known) == 1:
        return known[0]
    numbers = [one.number for one in known if one.number is not None]
    sums = tuple(map(sum, zip(*(one.sums for one in known), strict=True)))
    return Measured(known[0].name, sum(numbers) / len(numbers), sums=sums)


def to_line(row: Row) -> bytes:
    """The row as a line of JSON, its end included."""
    body: dict[str, Any] = {"index": row.index, "key": row.key}
    if row.problem:
        body["problem"] = row.problem
    else:
        body |= {
            "text": row.text,
            **({"asked": row.asked} if row.asked else {}),
            "targets": row.targets,
            "written": [_written(one) for one in row.written],
            "measured": {name: _measured(one) for name, one in row.measured.items()},
        }
    return json.dumps(body, separators=(",", ":")).encode("ascii") + b"\n"


def from_line(line: bytes) -> Row:
    """The row of a line that `to_line` made. Raises: ValueError for anything else."""
    body = json.loads(line)
    try:
        return Row(
            index=int(body["index"]),
            key=str(body["key"]),
            text=str(body.get("text", "")),
            targets=tuple(body.get("targets", ())),
            written=tuple(map(_read_written, body.get("written", ()))),
            measured={
                name: _read_measured(name, one) for name, one in body.get("measured", {}).items()
            },
            problem=str(body.get("problem", "")),
            asked=str(body.get("asked", "")),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no row of a run: {error}") from error


def _written(one: Written) -> dict[str, Any]:
    tokens = [[token.text, token.logprob, token.rank] for token in one.tokens]
    return {"text": one.text, "ended": one.ended, "seed": one.seed, "tokens": tokens}


def _read_written(body: Any) -> Written:
    tokens = tuple(KeptToken(text, logprob, rank) for text, logprob, rank in body["tokens"])
    return Written(body["text"], tokens, body["ended"], body["seed"])


def _measured(one: Measured) -> dict[str, Any]:
    if one.number is not None:
        return {"number": one.number, "sums": one.sums}
    return {"silent": one.silent} if one.silent else {"problem": one.problem}


def _read_measured(name: str, body: Any) -> Measured:
    return Measured(
        name,
        body.get("number"),
        silent=body.get("silent", ""),
        problem=body.get("problem", ""),
        sums=tuple(body.get("sums", ())),
    )
