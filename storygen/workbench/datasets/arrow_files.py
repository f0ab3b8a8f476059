"""Parquet and Arrow files: a Parquet file's groups of rows are read where they are asked for, an Arrow file
is mapped into memory and not read at all until then.

Nothing in a file is ever run: plain columns only, no extension types.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from ...errors import BadRequestError
from .split import Sample, Split

_MOST_GROUPS = 2
"""So many groups of rows of a file are held, decoded, at a time."""

_BATCH_ROWS = 64
_DECODED_ROWS = 1024
LARGEST_GROUP = 2 * 2**30
"""Bytes, decoded; a group is held as a whole, and a larger one might not fit."""

_THRIFT_BYTES = 2**26
_THRIFT_ITEMS = 2**20


class ParquetFile(Split):
    """The rows of a Parquet file."""

    def __init__(self, name: str, path: Path) -> None:
        """Reads the file's end, where its groups are listed. Raises: BadRequestError when it is none."""
        super().__init__(name)
        self._path = path
        about = self._opened().metadata
        self._starts = [0]
        for group in range(about.num_row_groups):
            self._starts.append(self._starts[-1] + about.row_group(group).num_rows)
        self._groups: dict[int, Any] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return self._starts[-1]

    @cached_property
    def features(self) -> Mapping[str, str]:
        """The columns by the file's own schema."""
        return _features(self._path, self._opened().schema_arrow)

    def read(self, start: int, stop: int) -> Iterator[Sample]:
        """See `Split`. Raises: BadRequestError when the file is broken, or its groups are too large."""
        at = start
        while at < stop:
            group = bisect_right(self._starts, at) - 1
            first, end = self._starts[group], min(stop, self._starts[group + 1])
            yield from _rows(self._path, self._group(group), at - first, end - first)
            at = end

    def _group(self, group: int) -> Any:
        with self._lock:
            if group not in self._groups:
                table = self._read_group(group)
                while len(self._groups) >= _MOST_GROUPS:
                    self._groups.pop(next(iter(self._groups)))
                self._groups[group] = table
            return self._groups[group]

    def _read_group(self, group: int) -> Any:
        import pyarrow

        opened = self._opened()
        about = opened.metadata.row_group(group)
        if about.total_byte_size > LARGEST_GROUP:
            raise BadRequestError(
                f"A group of rows of {self._path.name} has {about.total_byte_size:,} bytes; "
                "write the file anew with smaller row groups."
            )
        try:
            table = self._decoded(opened, group)
        except (pyarrow.ArrowException, OSError, ValueError) as error:
            raise _broken(self._path, error) from error
        if table.num_rows != about.num_rows:
            told = f"it says that it has {about.num_rows:,} rows in a group of {table.num_rows:,}"
            raise _broken(self._path, told)
        return table

    def _decoded(self, opened: Any, group: int) -> Any:
        """The rows of a group: a million equal texts are small in a file, and large once read."""
        import pyarrow

        batches, num_bytes = [], 0
        for batch in opened.iter_batches(_DECODED_ROWS, row_groups=[group], use_threads=False):
            num_bytes += batch.nbytes
            if num_bytes > LARGEST_GROUP:
                raise BadRequestError(
                    f"A group of rows of {self._path.name} has more than {LARGEST_GROUP:,} bytes; "
                    "write the file anew with smaller row groups."
                )
            batches.append(batch)
        return pyarrow.Table.from_batches(batches, opened.schema_arrow)

    def _opened(self) -> Any:
        """The file, open as long as what is returned is held."""
        import pyarrow
        import pyarrow.parquet

        try:
            return pyarrow.parquet.ParquetFile(
                self._path,
                pre_buffer=False,
                thrift_string_size_limit=_THRIFT_BYTES,
                thrift_container_size_limit=_THRIFT_ITEMS,
                arrow_extensions_enabled=False,
            )
        except (pyarrow.ArrowException, OSError, ValueError) as error:
            raise _broken(self._path, error) from error


class ArrowFile(Split):
    """The rows of an Arrow file: a stream, as `datasets` keeps its own, or the file format."""

    def __init__(self, name: str, path: Path) -> None:
        """Maps the file. Raises: BadRequestError when it is none."""
        super().__init__(name)
        self._path, self._table = path, _mapped(path)

    def __len__(self) -> int:
        return int(self._table.num_rows)

    @cached_property
    def features(self) -> Mapping[str, str]:
        """The columns by the file's own schema."""
        return _features(self._path, self._table.schema)

    def read(self, start: int, stop: int) -> Iterator[Sample]:
        """See `Split`. Raises: BadRequestError where the file is broken."""
        return _rows(self._path, self._table, start, stop)


def _mapped(path: Path) -> Any:
    import pyarrow

    try:
        source = pyarrow.memory_map(str(path))
        begins = source.read(6)
        source.seek(0)
        if begins == b"ARROW1":
            return pyarrow.ipc.open_file(source).read_all()
        return pyarrow.ipc.open_stream(source).read_all()
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise _broken(path, error) from error


def _rows(path: Path, table: Any, start: int, stop: int) -> Iterator[Sample]:
    """Checked before they are read: in a broken file, texts may begin beyond its end."""
    import pyarrow

    for at in range(start, stop, _BATCH_ROWS):
        rows = table.slice(at, min(_BATCH_ROWS, stop - at))
        try:
            rows.validate(full=True)
            samples = rows.to_pylist()
        except (pyarrow.ArrowException, ValueError, OverflowError) as error:
            raise _broken(path, error) from error
        yield from samples


def _features(path: Path, schema: Any) -> dict[str, str]:
    try:
        return features_of(schema)
    except ValueError as error:  # names that are no UTF-8
        raise _broken(path, error) from error


def features_of(schema: Any) -> dict[str, str]:
    """The columns of an Arrow schema, each with what it holds in words."""
    return {field.name: _kind(field.type) for field in schema}


def _kind(kind: Any) -> str:
    from pyarrow import types

    if types.is_dictionary(kind):
        return _kind(kind.value_type)
    if types.is_struct(kind):
        names = {kind.field(at).name for at in range(kind.num_fields)}
        return "image or sound" if names == {"bytes", "path"} else "object"
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return f"list of {_kind(kind.value_type)}"
    for check, word in (
        (types.is_boolean, "true or false"),
        (types.is_integer, "number"),
        (types.is_floating, "number"),
        (types.is_decimal, "number"),
        (types.is_string, "text"),
        (types.is_large_string, "text"),
        (types.is_binary, "bytes"),
        (types.is_large_binary, "bytes"),
        (types.is_temporal, "time"),
        (types.is_null, "nothing"),
    ):
        if check(kind):
            return word
    return str(kind)


def _broken(path: Path, error: Exception | str) -> BadRequestError:
    return BadRequestError(f"{path.name} can't be read as {_format(path)} ({error}); get it anew.")


def _format(path: Path) -> str:
    return "Parquet" if path.suffix.lower() == ".parquet" else "Arrow"
