"""A picker that was learned: its utilities, chances and reasons, its JSON, and that it needs no numpy."""

from __future__ import annotations

import copy
import json
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from storygen.errors import BadRequestError
from storygen.preferences.picker.measures import NAMES, measured
from storygen.preferences.picker.scoring import Direction, Picker

SHORT = (" He left.", (-1.0, -2.0))
LONG = (" He left, and the rain went on and on over the empty town.", (-3.0, -0.5))
SPOKEN = (" “Stay,” she said.", (-2.0, -2.0))
ALL = [SHORT, LONG, SPOKEN]


def picker(directions: tuple[Direction, ...] = (), **weights: float) -> Picker:
    return Picker(
        scales=(0.5,) * len(NAMES),
        weights=tuple(weights.get(name, 0.0) for name in NAMES),
        strength=1.0,
        num_sets=40,
        directions=directions,
    )


def test_utilities_are_weights_times_distances_from_the_sets_average() -> None:
    at = NAMES.index("letters")
    letters = [row[at] for row in measured("", "", ALL)]
    expected = [2.0 * (one - sum(letters) / 3) / 0.5 for one in letters]
    assert picker(letters=2.0).utilities("", "", ALL) == pytest.approx(expected)


def test_a_distance_counts_as_four_scales_at_most() -> None:
    far = replace(picker(letters=1.0), scales=(1e-6,) * len(NAMES))
    assert {abs(one) for one in far.utilities("", "", ALL)} == {4.0}


def test_chances_are_the_softmax_of_the_utilities() -> None:
    one = picker(letters=1.0, dialogue=-2.0)
    utilities, chances = one.utilities("", "", ALL), one.probabilities("", "", ALL)
    assert sum(chances) == pytest.approx(1)
    assert math.log(chances[0] / chances[1]) == pytest.approx(utilities[0] - utilities[1])
    assert picker().probabilities("", "", ALL) == pytest.approx([1 / 3] * 3)
    assert min(picker(letters=1000.0).probabilities("", "", ALL)) >= 0


def test_it_expects_the_highest_utility_and_the_first_of_equal_ones() -> None:
    assert picker(letters=1.0).expected("", "", ALL) == 1
    assert picker(dialogue=1.0).expected("", "", ALL) == 2
    assert picker().expected("", "", ALL) == 0


def test_its_reasons_are_what_speaks_most_for_the_one_it_expects() -> None:
    assert picker(letters=1.0).reasons("", "", ALL) == ["longer than the others"]
    assert picker(letters=-1.0).reasons("", "", ALL) == ["shorter than the others"]
    assert picker(dialogue=2.0, letters=-0.2).reasons("", "", ALL) == ["more dialogue"]
    several = picker(dialogue=2.0, letters=-0.2, commas=1.0, mean_logprob=-0.5)
    assert several.reasons("", "", ALL) == ["more commas", "more dialogue"]
    assert several.reasons("", "", ALL, most=1) == ["more commas"]


def test_reasons_of_one_kind_count_together_and_never_contradict() -> None:
    against = picker(letters=2.0, words=-1.9, dialogue=2.0)
    phrases = against.reasons("", "", [SPOKEN, (SPOKEN[0] + " He.", ())])
    assert not {"longer than the others", "shorter than the others"} <= set(phrases)
    together = picker(letters=0.6, words=0.6, sentence_length=1.0).reasons("", "", ALL)
    assert together[0] == "longer than the others"


def test_nothing_is_said_where_nothing_tells_candidates_apart() -> None:
    assert picker().reasons("", "", ALL) == []
    assert picker(letters=1.0).reasons("", "", [SHORT]) == []
    assert picker(letters=1.0).utilities("", "", [SHORT]) == [0.0]
    assert picker(letters=1.0).utilities("", "", []) == []
    assert picker(letters=1.0).probabilities("", "", []) == []


def test_a_set_without_candidates_or_with_too_many_is_refused() -> None:
    for ask in (picker().expected, picker().reasons):
        with pytest.raises(BadRequestError, match="needs a candidate"):
            ask("", "", [])
    with pytest.raises(BadRequestError, match="at most 500"):
        picker().utilities("", "", [SHORT] * 501)


