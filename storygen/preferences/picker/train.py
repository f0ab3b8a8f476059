"""Learning a picker as a program of its own: `python -m storygen.preferences.picker.train`.

Reads observations as JSON lines (`observation_json`) and, where there are any, hidden states of candidates
and the name of the model whose they are:
    {"vectors": {"candidate id": [0.1, …], …}}
    {"model": "its name"}
Writes JSON lines, each of them one of
    {"progress": {"stage": "measuring", "done": 100, "of": 1000}}
    {"picker": …, "report": …, "plain": …}      the last one, exit status 0; plain is null, or a second picker
    {"error": {"code": "…", "message": "…"}}      the last one, exit status 1
"""

from __future__ import annotations

import json
import math
import os
import sys
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, BinaryIO

from ...errors import BadRequestError
from .. import checked
from ..observation_json import observation_from_json
from ..observations import Observation
from .report import LONGEST_NAME
from .scoring import LONGEST_VECTOR

LONGEST_LINE_BYTES = 32 * 2**20

Write = Callable[[dict[str, Any]], None]


def main() -> int:
    """The exit status, after what standard input says was learned and told on standard output."""
    if hasattr(os, "nice"):
        os.nice(10)  # whoever writes meanwhile comes first
    # One thread is faster for matrices of this size, and the same on every machine.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    return run(_lines(sys.stdin.buffer), _to_standard_output)


def run(lines: Iterable[bytes], write: Write) -> int:
    """0 after a picker was written, 1 after an error was."""
    from .training import train  # numpy reads what `main` sets when it is imported

    def on_progress(stage: str, done: int, whole: int) -> None:
        write({"progress": {"stage": stage, "done": done, "of": whole}})

    try:
        observations, vectors, model = read(lines)
        trained = train(observations, on_progress=on_progress, vectors=vectors)
    except BadRequestError as error:
        write({"error": {"code": error.code, "message": error.message}})
        return 1
    report = replace(trained.report, states=trained.report.states or "none", model=model)
    plain = None if trained.plain is None else trained.plain.to_json()
    write({"picker": trained.picker.to_json(), "report": report.to_json(), "plain": plain})
    return 0


def read(lines: Iterable[bytes]) -> tuple[list[Observation], dict[str, Sequence[float]], str]:
    """(observations, hidden states by candidate id, their model) of all lines that aren't blank.

    Raises: BadRequestError for a line that holds none, which says which (from 1) and why.
    """
    observations: list[Observation] = []
    vectors: dict[str, Sequence[float]] = {}
    model = ""
    for at, line in enumerate(lines, 1):
        try:
            data = _parsed(line) if line.strip() else None
            if isinstance(data, dict) and "vectors" in data:
                vectors.update(_vectors(data))
            elif isinstance(data, dict) and set(data) == {"model"}:
                model = checked.string(data["model"], "model", LONGEST_NAME)
            elif line.strip():
                observations.append(observation_from_json(data))
        except BadRequestError as error:
            raise BadRequestError(f"Line {at}: {error.message}") from error
    return observations, vectors, model


def _vectors(data: Any) -> dict[str, Sequence[float]]:
    given = checked.mapping(checked.mapping(data, "line", ("vectors",))["vectors"], "vectors")
    return {name: _vector(one, f"vectors.{name[:100]}") for name, one in given.items()}


def _vector(data: Any, what: str) -> Sequence[float]:
    """As `checked.numbers`, and quickly: there may be millions."""
    given = checked.items(data, what, LONGEST_VECTOR)
    try:
        values = array("d", given)
    except (TypeError, OverflowError) as error:
        raise BadRequestError(f"{what} must be a list of numbers.") from error
    if not all(map(math.isfinite, values)):
        raise BadRequestError(f"{what} must be a list of finite numbers.")
    return values


def _parsed(line: bytes) -> Any:
    if len(line) > LONGEST_LINE_BYTES:
        raise BadRequestError(f"a line can hold at most {LONGEST_LINE_BYTES} bytes.")
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadRequestError("this is no JSON.") from error


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """The lines of `stream`, none of them read much further than a line may be long."""
    while line := stream.readline(LONGEST_LINE_BYTES + 1):
        yield line


def _to_standard_output(message: dict[str, Any]) -> None:
    print(json.dumps(message, allow_nan=False), flush=True)


if __name__ == "__main__":
    sys.exit(main())
