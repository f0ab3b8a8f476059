"""Models named by a hub id: fetched on first use into `models/`, then a folder like any other.

Only weights as safetensors, JSON and tokenizer files of the repository's top folder are fetched. An
interrupted download goes on where it stopped.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from pathlib import Path
from typing import TypeVar

from huggingface_hub import HfApi, hf_hub_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HTTPError,
    RepositoryNotFoundError,
)

from ...errors import ModelError
from ...link.messages import LoadProgressed
from ...modelfiles import first_line
from .loaded import Progress
from .memory import gigabytes

T = TypeVar("T")

HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", re.ASCII)
_WANTED = re.compile(
    r"(?!consolidated)[^/]+\.safetensors|[^/]+\.json|[^/]+\.jinja|[^/]+\.model|(vocab|merges)\.txt"
)
_ADAPTER_OR_MODEL = ("config.json", "adapter_config.json")


def hub_folder(models_dir: Path, hub_id: str) -> Path:
    """Where the model of that hub id lies once it is fetched."""
    return models_dir / hub_id.replace("/", "--")


def fetch_hub_model(hub_id: str, models_dir: Path, progress: Progress) -> Path:
    """The folder of the model `hub_id`, downloaded now if it is not there.

    Raises: ModelError when the machine is offline, the id is unknown or gated, it has no safetensors, or
    the disk is too full.
    """
    if not HUB_ID.fullmatch(hub_id):
        raise ModelError(
            f"“{hub_id}” is no hub id.", mend="A hub id looks like “organisation/model”."
        )
    target = hub_folder(models_dir, hub_id)
    if target.is_dir():
        return target
    progress(LoadProgressed("asking the hub"))
    work = models_dir / ".downloading" / target.name
    work.mkdir(parents=True, exist_ok=True)
    files = _answered(hub_id, lambda: _wanted_files(hub_id))
    total = sum(files.values())
    if shutil.disk_usage(work).free < total * 1.05:
        raise ModelError(
            f"{hub_id} takes {gigabytes(total)} on disk, more than is free.",
            mend="Free some space and try again.",
        )
    _answered(hub_id, lambda: _download(hub_id, files, work, progress))
    shutil.rmtree(work / ".cache", ignore_errors=True)
    work.rename(target)
    return target


def _wanted_files(hub_id: str) -> dict[str, int]:
    """Name → bytes of the files to fetch.

    Raises: ModelError when the repository has no weights or no config in a form that is read here.
    """
    listed = HfApi().model_info(hub_id, files_metadata=True).siblings or []
    files = {
        item.rfilename: int(item.size or 0) for item in listed if _WANTED.fullmatch(item.rfilename)
    }
    if not any(name.endswith(".safetensors") for name in files):
        raise ModelError(
            f"{hub_id} has no .safetensors files, the only weights that are fetched from the hub.",
            mend="Download a .gguf file or a folder by hand and put it into models/.",
        )
    if not any(name in files for name in _ADAPTER_OR_MODEL):
        raise ModelError(
            f"{hub_id} has no config.json.", mend="Choose a model made for transformers."
        )
    return files


def _download(hub_id: str, files: dict[str, int], work: Path, progress: Progress) -> None:
    """Fetches all files into `work`, weights last, and reports bytes from this thread meanwhile."""
    total = float(sum(files.values()))
    with ThreadPoolExecutor(1) as pool:
        for name in sorted(files, key=lambda name: (name.endswith(".safetensors"), name)):
            waiting = pool.submit(hf_hub_download, hub_id, name, local_dir=work)
            while True:
                try:
                    waiting.result(timeout=0.3)
                    break
                except NotYet:
                    done = min(_num_bytes(work), total)
                    progress(LoadProgressed("downloading", done, total, "bytes"))
    progress(LoadProgressed("downloading", total, total, "bytes"))


def _num_bytes(folder: Path) -> int:
    total = 0
    for found in folder.rglob("*"):
        try:
            total += found.stat().st_size if found.is_file() else 0
        except FileNotFoundError:  # a part was renamed while we looked
            continue
    return total


def _answered(hub_id: str, ask: Callable[[], T]) -> T:
    """What `ask` returns, with the hub's refusals in words that help.

    Raises: ModelError.
    """
    try:
        return ask()
    except GatedRepoError as error:
        raise ModelError(
            f"{hub_id} is only given to people who accepted its licence.",
            mend="Accept it on the model's page, sign in with “hf auth login”, and try again.",
            code="gated",
        ) from error
    except RepositoryNotFoundError as error:
        raise ModelError(
            f"The hub knows no public model called {hub_id}.",
            mend="Check the spelling in config.js; for a private model sign in with “hf auth login”.",
        ) from error
    except HfHubHTTPError as error:
        raise ModelError(
            f"The hub refused {hub_id}: {first_line(error)}", mend="Try again later."
        ) from error
    except (OSError, HTTPError) as error:
        raise ModelError(
            f"{hub_id} is not in models/ yet, and the hub cannot be reached ({first_line(error)}).",
            mend="Connect to the internet for the first use of this model, or choose another one.",
            code="offline",
        ) from error
