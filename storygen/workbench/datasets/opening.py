"""`open_dataset`: a dataset of whatever is given, a path or Python objects."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...errors import BadRequestError
from ..jobs import Job
from .arrow_files import ArrowFile, ParquetFile
from .folders import found_splits, is_saved, saved_splits
from .line_files import JsonLines, Table, opened
from .split import Dataset, ListSplit, Split, kind_of

LARGEST_JSON = 512 * 2**20
"""Bytes of a JSON file that is read as a whole; JSON Lines may be as large as the disk."""

_LINES = (".jsonl", ".ndjson")
_TABLES = (".csv", ".tsv", ".tab")
ENDINGS = (*_LINES, ".json", *_TABLES, ".parquet", ".arrow")
"""How the names of files end that can be opened."""

_KINDS = "JSON Lines (.jsonl), JSON, CSV, TSV, Parquet, Arrow, a folder of these or one that datasets saved"


def open_dataset(source: Any, *, name: str = "", job: Job | None = None) -> Dataset:
    """The dataset that `source` is.

    A path: one of the kinds of `ENDINGS`, a folder that `datasets` saved, or one whose files are
    named after splits. Python objects: a `Dataset` of this workbench (as it is), a sequence of dicts, what
    `datasets` loaded, or a mapping from names of splits to any of these.

    Raises: BadRequestError when it is none of them, with what to do.
    """
    if isinstance(source, Dataset):
        return source
    if isinstance(source, str | os.PathLike):
        return _of_path(Path(source), name, job)
    if isinstance(source, Mapping):
        splits = [_of_object(str(split), value) for split, value in source.items()]
        return Dataset(name or "dataset", splits, "Python objects")
    return Dataset(name or "dataset", [_of_object("train", source)], "a Python object")


def _of_path(path: Path, name: str, job: Job | None) -> Dataset:
    name = name or path.name
    if path.is_dir():
        if is_saved(path):
            return Dataset(name, saved_splits(path), str(path))
        splits = found_splits(path, ENDINGS, lambda split, file: _one_split(split, file, job))
        return Dataset(name, splits, str(path))
    if not path.is_file():
        raise BadRequestError(f"There is no file or folder {path}.")
    if path.suffix.lower() == ".json":
        return Dataset(name, _of_json(path, "train", job), str(path))
    return Dataset(name, [_of_file("train", path, job)], str(path))


def _of_file(split: str, path: Path, job: Job | None) -> Split:
    ending = path.suffix.lower()
    if ending in _LINES:
        return JsonLines(split, path, job)
    if ending in _TABLES:
        return Table(split, path, job)
    if ending == ".parquet":
        return ParquetFile(split, path)
    if ending == ".arrow":
        return ArrowFile(split, path)
    raise BadRequestError(f"{path.name} is of no kind that can be read. These can: {_KINDS}.")


def _one_split(split: str, path: Path, job: Job | None) -> Split:
    """A file of a folder, which is one split whatever it says of splits itself."""
    if path.suffix.lower() != ".json":
        return _of_file(split, path, job)
    found = _of_json(path, split, job)
    if len(found) > 1:
        raise BadRequestError(f"{path.name} has several splits itself; open it alone.")
    return found[0]


def _of_json(path: Path, split: str, job: Job | None) -> list[Split]:
    """The splits of a JSON file: one list, or an object of lists. Many files named .json are JSON Lines."""
    with opened(path) as file:
        begins = file.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
        size = path.stat().st_size
        if size <= LARGEST_JSON:
            file.seek(0)
            data = file.read()
    if size > LARGEST_JSON:
        if begins == b"{":
            return [JsonLines(split, path, job)]
        raise BadRequestError(
            f"{path.name} has {size:,} bytes, too many to be read at once; "
            "write it as JSON Lines (one object in each line, named .jsonl)."
        )
    try:
        value = json.loads(data.removeprefix(b"\xef\xbb\xbf"))
    except RecursionError:
        raise BadRequestError(f"{path.name} is nested too deeply.") from None
    except ValueError as error:
        if begins == b"{":
            return [JsonLines(split, path, job)]
        raise BadRequestError(f"{path.name} is not JSON in UTF-8 ({error}); mend it.") from error
    if isinstance(value, list):
        return [ListSplit(split, value)]
    if isinstance(value, dict) and (lists := _lists(value)):
        return [ListSplit(split if len(lists) == 1 else name, one) for name, one in lists.items()]
    if isinstance(value, dict):
        return [ListSplit(split, [value])]
    raise BadRequestError(f"{path.name} holds no list of objects.")


def _lists(value: dict[str, Any]) -> dict[str, list[Any]]:
    """The lists of objects in an object, which are splits by their names."""
    return {
        name: one
        for name, one in value.items()
        if isinstance(one, list) and one and all(isinstance(item, dict) for item in one)
    }


def _of_object(split: str, value: Any) -> Split:
    if isinstance(value, Split):
        return value
    if isinstance(value, Dataset):
        if len(value.splits) == 1:
            return ListSplit(split, _Items(next(iter(value.splits.values()))))
        raise BadRequestError(f"{split} is a dataset with splits of its own; give one of them.")
    if isinstance(value, str | bytes) or not isinstance(value, Iterable):
        kind = kind_of(value)
        raise BadRequestError(f"A dataset can't be made of {kind}. It can be of: {_KINDS}.")
    if not hasattr(value, "__getitem__") or not hasattr(value, "__len__"):
        raise BadRequestError(
            "The dataset is a stream, of which no sample can be read by its number; "
            "give a list of some of it: list(dataset.take(1000))."
        )
    samples: Any = value
    return ListSplit(split, samples, _features(value))


def _features(value: Any) -> dict[str, str] | None:
    """The columns of what `datasets` loaded, by its own table; None of anything else."""
    table = getattr(getattr(value, "data", None), "schema", None)
    names = getattr(value, "column_names", None)
    if table is None or not isinstance(names, list):
        return None
    from .arrow_files import features_of

    return {name: kind for name, kind in features_of(table).items() if name in names}


class _Items(Sequence[Any]):
    """A split as a sequence, to be shown under another name."""

    def __init__(self, split: Split) -> None:
        self._split = split

    def __len__(self) -> int:
        return len(self._split)

    def __getitem__(self, index: Any) -> Any:
        return self._split[index]
