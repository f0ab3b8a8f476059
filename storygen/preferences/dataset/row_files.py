"""Rows of a JSON Lines or Parquet file from anywhere, one after the other, within limits.

Nothing in a file is ever run: JSON and Parquet's plain columns only, no pickle, no extension types. What is
wrong with a file is told with its name and the line or row, and what to do about it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from ...errors import BadRequestError
from . import parquet_lines

_MARK = b"\xef\xbb\xbf"  # of UTF-8, which some programs write at the beginning of a file


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a file is read; what has more is refused.

    `row_bytes`: of a line of JSON Lines, and letters of a text in Parquet. `group_bytes`: of a Parquet
    file's group of rows, unpacked.
    """

    num_rows: int = 1_000_000
    row_bytes: int = 32 * 2**20
    group_bytes: int = 2**30


@dataclass(frozen=True, slots=True)
class FoundRow:
    """A row as it stands in its file; `where`: the file's name and the line or row, for messages."""

    where: str
    values: dict[str, Any]

    def wrong(self, message: str) -> NoReturn:
        """Raises: BadRequestError, always, with the place before `message`."""
        raise BadRequestError(f"{self.where}: {message}")


def rows_of(path: Path, columns: Sequence[str], limits: Limits) -> Iterator[FoundRow]:
    """The rows of a file, with those of `columns` that it has (of JSON Lines, with all).

    Raises: BadRequestError when there is no such file, it is of neither format or broken, or over a limit.
    """
    try:
        with path.open("rb") as file:
            begins = file.read(4)
            file.seek(0)
            if begins == b"PAR1":
                yield from _parquet_rows(path, columns, limits)
            elif path.suffix.lower() in (".jsonl", ".ndjson", ".json"):
                yield from _json_rows(file, path.name, limits)
            else:
                raise BadRequestError(
                    f"{path.name} is neither Parquet nor named .jsonl; convert it to one of them."
                )
    except FileNotFoundError:
        raise BadRequestError(f"There is no file {path}.") from None
    except OSError as error:
        raise BadRequestError(f"{path.name} cannot be read: {error}") from error


def parse_object(text: str | bytes) -> dict[str, Any]:
    """The JSON object that `text` is. Raises: ValueError, with what is wrong, when it is none."""
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(value, dict):
        raise ValueError("it is not a JSON object")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number in JSON; write null")


def _json_rows(file: BinaryIO, name: str, limits: Limits) -> Iterator[FoundRow]:
    number = num_rows = 0
    while line := file.readline(limits.row_bytes + 1):
        number += 1
        row = FoundRow(f"{name}, line {number}", {})
        if len(line) > limits.row_bytes:
            row.wrong(
                f"the line has more than {limits.row_bytes} bytes; split or leave out its row."
            )
        line = (line.removeprefix(_MARK) if number == 1 else line).strip()
        if not line:
            continue
        if number == 1 and line.startswith(b"["):
            row.wrong("the file is one JSON list; write one object in each line instead.")
        num_rows += 1
        if num_rows > limits.num_rows:
            row.wrong(f"the file has more than {limits.num_rows} rows; split it.")
        try:
            values = parse_object(line)
        except ValueError as error:
            row.wrong(
                f"this is not one JSON object in UTF-8 ({error}); mend or leave out the line."
            )
        yield FoundRow(row.where, values)


def _parquet_rows(path: Path, columns: Sequence[str], limits: Limits) -> Iterator[FoundRow]:
    """Read by a process of its own, see `parquet_lines`."""
    arguments = [str(path.resolve()), path.name, str(limits.num_rows), str(limits.group_bytes)]
    command = [sys.executable, "-m", parquet_lines.__name__, *arguments, *columns]
    number = 0
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=_ROOT
    ) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                kind, value = json.loads(line)
                if kind == "end":
                    return
                if kind == "error":
                    raise BadRequestError(value)
                number += 1
                yield FoundRow(f"{path.name}, row {number}", value)
        finally:
            process.kill()
    raise BadRequestError(parquet_lines.broken(path.name, number, "it can't be read"))


_ROOT = Path(__file__).resolve().parents[3]
