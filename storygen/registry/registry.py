"""The registry as the server holds it: entries that follow config.js and `models/` as they change.

`refresh` is cheap enough for every visit: it compares times and sizes of files and reads nothing when
they are the same. A broken config.js leaves the lines of its last good version in place.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .config_js import MAX_CONFIG_BYTES, ConfigError, ConfigFile, parse_config
from .entries import CONTINUE, ModelEntry, Problem
from .reading import opened_entry, read_entries
from .sources import Places

_EMPTY = ConfigFile({}, {}, "")
_Mark = tuple[tuple[str, int, int], ...]


class Registry:
    """All models that can be chosen. Not thread-safe: it belongs to the server's loop."""

    def __init__(
        self, config_path: Path, models_dir: Path, project_root: Path, extra: str | None = None
    ) -> None:
        self._config_path = config_path.absolute()
        self._places = Places(models_dir.absolute(), project_root.absolute())
        self._extra = extra
        self._config = _EMPTY
        self._config_problem: Problem | None = None
        self._mark: _Mark | None = None
        self._entries: tuple[ModelEntry, ...] = ()
        self._selected: str | None = None
        self.refresh()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with config.js itself; an entry's own faults are on the entry."""
        return (self._config_problem,) if self._config_problem else ()

    @property
    def api_location(self) -> str:
        """What config.js says of where the original client finds its server; "" if nothing."""
        return self._config.api_location

    def refresh(self) -> bool:
        """Reads again whatever changed on disk; returns whether the entries or problems are different."""
        mark = self._fingerprint()
        if mark == self._mark:
            return False
        before = (self._entries, self.problems)
        self._mark = mark
        self._read_config()
        self._entries = self._with_extra(read_entries(self._config, self._places))
        return before != (self._entries, self.problems)

    def entries(self) -> tuple[ModelEntry, ...]:
        """All entries in config.js's order, those without a line in it last; usable or not."""
        return self._entries

    def get(self, key: str) -> ModelEntry | None:
        """The entry with that key; None when there is none (any more)."""
        return next((e for e in self._entries if key == e.key or key in e.other_keys), None)

    def by_value(self, value: Any) -> ModelEntry | None:
        """The entry whose line in config.js has that value, as the original client names models."""
        return next((e for e in self._entries if _equal(e.value, value)), None)

    def default_key(self) -> str | None:
        """The model to begin with: the one of the command line, else the first usable one."""
        if self._selected is not None:
            return self._selected
        usable = [entry for entry in self._entries if entry.usable]
        # what is here already comes before what would have to be fetched
        usable.sort(key=lambda entry: (entry.kind == "hub", CONTINUE not in entry.modes))
        return usable[0].key if usable else None

    def _with_extra(self, entries: tuple[ModelEntry, ...]) -> tuple[ModelEntry, ...]:
        if self._extra is None:
            return entries
        opened = opened_entry(self._extra, self._places)
        same = next(
            (e for e in entries if e.source == opened.source and e.kind == opened.kind), None
        )
        self._selected = (same or opened).key
        return entries if same else (opened, *entries)

    def _read_config(self) -> None:
        try:
            if self._config_path.stat().st_size > MAX_CONFIG_BYTES:
                raise ConfigError(Problem("config.js is larger than 2 MB.", "Make it smaller."))
            text = self._config_path.read_text(encoding="utf-8-sig")
            self._config = parse_config(text)
            self._config_problem = None
        except ConfigError as error:
            self._config_problem = error.problem
        except UnicodeDecodeError as error:
            self._config_problem = Problem(
                f"config.js is not saved as UTF-8: {error.reason} at byte {error.start}.",
                "Save it as UTF-8 in the editor.",
            )
        except OSError as error:
            self._config_problem = Problem(
                f"config.js cannot be read: {error.strerror}.",
                "Copy the config.js that came with StoryGen into the folder “static”.",
            )

    def _fingerprint(self) -> _Mark:
        """Times and sizes of everything that entries are made from."""
        folders = [self._places.models_dir, *_folders_in(self._places.models_dir)]
        for value in (*self._config.continuation.values(), *self._config.prompt.values()):
            source = value.get("source") if isinstance(value, dict) else value
            if isinstance(source, str) and source.strip() and "\0" not in source:
                folders.append(self._places.project_root / source)
        if self._extra is not None:
            folders.append(Path(self._extra).expanduser())
        marks = [_mark_of(self._config_path)]
        for folder in dict.fromkeys(folders):
            marks.append(_mark_of(folder))
            marks += _marks_in(folder)
        return tuple(marks)


def _equal(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


def _folders_in(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_dir() and path.name[0] != ".")
    except OSError:
        return []


def _marks_in(folder: Path) -> list[tuple[str, int, int]]:
    try:
        return [_mark_of(path) for path in sorted(folder.iterdir()) if path.is_file()]
    except OSError:
        return []


def _mark_of(path: Path) -> tuple[str, int, int]:
    try:
        found = path.stat()
    except OSError:
        return (str(path), 0, 0)
    return (str(path), found.st_mtime_ns, 0 if path.is_dir() else found.st_size)
