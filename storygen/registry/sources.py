"""Where a value of config.js leads, and whether a model can be loaded from there, judged cheaply.

Cheaply: names, small JSON files and headers. What only transformers can tell (an architecture it does not
know, an unsafe pickle) the worker reports when it loads.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import ModelError
from ..modelfiles import (
    ADAPTER_CONFIG,
    ADAPTER_WEIGHTS,
    check_purpose,
    first_line,
    has_tokenizer,
    is_adapter,
    read_json,
    safetensors_sizes,
    weight_files,
)

MAX_JSON_BYTES = 8_000_000  # of a config; a tokenizer's with all its added tokens is under 2 MB
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", re.ASCII)
_GGUF_PART = re.compile(r"-(\d{5})-of-(\d{5})\.gguf$", re.IGNORECASE)
# Names from before the hub had organisations, which the original's config.js used.
_OLD_HUB_NAMES = {
    "gpt2": "openai-community/gpt2",
    "gpt2-medium": "openai-community/gpt2-medium",
    "gpt2-large": "openai-community/gpt2-large",
    "gpt2-xl": "openai-community/gpt2-xl",
    "distilgpt2": "distilbert/distilgpt2",
}


@dataclass(frozen=True, slots=True)
class Source:
    """A place that a model is loaded from, and what was found there."""

    source: str
    kind: str
    base: str | None = None
    has_template: bool = False
    usable: bool = True
    reason: str = ""
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Places:
    """The folders in which names are looked up, in this order."""

    models_dir: Path
    project_root: Path


def find_source(value: str, places: Places, base: str | None = None) -> Source:
    """What `value` (a folder's name, a path, a `.gguf` file or a hub id) leads to; never raises.

    A folder that exists wins over a hub id of the same spelling.
    """
    path = _local(value, places)
    if path is not None:
        return inspect(path, places, base)
    hub_id = _OLD_HUB_NAMES.get(value, value)
    if _HUB_ID.fullmatch(hub_id) and not hub_id.lower().endswith(".gguf"):
        fetched = places.models_dir / hub_id.replace("/", "--")
        return inspect(fetched, places, base) if fetched.is_dir() else Source(hub_id, "hub")
    what = "file" if value.lower().endswith(".gguf") else "folder"
    return Source(
        str(places.models_dir / value),
        "gguf" if what == "file" else "folder",
        usable=False,
        reason=f"There is no {what} “{value}” in {places.models_dir.name}/.",
        mend="Copy it there, or correct the name in config.js (hub ids look like “organisation/model”).",
    )


def inspect(path: Path, places: Places, base: str | None = None) -> Source:
    """What lies at an existing path, with the reason and the mend if it cannot be used; never raises."""
    path = path.resolve()
    kind = "gguf" if path.is_file() else "adapter" if is_adapter(path) else "folder"
    found = Source(str(path), kind)
    try:
        _check_name(path)
        if kind == "gguf":
            _check_gguf(path)
            return found
        if kind == "adapter":
            found_base = _check_adapter(path, places, base)
            has_template = _has_template(path if has_tokenizer(path) else found_base)
            return dataclasses.replace(found, base=str(found_base), has_template=has_template)
        _check_folder(path)
        return dataclasses.replace(found, has_template=_has_template(path))
    except ModelError as error:
        return dataclasses.replace(found, usable=False, reason=error.message, mend=error.mend)
    except OSError as error:
        return dataclasses.replace(
            found,
            usable=False,
            reason=f"{path.name} cannot be read: {first_line(error)}",
            mend="Check the permissions of the folder and its files.",
        )
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        # One folder with nonsense in its files must not hide all the others.
        return dataclasses.replace(
            found,
            usable=False,
            reason=f"The files in {path.name} are damaged: {first_line(error)}",
            mend="Copy the model's original files again.",
        )


def is_candidate(path: Path) -> bool:
    """Whether something in `models/` without an entry of its own is meant to be a model."""
    if path.name.startswith(".") or ".damaged-" in path.name:
        return False
    if path.is_dir():
        return any((path / name).is_file() for name in ("config.json", ADAPTER_CONFIG))
    part = _GGUF_PART.search(path.name)
    is_projector = path.name.lower().startswith("mmproj")
    return path.suffix.lower() == ".gguf" and not is_projector and (not part or int(part[1]) == 1)


def _local(value: str, places: Places) -> Path | None:
    if not value.strip() or "\0" in value:
        return None
    for path in (places.models_dir / value, places.project_root / value, Path(value)):
        if path == Path(value) and not path.is_absolute():
            continue
        try:
            if path.is_dir() or (path.is_file() and path.suffix.lower() == ".gguf"):
                return path
        except OSError:  # a name too long, or with letters that the file system refuses
            continue
    return None


def _check_name(path: Path) -> None:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise ModelError(
            "The letters of its name, or of a folder around it, are no Unicode.", mend="Rename it."
        ) from None


def _check_gguf(path: Path) -> None:
    with path.open("rb") as file:
        if file.read(4) != b"GGUF":
            raise ModelError(
                f"{path.name} is not a GGUF file, whatever its name says.",
                mend="Download it again; a web page may have been saved in its place.",
            )
    part = _GGUF_PART.search(path.name)
    if part and int(part[2]) > 1:
        raise ModelError(
            f"{path.name} is one of {int(part[2])} parts.",
            mend="Join them with llama-gguf-split --merge, or use a file that is not split.",
        )


def _read(path: Path) -> dict[str, Any]:
    """The object in a small JSON file.

    Raises: ModelError when it is missing, broken, too long to be what its name says, or no file at all.
    """
    if path.exists() and (not path.is_file() or path.stat().st_size > MAX_JSON_BYTES):
        raise ModelError(
            f"{path.name} in {path.parent.name} is no file of a usual size.",
            mend="Copy the original file again.",
        )
    try:
        return read_json(path)
    except ValueError as error:  # a number with more digits than Python reads
        raise ModelError(
            f"{path.name} in {path.parent.name} cannot be read: {first_line(error)}",
            mend="Copy the original file again.",
        ) from error


def _check_folder(path: Path) -> None:
    config = _read(path / "config.json")
    check_purpose(path.name, config)
    if config.get("auto_map") and not config.get("model_type"):
        raise ModelError(
            f"{path.name} needs Python code that comes with the model; such code is never run here.",
            mend="Look for a version of this model whose architecture is part of transformers.",
        )
    found = weight_files(path)
    if found.form == "safetensors":
        safetensors_sizes(found.files)
    if not has_tokenizer(path):
        raise ModelError(
            f"There is no tokenizer in {path.name}.",
            mend="Copy tokenizer.json (or vocab.json and merges.txt) from the model that this one "
            "was made from.",
        )


def _check_adapter(path: Path, places: Places, base: str | None) -> Path:
    """The base model of an adapter that has everything else.

    Raises: ModelError when something is missing or the base cannot be used either.
    """
    stated = str(_read(path / ADAPTER_CONFIG).get("base_model_name_or_path") or "")
    if not any((path / name).is_file() for name in ADAPTER_WEIGHTS):
        raise ModelError(
            f"There are no weights in {path.name}: neither {' nor '.join(ADAPTER_WEIGHTS)}.",
            mend="Copy the adapter's weight file into the folder.",
        )
    found = _find_base(base or stated, path, places)
    if found is None:
        raise ModelError(
            f"{path.name} is an adapter; its base model “{base or stated or 'unnamed'}” is not in "
            f"{places.models_dir.name}/.",
            mend=f"Put that model into {places.models_dir.name}/, or name its folder as “base” in config.js.",
        )
    judged = inspect(found, places)
    if not judged.usable:
        raise ModelError(f"Its base model cannot be used: {judged.reason}", mend=judged.mend)
    return found


def _find_base(stated: str, adapter: Path, places: Places) -> Path | None:
    """The base by its name: whole, as a hub id's folder, by its last part, or as a config calls itself."""
    name = stated.replace("\\", "/").rstrip("/")
    if not name:
        return None
    wanted = (name, name.replace("/", "--"), name.rpartition("/")[2])
    for one in wanted:
        path = _local(one, places)
        if path is not None and path.resolve() != adapter.resolve() and not is_adapter(path):
            return path
    for path in sorted(places.models_dir.glob("*/config.json")):
        try:
            known_as = str(_read(path).get("_name_or_path") or "")
        except ModelError:
            continue
        if known_as and known_as == name:
            return path.parent
    return None


def _has_template(path: Path) -> bool:
    """Whether the folder's tokenizer brings a chat template."""
    if (path / "chat_template.jinja").is_file():
        return True
    try:
        return bool(_read(path / "tokenizer_config.json").get("chat_template"))
    except ModelError:
        return False
