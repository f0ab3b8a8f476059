"""The number of the sample that a page is about, and steps to others."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from ..elements import Button, Element, Number, Row, Text


class SampleSteps:
    """`element` is to be laid on a page. `on_go(number)` is called with the one that is wanted, from 1."""

    def __init__(self, on_go: Callable[[int], Any], chance: random.Random | None = None) -> None:
        self._on_go, self._chance = on_go, chance or random.Random()
        self._num = 0
        self._number = Number("Sample", 1, lambda _: on_go(self.number), low=1)
        self._of = Text("", "quiet")
        self.element: Element = Row(
            self._number,
            self._of,
            Button("Previous", lambda: self._step(-1), key="Alt+P"),
            Button("Next", lambda: self._step(1), key="Alt+N"),
            Button("Random", self._any, key="Alt+R"),
        )

    @property
    def number(self) -> int:
        """That stands there, from 1."""
        return self._number.whole

    def show(self, number: int, num: int) -> None:
        """`number` of `num` samples; hidden where there are none."""
        self._num = num
        self._number.high = float(max(num, 1))
        self._number.value = float(number)
        self._of.text = f"of {num:,}"
        self.element.hidden = not num

    def _step(self, step: int) -> None:
        self._on_go(min(max(self.number + step, 1), max(self._num, 1)))

    def _any(self) -> None:
        self._on_go(self._chance.randint(1, max(self._num, 1)))
