"""Files that rows are written to, one after the other: JSON Lines and Parquet.

Neither holds more than a part of its rows in memory. What is in a file after an error is not to be read.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from .columns import Column
from .rows import Row

FORMATS = ("parquet", "jsonl")
"""What can be written, the one that types and numbers come through exactly first."""

MOST_GROUP_ROWS = 1_000
MOST_GROUP_BYTES = 8 * 2**20
"""A group of rows of a Parquet file is written when it has so many rows, or about so many bytes."""

# JSON allows them in a string, but some readers take them for the end of a line.
_LINE_ENDS = {ord(end): f"\\u{ord(end):04x}" for end in "\x85\u2028\u2029"}


class RowFile(Protocol):
    """A file of rows that is being written."""

    def write(self, row: Row) -> None:
        """Puts `row` behind those written before."""

    def close(self) -> None:
        """Writes what is left. The file is whole then, and closed."""

    def abandon(self) -> None:
        """Closes the file as it is, to be deleted."""


def open_rows(path: Path, columns: Sequence[Column]) -> RowFile:
    """A new file for rows of `columns`, in the format that the suffix of `path` names (of `FORMATS`)."""
    return _JsonLines(path) if path.suffix == ".jsonl" else _Parquet(path, columns)


class _JsonLines:
    def __init__(self, path: Path) -> None:
        self._file = path.open("x", encoding="utf-8", newline="\n")

    def write(self, row: Row) -> None:
        line = json.dumps(row, ensure_ascii=False, allow_nan=False)
        self._file.write(line.translate(_LINE_ENDS) + "\n")

    def close(self) -> None:
        self._file.close()

    abandon = close


class _Parquet:
    def __init__(self, path: Path, columns: Sequence[Column]) -> None:
        import pyarrow.parquet

        self._schema = _schema(columns)
        self._file = pyarrow.parquet.ParquetWriter(path, self._schema, compression="zstd")
        self._rows: list[Row] = []
        self._bytes = 0

    def write(self, row: Row) -> None:
        self._rows.append(row)
        self._bytes += sum(_size(value) for value in row.values())
        if len(self._rows) >= MOST_GROUP_ROWS or self._bytes >= MOST_GROUP_BYTES:
            self._flush()

    def _flush(self) -> None:
        import pyarrow

        if self._rows:
            self._file.write_table(pyarrow.Table.from_pylist(self._rows, self._schema))
            self._rows, self._bytes = [], 0

    def close(self) -> None:
        self._flush()
        self._file.close()

    def abandon(self) -> None:
        self._rows = []
        self._file.close()


def _schema(columns: Sequence[Column]) -> Any:
    import pyarrow as pa

    messages = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
    types = {
        "string": pa.string(),
        "int64": pa.int64(),
        "float64": pa.float64(),
        "bool": pa.bool_(),
        "list<int64>": pa.list_(pa.int64()),
        "list<float64>": pa.list_(pa.float64()),
        "messages": messages,
    }
    return pa.schema([(column.name, types[column.kind]) for column in columns])


def _size(value: Any) -> int:
    """About how many bytes `value` takes."""
    if isinstance(value, list):
        return sum(len(one.get("content", "")) if isinstance(one, dict) else 8 for one in value)
    return len(value) if isinstance(value, str) else 8
