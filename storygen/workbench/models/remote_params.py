"""Our sampling parameters in the words of each kind of server, and which of them it won't heed.

Pure. What every OpenAI-compatible server takes is always said, because servers have defaults of their own;
vLLM and llama.cpp are told all that they know. A server of unknown kind is also offered the three most
common extensions; they are taken back if it refuses them.
Source: https://docs.vllm.ai/en/stable/serving/openai_compatible_server.html
and llama.cpp's tools/server/README.md
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ...engine.sampling.parameters import PARAMETERS, check_params
from .base import Params

DEFAULT_TOKENS = 100
MOST_OPENAI_STOPS = 4
OURS = frozenset(("alternatives", "num_beams", "sampler_order"))
"""Of the page's own doing, or without a meaning where one sampler chain is fixed."""


class ServerKind(enum.StrEnum):
    """Which program answers, as far as it can be known; it decides which extensions it is told."""

    OPENAI = "OpenAI"
    VLLM = "vLLM"
    LLAMA_CPP = "llama.cpp"
    OLLAMA = "Ollama"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Fields:
    """What goes into a request. `unheeded`: names of parameters that were set and can't be said."""

    body: dict[str, Any]
    unheeded: tuple[str, ...]


def request_fields(
    params: Params,
    kind: ServerKind,
    *,
    refused: Collection[str] = (),
    more_stops: Collection[str] = (),
) -> Fields:
    """`params` for a server of that kind, without the fields that it has `refused` before.

    Raises: BadRequestError as `check_params`.
    """
    full = check_params(dict(params))
    body = _common(full, more_stops)
    said = set(_COMMON)
    if kind is ServerKind.OPENAI and len(body.get("stop", ())) > MOST_OPENAI_STOPS:
        body["stop"] = body["stop"][:MOST_OPENAI_STOPS]
        said.discard("stop")
    for name, field, value in _extensions(full, kind):
        if field not in refused:
            said.add(name)
            if value is not None:
                body[field] = value
    if (
        params.get("at_end_of_text") != "go_on"
    ):  # the room's default; here a text ends where it ends
        body.pop("ignore_eos", None)
        said.add("at_end_of_text")
    for field in refused:
        body.pop(field, None)
        said.discard(field)
    return Fields(body, tuple(name for name in _set(params, full) if name not in said))


_COMMON = (
    *("temperature", "top_p", "presence_penalty", "frequency_penalty"),
    *("stop", "max_tokens"),
)


def _common(full: Mapping[str, Any], more_stops: Collection[str]) -> dict[str, Any]:
    body: dict[str, Any] = {
        "temperature": full["temperature"],
        "top_p": full["top_p"],
        "max_tokens": full["max_tokens"] or DEFAULT_TOKENS,
    }
    for name in ("presence_penalty", "frequency_penalty"):
        if full[name]:
            body[name] = full[name]
    stops = list(dict.fromkeys([*full["stop"], *more_stops]))
    if stops:
        body["stop"] = stops
    return body


def _set(params: Params, full: Mapping[str, Any]) -> list[str]:
    """Those that somebody set to a value that does something, and that some sampler would heed."""
    does: list[str] = []
    for parameter in PARAMETERS:
        name = parameter.name
        if name not in params or name in OURS or full[name] == parameter.neutral:
            continue
        if name == "limit" and full[name] == "tokens":
            continue
        if name == "at_end_of_text" or parameter.sampler is None or _is_on(parameter.sampler, full):
            does.append(name)
    return does


def _is_on(sampler: str, full: Mapping[str, Any]) -> bool:
    return any(
        full[each.name] != each.neutral
        for each in PARAMETERS
        if each.sampler == sampler and each.switches
    )


_Extension = tuple[str, str, Any]
"""Our name, the server's, and the value in its terms; None: it need not be said."""


def _extensions(full: Mapping[str, Any], kind: ServerKind) -> list[_Extension]:
    found = _KINDS[kind](full)
    if full["at_end_of_text"] == "go_on" and kind in (ServerKind.VLLM, ServerKind.LLAMA_CPP):
        found.append(("at_end_of_text", "ignore_eos", True))
    return found


def _openai(full: Mapping[str, Any]) -> list[_Extension]:
    biases = full["logit_bias"]
    if any(not isinstance(token, int) for token, _ in biases):
        return []
    return [("logit_bias", "logit_bias", {str(t): b for t, b in biases} or None)]


def _ollama(full: Mapping[str, Any]) -> list[_Extension]:
    return []


def _unknown(full: Mapping[str, Any]) -> list[_Extension]:
    neutral = {"top_k": 0, "min_p": 0.0, "repetition_penalty": 1.0}
    return [
        (name, name, full[name] if full[name] != value else None) for name, value in neutral.items()
    ]


def _vllm(full: Mapping[str, Any]) -> list[_Extension]:
    outputs = {name: full[name] for name in ("grammar", "regex") if full[name]}
    # A range or slope of the penalty is not known there, and so stays unheeded.
    found: list[_Extension] = [
        ("top_k", "top_k", full["top_k"] or -1),
        ("min_p", "min_p", full["min_p"]),
        ("repetition_penalty", "repetition_penalty", full["repetition_penalty"]),
        ("min_tokens", "min_tokens", full["min_tokens"] or None),
        ("banned_strings", "bad_words", full["banned_strings"] or None),
        *_openai(full),
    ]
    if len(outputs) == 1:
        found.append((next(iter(outputs)), "structured_outputs", outputs))
    return found


def _llama_cpp(full: Mapping[str, Any]) -> list[_Extension]:
    names = (
        *("top_k", "min_p", "typical_p", "xtc_probability", "xtc_threshold", "dry_multiplier"),
        *("dry_base", "dry_allowed_length", "mirostat_eta"),
    )
    found: list[_Extension] = [(name, name, full[name]) for name in names]
    return [
        *found,
        ("repetition_penalty", "repeat_penalty", full["repetition_penalty"]),
        ("repetition_range", "repeat_last_n", full["repetition_range"] or -1),
        ("dry_range", "dry_penalty_last_n", full["dry_range"] or -1),
        ("dry_breakers", "dry_sequence_breakers", full["dry_breakers"] or None),
        ("top_n_sigma", "top_n_sigma", full["top_n_sigma"] or None),
        ("mirostat_tau", "mirostat_tau", full["mirostat_tau"] or None),
        ("mirostat_tau", "mirostat", 2 if full["mirostat_tau"] else 0),
        ("grammar", "grammar", full["grammar"] or None),
        ("logit_bias", "logit_bias", full["logit_bias"] or None),
    ]


_KINDS: dict[ServerKind, Callable[[Mapping[str, Any]], list[_Extension]]] = {
    ServerKind.OPENAI: _openai,
    ServerKind.VLLM: _vllm,
    ServerKind.LLAMA_CPP: _llama_cpp,
    ServerKind.OLLAMA: _ollama,
    ServerKind.UNKNOWN: _unknown,
}
