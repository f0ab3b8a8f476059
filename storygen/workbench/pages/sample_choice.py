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
from ..datasets.reading import SampleReader
from ..elements import Element, Text, TextInput
from ..elements.inputs import MOST_CHARACTERS
from ..jobs import Job
from ..models.asking import Prompt, prompt_for
from ..models.base import Model, Turn
from .sample_steps import SampleSteps
from .split_choice import SplitChoice
from .text_way import TextWay


@dataclass(frozen=True, slots=True)
class Chosen:
    """A prompt, what might follow it, and where both come from: `sample` is None for a text of one's own.

    `edited`: the prompt or the target was changed by hand. `question`: it is asked in a chat template.
    `turns`: the talk that the prompt is, as it is in the data.
    """

    prompt: str
    targets: tuple[str, ...] = ()
    sample: Sample | None = None
    dataset: str = ""
    split: str = ""
    number: int | None = None
    edited: bool = False
    question: bool = False
    turns: tuple[Turn, ...] = ()

    @property
    def where(self) -> str:
        """In words."""
        if self.sample is None:
            return "a text of your own"
        edited = ", edited" if self.edited else ""
        return f"{self.dataset}, {self.split} {self.number}{edited}"

    def prompt_for(self, model: Model, *, exact: bool = False) -> Prompt:
        """What `model` is given; see `models.asking.prompt_for`."""
        return prompt_for(model, self.prompt, question=self.question, turns=self.turns, exact=exact)


@dataclass(frozen=True, slots=True)
class _Made:
    """What was made of a sample."""

    prompt: str = ""
    targets: tuple[str, ...] = ()
    turns: tuple[Turn, ...] = ()


class SampleChoice:
    """`elements` are to be laid on a page; `begin()` opens the data, `chosen()` says what stands there.

    A sample that can't be shown leaves the boxes empty and the reason beside them. `job`: that of the
    callback that runs, to open datasets by. `in_a_talk`: it will be a turn of a talk, so that nothing is
    asked about templates.
    """

    def __init__(
        self,
        bench: Bench,
        job: Callable[[], Job],
        on_change: Callable[[], Any] = lambda: None,
        chance: random.Random | None = None,
        *,
        in_a_talk: bool = False,
    ) -> None:
        self._on_change, self._in_a_talk = on_change, in_a_talk
        self._sample: Sample | None = None
        self._made = _Made()
        self._splits = SplitChoice(bench, job, lambda: self._go(1), tells_roles=True)
        self._steps = SampleSteps(self._go, chance)
        self._problem, self._more_targets = Text("", "problem"), Text("", "quiet")
        self._problem.hidden = self._more_targets.hidden = True
        self.prompt = TextInput("Text to go on from", lines=6, on_change=self._edited)
        self.target = TextInput("Target, what should come", lines=3, on_change=self._edited)
        self._way = TextWay(bench, self._on_change)
        self._has_data = bool(bench.datasets.offers())

    @property
    def elements(self) -> Sequence[Element]:
        """What to lay on a page."""
        shown = (*self._splits.elements, self._steps.element, self._problem)
        data = shown if self._has_data else ()
        way = () if self._in_a_talk else self._way.elements
        return *data, self.prompt, *way, self.target, self._more_targets

    def begin(self) -> None:
        """Open the data, and show the first sample."""
        if self._has_data:
            self._splits.begin()
            self._go(1)

    def chosen(self) -> Chosen:
        """What stands in the boxes now."""
        prompt, target = self.prompt.value, self.target.value
        made = self._made
        as_made = target == (made.targets[0] if made.targets else "")
        targets = made.targets if as_made else ((target,) if target else ())
        question = self._way.question and not self._in_a_talk
        if self._sample is None:
            return Chosen(prompt, targets, question=question)
        return Chosen(
            prompt,
            targets,
            self._sample,
            self._splits.name,
            self._splits.chosen().name,
            self._steps.number,
            edited=prompt != made.prompt or not as_made,
            question=question,
            turns=made.turns if prompt == made.prompt else (),
        )

    def show(self, dataset: str, split: str, number: int) -> None:
        """Go to a sample."""
        self._splits.show(dataset, split)
        self._go(number)

    # ------------------------------------------------------------ going to a sample

    def _edited(self, _: str) -> None:
        self._on_change()

    def _go(self, number: int) -> None:
        """Show a sample, or why it can't be shown."""
        split = self._splits.split
        self._sample, self._made = None, _Made()
        self._steps.show(number, 0 if split is None else len(split))
        reader: SampleReader | None = None
        problem = ""
        try:
            if split is not None:
                reader = self._splits.reader()
                self._read(number, reader)
        except StorygenError as error:
            problem = error.message
        made = self._made
        self._problem.text, self._problem.hidden = problem, not problem
        self.prompt.value, self.target.value = made.prompt, "".join(made.targets[:1])
        self._more_targets.text = "As good: " + " · ".join(made.targets[1:])
        self._more_targets.hidden = len(made.targets) < 2
        self._way.show(self._splits.name, reader, is_talk=bool(made.turns))
        self._on_change()

    def _read(self, number: int, reader: SampleReader) -> None:
        """Raises: StorygenError when the sample can't be shown."""
        split = self._splits.chosen()
        if not len(split):
            raise BadRequestError("This split has no samples. Choose another, or write a text.")
        if not 1 <= number <= len(split):
            raise BadRequestError(f"There are samples 1 to {len(split):,}.")
        sample = split[number - 1]
        text, targets = reader.text(sample), reader.targets(sample)
        if max(map(len, (text, *targets))) > MOST_CHARACTERS:
            raise BadRequestError(
                f"This sample's text has more than {MOST_CHARACTERS:,} characters, too many for a page. "
                "Choose another one, or split it."
            )
        self._made = _Made(text, targets, tuple(reader.talk(sample)))
        self._sample = sample
