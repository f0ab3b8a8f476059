"""Ranges as a reader may write them: what is right comes back, what is wrong is said."""

from __future__ import annotations

import math
from typing import Any

import pytest

from storygen.engine.sampling.parameters import check_params
from storygen.errors import BadRequestError
from storygen.preferences import ranges
from storygen.preferences.ranges import DEFAULTS, NAMES, Coupling, Range, Ranges


def uniform(low: Any, high: Any, scale: str = "uniform") -> dict[str, Any]:
    return {"scale": scale, "low": low, "high": high}


def test_the_defaults_come_back_from_json_and_the_samplers_take_them() -> None:
    assert ranges.from_json(ranges.to_json(DEFAULTS)) == DEFAULTS
    for one in DEFAULTS.ranges:
        for end in (one.low, one.high):
            check_params({one.name: int(end) if one.whole else end})


def test_what_is_not_named_is_fixed() -> None:
    only = ranges.from_json({"ranges": {"top_p": uniform(0.5, 0.9)}})
    assert [one.name for one in only.drawn] == ["top_p"]
    assert [one.name for one in only.ranges] == list(NAMES)
    assert ranges.from_json({}).drawn == ()


def test_drivers_are_drawn_before_what_they_drive() -> None:
    chain = Ranges(
        DEFAULTS.ranges,
        (Coupling("max_tokens", "top_k", 0.5), Coupling("top_k", "temperature", 1)),
    )
    order = [one.name for one in chain.drawn]
    assert order.index("max_tokens") < order.index("top_k") < order.index("temperature")


def test_the_driven_high_falls_linearly_with_the_drivers_position_in_its_scale() -> None:
    coupled = Ranges(
        (Range("top_k", "log", 10, 1000), Range("temperature", "uniform", 0.5, 1.5)),
        (Coupling("top_k", "temperature", 0.6),),
    )
    tops = [coupled.top(coupled["temperature"], {"top_k": value}) for value in (10, 100, 1000)]
    assert tops == pytest.approx([1.5, 1.2, 0.9])


def test_a_whole_driven_parameter_has_a_whole_high() -> None:
    coupled = Ranges(
        (Range("temperature", "uniform", 0, 1), Range("top_k", "uniform", 1, 10)),
        (Coupling("temperature", "top_k", 1),),
    )
    assert coupled.top(coupled["top_k"], {"temperature": 0.5}) == 5


def test_a_coupling_with_a_fixed_end_does_nothing_and_is_kept() -> None:
    fixed = ranges.from_json(
        {
            "ranges": {"temperature": uniform(0.5, 1)},
            "couplings": [{"driver": "top_k", "driven": "temperature", "strength": 1}],
        }
    )
    assert fixed.top(fixed["temperature"], {"top_k": 1000}) == 1
    assert len(fixed.couplings) == 1


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ([], "object"),
        ({"rangs": {}}, "'rangs'"),
        ({"ranges": {"heat": uniform(0, 1)}}, "'heat'"),
        ({"ranges": {"top_p": {"scale": "cubic"}}}, "one of"),
        ({"ranges": {"top_p": {"scale": "uniform"}}}, "needs a low and a high"),
        ({"ranges": {"top_p": {"scale": "uniform", "low": 0.1, "hihg": 1}}}, "'hihg'"),
        ({"ranges": {"temperature": uniform(1.2, 0.7)}}, "above high"),
        ({"ranges": {"temperature": uniform(0, 5.1)}}, "between 0 and 5"),
        ({"ranges": {"temperature": uniform(math.nan, 1)}}, "must be a number"),
        ({"ranges": {"temperature": uniform(0, math.inf)}}, "between"),
        ({"ranges": {"temperature": uniform(0, 10**400)}}, "between"),
        ({"ranges": {"temperature": uniform(True, 2)}}, "must be a number"),
        ({"ranges": {"temperature": uniform("0", 2)}}, "must be a number"),
        ({"ranges": {"temperature": uniform(0, 2, "log")}}, "above 0"),
        ({"ranges": {"top_k": uniform(0, 10)}}, "between 1 and 1000"),
        ({"ranges": {"top_k": uniform(1, 10.5)}}, "whole"),
        ({"couplings": {}}, "list"),
        ({"couplings": [{"driver": "top_k", "driven": "heat", "strength": 1}]}, "one of"),
        (
            {"couplings": [{"driver": "top_k", "driven": "top_p", "strength": 1.1}]},
            "between 0 and 1",
        ),
        ({"couplings": [{"driver": "top_k", "driven": "top_p"}]}, "number"),
        ({"couplings": [{"driver": "top_k", "driven": "top_k", "strength": 1}]}, "circle"),
        (
            {"couplings": [{"driver": "top_k", "driven": "top_p", "strength": 0}] * 2},
            "driven twice",
        ),
        ({"couplings": [{"driver": "top_k", "driven": "top_p", "strength": 0}] * 8}, "at most"),
        (
            {
                "couplings": [
                    {"driver": first, "driven": second, "strength": 0.5}
                    for first, second in (
                        ("top_k", "top_p"),
                        ("top_p", "min_p"),
                        ("min_p", "top_k"),
                    )
                ]
            },
            "circle",
        ),
    ],
)
def test_what_is_wrong_is_refused_and_named(data: Any, said: str) -> None:
    with pytest.raises(BadRequestError) as error:
        ranges.from_json(data)
    assert said in error.value.message
