"""A Parquet file's rows as JSON lines: `python -m storygen.preferences.dataset.parquet_lines …`.

In a process of its own, since a damaged file can bring pyarrow down, and whoever reads with it. Each line
is one of ["row", {…}], ["error", message] and, last of all, ["end", null]. What JSON has no type for becomes
an object that no column is. Arguments: the file, its name for messages, the limits, and the columns.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from ...errors import BadRequestError

_BATCH_ROWS = 64
_THRIFT_BYTES = 2**26
_THRIFT_ITEMS = 2**20


def main(arguments: Sequence[str]) -> int:
    """Write the rows, until one can't be read."""
    path, name, num_rows, group_bytes, *columns = arguments
    import pyarrow

    number = 0
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            for values in _rows(file, name, columns, int(num_rows), int(group_bytes)):
                number += 1
                _say("row", values)
        _say("end", None)
    except BadRequestError as error:
        _say("error", error.message)
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        _say("error", broken(name, number, str(error)))
    return 0


def broken(name: str, number: int, why: str) -> str:
    """What is said of a file that can't be read behind row `number`."""
    return f"{name}: the Parquet file is broken behind row {number} ({why}); get or write it anew."


def _say(kind: str, value: Any) -> None:
    print(json.dumps([kind, value], default=_no_json))


def _no_json(value: Any) -> dict[str, str]:
    return {"type": type(value).__name__}


def _rows(
    file: BinaryIO, name: str, columns: Sequence[str], num_rows: int, group_bytes: int
) -> Iterator[Any]:
    import pyarrow.parquet

    opened = pyarrow.parquet.ParquetFile(
        file,
        pre_buffer=False,
        thrift_string_size_limit=_THRIFT_BYTES,
        thrift_container_size_limit=_THRIFT_ITEMS,
        arrow_extensions_enabled=False,
    )
    about = opened.metadata
    if about.num_rows > num_rows:
        raise BadRequestError(f"{name} has more than {num_rows} rows; split it.")
    for group in range(about.num_row_groups):
        _check_group(about.row_group(group), name, group_bytes)
    there = [one for one in columns if one in opened.schema_arrow.names]
    # Without a column it would give no rows, and nothing would say which columns are missing.
    for batch in opened.iter_batches(_BATCH_ROWS, columns=there or None, use_threads=False):
        yield from batch.to_pylist()


def _check_group(group: Any, name: str, group_bytes: int) -> None:
    """A million equal numbers take some bytes in a file, but not once they are read: so they count too."""
    num_values = max((group.column(at).num_values for at in range(group.num_columns)), default=0)
    if max(group.total_byte_size, 8 * num_values) > group_bytes:
        raise BadRequestError(
            f"{name}: a group of rows has more than {group_bytes} bytes; "
            "write the file anew with smaller row groups."
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
