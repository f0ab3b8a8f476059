"""Our sampling parameters in the words of servers."""

from __future__ import annotations

from typing import Any

import pytest

from storygen.errors import BadRequestError
from storygen.workbench.models.remote_params import ServerKind, request_fields

PLAIN = {"min_p": 0.0, "repetition_penalty": 1.0}
"""What the defaults would add."""


def body(kind: ServerKind, **params: Any) -> dict[str, Any]:
    return request_fields({**PLAIN, **params}, kind).body


def test_what_all_servers_know_is_always_said() -> None:
    for kind in ServerKind:
        sent = body(kind, temperature=0.5, top_p=0.9, stop=["x"], max_tokens=7)
        assert sent["temperature"] == 0.5
        assert sent["top_p"] == 0.9
        assert sent["stop"] == ["x"]
        assert sent["max_tokens"] == 7
    assert body(ServerKind.OLLAMA) == {"temperature": 0.8, "top_p": 1.0, "max_tokens": 100}


def test_vllm_is_told_its_extensions_also_where_they_are_off() -> None:
    sent = body(ServerKind.VLLM, regex="a+", banned_strings=["no"], min_tokens=3)
    assert sent["top_k"] == -1
    assert sent["min_p"] == 0.0
    assert sent["repetition_penalty"] == 1.0
    assert sent["structured_outputs"] == {"regex": "a+"}
    assert sent["bad_words"] == ["no"]
    assert sent["min_tokens"] == 3


def test_llama_cpp_is_told_in_its_own_words() -> None:
    sent = body(ServerKind.LLAMA_CPP, repetition_penalty=1.2, repetition_range=50, mirostat_tau=5.0)
    assert sent["repeat_penalty"] == 1.2
    assert sent["repeat_last_n"] == 50
    assert sent["mirostat"] == 2
    assert sent["dry_penalty_last_n"] == -1
    assert body(ServerKind.LLAMA_CPP)["top_k"] == 0


def test_what_a_server_cannot_take_is_reported_and_only_that() -> None:
    params = {**PLAIN, "top_k": 40, "top_a": 0.2, "temperature": 0.7}
    assert request_fields(params, ServerKind.OPENAI).unheeded == ("top_k", "top_a")
    assert request_fields(params, ServerKind.VLLM).unheeded == ("top_a",)
    assert request_fields({}, ServerKind.OPENAI).unheeded == ()


def test_a_parameter_of_a_sampler_that_is_off_is_not_reported() -> None:
    assert request_fields({**PLAIN, "xtc_threshold": 0.2}, ServerKind.OPENAI).unheeded == ()
    both = {**PLAIN, "xtc_threshold": 0.2, "xtc_probability": 0.5}
    assert set(request_fields(both, ServerKind.OPENAI).unheeded) == set(both) - set(PLAIN)


def test_what_a_server_has_refused_is_neither_sent_nor_called_heeded() -> None:
    fields = request_fields({**PLAIN, "top_k": 40}, ServerKind.UNKNOWN, refused=["top_k"])
    assert "top_k" not in fields.body
    assert fields.unheeded == ("top_k",)


def test_a_text_ends_where_the_model_ends_it_unless_it_shall_go_on() -> None:
    assert "ignore_eos" not in body(ServerKind.VLLM)
    assert body(ServerKind.VLLM, at_end_of_text="go_on")["ignore_eos"] is True
    fields = request_fields({**PLAIN, "at_end_of_text": "go_on"}, ServerKind.OLLAMA)
    assert fields.unheeded == ()  # neutral in the writing room


def test_openai_takes_few_stops_and_a_bias_of_ids_only() -> None:
    fields = request_fields({**PLAIN, "stop": list("abcdef")}, ServerKind.OPENAI)
    assert fields.body["stop"] == list("abcd")
    assert fields.unheeded == ("stop",)
    assert body(ServerKind.OPENAI, logit_bias=[[5, 2.0]])["logit_bias"] == {"5": 2.0}
    fields = request_fields({**PLAIN, "logit_bias": [["cat", 2.0]]}, ServerKind.OPENAI)
    assert "logit_bias" not in fields.body
    assert fields.unheeded == ("logit_bias",)


def test_every_parameter_is_sent_or_reported() -> None:
    samples: dict[str, Any] = {
        "grammar": 'root ::= "a"', "regex": "a", "banned_tokens": [1], "logit_bias": [[1, 1.0]],
        "phrase_bias": [["a", 1.0, 1.0]], "limit": "sentence", "stop": ["a"], "banned_strings": ["a"],
        "no_repeat_ngram": 3, "min_tokens": 1, "max_tokens": 5, "mirostat_tau": 3.0, "top_k": 5,
        "presence_penalty": 1.0, "frequency_penalty": 1.0, "dry_multiplier": 0.5, "top_n_sigma": 1.0,
        "dynatemp_low": 0.5, "dynatemp_high": 2.0, "smoothing_factor": 1.0, "xtc_probability": 0.5,
        "epsilon_cutoff": 0.01, "eta_cutoff": 0.01, "top_a": 0.1,
        **dict.fromkeys(("top_p", "typical_p", "tfs_z", "top_h"), 0.5),
        "min_p": 0.1, "repetition_penalty": 1.3, "temperature": 0.5,
    }  # fmt: skip
    for kind in ServerKind:
        for name, value in samples.items():
            plain = request_fields(PLAIN, kind).body
            fields = request_fields({**PLAIN, name: value}, kind)
            assert (fields.body != plain) != (name in fields.unheeded), (kind, name)


def test_a_wrong_parameter_is_refused() -> None:
    with pytest.raises(BadRequestError, match="no sampling parameter 'warmth'"):
        request_fields({"warmth": 1}, ServerKind.VLLM)
