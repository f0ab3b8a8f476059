"""Installs Python packages with pip, as its user has set it up (proxy, mirrors, wheel folders).

On Linux without an NVIDIA card the usual PyTorch package brings several GB of CUDA along, so PyTorch's
own index of CPU packages is asked first; when it does not answer at once, plain pip does it all.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from .environment import site_packages
from .programs import Program, run_program, succeeds
from .project import Project
from .screen import Progress, size

CPU_INDEX = "https://download.pytorch.org/whl/cpu"
_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;#]+)", re.MULTILINE)
_DIST = re.compile(r"^(.+?)-([^-]+)\.dist-info$")


def install_requirements(project: Project, requirements: Path, progress: Progress) -> None:
    """Brings the environment to what `requirements` pins.

    Raises: LaunchError when pip fails.
    """
    ensure_pip(project, progress)
    drop_half_installed(site_packages(project))
    torch = pins(requirements).get("torch")
    if torch and not is_installed(project, {"torch": torch}) and wants_cpu_packages():
        _try_cpu_index(project, f"torch=={torch}", progress)
    run_program(pip(project, "install", "-r", requirements), progress, project.log)


def ensure_pip(project: Project, progress: Progress) -> None:
    """Gives the environment a pip when it was made without one."""
    if not succeeds(pip(project, "--version"), progress, project.log):
        make = Program((project.python, "-m", "ensurepip", "--upgrade"), project.root)
        run_program(make, progress, project.log)


def _try_cpu_index(project: Project, torch: str, progress: Progress) -> None:
    """Installs PyTorch alone from its CPU index if that answers; its dependencies come with the rest."""
    ask = pip(project, "index", "versions", "torch", "--index-url", CPU_INDEX, *_impatient(0))
    if succeeds(ask, progress, project.log):
        get = pip(project, "install", "--no-deps", torch, "--index-url", CPU_INDEX, *_impatient(2))
        succeeds(get, progress, project.log)


def _impatient(retries: int) -> tuple[str, ...]:
    return ("--timeout", "8", "--retries", str(retries))


def wants_cpu_packages(
    system: str = sys.platform, exists: Callable[[str], bool] = lambda path: Path(path).exists()
) -> bool:
    """Whether this is a Linux machine without an NVIDIA card."""
    nvidia = ("/proc/driver/nvidia/version", "/dev/nvidiactl", "/usr/lib/wsl/lib/nvidia-smi")
    return system == "linux" and not any(exists(path) for path in nvidia)


def pip(project: Project, *arguments: str | Path) -> Program:
    """pip with `arguments`, told to be plain; what it downloads is counted in a folder of its own."""
    downloads = project.notes / "downloads"
    shutil.rmtree(downloads, ignore_errors=True)
    downloads.mkdir(parents=True, exist_ok=True)
    env = {
        "PIP_PROGRESS_BAR": "off",
        "PIP_NO_INPUT": "1",
        "PIP_USER": "0",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONIOENCODING": "utf-8:replace",
        **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(downloads)),
    }
    command = (project.python, "-m", "pip", *arguments)
    return Program(command, project.root, env, describe_pip, lambda: downloaded(downloads))


def describe_pip(line: str) -> str | None:
    """What pip is doing, told from a line of its output; None for lines that say nothing to a person."""
    words = line.split()
    if line.startswith("Collecting ") and len(words) > 1:
        return f"looking for {re.split('[=<>!~;[]', words[1])[0]}"
    if words[:1] == ["Downloading"] and len(words) > 1:
        name = "-".join(words[1].rsplit("/", 1)[-1].split("-")[:2])
        return f"downloading {name} {' '.join(words[2:])}".rstrip()
    if line.startswith("Installing collected packages:"):
        return f"unpacking {len(words) - 3} packages"
    return None


def downloaded(folder: Path) -> str:
    """How much lies in `folder` by now, in words; "" when it is little."""
    total = 0
    for place, _, names in os.walk(folder):  # passes over folders that pip removes meanwhile
        for name in names:
            with suppress(OSError):
                total += (Path(place) / name).stat().st_size if name.endswith(".whl") else 0
    return f"{size(total)} so far" if total > 1e6 else ""


def pins(requirements: Path) -> dict[str, str]:
    """Package names (normalised) and versions that a requirements file pins with `==`."""
    found = _PIN.findall(requirements.read_text("utf-8"))
    return {_normalised(name): version for name, version in found}


def is_installed(project: Project, wanted: dict[str, str]) -> bool:
    """Whether every package of `wanted` lies in the environment in its version (any local variant of it)."""
    present = set()
    for folder in site_packages(project).glob("*.dist-info"):
        if match := _DIST.match(folder.name):
            present.add((_normalised(match[1]), match[2].split("+")[0]))
    return present.issuperset(wanted.items())


def drop_half_installed(site: Path) -> None:
    """Forgets packages whose installation was interrupted, so that pip does not take them for whole.

    pip writes a package's RECORD last; a package that has its metadata but no RECORD is half there.
    """
    for folder in site.glob("*.dist-info"):
        if not (folder / "RECORD").exists():
            shutil.rmtree(folder, ignore_errors=True)


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
