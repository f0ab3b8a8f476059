"""What goes wrong with servers, each under a path of its own: /drop/v1, /stall/v1 and so on.

They answer the client's first look as a good server would, and fail when a text is to be streamed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

FIRST = 3
"""So many tokens come before a stream fails."""


def on_models(handler: Any, name: str) -> bool:
    """Answer in the place of a good server, if this fault shows at the first look."""
    fault = _AT_ONCE.get(name)
    if fault is not None:
        fault(handler)
    return fault is not None


def on_call(handler: Any, name: str, body: dict[str, Any]) -> bool:
    """Answer in the place of a good server, if this fault shows when a text is streamed."""
    fault = _IN_STREAM.get(name)
    if fault is None or not body.get("stream"):
        return False
    fault(handler, body)
    return True


def _chunks(handler: Any, body: dict[str, Any]) -> list[dict[str, Any]]:
    is_chat = "messages" in body
    text = "\n".join(turn["content"] for turn in body["messages"]) if is_chat else body["prompt"]
    return list(handler.chunks(text, body, is_chat))


def _event(chunk: Any) -> bytes:
    return f"data: {json.dumps(chunk)}\n\n".encode()


def _begin(handler: Any, body: dict[str, Any], then: Callable[[Any], None]) -> None:
    with handler.event_stream() as send:
        for chunk in _chunks(handler, body)[:FIRST]:
            send(_event(chunk))
        then(send)


def _hang_up(handler: Any) -> None:
    """Close without the end of the answer."""
    handler.wfile.flush()
    handler.connection.shutdown(2)
    handler.close_connection = True


def _wait_until_gone(handler: Any) -> None:
    if not handler.connection.recv(1):
        handler.seen.gone += 1
    handler.close_connection = True


def drop(handler: Any, body: dict[str, Any]) -> None:
    _begin(handler, body, lambda send: _hang_up(handler))


def stall(handler: Any, body: dict[str, Any]) -> None:
    _begin(handler, body, lambda send: _wait_until_gone(handler))


def silent(handler: Any, body: dict[str, Any]) -> None:
    _wait_until_gone(handler)


def unfinished(handler: Any, body: dict[str, Any]) -> None:
    """In good order, but for the last words."""
    _begin(handler, body, lambda send: send(b"data: [DONE]\n\n"))


def garbage(handler: Any, body: dict[str, Any]) -> None:
    _begin(handler, body, lambda send: send(b"data: \xff\xfe{{{ no JSON\n\n"))


def deep(handler: Any, body: dict[str, Any]) -> None:
    _begin(handler, body, lambda send: send(b"data: " + b"[" * 100_000 + b"\n\n"))


def broken(handler: Any, body: dict[str, Any]) -> None:
    error = {"error": {"message": "CUDA out of memory", "type": "server_error", "code": 500}}
    _begin(handler, body, lambda send: send(_event(error)))


def endless(handler: Any, body: dict[str, Any]) -> None:
    def go_on(send: Any) -> None:
        send(b"data: ")
        while True:
            send(b"x" * 65536)

    _begin(handler, body, go_on)


def crumbs(handler: Any, body: dict[str, Any]) -> None:
    """A byte at a time, with CRLFs, comments and fields that nobody asked for."""
    with handler.event_stream() as send:
        raw = "\ufeff: hello\r\nretry: 10\r\nid: 1\r\n\r\ndata:\r\n\r\n".encode()
        for chunk in _chunks(handler, body):
            line = json.dumps(chunk, ensure_ascii=False)
            raw += f": still here\r\ndata:{line}\r\n\r\n".encode()
        raw += b"data: [DONE]\r\n\r\n"
        for place in range(len(raw)):
            send(raw[place : place + 1])


def endmissing(handler: Any, body: dict[str, Any]) -> None:
    """No [DONE], and no blank line behind the last event."""
    with handler.event_stream() as send:
        raw = b"".join(_event(chunk) for chunk in _chunks(handler, body))
        send(raw.rstrip(b"\n"))


def whole(handler: Any, body: dict[str, Any]) -> None:
    """Does not stream."""
    handler.write({**body, "stream": False}, "messages" in body)


def nan(handler: Any, body: dict[str, Any]) -> None:
    with handler.event_stream() as send:
        for chunk in _chunks(handler, body)[:FIRST]:
            logprobs = chunk["choices"][0]["logprobs"]
            for name in ("token_logprobs", "content"):
                if name == "content" and name in logprobs:
                    logprobs[name][0]["logprob"] = float("nan")
                elif name in logprobs:
                    logprobs[name] = [float("nan")]
            send(_event(chunk))


def fails(handler: Any, body: dict[str, Any]) -> None:
    handler.refuse(500, "The engine is dead")


def busy(handler: Any, body: dict[str, Any]) -> None:
    """Twice too busy, then good."""
    tries = handler.seen.tries
    tries["busy"] = tries.get("busy", 0) + 1
    if tries["busy"] <= 2:
        handler.refuse(429, "Slow down", (("Retry-After", "0"),))
    else:
        handler.write(body, "messages" in body)


def overfull(handler: Any, body: dict[str, Any]) -> None:
    handler.refuse(429, "Your quota is used up", (("Retry-After", "3600"),))


def tattle(handler: Any, body: dict[str, Any]) -> None:
    handler.refuse(400, f"Bad request with {handler.headers.get('authorization')}\n\x1b[31m!")


def webpage(handler: Any, body: dict[str, Any]) -> None:
    handler.page("Log in")


def hangup(handler: Any, body: dict[str, Any]) -> None:
    _hang_up(handler)


def cutjson(handler: Any, body: dict[str, Any]) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"choices": [{"text": "The')
    _hang_up(handler)


def redirect(handler: Any) -> None:
    handler.send_response(307)
    handler.send_header("Location", "http://elsewhere.invalid/v1/models")
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def loading(handler: Any) -> None:
    handler.refuse(503, "Loading model", (("Retry-After", "3600"),))


def site(handler: Any) -> None:
    handler.page("Nothing but a web site")


def missing(handler: Any) -> None:
    handler.page("Not found", 404)


def telnet(handler: Any) -> None:
    handler.wfile.write(b"220 mail.example ready\r\n")
    handler.close_connection = True


_AT_ONCE = {each.__name__: each for each in (redirect, loading, site, missing, telnet)}
_IN_STREAM = {
    each.__name__: each
    for each in (
        *(
            drop,
            unfinished,
            stall,
            silent,
            garbage,
            deep,
            broken,
            endless,
            crumbs,
            endmissing,
            whole,
            nan,
            fails,
        ),
        *(busy, overfull, tattle, webpage, hangup, cutjson),
    )
}
