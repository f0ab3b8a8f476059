"""A project folder with the real launcher in it and small stand-ins for what it installs and starts."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

DEFAULT_MODEL = """
import pathlib, sys, time
folder = pathlib.Path(sys.argv[2]) / "smollm2-135m-instruct"
folder.mkdir(parents=True, exist_ok=True)
print("Converting the default model.", flush=True)
while pathlib.Path("hold").exists():
    time.sleep(0.02)
if pathlib.Path("offline").exists():
    sys.exit("getaddrinfo failed")
(folder / "config.json").write_text("{}")
"""

SERVER = """
import http.server, json, pathlib, sys
if "--break" in sys.argv:
    sys.exit("The database is damaged.")
value = lambda name: sys.argv[sys.argv.index(name) + 1]
data = pathlib.Path(value("--data-dir"))
data.mkdir(exist_ok=True)
(data / "token").write_text("a-token")
(data / "instance").write_text("this-one")
(data / "arguments.json").write_text(json.dumps(sys.argv[1:]))

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"app": "storygen", "instance": "this-one"}')

    def log_message(self, *_):
        pass

try:
    http.server.ThreadingHTTPServer(("127.0.0.1", int(value("--port"))), Handler).serve_forever()
except KeyboardInterrupt:
    (data / "ended").write_text("by Ctrl+C")
"""

PACKAGE_JSON = {
    "name": "fake",
    "version": "0.0.0",
    "engines": {"node": ">=18"},
    "scripts": {"build": "node tools/bundle.mjs"},
}
LOCK = {
    "name": "fake",
    "version": "0.0.0",
    "lockfileVersion": 3,
    "packages": {"": {"name": "fake"}},
}
BUNDLE = """
import { mkdirSync, writeFileSync } from "node:fs";
mkdirSync("static/vendor", { recursive: true });
writeFileSync("static/vendor/libs.js", "export {};");
"""


def make_project(root: Path) -> Path:
    """Writes the project into `root`, which may have any name; returns `root`."""
    shutil.copytree(ROOT / "storygen" / "launch", root / "storygen" / "launch")
    shutil.copy(ROOT / "storygen" / "__init__.py", root / "storygen")
    shutil.copy(ROOT / "run_local.sh", root)
    files = {
        "storygen/engine/__init__.py": "",
        "storygen/engine/loading/__init__.py": "",
        "storygen/engine/loading/default_model.py": DEFAULT_MODEL,
        "server.py": SERVER,
        "requirements.txt": "# nothing\n",
        "package.json": json.dumps(PACKAGE_JSON),
        "package-lock.json": json.dumps(LOCK),
        "tools/bundle.mjs": BUNDLE,
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return root


def start(root: Path, *arguments: str, **env: str) -> subprocess.Popen[str]:
    """Runs `run_local.sh` from another folder, in a process group of its own, as a terminal does."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("STORYGEN_")}
    return subprocess.Popen(
        [str(root / "run_local.sh"), *arguments],
        cwd="/",
        env={
            **clean,
            "STORYGEN_PYTHON": sys.executable,
            "DISPLAY": "",
            "WAYLAND_DISPLAY": "",
            **env,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL) and None,
    )


def run(root: Path, *arguments: str, **env: str) -> tuple[int, str]:
    """The exit status and the output of `run_local.sh` with `arguments`."""
    child = start(root, *arguments, **env)
    output, _ = child.communicate(timeout=120)
    return child.returncode, output


def read_until(child: subprocess.Popen[str], words: str) -> str:
    """The child's output up to and with the line that holds `words`; fails when it ends without."""
    assert child.stdout is not None
    read = ""
    for line in child.stdout:
        read += line
        if words in line:
            return read
    raise AssertionError(f"never said {words!r}:\n{read}")


def kill_group(child: subprocess.Popen[str], number: int) -> None:
    os.killpg(child.pid, number)
