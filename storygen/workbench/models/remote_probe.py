"""What a server can do, found out by trying each thing once, as cheaply as it goes.

One token is asked for at each try. What a server refuses or leaves out of its answer it can't do; that it
is not reached, refuses the key or has no such model is an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..jobs import Job
from . import remote_errors
from .remote_answers import read_pieces
from .remote_errors import RemoteError
from .remote_params import ServerKind
from .remote_wire import Wire

PROBE = "The cat sat on the"
_OWNERS = {"vllm": ServerKind.VLLM, "llamacpp": ServerKind.LLAMA_CPP, "library": ServerKind.OLLAMA}
_MOST_NAMES = 20


@dataclass(frozen=True, slots=True)
class Found:
    """A server's model, and what it can be asked.

    `completes`: it writes on from a text; `tells`: with the likeliest tokens; `echoes`: also those of the
    text itself. `chats`: it answers talks; `chat_tells`: with the likeliest tokens; `length_name`: how a
    talk names the most tokens.
    """

    model: str
    models: tuple[str, ...] = ()
    kind: ServerKind = ServerKind.UNKNOWN
    completes: bool = False
    tells: bool = False
    echoes: bool = False
    chats: bool = False
    chat_tells: bool = False
    length_name: str = field(default="max_tokens")


def list_models(wire: Wire, *, job: Job | None = None) -> tuple[tuple[str, ...], ServerKind]:
    """The names of the server's models, and what kind of server it seems to be. Raises: RemoteError."""
    answer = wire.ask("/models", job=job)
    rows = answer.get("data") if isinstance(answer, Mapping) else None
    if not isinstance(rows, list):
        raise remote_errors.not_openai(wire.address, "it has no list of models")
    told = [row for row in rows if isinstance(row, Mapping) and isinstance(row.get("id"), str)]
    owners = {str(row.get("owned_by", "")).lower() for row in told}
    if wire.address.host == "api.openai.com":
        return tuple(row["id"] for row in told), ServerKind.OPENAI
    kinds = [kind for owner, kind in _OWNERS.items() if owner in owners]
    return tuple(row["id"] for row in told), kinds[0] if len(kinds) == 1 else ServerKind.UNKNOWN


def look(wire: Wire, model: str = "", *, job: Job | None = None) -> Found:
    """What the server at the other end can do with `model`, or with its only one.

    Raises: RemoteError; CancelledError.
    """
    models, kind = _models(wire, model, job)
    name = model or _only(models)
    try:
        completes, tells, echoes = _try_completions(wire, name, job)
        chats, chat_tells, length_name = _try_chat(wire, name, job)
    except RemoteError as error:
        if error.code == "unknown_model" and models:
            raise RemoteError(
                f"The server has no model {name!r}. It has: {_listed(models)}.", code=error.code
            ) from error
        raise
    if not completes and not chats:
        raise remote_errors.not_openai(
            wire.address, "it neither writes on from a text nor answers a talk"
        )
    return Found(name, models, kind, completes, tells, echoes, chats, chat_tells, length_name)


def _models(wire: Wire, model: str, job: Job | None) -> tuple[tuple[str, ...], ServerKind]:
    try:
        return list_models(wire, job=job)
    except RemoteError as error:
        if model and error.status in (404, 405, 500, 501):  # some servers keep no list
            return (), ServerKind.UNKNOWN
        raise


def _only(models: tuple[str, ...]) -> str:
    if len(models) == 1:
        return models[0]
    if not models:
        raise RemoteError(
            "The server has no model. Load one there, or name it.", code="unknown_model"
        )
    raise RemoteError(
        f"The server has several models. Name one of them: {_listed(models)}.",
        code="unknown_model",
    )


def _listed(models: tuple[str, ...]) -> str:
    return ", ".join(models[:_MOST_NAMES]) + (" …" if len(models) > _MOST_NAMES else "")


def _try_completions(wire: Wire, model: str, job: Job | None) -> tuple[bool, bool, bool]:
    """Whether it completes, tells, echoes."""
    body = {"model": model, "prompt": PROBE, "max_tokens": 1, "temperature": 0.0}
    for more in ({"logprobs": 1, "echo": True}, {"logprobs": 1}, {}):
        answer = _tried(wire, "/completions", body | more, job)
        if isinstance(answer, RemoteError):
            if answer.code == "not_openai":
                return False, False, False
            continue
        pieces = read_pieces(answer, 1)
        if not pieces:
            return False, False, False
        told = [token for token in pieces[0].tokens if token.logprob is not None]
        echoes = pieces[0].text.startswith(PROBE) and len(told) > 1
        return True, bool(told) and bool(told[-1].top), echoes
    return False, False, False


def _try_chat(wire: Wire, model: str, job: Job | None) -> tuple[bool, bool, str]:
    """Whether it chats, tells, and how it names the most tokens."""
    messages = [{"role": "user", "content": PROBE}]
    length_name = "max_tokens"
    attempts: list[dict[str, Any]] = [{"logprobs": True, "top_logprobs": 1}, {}]
    while attempts:
        body = {"model": model, "messages": messages, length_name: 1, **attempts[0]}
        answer = _tried(wire, "/chat/completions", body, job)
        if isinstance(answer, RemoteError):
            if answer.code == "not_openai":
                return False, False, length_name
            if "max_completion_tokens" in answer.said and length_name == "max_tokens":
                length_name = "max_completion_tokens"
                continue
            attempts.pop(0)
            continue
        pieces = read_pieces(answer, 1)
        tells = any(token.logprob is not None for piece in pieces for token in piece.tokens)
        return bool(pieces), tells, length_name
    return False, False, length_name


def _tried(wire: Wire, call: str, body: Mapping[str, Any], job: Job | None) -> Any:
    """The answer, or the error if it means that this can't be asked."""
    try:
        return wire.ask(call, body, job=job)
    except RemoteError as error:
        # llama.cpp and some others answer 500 to what they don't know.
        if error.code in ("refused_request", "not_openai") or error.status in (500, 501):
            return error
        raise
