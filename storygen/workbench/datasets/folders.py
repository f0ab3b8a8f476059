"""Folders of datasets: what `datasets` saved (`save_to_disk`), and folders as the Hugging Face hub has them,
in which the names of files and folders say which split they belong to.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from ...errors import BadRequestError
from .arrow_files import ArrowFile
from .split import JoinedSplit, Split

OpenFile = Callable[[str, Path], Split]

_MOST_FILES = 10_000
_NUMBERED = re.compile(r"(?P<split>.+?)-\d{5}-of-\d{5}(?:-[0-9a-f]+)?$")
_SPLITS = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val", "dev"),
    "test": ("test", "testing", "eval", "evaluation"),
}
"""Words in names that mean a split, as the hub reads them."""

_SPLIT_OF = {word: split for split, words in _SPLITS.items() for word in words}


def is_saved(folder: Path) -> bool:
    """Whether `datasets` saved it."""
    return (folder / "dataset_dict.json").is_file() or (folder / "state.json").is_file()


def saved_splits(folder: Path) -> list[Split]:
    """The splits of a folder that `save_to_disk` made. Raises: BadRequestError when it is broken."""
    if not (folder / "dataset_dict.json").is_file():
        return [_saved_split("train", folder)]
    names = _json(folder / "dataset_dict.json").get("splits")
    if not isinstance(names, list):
        raise BadRequestError(f"dataset_dict.json in {folder.name} names no splits; save it anew.")
    return [_saved_split(str(name), _inside(folder, str(name))) for name in names]


def _saved_split(name: str, folder: Path) -> Split:
    state = _json(folder / "state.json")
    if state.get("_indices_data_files"):
        raise BadRequestError(
            f"{folder.name} was saved as a choice of rows; call flatten_indices() before saving it."
        )
    files = [_inside(folder, str(one["filename"])) for one in state.get("_data_files", [])]
    parts = [ArrowFile(name, path) for path in files]
    return parts[0] if len(parts) == 1 else JoinedSplit(name, parts)


def found_splits(folder: Path, endings: Iterable[str], open_file: OpenFile) -> list[Split]:
    """The splits of a folder by the names in it, in the order train, validation, test, others.

    Raises: BadRequestError when there is no file of data in it.
    """
    files = _files(folder, {ending.lower() for ending in endings})
    if not files:
        raise BadRequestError(
            f"There is no file of data in {folder.name}; see the kinds it can be."
        )
    found: dict[str, list[Path]] = {}
    several = len({_config(path, folder) for path in files}) > 1
    for path in files:
        config = _config(path, folder)
        split = _split(path, folder)
        found.setdefault(f"{config}/{split}" if several and config else split, []).append(path)
    return [
        _joined(name, [open_file(name, path) for path in sorted(found[name])])
        for name in sorted(found, key=_rank)
    ]


def _joined(name: str, parts: list[Split]) -> Split:
    return parts[0] if len(parts) == 1 else JoinedSplit(name, parts)


def _files(folder: Path, endings: set[str]) -> list[Path]:
    """Files of data below the folder, those of one kind alone: the most frequent one that can hold samples.

    A dataset often lies there twice, as JSON Lines beside Parquet; joined it would hold everything twice.
    """
    by_ending: dict[str, list[Path]] = {}
    found = list(itertools.islice(folder.rglob("*"), _MOST_FILES + 1))
    if len(found) > _MOST_FILES:
        raise BadRequestError(f"There are too many files in {folder.name}; name one of them.")
    for path in sorted(found):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        is_data = path.suffix.lower() in endings and path.name not in _ABOUT
        if is_data and not hidden and path.is_file():
            by_ending.setdefault(path.suffix.lower(), []).append(path)
    return max(by_ending.values(), key=len, default=[])


_ABOUT = {"dataset_info.json", "dataset_infos.json", "state.json", "dataset_dict.json"}


def _split(path: Path, folder: Path) -> str:
    """The split that a file belongs to: by its own name, then by its folders' names; else "train"."""
    stem = path.name.removesuffix(path.suffix)
    if numbered := _NUMBERED.match(stem):
        own = numbered["split"]
        return _known(own) or own
    for part in (stem, *reversed(path.relative_to(folder).parts[:-1])):
        if known := _known(part):
            return known
    return "train"


def _known(name: str) -> str | None:
    """The split whose word stands in a name by itself: "my_train.part" is train, "trainer" is none."""
    for word in re.split(r"[^a-z]+", name.lower()):
        if word in _SPLIT_OF:
            return _SPLIT_OF[word]
    return None


def _config(path: Path, folder: Path) -> str:
    """Folders above the file that mean no split: several datasets that lie in one folder."""
    parts = path.relative_to(folder).parts[:-1]
    return "/".join(part for part in parts if part != "data" and not _known(part))


def _rank(name: str) -> tuple[int, str]:
    known = list(_SPLITS)
    split = name.rsplit("/", 1)[-1]
    return (known.index(split) if split in known else len(known), name)


def _inside(folder: Path, name: str) -> Path:
    """A file or folder by a name that a file told. Raises: BadRequestError when it leads elsewhere."""
    if Path(name).name != name or name in ("", ".", ".."):
        raise BadRequestError(f"{folder.name} names {name!r}, which lies elsewhere; save it anew.")
    return folder / name


def _json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise BadRequestError(
            f"{path.name} in {path.parent.name} can't be read: {error}"
        ) from error
    if not isinstance(value, dict):
        raise BadRequestError(f"{path.name} in {path.parent.name} is not what datasets writes.")
    return value
