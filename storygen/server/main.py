"""The command line of the server: options, then serve until Ctrl+C."""

from __future__ import annotations

import argparse
import importlib.util
import logging
import os
import signal
import sys
import webbrowser
from collections.abc import Sequence
from logging.handlers import RotatingFileHandler
from pathlib import Path

from .. import __version__
from ..errors import BadRequestError, StorygenError
from ..web.kept_secrets import load_rules
from .app import GRACE_S, ROOT, Application, Config, make_application
from .loop import Loop, make_loop
from .workers.process import Spawn, worker_command

DEFAULT_PORT = 5000
EXIT_USAGE, EXIT_PORT_TAKEN = 2, 3


def parser() -> argparse.ArgumentParser:
    """The options of `server.py`."""
    options = argparse.ArgumentParser(
        "server.py", description="A writing room for language models."
    )
    options.add_argument(
        "model", nargs="?", help="a model's folder, a .gguf file or a hub id, to begin with"
    )
    options.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)"
    )
    options.add_argument(
        "--port", type=int, default=DEFAULT_PORT, help="port (default 5000; 0: any)"
    )
    options.add_argument("--data-dir", type=Path, help="where stories are kept (default: data)")
    options.add_argument("--models-dir", type=Path, help="where models are (default: models)")
    options.add_argument(
        "--config", type=Path, help="the list of models (default: static/config.js)"
    )
    options.add_argument("--no-browser", action="store_true", help="do not open the browser")
    options.add_argument("--async-mode", choices=("eventlet", "threading"), default="eventlet")
    options.add_argument(
        "--redis",
        metavar="URL",
        help="message queue for several server processes (with --async-mode threading)",
    )
    options.add_argument("--allow-origin", action="append", default=[], metavar="URL")
    options.add_argument("--allow-host", action="append", default=[], metavar="HOST")
    options.add_argument(
        "--keep-models", type=int, default=0, metavar="N", help="idle models kept loaded"
    )
    options.add_argument(
        "--memory-limit",
        type=float,
        metavar="GB",
        help="most memory a model may take (default: what is free)",
    )
    options.add_argument(
        "--workbench",
        action="append",
        default=[],
        metavar="MODULE",
        help="a module, or .py file, whose Workbench is shown beside ours",
    )
    options.add_argument("--version", action="version", version=f"StoryGen {__version__}")
    return options


def main(
    arguments: Sequence[str] | None = None,
    command: Spawn = worker_command,
    grace_s: float = GRACE_S,
) -> int:
    """Serve until interrupted; returns the exit code.

    `command` starts workers, and runs go on for `grace_s` seconds when the last browser has left: tests
    give their own.
    """
    options = parser().parse_args(arguments)
    environ = os.environ
    data_dir = (
        options.data_dir or Path(environ.get("STORYGEN_DATA_DIR") or ROOT / "data")
    ).resolve()
    models_dir = (
        options.models_dir or Path(environ.get("STORYGEN_MODELS_DIR") or ROOT / "models")
    ).resolve()
    try:
        if options.redis:
            _check_redis(options.async_mode)
        data_dir.mkdir(parents=True, exist_ok=True)
        _log_to(data_dir / "logs" / "server.log")
        rules = load_rules(
            data_dir,
            options.host,
            environ,
            allow_hosts=options.allow_host,
            allow_origins=options.allow_origin,
        )
        config = Config(
            data_dir=data_dir,
            models_dir=models_dir,
            config_path=(options.config or ROOT / "static" / "config.js").resolve(),
            rules=rules,
            database_url=environ.get("STORYGEN_DATABASE_URL", ""),
            extra_model=options.model,
            redis_url=options.redis,
            max_idle_models=options.keep_models,
            memory_limit_bytes=int(options.memory_limit * 1e9) if options.memory_limit else None,
            command=command,
            grace_s=grace_s,
            workbenches=tuple(dict.fromkeys(options.workbench)),
        )
        loop = make_loop(options.async_mode)
        application = make_application(config, loop)
    except (StorygenError, OSError) as error:
        print(f"StoryGen can't start: {error}", file=sys.stderr)
        return EXIT_USAGE
    return _serve(application, loop, options, rules.token)


def _check_redis(async_mode: str) -> None:
    """Raises: BadRequestError when a message queue could not work, which only the first event would show."""
    if async_mode != "threading":
        raise BadRequestError(
            "--redis works with --async-mode threading only: its client would hold up an event loop."
        )
    if importlib.util.find_spec("redis") is None:
        raise BadRequestError(
            "--redis needs the Python package redis; install it with: pip install redis"
        )


def _serve(application: Application, loop: Loop, options: argparse.Namespace, token: str) -> int:
    def ready(port: int) -> None:
        name = f"[{options.host}]" if ":" in options.host else options.host
        url = f"http://{name}:{port}/?t={token}"
        print(f"StoryGen is ready: {url}", flush=True)
        if not options.no_browser:
            loop.spawn(webbrowser.open, url)

    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: loop.stop())
    loop.wake_on_signals()
    try:
        loop.serve(application.wsgi, options.host, options.port, ready)
    except OSError as error:
        print(f"StoryGen can't listen on {options.host}:{options.port}: {error}", file=sys.stderr)
        print("Another program uses this port. Choose another one with --port.", file=sys.stderr)
        return EXIT_PORT_TAKEN
    finally:
        application.close()
    return 0


def _log_to(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(path, maxBytes=2_000_000, backupCount=2, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
