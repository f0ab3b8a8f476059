"""A form for every sampling parameter, made from their descriptions: the usual ones open, others folded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ...engine.sampling.parameter import Parameter
from ...engine.sampling.parameters import PARAMETERS
from ..elements import Collapsible, Element, Number, Option, Row, Select, TextInput
from .parameter_texts import HINTS, read, written

DEFAULT_TOKENS = 100

_HERE = {
    "max_tokens": {
        "default": DEFAULT_TOKENS,
        "low": 1,
        "high": 4096,
        "sentence": "A text ends after this many tokens, if nothing ended it before.",
    },
    "limit": {"default": "tokens", "choices": ("tokens", "sentence", "paragraph")},
    "at_end_of_text": {"default": "stop"},
}
"""What is otherwise here than in the writing room: a text of the workbench comes to an end."""

_TOLD_OTHERWISE = {"alternatives"}

USUAL = ("max_tokens", "temperature", "top_p", "top_k", "min_p", "repetition_penalty")

SHOWN: tuple[Parameter, ...] = tuple(
    replace(one, **_HERE.get(one.name, {}))  # type: ignore[arg-type]
    for one in PARAMETERS
    if one.name not in _TOLD_OTHERWISE
)

BEGINNINGS = (
    Option("room", "As the writing room begins", "a little below the model's own temperature"),
    Option("untouched", "The model's own distribution", "nothing cut away: honest and unruly"),
    Option("likeliest", "Always the likeliest token", "the same whatever the seed"),
)

_ENDS = ("max_tokens", "min_tokens", "limit", "at_end_of_text", "stop")


def beginning(name: str) -> dict[str, Any]:
    """The value of each parameter that one of `BEGINNINGS` sets: all of the samplers."""
    if name == "room":
        return {one.name: one.default for one in SHOWN if one.name not in _ENDS}
    values = {one.name: one.neutral for one in SHOWN if one.name not in _ENDS}
    return values | {"temperature": 0.0} if name == "likeliest" else values


class SamplingForm:
    """`elements` are to be laid on a page; `params()` says what stands in them."""

    def __init__(self) -> None:
        self._inputs: dict[str, Element] = {one.name: self._input(one) for one in SHOWN}
        self._begin = Select("Begin with", BEGINNINGS, on_change=self._set_beginning)
        self._others = Collapsible(
            "More sampling parameters",
            *(self._inputs[one.name] for one in SHOWN if one.name not in USUAL),
        )

    @property
    def elements(self) -> Sequence[Element]:
        """What to lay on a page."""
        usual = Row(self._begin, *(self._inputs[name] for name in USUAL))
        return usual, self._others

    def params(self) -> dict[str, Any]:
        """The usual ones, and others where they are not as they begin, for `Model.generate`.

        Raises: BadRequestError naming the parameter that is wrong.
        """
        values = {one.name: self._value(one) for one in SHOWN}
        return {
            one.name: values[one.name]
            for one in SHOWN
            if one.name in USUAL or values[one.name] != one.default
        }

    def set(self, params: dict[str, Any]) -> None:
        """Put these values into the form; others stay."""
        for one in SHOWN:
            if one.name in params:
                self._put(one, params[one.name])
        self._tell_changed()

    def _input(self, parameter: Parameter) -> Element:
        made = self._made(parameter)
        made.hint = parameter.sentence + (
            f" {HINTS[parameter.kind]}" if parameter.kind in HINTS else ""
        )
        return made

    def _made(self, one: Parameter) -> Element:
        def changed(_: Any) -> None:
            self._tell_changed()
            self._value(one)

        if one.kind in ("number", "integer"):
            return Number(
                one.title, one.default, changed, low=one.low, high=one.high, step=one.step
            )
        if one.kind == "choice":
            return Select(one.title, one.choices, one.default, changed)
        lines = 1 if one.kind == "order" else 2
        return TextInput(one.title, written(one, one.default), changed, lines=lines)

    def _value(self, one: Parameter) -> Any:
        element = self._inputs[one.name]
        if isinstance(element, TextInput):
            return read(one, element.value)
        assert isinstance(element, (Number, Select))
        return one.check(element.value)

    def _put(self, one: Parameter, value: Any) -> None:
        element = self._inputs[one.name]
        if isinstance(element, TextInput):
            element.value = written(one, value)
        elif isinstance(element, (Number, Select)):
            element.value = value

    def _set_beginning(self, name: str) -> None:
        self.set(beginning(name))

    def _tell_changed(self) -> None:
        """How many of the folded ones are not as they begin: they act unseen."""
        num = 0
        for one in SHOWN:
            element = self._inputs[one.name]
            as_text = isinstance(element, TextInput)
            begins = written(one, one.default) if as_text else one.default
            num += one.name not in USUAL and element.values["value"] != begins
        self._others.title = "More sampling parameters" + (f" ({num} changed)" if num else "")
