"""Observations written down and read back: whole, to the last bit, and refused where they are none."""

from __future__ import annotations

import json
import math
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storygen.errors import BadRequestError
from storygen.preferences.observation_json import observation_from_json, observation_to_json
from storygen.preferences.observations import Observation, ShownCandidate, Situation
from tests.unit.preferences.made_observations import chosen_from, observations, texts


def there_and_back(observation: Observation) -> Observation:
    return observation_from_json(json.loads(json.dumps(observation_to_json(observation))))


@given(observations(texts | st.just("a\udfffb")))
def test_any_observation_comes_back_as_it_was(observation: Observation) -> None:
    assert there_and_back(observation) == observation


@given(observations())
def test_what_is_written_is_json_that_every_reader_knows(observation: Observation) -> None:
    json.dumps(observation_to_json(observation), allow_nan=False)


def test_every_field_is_written() -> None:
    data = observation_to_json(chosen_from([(" a", 1.0)]))
    assert set(data) == {"version", *(one.name for one in fields(Observation))}
    assert set(data["situation"]) == {one.name for one in fields(Situation)}
    assert set(data["candidates"][0]) == {one.name for one in fields(ShownCandidate)}


def test_chances_of_nothing_and_large_seeds_come_back() -> None:
    observation = chosen_from([(" a", 1.0), (" b", 0.0)])
    odd = replace(
        observation.candidates[0],
        logprobs=(-0.5, -math.inf),
        log_density=-math.inf,
        seed=2**63 + 12345,
    )
    observation = replace(observation, candidates=(odd, observation.candidates[1]))
    assert there_and_back(observation) == observation
    json.dumps(observation_to_json(observation), allow_nan=False)


def test_fields_with_defaults_may_be_left_out() -> None:
    observation = chosen_from([(" a", 0.0)])
    data = observation_to_json(observation)
    for name in ("by", "policy", "seconds", "kept", "mode", "prompt", "blind", "before_ids"):
        del data[name]
    for name in ("ids", "logprobs", "taken", "log_density"):
        del data["candidates"][0][name]
    assert observation_from_json(data) == observation


def deep(levels: int) -> Any:
    return {"a": deep(levels - 1)} if levels else 1


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("version", 2, "another version"),
        ("set", 3, "set must be a text"),
        ("time", "now", "time must be a number"),
        ("time", math.nan, "time must be a number"),
        ("time", math.inf, "time must be between"),
        ("by", "cat", "by must be one of: human, auto"),
        ("kept", 1.5, "kept must be between 0 and 1"),
        ("deleted", -1, "deleted must be between 0"),
        ("inserted", 1.5, "inserted must be a whole number"),
        ("blind", 1, "blind must be true or false"),
        ("candidates", {}, "candidates must be a list"),
        ("candidates", [{}] * 1001, "at most 1000"),
        ("before_ids", [1, 2.5], r"before_ids\[1\] must be a whole number"),
        ("before_ids", [2**70], r"before_ids\[0\] must have at most 64 bits"),
        ("extra", {"a": math.nan}, "extra holds a number that is not finite"),
        ("extra", {"a": {1, 2}}, "extra holds something that is not JSON"),
        ("extra", deep(60), "extra is nested too deeply"),
        ("colour", 1, "no 'colour'"),
        ("situation.step", 0, "situation.step must be between"),
        ("situation.mood", 0, "situation has no 'mood'"),
        ("candidates.taken", 2, r"candidates\[0\].taken must be between 0 and 1"),
        ("candidates.seed", "7", r"candidates\[0\].seed must be a whole number"),
        ("candidates.params", [], r"candidates\[0\].params must be an object"),
        ("candidates.logprobs", [0, "nan"], r"candidates\[0\].logprobs\[1\] must be a number"),
        ("candidates.log_density", [], r"candidates\[0\].log_density must be a number"),
    ],
)
def test_what_is_no_observation_is_refused_with_its_place(path: str, value: Any, said: str) -> None:
    data = observation_to_json(chosen_from([(" a", 1.0)]))
    part, _, name = path.rpartition(".")
    inner = data[part] if part else data
    (inner[0] if isinstance(inner, list) else inner)[name] = value
    with pytest.raises(BadRequestError, match=said):
        observation_from_json(data)


@pytest.mark.parametrize("name", ["set", "story", "time", "situation", "before", "candidates"])
def test_what_has_no_default_must_be_there(name: str) -> None:
    data = observation_to_json(chosen_from([(" a", 1.0)]))
    del data[name]
    with pytest.raises(BadRequestError, match=f"lacks '{name}'"):
        observation_from_json(data)


@pytest.mark.parametrize("data", [None, [], 3, "text", {}])
def test_what_is_no_object_with_a_version_is_refused(data: Any) -> None:
    with pytest.raises(BadRequestError, match="no observation"):
        observation_from_json(data)
