"""Rows of a JSON Lines or Parquet file from anywhere, one after the other, within limits.

Nothing in a file is ever run: JSON and Parquet's plain columns only, no pickle, no extension types. What is
wrong with a file is told with its name and the line or row, and what to do about it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from ...errors import BadRequestError

_BATCH_ROWS = 64
_THRIFT_BYTES = 2**26
_THRIFT_ITEMS = 2**20
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
                yield from _parquet_rows(file, path.name, columns, limits)
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


def _parquet_rows(
    file: BinaryIO, name: str, columns: Sequence[str], limits: Limits
) -> Iterator[FoundRow]:
    import pyarrow

    number = 0
    try:
        for batch in _batches(file, name, columns, limits):
            for values in batch.to_pylist():
                number += 1
                yield FoundRow(f"{name}, row {number}", values)
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise BadRequestError(
            f"{name}: the Parquet file is broken behind row {number} ({error}); get or write it anew."
        ) from error


def _batches(file: BinaryIO, name: str, columns: Sequence[str], limits: Limits) -> Iterator[Any]:
    import pyarrow.parquet

    opened = pyarrow.parquet.ParquetFile(
        file,
        pre_buffer=False,
        thrift_string_size_limit=_THRIFT_BYTES,
        thrift_container_size_limit=_THRIFT_ITEMS,
        arrow_extensions_enabled=False,
    )
    about = opened.metadata
    if about.num_rows > limits.num_rows:
        raise BadRequestError(f"{name} has more than {limits.num_rows} rows; split it.")
    for group in range(about.num_row_groups):
        _check_group(about.row_group(group), name, limits)
    there = [one for one in columns if one in opened.schema_arrow.names]
    # Without a column it would give no rows, and nothing would say which columns are missing.
    yield from opened.iter_batches(_BATCH_ROWS, columns=there or None, use_threads=False)


def _check_group(group: Any, name: str, limits: Limits) -> None:
    """A million equal numbers take some bytes in a file, but not once they are read: so they count too."""
    num_values = max((group.column(at).num_values for at in range(group.num_columns)), default=0)
    if max(group.total_byte_size, 8 * num_values) > limits.group_bytes:
        raise BadRequestError(
            f"{name}: a group of rows has more than {limits.group_bytes} bytes; "
            "write the file anew with smaller row groups."
        )
