"""Folders that appear whole or not at all: made beside their place under another name, then renamed.

An interruption leaves only a folder whose name begins with `.partial-`; the next build of the same
target removes it.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PARTIAL = ".partial-"
CONVERTED = ".converted"
_ORIGIN = "converted_from.json"
_CONVERTER = 1  # raise it when a conversion changes: older copies are then made again


@contextmanager
def built_folder(target: Path) -> Iterator[Path]:
    """A new empty folder to fill, which becomes `target` when the block ends without an exception.

    If another process made `target` meanwhile, that one stays. Nothing is left behind on failure.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    for old in target.parent.glob(f"{PARTIAL}{_glob_escaped(target.name)}-*"):
        shutil.rmtree(old, ignore_errors=True)
    work = target.parent / f"{PARTIAL}{target.name}-{os.getpid()}"
    work.mkdir()
    try:
        yield work
        try:
            work.rename(target)
        except OSError:
            if not target.is_dir():
                raise
    finally:
        shutil.rmtree(work, ignore_errors=True)


def converted_folder(source: Path, models_dir: Path, kind: str) -> Path:
    """Where the converted copy of `source` lies or shall lie: a name that changes when the file does.

    Removes copies of earlier states of the same file, which nothing would read again.
    """
    origin = _origin(source, kind)
    cache = models_dir / CONVERTED
    mark = f"{origin['bytes']:x}-{origin['modified_ns']:x}-{_CONVERTER}"
    target = cache / f"{source.stem if kind == 'gguf' else source.parent.name}-{mark}"
    for old in cache.glob(f"*/{_ORIGIN}"):
        if old.parent != target and _read_origin(old).get("source") == origin["source"]:
            shutil.rmtree(old.parent, ignore_errors=True)
    return target


def sign(folder: Path, source: Path, kind: str) -> None:
    """Writes into a converted folder what it was made from."""
    text = json.dumps(_origin(source, kind), indent=2)
    (folder / _ORIGIN).write_text(text + "\n", encoding="utf-8")


def _origin(source: Path, kind: str) -> dict[str, str | int]:
    found = source.stat()
    return {
        "source": str(source.resolve()),
        "kind": kind,
        "bytes": found.st_size,
        "modified_ns": found.st_mtime_ns,
    }


def _read_origin(path: Path) -> dict[str, str | int]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _glob_escaped(name: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)
