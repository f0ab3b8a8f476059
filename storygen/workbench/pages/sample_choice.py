"""Which sample a page is about: one of a dataset by its number, any one, or a text of one's own.

What is made of a sample stands in boxes that can be edited; what stands in them is what counts.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ...errors import BadRequestError, StorygenError
from ..bench import Bench, Sample
from ..elements import Button, Element, Number, Row, Text, TextInput
from ..elements.inputs import MOST_CHARACTERS
from ..jobs import Job
from .split_choice import SplitChoice


@dataclass(frozen=True, slots=True)
class Chosen:
    """A prompt, what might follow it, and where both come from: `sample` is None for a text of one's own.

    `edited`: the prompt or the target was changed by hand.
    """

    prompt: str
    targets: tuple[str, ...] = ()
    sample: Sample | None = None
    dataset: str = ""
    split: str = ""
    number: int | None = None
    edited: bool = False

    @property
    def where(self) -> str:
        """In words."""
        if self.sample is None:
            return "a text of your own"
        edited = ", edited" if self.edited else ""
        return f"{self.dataset}, {self.split} {self.number}{edited}"


class SampleChoice:
    """`elements` are to be laid on a page; `chosen()` says what stands in them.

    A sample that can't be shown leaves the boxes empty and the reason beside them. `job`: that of the
    callback that runs, to open datasets by.
    """

    def __init__(
        self,
        bench: Bench,
        job: Callable[[], Job],
        on_change: Callable[[], Any] = lambda: None,
        chance: random.Random | None = None,
    ) -> None:
        self._on_change, self._chance = on_change, chance or random.Random()
        self._sample: Sample | None = None
        self._made = ("", tuple[str, ...]())
        self._splits = SplitChoice(bench, job, lambda: self._go(1))
        self._number = Number("Sample", 1, lambda number: self._go(int(number)), low=1)
        self._of = Text("", "quiet")
        self._steps = Row(
            self._number,
            self._of,
            Button("Previous", lambda: self._step(-1), key="Alt+P"),
            Button("Next", lambda: self._step(1), key="Alt+N"),
            Button("Random", self._any, key="Alt+R"),
        )
        self._problem, self._more_targets = Text("", "problem"), Text("", "quiet")
        self.prompt = TextInput("Text to go on from", lines=8, on_change=self._edited)
        self.target = TextInput("Target, what should come", lines=3, on_change=self._edited)
        self._has_data = bool(bench.datasets.offers())
        self._go(1)

    @property
    def elements(self) -> Sequence[Element]:
        """What to lay on a page."""
        shown = (*self._splits.elements, self._steps, self._problem) if self._has_data else ()
        return *shown, self.prompt, self.target, self._more_targets

    def chosen(self) -> Chosen:
        """What stands in the boxes now."""
        prompt, target = self.prompt.value, self.target.value
        made_prompt, made_targets = self._made
        as_made = target == (made_targets[0] if made_targets else "")
        targets = made_targets if as_made else ((target,) if target else ())
        if self._sample is None:
            return Chosen(prompt, targets)
        return Chosen(
            prompt,
            targets,
            self._sample,
            self._splits.name,
            self._splits.chosen().name,
            self._number.whole,
            edited=prompt != made_prompt or not as_made,
        )

    def show(self, dataset: str, split: str, number: int) -> None:
        """Go to a sample."""
        self._splits.show(dataset, split)
        self._go(number)

    # ------------------------------------------------------------ callbacks

    def _step(self, step: int) -> None:
        self._go(min(max(self._number.whole + step, 1), max(self._num, 1)))

    def _any(self) -> None:
        self._go(self._chance.randint(1, max(self._num, 1)))

    def _edited(self, _: str) -> None:
        self._on_change()

    # ------------------------------------------------------------ going to a sample

    @property
    def _num(self) -> int:
        return 0 if self._splits.split is None else len(self._splits.split)

    def _go(self, number: int) -> None:
        """Show a sample, or why it can't be shown."""
        self._sample, self._made = None, ("", ())
        self._steps.hidden = not self._num
        self._number.high = float(max(self._num, 1))
        self._of.text = f"of {self._num:,}"
        self._number.value = float(number)
        problem = ""
        try:
            if self._splits.split is not None:
                self._read(number)
        except StorygenError as error:
            problem = error.message
        self._problem.text, self._problem.hidden = problem, not problem
        self.prompt.value, self.target.value = self._made[0], "".join(self._made[1][:1])
        self._more_targets.text = "As good: " + " · ".join(self._made[1][1:])
        self._more_targets.hidden = len(self._made[1]) < 2
        self._on_change()

    def _read(self, number: int) -> None:
        """Raises: StorygenError when the sample can't be shown."""
        if not self._num:
            raise BadRequestError("This split has no samples. Choose another, or write a text.")
        if not 1 <= number <= self._num:
            raise BadRequestError(f"There are samples 1 to {self._num:,}.")
        sample, reader = self._splits.chosen()[number - 1], self._splits.reader()
        text, targets = reader.text(sample), reader.targets(sample)
        if max(map(len, (text, *targets))) > MOST_CHARACTERS:
            raise BadRequestError(
                f"This sample's text has more than {MOST_CHARACTERS:,} characters, too many for a page. "
                "Choose another one, or split it."
            )
        self._made, self._sample = (text, targets), sample
