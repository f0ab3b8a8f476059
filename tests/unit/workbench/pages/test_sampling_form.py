"""The form of sampling parameters says what stands in it, in the parameters' own types."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storygen.engine.sampling.parameters import PARAMETERS, check_params
from storygen.errors import BadRequestError
from storygen.workbench.component import Component
from storygen.workbench.elements import Collapsible, Column, Element, Number, Select, TextInput
from storygen.workbench.pages.parameter_texts import read, written
from storygen.workbench.pages.sampling_form import BEGINNINGS, SamplingForm, beginning
from tests.workbench_page import OpenPage, make_bench

BY_NAME = {one.name: one for one in PARAMETERS}
PIECE = st.one_of(
    st.sampled_from(['"', ' the"', "12", "a=b", "\n", "x, y", '"q"', "\\"]), st.text(max_size=6)
)
PIECES = PIECE.filter(bool)
BIAS = st.integers(-400, 400).map(lambda quarters: quarters / 4)


class Form(Component):
    title = "Form"

    def build(self) -> Element:
        self.form = SamplingForm()
        return Column(*self.form.elements)


def test_the_usual_ones_are_told_and_others_only_once_they_differ() -> None:
    form = SamplingForm()
    begins = {
        "max_tokens": 100,
        "temperature": 0.8,
        "top_p": 1.0,
        "top_k": 0,
        "min_p": 0.05,
        "repetition_penalty": 1.1,
    }
    assert form.params() == begins
    form.set({"stop": ["\n\n", "END"], "dry_multiplier": 0.8})
    assert form.params() == begins | {"stop": ["\n\n", "END"], "dry_multiplier": 0.8}


def test_every_parameter_of_sampling_has_its_place_and_explains_itself() -> None:
    with OpenPage(Form(), make_bench()) as page:
        inputs = [one for one in page.elements() if isinstance(one, (Number, Select, TextInput))]
        titles = {one.label for one in inputs} - {"Begin with"}
        assert titles == {one.title for one in PARAMETERS if one.name != "alternatives"}
        assert all(one.hint for one in inputs if one.label != "Begin with")


@pytest.mark.parametrize("name", [option.value for option in BEGINNINGS])
def test_whatever_it_begins_with_is_a_right_set_of_parameters(name: str) -> None:
    form = SamplingForm()
    form.set({"temperature": 3.0, "stop": ["x"]})
    form.set(beginning(name))
    assert check_params(form.params())["stop"] == ["x"]  # how a text ends is no matter of sampling
    expected = {"room": (0.8, 0.05), "untouched": (1.0, 0.0), "likeliest": (0.0, 0.0)}[name]
    assert (form.params()["temperature"], form.params()["min_p"]) == expected


def test_the_fold_says_how_many_act_unseen_and_what_is_wrong_is_said_at_once() -> None:
    with OpenPage(Form(), make_bench()) as page:
        fold = page.find(Collapsible)
        page.do(page.find(TextInput, BY_NAME["logit_bias"].title), "change", '" the" = -2.5\n7 = 1')
        assert fold.title == "More sampling parameters (1 changed)"
        assert page.component.form.params()["logit_bias"] == [[" the", -2.5], [7, 1.0]]
        page.do(page.find(TextInput, BY_NAME["logit_bias"].title), "change", "the, 3")
        assert "token = bias" in page.problems[-1]
        with pytest.raises(BadRequestError, match="token = bias"):
            page.component.form.params()
        page.do(page.find(Select, "Begin with"), "change", "untouched")
        assert fold.title == "More sampling parameters"
        assert page.component.form.params()["temperature"] == 1.0


@given(
    st.lists(PIECES, max_size=4),
    st.lists(st.one_of(PIECES, st.integers(0, 9999)), max_size=4),
    st.lists(st.tuples(st.one_of(PIECES, st.integers(0, 99)), BIAS).map(list), max_size=4),
    st.lists(st.tuples(PIECES, BIAS, BIAS).map(list), max_size=4),
)
def test_lists_survive_being_written(
    stops: list[str], tokens: list[Any], biases: list[Any], phrases: list[Any]
) -> None:
    for name, value in (
        ("stop", stops),
        ("banned_tokens", tokens),
        ("logit_bias", biases),
        ("phrase_bias", phrases),
        ("sampler_order", ["temperature", "min_p"]),
    ):
        assert read(BY_NAME[name], written(BY_NAME[name], value)) == value


def test_a_broken_quote_says_what_to_do() -> None:
    with pytest.raises(BadRequestError, match="begins with a quote"):
        read(BY_NAME["stop"], '"half')
