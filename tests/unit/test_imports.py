"""Imports point one way: the arrows of docs/ARCHITECTURE.md, checked over every file of the package."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "storygen"

# Which of our rooms a room may import, itself aside. `storygen` is the package's own `__init__`.
ARROWS: dict[str, set[str]] = {
    "storygen": set(),
    "errors": set(),
    "modelfiles": {"errors"},
    "link": {"errors"},
    "store": {"errors"},
    "document": {"errors", "store.records"},
    "story": {"errors", "store.records", "document", "link"},
    "registry": {"errors", "modelfiles", "link.messages"},
    "engine": {"errors", "link", "modelfiles"},
    "preferences": {
        "errors",
        *("engine.sampling.parameters", "engine.sampling.parameter"),  # bounds to draw within
    },
    "observed": {
        *("store", "document", "story.taken"),
        *("preferences.observations", "preferences.signs"),
    },
    "web": {"errors"},
    "server": {
        *("errors", "modelfiles", "link", "store", "document", "story", "registry", "preferences"),
        *("web", "observed"),
        *("engine.sampling.parameters", "engine.sampling.parameter"),  # descriptions, free of torch
    },
    "launch": set(),
    "workbench": {
        *("errors", "modelfiles", "link", "store", "registry", "preferences", "engine"),
        *("web", "observed"),
    },
}
ANYTHING = {
    "bench",
    "command_line",
    "__main__",
}  # start programs of every kind, in processes of their own

HEAVY = {"torch", "transformers", "peft", "safetensors", "tokenizers", "gguf", "huggingface_hub"}
WEB = {"flask", "flask_socketio", "socketio", "engineio", "werkzeug", "eventlet"}
FORBIDDEN: dict[str, set[str]] = {
    "errors": HEAVY | WEB,
    "modelfiles": HEAVY | WEB,
    "link": HEAVY | WEB,
    "store": HEAVY | WEB,
    "document": HEAVY | WEB,
    "story": HEAVY | WEB,
    "registry": HEAVY | WEB,
    "observed": HEAVY | WEB,
    "preferences": HEAVY | WEB | {"sqlalchemy", "alembic", "pycrdt"},
    "engine": WEB | {"sqlalchemy", "alembic", "pycrdt"},
    "web": HEAVY | {"eventlet", "sqlalchemy", "alembic", "pycrdt"},
    "server": HEAVY,
    "workbench": {"eventlet"},
}
CLOCKS_AND_SOCKETS = {"time", "threading", "socket", "asyncio", "subprocess", "random"}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def dotted(path: Path) -> str:
    """`storygen/store/records.py` is "store.records"; `storygen/__init__.py` is "storygen"."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    name = ".".join(part for part in parts if part != "__init__")
    return name or "storygen"


def imports(path: Path) -> Iterator[str]:
    """Every module that the file names in an import, absolute ("storygen.errors", "torch.nn")."""
    package = ["storygen", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def ours(path: Path) -> Iterator[str]:
    """The modules of the package itself that the file imports, without the leading "storygen."."""
    for name in imports(path):
        target = PACKAGE.joinpath(*name.split(".")[1:])
        if name == "storygen":
            yield "storygen"
        elif name.startswith("storygen.") and (
            target.is_dir() or target.with_suffix(".py").is_file()
        ):
            yield name.removeprefix("storygen.")


def room(name: str) -> str:
    return name.split(".")[0]


def foreign(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(path)} - {"storygen", "__future__"}


def allowed(name: str, arrows: set[str]) -> bool:
    return any(name == arrow or name.startswith(arrow + ".") for arrow in arrows)


def crossed_arrows(path: Path) -> set[str]:
    """What the file imports of ours that its room may not."""
    here = room(dotted(path))
    arrows = ARROWS[here]
    packages = {
        arrow.rsplit(".", 1)[0] for arrow in arrows if "." in arrow
    }  # their `__init__` is empty
    others = {name for name in ours(path) if room(name) not in (here, "storygen")} - packages
    return {name for name in others if not allowed(name, arrows)}


def test_every_room_of_the_package_has_its_arrows_stated() -> None:
    assert {room(dotted(path)) for path in modules()} - ANYTHING == set(ARROWS)


def test_modules_import_only_along_the_arrows() -> None:
    bound = [path for path in modules() if room(dotted(path)) not in ANYTHING]
    assert {dotted(path): wrong for path in bound if (wrong := crossed_arrows(path))} == {}


def test_modules_stay_clear_of_the_libraries_of_the_other_processes() -> None:
    wrong = {
        dotted(path): foreign(path) & FORBIDDEN.get(room(dotted(path)), set()) for path in modules()
    }
    assert {name: names for name, names in wrong.items() if names} == {}


def test_exactly_one_module_knows_the_event_loops_name() -> None:
    knowing = [dotted(path) for path in modules() if "eventlet" in foreign(path)]
    assert knowing == ["server.loop"]


def test_the_storys_core_knows_no_clock_thread_or_socket() -> None:
    for path in modules():
        if room(dotted(path)) == "story":
            assert not foreign(path) & CLOCKS_AND_SOCKETS, dotted(path)


def test_the_launcher_needs_only_the_standard_library() -> None:
    for path in modules():
        if room(dotted(path)) == "launch":
            assert foreign(path) <= sys.stdlib_module_names, dotted(path)


@pytest.mark.parametrize(
    ("start", "never"),
    [
        ("import storygen", HEAVY | WEB | {"sqlalchemy", "pycrdt", "numpy"}),
        ("import storygen.server.main, server", HEAVY),
        ("import storygen.engine.sampling.parameters", HEAVY | WEB),
        ("import storygen.engine.worker", WEB | {"sqlalchemy", "pycrdt"}),
        ("import storygen.workbench", HEAVY | WEB | {"sqlalchemy", "pycrdt", "numpy"}),
        ("import storygen.launch.cli", HEAVY | WEB | {"sqlalchemy", "pycrdt", "numpy"}),
    ],
)
def test_a_process_never_loads_what_belongs_to_another(start: str, never: set[str]) -> None:
    code = f"{start}\nimport sys; print(*(set(sys.modules) & {never!r}))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []
