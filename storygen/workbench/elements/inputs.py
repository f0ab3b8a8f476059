"""Elements that ask the reader for something. Callbacks get the new value; a button's gets nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ...errors import BadRequestError
from .element import Callback, Element, Shown, calling

MOST_CHARACTERS = 2_000_000


class Button(Element):
    """Something to press. `tone`: "primary" for the one thing to do next, else "plain" or "quiet".

    `disabled` with `reason`, a sentence that says why. `key`: a shortcut, as "Ctrl+Enter" or "Alt+N".
    """

    kind = "button"
    events = frozenset({"click"})
    text = Shown("")
    tone = Shown[Literal["primary", "plain", "quiet"]]("plain")
    disabled = Shown(False)
    reason = Shown("")
    key = Shown("")

    def __init__(
        self,
        text: str,
        on_click: Callback | None = None,
        *,
        tone: Literal["primary", "plain", "quiet"] = "plain",
        key: str = "",
        at_once: bool = False,
    ) -> None:
        """`at_once`: call it beside what the page is doing, as a button that stops something must be."""
        super().__init__()
        self.text, self.tone = text, tone
        self.on_click, self.at_once = on_click, at_once
        if key:
            self.key = key

    def hear(self, event: str, value: Any) -> Callable[[], Any] | None:
        """ "click"."""
        if self.disabled:
            raise BadRequestError(self.reason or "This can't be done now.")
        return calling(self.on_click)


@dataclass(frozen=True, slots=True)
class Option:
    """One of several values: how it is called, and what is to be said of it."""

    value: str
    label: str = ""
    note: str = ""

    def to_json(self) -> dict[str, str]:
        """As the browser gets it."""
        return {"value": self.value, "label": self.label or self.value, "note": self.note}


def as_options(options: Sequence[str | Option]) -> tuple[Option, ...]:
    """Options, where names alone may stand for themselves."""
    return tuple(one if isinstance(one, Option) else Option(one) for one in options)


class _Choosing(Element):
    events = frozenset({"change"})
    label = Shown("")
    options = Shown[tuple[Option, ...]](())
    disabled = Shown(False)

    def __init__(
        self, label: str, options: Sequence[str | Option], on_change: Callback | None
    ) -> None:
        super().__init__()
        self.label, self.options, self.on_change = label, as_options(options), on_change

    def _checked(self, value: Any) -> str:
        if not isinstance(value, str) or value not in {one.value for one in self.options}:
            raise BadRequestError(f"{self.label}: this is none of the options.")
        return value


class Select(_Choosing):
    """One of many, from a menu."""

    kind = "select"
    value = Shown("")

    def __init__(
        self,
        label: str,
        options: Sequence[str | Option],
        value: str | None = None,
        on_change: Callback | None = None,
    ) -> None:
        """The first option is chosen unless `value` says otherwise."""
        super().__init__(label, options, on_change)
        self.value = value if value is not None else (self.options[0].value if options else "")

    def hear(self, event: str, value: Any) -> Callable[[], Any] | None:
        """ "change" with the value of an option."""
        self.values["value"] = self._checked(value)
        return calling(self.on_change, self.value)


class Radio(Select):
    """One of a few, all in sight."""

    kind = "radio"


class Checks(_Choosing):
    """Any of several, all in sight."""

    kind = "checks"
    value = Shown[tuple[str, ...]](())

    def __init__(
        self,
        label: str,
        options: Sequence[str | Option],
        value: Sequence[str] = (),
        on_change: Callback | None = None,
    ) -> None:
        super().__init__(label, options, on_change)
        self.value = tuple(value)

    def hear(self, event: str, value: Any) -> Callable[[], Any] | None:
        """ "change" with a list of values."""
        if not isinstance(value, list):
            raise BadRequestError(f"{self.label}: this must be a list.")
        chosen = {self._checked(one) for one in value}
        self.values["value"] = tuple(o.value for o in self.options if o.value in chosen)
        return calling(self.on_change, self.value)


class Switch(Element):
    """Yes or no."""

    kind = "switch"
    events = frozenset({"change"})
    label = Shown("")
    value = Shown(False)
    disabled = Shown(False)

    def __init__(self, label: str, value: bool = False, on_change: Callback | None = None) -> None:
        super().__init__()
        self.label, self.value, self.on_change = label, value, on_change

    def hear(self, event: str, value: Any) -> Callable[[], Any] | None:
        """ "change" with true or false."""
        if not isinstance(value, bool):
            raise BadRequestError(f"{self.label}: this must be true or false.")
        self.values["value"] = value
        return calling(self.on_change, value)


class Number(Element):
    """A number between `low` and `high`; whole where `step` is. `slider`: with something to drag."""

    kind = "number"
    events = frozenset({"change"})
    label = Shown("")
    value = Shown(0.0)
    low = Shown[float | None](None)
    high = Shown[float | None](None)
    step = Shown(1.0)
    slider = Shown(False)
    disabled = Shown(False)

    def __init__(
        self,
        label: str,
        value: float = 0,
        on_change: Callback | None = None,
        *,
        low: float | None = None,
        high: float | None = None,
        step: float = 1,
        slider: bool = False,
    ) -> None:
        super().__init__()
        self.label, self.value, self.on_change = label, value, on_change
        self.low, self.high, self.step, self.slider = low, high, step, slider

    @property
    def whole(self) -> int:
        """The value as an integer."""
        return int(self.value)

    def hear(self, event: str, value: Any) -> Callable[[], Any] | None:
        """ "change" with a number."""
        if (
            isinstance(value, bool)
            or not isinstance(value, (int, float))
            or not -sys.float_info.max <= value <= sys.float_info.max
        ):
            raise BadRequestError(f"{self.label}: this must be a number.")
        if float(self.step).is_integer() and not float(value).is_integer():
            raise BadRequestError(f"{self.label}: this must be a whole number.")
        if self.low is not None and value < self.low:
            raise BadRequestError(f"{self.label}: at least {self.low:g}.")
        if self.high is not None and value > self.high:
            raise BadRequestError(f"{self.label}: at most {self.high:g}.")
        self.values["value"] = value
        return calling(self.on_change, value)


class TextInput(Element):
    """A text to type. `lines` above 1: several. `secret`: dots instead of letters, never sent back.

    `on_change(text)` is called a moment after the last key; `on_submit(text)` at Enter (Ctrl+Enter in
    several lines).
    """

    kind = "text_input"
    events = frozenset({"change", "submit"})
    label = Shown("")
    value = Shown("")
    placeholder = Shown("")
    lines = Shown(1)
    secret = Shown(False)
    disabled = Shown(False)

    def __init__(
        self,
        label: str,
        value: str = "",
        on_change: Callback | None = None,
        *,
        on_submit: Callback | None = None,
        lines: int = 1,
        placeholder: str = "",
        secret: bool = False,
    ) -> None:
        super().__init__()
        self.label, self.value, self.lines = label, value, lines
        self.placeholder, self.secret = placeholder, secret
        self.on_change, self.on_submit = on_change, on_submit

    def told(self, name: str, value: Any) -> Any:
        """A secret stays here."""
        return "" if self.secret and name == "value" else super().told(name, value)

    def hear(self, event: str, value: Any) -> Callable[[], Any] | None:
        """ "change" or "submit" with the text."""
        if not isinstance(value, str) or len(value) > MOST_CHARACTERS:
            raise BadRequestError(
                f"{self.label}: a text of at most {MOST_CHARACTERS:,} characters is wanted."
            )
        self.values["value"] = value
        return calling(self.on_submit if event == "submit" else self.on_change, value)
