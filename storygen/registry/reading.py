"""From config.js's values and the folder's contents to model entries: one pass, no state."""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .config_js import ConfigFile
from .entries import CONTINUE, PROMPT, ModelEntry
from .sources import Places, Source, find_source, inspect, is_candidate

_PRECISIONS = ("auto", "fp32", "bf16", "fp16")
_DEVICES = ("auto", "cpu", "cuda", "mps")
_FORMATS = ("auto", "raw", "wp", "chat")
_FIELDS = {"source", "format", "context", "precision", "preset", "base", "device", "threads"}
_MAX_KEY = 200


def read_entries(config: ConfigFile, places: Places) -> tuple[ModelEntry, ...]:
    """One entry for each line of config.js, and one for each model in `models/` that no line names."""
    listed = [
        _entry(mode, name, value, places)
        for mode, section in ((CONTINUE, config.continuation), (PROMPT, config.prompt))
        for name, value in section.items()
    ]
    named = {entry.source for entry in listed}
    found = [entry for entry in found_entries(places) if entry.source not in named]
    return _unique(_merged([*listed, *found]))


def found_entries(places: Places) -> list[ModelEntry]:
    """An entry for each model in `models/`, by name; also for those that cannot be used."""
    try:
        paths = sorted(places.models_dir.iterdir(), key=lambda path: path.name.lower())
    except OSError:
        return []
    return [
        _from_source(
            f"found:{_key_text(path.name)}",
            path.stem if path.is_file() else path.name,
            (CONTINUE, PROMPT),
            path.name,
            inspect(path, places),
            places,
        )
        for path in paths
        if is_candidate(path)
    ]


def opened_entry(value: str, places: Places) -> ModelEntry:
    """The entry for a model that was named on the command line: a path, a `.gguf` file or a hub id."""
    path = Path(value).expanduser()
    exists = path.is_dir() or path.is_file()
    source = inspect(path, places) if exists else find_source(value, places)
    name = path.stem if path.is_file() else path.resolve().name if exists else value
    key = f"opened:{_key_text(name)}"
    return _from_source(key, name, (CONTINUE, PROMPT), value, source, places)


def _entry(mode: str, name: str, value: Any, places: Places) -> ModelEntry:
    key = f"{mode}:{_key_text(name)}"
    settings: Any = {"source": value} if isinstance(value, str) else value
    problem = _settings_problem(settings)
    if problem:
        source = Source("", "folder", usable=False, reason=problem, mend="Correct it in config.js.")
        return _from_source(key, name, (mode,), value, source, places)
    source = find_source(settings["source"], places, settings.get("base"))
    entry = _from_source(key, name, (mode,), value, source, places)
    asked = settings.get("format", "auto")
    if asked == "auto" and mode == PROMPT and source.kind != "hub" and not source.has_template:
        asked = "auto" if source.kind == "gguf" else "wp"
    return dataclasses.replace(
        entry,
        format=asked,
        context=settings.get("context"),
        precision=settings.get("precision", "auto"),
        device=settings.get("device", "auto"),
        threads=settings.get("threads"),
        preset=settings.get("preset"),
    )


def _from_source(
    key: str, name: str, modes: tuple[str, ...], value: Any, source: Source, places: Places
) -> ModelEntry:
    return ModelEntry(
        key=key,
        name=_shown(name),
        modes=modes,
        value=value,
        source=source.source,
        kind=source.kind,
        models_dir=str(places.models_dir),
        base=source.base,
        usable=source.usable,
        reason=_shown(source.reason),
        mend=_shown(source.mend),
    )


def _shown(text: str) -> str:
    """The text with a mark for each letter that could be neither stored nor sent."""
    return text.encode(errors="replace").decode()


def _settings_problem(settings: Any) -> str:
    """What is wrong with an entry's value; empty if nothing."""
    if not isinstance(settings, dict):
        return "The value must be a folder's name, a hub id or an object with “source”."
    source = settings.get("source")
    if not isinstance(source, str) or not source.strip():
        return "“source” is missing: a folder's name or a hub id."
    unknown = sorted(set(settings) - _FIELDS)
    if unknown:
        return f"“{unknown[0]}” is no setting; there are {', '.join(sorted(_FIELDS))}."
    asked = settings.get("format", "auto")
    if not isinstance(asked, str) or (asked not in _FORMATS and "{story}" not in asked):
        return f"“format” must be one of {', '.join(_FORMATS)}, or a text with {{story}} in it."
    for name, choices in (("precision", _PRECISIONS), ("device", _DEVICES)):
        if settings.get(name, "auto") not in choices:
            return f"“{name}” must be one of {', '.join(choices)}."
    for name, least in (("context", 16), ("threads", 1)):
        number = settings.get(name)
        whole = isinstance(number, int) and not isinstance(number, bool)
        if number is not None and (not whole or number < least):
            return f"“{name}” must be a whole number of at least {least}."
    for name in ("preset", "base"):
        if not isinstance(settings.get(name, ""), str):
            return f"“{name}” must be a text."
    return ""


def _merged(entries: Iterable[ModelEntry]) -> list[ModelEntry]:
    """Entries that say the same under both modes become one: its model need not be loaded twice."""
    merged: list[ModelEntry] = []
    for entry in entries:
        twin = next((one for one in merged if _same(one, entry)), None)
        if twin is None:
            merged.append(entry)
            continue
        merged[merged.index(twin)] = dataclasses.replace(
            twin,
            modes=(*twin.modes, *(mode for mode in entry.modes if mode not in twin.modes)),
            other_keys=(*twin.other_keys, entry.key),
        )
    return merged


def _same(one: ModelEntry, other: ModelEntry) -> bool:
    plain = dataclasses.replace(other, key=one.key, modes=one.modes, other_keys=one.other_keys)
    return plain == one and one.modes != other.modes


def _unique(entries: Iterable[ModelEntry]) -> tuple[ModelEntry, ...]:
    """The same entries with keys that differ, where cleaning made two names alike."""
    taken: set[str] = set()
    unique = []
    for entry in entries:
        key, number = entry.key, 2
        while key in taken:
            key, number = f"{entry.key} ({number})", number + 1
        taken.add(key)
        taken.update(entry.other_keys)
        unique.append(dataclasses.replace(entry, key=key))
    return tuple(unique)


def _key_text(name: str) -> str:
    """A name as part of a key: one line of visible text in normal form."""
    visible = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in name)
    plain = unicodedata.normalize("NFC", re.sub(r"\s+", " ", visible).strip())
    return re.sub(r"[\\/]", "∕", plain)[:_MAX_KEY]
