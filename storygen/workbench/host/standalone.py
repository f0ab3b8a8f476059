"""A workbench as a server of its own: a Flask application in a developer's process.

The same access rules stand in front of it as in front of the main server: a token that is kept in the
workbench's folder, this machine alone, no other site's pages. Callbacks run in threads, so that a slow
model holds up no page.
"""

from __future__ import annotations

import logging
import os
import re
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask, redirect
from flask_socketio import SocketIO
from werkzeug.serving import WSGIRequestHandler, make_server

from ...web.bounds import MAX_PACKET_BYTES
from ...web.door import Door, origin_was_judged
from ...web.guarded import Answer, GuardedNamespace
from ...web.kept_secrets import keep_out_of_git, load_rules
from ...web.packets import BoundedJson, BoundedPacket, keep_whole
from ...web.pages import pages
from ...web.rules import AccessRules

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from ..workbench import Workbench

NAMESPACE = "/workbench"
_TOKEN = re.compile(r"([?&]t=)[^&\s\"]+")
STATIC = Path(__file__).resolve().parents[3] / "static"


def make_app(workbench: Workbench, host: str = "127.0.0.1") -> Flask:
    """The application; prints the address with the token.

    Raises: RefusedError when `host` is not loopback and no password is set.
    """
    workbench.data_dir.mkdir(parents=True, exist_ok=True)
    keep_out_of_git(workbench.data_dir)
    rules = load_rules(workbench.data_dir, host, os.environ)
    flask = Flask("storygen.workbench", static_folder=None)
    flask.register_blueprint(pages(STATIC, rules.instance, {"/workbench": "workbench"}))

    @flask.get("/")
    def first() -> Response:
        """The only page there is."""
        return redirect("/workbench")

    socketio = SocketIO(
        flask,
        async_mode="threading",
        always_connect=True,
        cors_allowed_origins=origin_was_judged,
        max_http_buffer_size=MAX_PACKET_BYTES,
        serializer=BoundedPacket,
        json=BoundedJson,
    )
    keep_whole(socketio.server)
    socketio.on_namespace(BenchNamespace(socketio, workbench, rules))
    flask.wsgi_app = Door(flask.wsgi_app, rules)  # type: ignore[method-assign]
    WSGIRequestHandler.disable_nagle_algorithm = True
    logging.getLogger("werkzeug").addFilter(without_token)
    flask.config["STORYGEN_TOKEN"] = rules.token
    if "FLASK_RUN_FROM_CLI" in os.environ:
        port = os.environ.get("FLASK_RUN_PORT", "5000")
        print(f"The workbench: http://127.0.0.1:{port}/?t={rules.token} (or the port below)")
    return flask


def serve(workbench: Workbench, host: str, port: int, *, open_browser: bool) -> None:
    """Serve it until Ctrl+C."""
    flask = make_app(workbench, host)
    server = make_server(host, port, flask, threaded=True)
    url = f"http://{host}:{server.port}/?t={flask.config['STORYGEN_TOKEN']}"
    print(f"The workbench is ready: {url}", flush=True)
    if open_browser:
        webbrowser.open(url)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()


def without_token(record: logging.LogRecord) -> bool:
    """For the log of requests, which people show to others: the token in an address is left out."""
    if isinstance(record.args, tuple):
        record.args = tuple(
            _TOKEN.sub(r"\1…", one) if isinstance(one, str) else one for one in record.args
        )
    return True


class BenchNamespace(GuardedNamespace):
    """Browsers' calls, handed to the visits of this process."""

    def __init__(self, socketio: SocketIO, workbench: Workbench, rules: AccessRules) -> None:
        super().__init__(NAMESPACE, rules)
        self._socketio = socketio
        self._visits = workbench.visits(self._tell)

    def left(self, connection: str) -> None:
        """See `GuardedNamespace.left`."""
        self._visits.left(connection)

    def answer(self, connection: str, event: str, asked: Any) -> Answer:
        """See `GuardedNamespace.answer`."""
        return self._visits.handle(connection, event, asked)

    def _tell(self, connection: str, message: dict[str, Any]) -> None:
        visit = message["visit"]
        self._socketio.emit(
            "told",
            message,
            to=connection,
            namespace=NAMESPACE,
            callback=lambda *_: self._visits.heard(connection, visit),
        )
