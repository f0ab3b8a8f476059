"""The application: Flask, Socket.IO, the access rules in front of both, and the house behind them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from flask_socketio import SocketIO

from ..registry import Registry
from ..store.database import file_url
from ..store.store import Store
from ..web.bounds import MAX_PACKET_BYTES
from ..web.door import Door, origin_was_judged
from ..web.packets import BoundedJson, BoundedPacket, keep_whole
from ..web.pages import pages
from ..web.rules import AccessRules
from .api import api
from .bench_namespace import BenchNamespace
from .benches import Benches, BenchPlaces
from .calls.studio import Studio
from .house import House
from .loop import Loop
from .original.loose_runs import LooseRuns
from .original.namespace import LegacyNamespace
from .workers.process import Spawn, worker_command

ROOT = Path(__file__).resolve().parents[2]
GRACE_S = 30.0


@dataclass(frozen=True, slots=True)
class Config:
    """Where things are, and who may come in."""

    data_dir: Path
    models_dir: Path
    rules: AccessRules
    database_url: str = ""
    config_path: Path = ROOT / "static" / "config.js"
    static_dir: Path = ROOT / "static"
    extra_model: str | None = None
    redis_url: str | None = None
    grace_s: float = GRACE_S
    max_idle_models: int = 0
    memory_limit_bytes: int | None = None
    command: Spawn = field(default=worker_command)
    workbenches: tuple[str, ...] = ()
    """Modules of developers, each a workbench of its own."""


@dataclass(frozen=True, slots=True)
class Application:
    """What `make_application` made: `wsgi` is served, and `close` is called at the end."""

    wsgi: Any
    house: House
    socketio: SocketIO
    benches: Benches

    def close(self) -> None:
        """End every process, and give the store what it is to keep."""
        self.benches.close()
        self.house.close()


def make_application(config: Config, loop: Loop) -> Application:
    """Open the store and put everything together.

    Raises: StoreError when the database can't be opened.
    """
    flask = Flask("storygen", static_folder=None)
    flask.register_blueprint(pages(config.static_dir, config.rules.instance))
    socketio = SocketIO(
        flask,
        async_mode=loop.name,
        always_connect=True,
        cors_allowed_origins=origin_was_judged,
        message_queue=config.redis_url,
        max_http_buffer_size=MAX_PACKET_BYTES,
        serializer=BoundedPacket,
        json=BoundedJson,
        ping_interval=20,
        ping_timeout=20,
    )
    if loop.name == "threading":  # in eventlet's one thread nothing can come between
        keep_whole(socketio.server)
    store = Store(config.database_url or file_url(config.data_dir / "storygen.db"))
    registry = Registry(
        config.config_path,
        config.models_dir,
        config.config_path.parent.parent,
        extra=config.extra_model,
    )
    studio: list[Studio] = []
    house = House(
        loop,
        store,
        registry,
        config.data_dir,
        lambda message: studio[0].tell_library(message),
        config.command,
        config.grace_s,
        config.max_idle_models,
        config.memory_limit_bytes,
    )
    studio.append(Studio(socketio, house, config.rules))
    socketio.on_namespace(studio[0])
    socketio.on_namespace(LegacyNamespace(loop, LooseRuns(house), config.rules.admits_original))
    places = BenchPlaces(config.data_dir, config.models_dir, config.config_path)
    bench = BenchNamespace(socketio, config.rules, loop, places, config.workbenches)
    socketio.on_namespace(bench)
    flask.register_blueprint(api(house.tastes, house.apart))
    flask.wsgi_app = Door(flask.wsgi_app, config.rules)  # type: ignore[method-assign]
    return Application(flask, house, socketio, bench.benches)
