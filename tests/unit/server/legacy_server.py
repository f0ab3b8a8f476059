"""The original protocol alone, with a writer of numbered words, as a program: MODE (a loop's name) [ORIGIN].

Prints its port. `GET /seen` tells what the writer was asked for and how many texts are alive. The model
"numbers" writes ` 0 1 2 …`, as many as the prefix says (`end 3`), else without end; `fails` fails after one.
"""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable
from typing import Any

from flask import Flask, jsonify
from flask_socketio import SocketIO

from storygen.errors import NotFoundError
from storygen.server.loop import Loop, make_loop
from storygen.server.original.namespace import LegacyNamespace
from storygen.web.door import Door, origin_was_judged
from storygen.web.rules import AccessRules


class NumbersWriter:
    """Writes as fast as it is granted, in a task of its own for each text."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self.started: list[dict[str, Any]] = []
        self.live = 0
        self.most_live = 0
        self.lock = threading.Lock()

    def start(
        self,
        model_value: Any,
        prefix: str,
        params: dict[str, Any],
        *,
        on_text: Callable[[str], None],
        on_end: Callable[[str], None],
    ) -> NumbersText:
        if model_value not in ("numbers", "fails"):
            raise NotFoundError("No such model.")
        found = re.search(r"end (\d+)", prefix)
        last = int(found[1]) if found else 10**9
        if params["limit"] == "tokens":
            last = min(last, params["max_tokens"])
        self.started.append({"prefix": prefix, "params": params})
        with self.lock:
            self.live += 1
            self.most_live = max(self.most_live, self.live)
        text = NumbersText(self, self._loop.queue())
        reason = "failed" if model_value == "fails" else "finished"
        self._loop.spawn(text.write, 1 if reason == "failed" else last, reason, on_text, on_end)
        return text


class NumbersText:
    """One text; grants and the wish to stop (None) come through `queue`."""

    def __init__(self, writer: NumbersWriter, queue: Any) -> None:
        self._writer = writer
        self._queue = queue

    def grant(self, tokens: int) -> None:
        self._queue.put(tokens)

    def stop(self) -> None:
        self._queue.put(None)

    def write(
        self, last: int, reason: str, on_text: Callable[[str], None], on_end: Callable[[str], None]
    ) -> None:
        credits = number = 0
        while number < last:
            while not credits:
                granted = self._queue.get()
                if granted is None:
                    reason = "stopped"
                    last = number
                    break
                credits += granted
            else:
                on_text(f" {number}")
                number += 1
                credits -= 1
        with self._writer.lock:
            self._writer.live -= 1
        on_end(reason)


def main(mode: str, origin: str = "https://old.example") -> None:
    rules = AccessRules(token="the-token", instance="abc", allowed_origins=frozenset({origin}))
    loop = make_loop(mode)
    writer = NumbersWriter(loop)
    app = Flask("original", static_folder=None)

    @app.get("/seen")
    def seen() -> Any:
        return jsonify(live=writer.live, most_live=writer.most_live, started=writer.started)

    sockets = SocketIO(
        app,
        async_mode=loop.name,
        always_connect=True,
        cors_allowed_origins=origin_was_judged,
    )
    sockets.on_namespace(LegacyNamespace(loop, writer, rules.admits_original))
    app.wsgi_app = Door(app.wsgi_app, rules)  # type: ignore[method-assign]
    loop.serve(app, "127.0.0.1", 0, lambda port: print(port, flush=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
