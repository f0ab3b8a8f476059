"""A real server on a loopback port: pages, both namespaces and a JSON route behind the door.

Run as a program: MODE (a loop's name) and the folder of static files; prints its port.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask, jsonify, request
from flask_socketio import SocketIO

from storygen.server.loop import make_loop
from storygen.web.door import Door, origin_was_judged
from storygen.web.pages import pages
from storygen.web.rules import AccessRules

RULES = AccessRules(
    token="the-token",
    instance="abc",
    allowed_hosts=frozenset({"stories.example"}),
    allowed_origins=frozenset({"https://old.example"}),
)


def make_app(mode: str, static_dir: Path, rules: AccessRules = RULES) -> Flask:
    """An application with everything that has an access rule."""
    app = Flask("door", static_folder=None)
    app.register_blueprint(pages(static_dir, rules.instance))

    @app.post("/v1/completions")
    def completions() -> Any:
        return jsonify(told=request.get_json())

    sockets = SocketIO(
        app,
        async_mode=mode,
        always_connect=True,
        cors_allowed_origins=origin_was_judged,
        cors_credentials=False,
    )

    for namespace, admits in (("/studio", rules.admits_studio), ("/", rules.admits_original)):
        _join(sockets, namespace, admits)

    app.wsgi_app = Door(app.wsgi_app, rules)  # type: ignore[method-assign]
    return app


def _join(sockets: SocketIO, namespace: str, admits: Callable[..., bool]) -> None:
    @sockets.on("connect", namespace=namespace)
    def connect(auth: Any = None) -> bool:
        return admits(request.environ, auth)

    @sockets.on("echo", namespace=namespace)
    def echo(said: Any) -> Any:
        return said


def main(mode: str, static_dir: str) -> None:
    app = make_app(mode, Path(static_dir))
    make_loop(mode).serve(app, "127.0.0.1", 0, lambda port: print(port, flush=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
