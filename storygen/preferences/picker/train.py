"""Learning a picker as a program of its own: `python -m storygen.preferences.picker.train`.

Reads observations as JSON lines (`observation_json`) and writes JSON lines, each of them one of
    {"progress": {"stage": "measuring", "done": 100, "of": 1000}}
    {"picker": …, "report": …}      the last one, exit status 0
    {"error": {"code": "…", "message": "…"}}      the last one, exit status 1
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO

from ...errors import BadRequestError
from ..observation_json import observation_from_json
from ..observations import Observation
from . import training

LONGEST_LINE_BYTES = 32 * 2**20

Write = Callable[[dict[str, Any]], None]


def main() -> int:
    """The exit status, after what standard input says was learned and told on standard output."""
    return run(_lines(sys.stdin.buffer), _to_standard_output)


def run(lines: Iterable[bytes], write: Write) -> int:
    """0 after a picker was written, 1 after an error was."""

    def on_progress(stage: str, done: int, whole: int) -> None:
        write({"progress": {"stage": stage, "done": done, "of": whole}})

    try:
        trained = training.train(list(read(lines)), on_progress=on_progress)
    except BadRequestError as error:
        write({"error": {"code": error.code, "message": error.message}})
        return 1
    write({"picker": trained.picker.to_json(), "report": trained.report.to_json()})
    return 0


def read(lines: Iterable[bytes]) -> Iterator[Observation]:
    """The observation of each line that isn't blank.

    Raises: BadRequestError for a line that holds none, which says which (from 1) and why.
    """
    for at, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield observation_from_json(_parsed(line))
            except BadRequestError as error:
                raise BadRequestError(f"Line {at}: {error.message}") from error


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
