"""A real server on a loopback port: pages, both namespaces and a JSON route behind the door."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask, jsonify, request
from flask_socketio import SocketIO
from werkzeug.serving import WSGIRequestHandler, make_server

from storygen.server.access import AccessRules
from storygen.server.access_http import Door, origin_was_judged
from storygen.server.pages import pages

RULES = AccessRules(
    token="the-token",
    instance="abc",
    allowed_hosts=frozenset({"stories.example"}),
    allowed_origins=frozenset({"https://old.example"}),
)


class _Quiet(WSGIRequestHandler):
    def log(self, *_args: Any) -> None:
        """Says nothing."""


def make_app(static_dir: Path, rules: AccessRules = RULES) -> tuple[Flask, SocketIO]:
    """An application with everything that has an access rule."""
    app = Flask("door", static_folder=None)
    app.register_blueprint(pages(static_dir, rules.instance))

    @app.post("/v1/completions")
    def completions() -> Any:
        return jsonify(told=request.get_json())

    sockets = SocketIO(
        app,
        async_mode="threading",
        always_connect=True,
        cors_allowed_origins=origin_was_judged,
        cors_credentials=False,
    )

    for namespace, admits in (("/studio", rules.admits_studio), ("/", rules.admits_original)):
        _join(sockets, namespace, admits)

    app.wsgi_app = Door(app.wsgi_app, rules)  # type: ignore[method-assign]
    return app, sockets


def _join(sockets: SocketIO, namespace: str, admits: Callable[..., bool]) -> None:
    @sockets.on("connect", namespace=namespace)
    def connect(auth: Any = None) -> bool:
        return admits(request.environ, auth)

    @sockets.on("echo", namespace=namespace)
    def echo(said: Any) -> Any:
        return said


@contextmanager
def serving(app: Flask) -> Iterator[int]:
    """The port on which `app` answers."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