ALONG = (Direction(2.0, 3.0, (1.0, 0.0)), Direction(1.0, 0.0, (0.0, 1.0)))


def test_a_direction_counts_like_a_measure_where_there_are_vectors() -> None:
    one = picker(ALONG)
    assert one.utilities("", "", ALL, [[2.0, 9.0], [4.0, 9.0], [6.0, 9.0]]) == pytest.approx(
        [-3, 0, 3]
    )
    assert one.utilities("", "", ALL, [[2.0, 9.0], None, [6.0, 9.0]]) == pytest.approx([-3, 0, 3])
    assert one.utilities("", "", ALL) == [0, 0, 0]
    assert one.expected("", "", ALL, [[2.0, 9.0], [4.0, 9.0], [6.0, 9.0]]) == 2
    assert one.reasons("", "", ALL, [[2.0, 9.0], [4.0, 9.0], [6.0, 9.0]]) == [
        "like what was chosen before"
    ]


def test_vectors_that_do_not_fit_are_refused() -> None:
    with pytest.raises(BadRequestError, match="must hold 2 numbers"):
        picker(ALONG).utilities("", "", ALL, [[1.0], None, None])
    with pytest.raises(BadRequestError, match="for each candidate"):
        picker(ALONG).utilities("", "", ALL, [[1.0, 2.0]])


def test_a_picker_comes_back_from_json() -> None:
    one = picker(ALONG, letters=0.1, dialogue=-1.25)
    assert Picker.from_json(json.loads(json.dumps(one.to_json()))) == one
    without = one.to_json()
    del without["directions"]
    assert Picker.from_json(without) == replace(one, directions=())


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("version", 2, "another version"),
        ("num_sets", -1, "num_sets must be between"),
        ("strength", math.nan, "strength must be a number"),
        ("colour", 1, "no 'colour'"),
        ("measures.mood", {"scale": 1, "weight": 1}, "no 'mood'"),
        ("measures.letters", None, "measures.letters must be an object"),
        ("measures.letters.scale", 0, "measures.letters.scale must be between"),
        ("measures.letters.weight", math.inf, "measures.letters.weight must be between"),
        ("measures.letters.weight", math.nan, "measures.letters.weight must be a number"),
        ("measures.letters.weight", "1", "measures.letters.weight must be a number"),
        ("measures.letters.more", 1, "no 'more'"),
        ("directions", [{}] * 17, "at most 16"),
        ("directions", [{"scale": 1, "weight": 1, "values": []}], "must hold 1 numbers"),
        ("directions", [{"scale": 1, "weight": 1, "values": [0] * 16385}], "at most 16384"),
        ("directions", [{"scale": 1, "weight": 1, "values": [math.nan]}], r"values\[0\] must be"),
        (
            "directions",
            [{"scale": 1, "weight": 1, "values": [0] * num} for num in (1, 2)],
            "one length",
        ),
    ],
)
def test_a_picker_that_is_none_is_refused(path: str, value: Any, said: str) -> None:
    data = copy.deepcopy(picker(ALONG).to_json())
    inner = data
    *parts, last = path.split(".")
    for part in parts:
        inner = inner[part]
    inner[last] = value
    with pytest.raises(BadRequestError, match=said):
        Picker.from_json(data)


def test_a_picker_without_one_of_the_measures_is_refused() -> None:
    data = picker().to_json()
    del data["measures"]["echo"]
    with pytest.raises(BadRequestError, match="lacks 'echo'"):
        Picker.from_json(data)
    for none in (None, [], "picker", {"measures": {}}):
        with pytest.raises(BadRequestError, match="no picker"):
            Picker.from_json(none)


@pytest.mark.parametrize("module", ["", ".measures", ".scoring", ".report"])
def test_what_the_server_imports_of_it_loads_no_numpy(module: str) -> None:
    code = f"import storygen.preferences.picker{module}, sys; sys.exit('numpy' in sys.modules)"
    root = Path(__file__).resolve().parents[3]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, timeout=60).returncode == 0


def test_writing_observations_down_loads_no_numpy() -> None:
    code = "import storygen.preferences.observation_json, sys; sys.exit('numpy' in sys.modules)"
    root = Path(__file__).resolve().parents[3]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, timeout=60).returncode == 0
