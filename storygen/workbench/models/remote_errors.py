"""What goes wrong with a server, told so that a person knows what to do.

Pure. What a server says is quoted short and on one line, and never with the key in it.
"""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Mapping
from typing import Any

from ...errors import StorygenError
from .remote_address import Address

MOST_QUOTED = 300


class RemoteError(StorygenError):
    """A server that does not answer as it should; `status` is its HTTP status, 0 if there was none.

    Codes: unreachable, slow, not_openai, key_refused, unknown_model, loading, busy, refused_request,
    server_failed, cut_off, too_large, bad_answer, elsewhere.
    """

    code = "remote"

    def __init__(self, message: str, *, code: str, status: int = 0, said: str = "") -> None:
        super().__init__(message, code=code)
        self.status = status
        self.said = said


def unreachable(address: Address, error: OSError) -> RemoteError:
    """What it means that no connection could be made, or that it broke before an answer."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return RemoteError(
            f"{address.host} shows no certificate that this computer trusts. Check the URL; "
            "for a server of your own, enter its http:// URL or install its certificate.",
            code="unreachable",
        )
    if isinstance(error, ssl.SSLError):
        return RemoteError(
            f"{address.authority} does not speak https. Perhaps its URL begins with http://.",
            code="unreachable",
        )
    if isinstance(error, socket.gaierror):
        return RemoteError(
            f"There is no computer named {address.host}. Check the URL and the network.",
            code="unreachable",
        )
    if isinstance(error, TimeoutError):
        return RemoteError(
            f"{address.authority} can't be reached: it does not answer. Check the URL and the network.",
            code="unreachable",
        )
    return RemoteError(
        f"Nothing answers at {address.origin}. Is the server running, and is the port right?",
        code="unreachable",
    )


def slow(address: Address, silence_s: float) -> RemoteError:
    """The server said nothing for so long."""
    return RemoteError(
        f"{address.authority} has said nothing for {silence_s:g} seconds. Try again, or allow more time.",
        code="slow",
    )


def silent(address: Address) -> RemoteError:
    """The connection was closed before an answer began."""
    return RemoteError(
        f"{address.authority} closed the connection without an answer. Try again; its own log says more.",
        code="cut_off",
    )


def cut_off() -> RemoteError:
    """The connection ended in the midst of an answer."""
    return RemoteError(
        "The server's answer was cut off. What came stands; try again for the rest.", code="cut_off"
    )


def too_large() -> RemoteError:
    """More than any answer of this kind holds."""
    return RemoteError("The server's answer has no end, so it was given up.", code="too_large")


def not_openai(address: Address, what: str) -> RemoteError:
    """Something answers there, but not an OpenAI-compatible server."""
    return RemoteError(
        f"What answers at {address} is no OpenAI-compatible server: {what}. "
        "Check the URL; it often ends in /v1.",
        code="not_openai",
    )


def elsewhere(address: Address, target: str) -> RemoteError:
    """The server sends its callers away."""
    return RemoteError(
        f"{address.authority} sends on to {quoted(target)}. If you trust that, enter it as the URL.",
        code="elsewhere",
    )


def bad_answer(what: str) -> RemoteError:
    """An answer that has not the form that the protocol says."""
    return RemoteError(f"The server's answer makes no sense: {what}.", code="bad_answer")


def streamed(error: Any, key: str | None) -> RemoteError:
    """An error that came in the midst of a stream, as JSON."""
    said = quoted(_message({"error": error}), key) or "it gave no reason"
    return RemoteError(
        f"The server broke off: {said}. What came stands; try again.",
        code="server_failed",
        said=said,
    )


def of_status(
    address: Address,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    key: str | None = None,
    model: str = "",
) -> RemoteError:
    """What an answer with `status`, 400 or more, means."""
    said = quoted(said_in(body), key)
    is_page = "html" in headers.get("content-type", "").lower() or body[:200].lstrip().startswith(
        b"<"
    )
    if status in (401, 403):
        message = (
            "The server refused the key. Enter another."
            if key
            else "The server asks for a key. Enter the one that you have for it."
        )
        return RemoteError(message, code="key_refused", status=status, said=said)
    if status == 429:
        return RemoteError(
            f"The server takes no more just now{_reason(said)}. Wait a little and try again.",
            code="busy",
            status=status,
            said=said,
        )
    if status == 503 and "load" in said.lower() and "overload" not in said.lower():
        return RemoteError(
            "The server is still loading the model. Wait a little and try again.",
            code="loading",
            status=status,
            said=said,
        )
    if status in (400, 404) and model and "model" in said.lower() and _is_unknown(said):
        return RemoteError(
            f"The server has no model {model!r}: {said}. Choose one that it has.",
            code="unknown_model",
            status=status,
            said=said,
        )
    if is_page or status in (404, 405, 501):
        what = "it answers with a web page" if is_page else f"it answers {status}{_reason(said)}"
        error = not_openai(address, what)
        error.status, error.said = status, said
        return error
    if status >= 500:
        return RemoteError(
            f"The server failed ({status}){_reason(said)}. Try again; its own log says more.",
            code="server_failed",
            status=status,
            said=said,
        )
    return RemoteError(
        f"The server did not take that{_reason(said)}.",
        code="refused_request",
        status=status,
        said=said,
    )


def said_in(body: bytes) -> str:
    """The sentence that an answer to a failed request holds, as well as can be found."""
    text = body.decode("utf-8", "replace")
    try:
        return _message(json.loads(text))
    except (ValueError, RecursionError):
        return "" if text.lstrip().startswith("<") else text


def quoted(text: str, key: str | None = None) -> str:
    """`text` on one line, short, without its last full stop and without `key`."""
    if key:
        text = text.replace(key, "…")
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return (line if len(line) <= MOST_QUOTED else line[:MOST_QUOTED] + "…").rstrip(".")


def _message(answer: Any) -> str:
    if isinstance(answer, Mapping):
        for name in ("error", "message", "detail", "errors"):
            if answer.get(name):
                return _message(answer[name])
        return ""
    if isinstance(answer, list):
        return "; ".join(
            _message({"message": each.get("msg")}) if isinstance(each, Mapping) else str(each)
            for each in answer
        )
    return "" if answer is None else str(answer)


def _reason(said: str) -> str:
    return f": {said}" if said else ""


def _is_unknown(said: str) -> bool:
    words = ("not exist", "not found", "no such model", "unknown model", "invalid model")
    return any(word in said.lower() for word in words)
