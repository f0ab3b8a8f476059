"""Which sample a page is about: one of a dataset by its number, any one, or a text of one's own.

What the developer's functions make of a sample stands in boxes that can be edited; what stands in them is
what counts.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ...errors import BadRequestError, StorygenError
from ..bench import Bench, Functions, Sample
from ..elements import Button, Element, Number, Option, Row, Select, Text, TextInput
from ..jobs import Job
from ..metrics.metric import told


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
        self._bench, self._job, self._on_change = bench, job, on_change
        self._chance = chance or random.Random()
        self._sample: Sample | None = None
        self._made = ("", tuple[str, ...]())
        self._splits: dict[str, Any] = {}
        offers = bench.datasets.offers()
        options = [Option(one.name, one.name, one.problem or one.note) for one in offers]
        self._dataset = Select("Dataset", options, on_change=self._choose_dataset)
        self._split = Select("Split", [], on_change=self._choose_split)
        self._number = Number("Sample", 1, self._choose_number, low=1)
        self._of = Text("", "quiet")
        self.prompt = TextInput("Text to go on from", lines=8, on_change=self._edited)
        self.target = TextInput("Target, what should come", lines=3, on_change=self._edited)
        self._more_targets = Text("", "quiet")
        self._more_targets.hidden = True
        self._rows = (
            Row(self._dataset, self._split),
            Row(
                self._number,
                self._of,
                Button("Back", lambda: self._step(-1), tone="quiet"),
                Button("Next", lambda: self._step(1), tone="quiet"),
                Button("Any one", self._any, key="Alt+R"),
            ),
        )
        for row in self._rows:
            row.hidden = not options
        self._problem = Text("", "problem")
        self._problem.hidden = True
        if options:
            self._choose_dataset(options[0].value)

    @property
    def elements(self) -> Sequence[Element]:
        """What to lay on a page."""
        return *self._rows, self._problem, self.prompt, self.target, self._more_targets

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
            self._dataset.value,
            self._split.value,
            self._number.whole,
            edited=prompt != made_prompt or not as_made,
        )

    def show(self, dataset: str, split: str, number: int) -> None:
        """Go to a sample."""
        self._try(lambda: self._show(dataset, split, number))

    def _show(self, dataset: str, split: str, number: int) -> None:
        if dataset != self._dataset.value or not self._splits:
            self._open(dataset)
            self._dataset.value = dataset
        if split not in self._splits:
            raise BadRequestError(f"There is no split {split!r} in {dataset}.")
        self._split.value = split
        self._show_length()
        self._go(number)

    # ------------------------------------------------------------ callbacks

    def _choose_dataset(self, name: str) -> None:
        self._try(lambda: self._open(name))

    def _choose_split(self, name: str) -> None:
        self._try(self._first)

    def _choose_number(self, number: float) -> None:
        self._try(lambda: self._go(int(number)))

    def _step(self, step: int) -> None:
        self._choose_number(min(max(self._number.whole + step, 1), max(self._num, 1)))

    def _any(self) -> None:
        self._choose_number(self._chance.randint(1, max(self._num, 1)))

    def _edited(self, _: str) -> None:
        self._on_change()

    # ------------------------------------------------------------ going to a sample

    def _try(self, work: Callable[[], None]) -> None:
        """Do it, and show the sample, or why there is none."""
        self._sample, self._made = None, ("", ())
        try:
            work()
            self._problem.hidden = True
        except StorygenError as error:
            self._problem.text, self._problem.hidden = error.message, False
        self.prompt.value, self.target.value = self._made[0], "".join(self._made[1][:1])
        self._more_targets.text = "As good: " + " · ".join(self._made[1][1:])
        self._more_targets.hidden = len(self._made[1]) < 2
        self._on_change()

    def _open(self, name: str) -> None:
        self._splits = {}
        self._splits = dict(self._bench.datasets.get(name, self._job()).splits)
        self._split.options = tuple(map(Option, self._splits))
        self._split.value = next(iter(self._splits), "")
        self._first()

    def _first(self) -> None:
        self._show_length()
        self._go(1)

    def _show_length(self) -> None:
        self._number.high = float(max(self._num, 1))
        self._of.text = f"of {self._num:,}"

    @property
    def _num(self) -> int:
        return len(self._splits[self._split.value]) if self._split.value in self._splits else 0

    def _go(self, number: int) -> None:
        """Raises: StorygenError when the sample can't be shown."""
        self._number.value = float(number)
        if not self._num:
            raise BadRequestError("This split has no samples. Choose another, or write a text.")
        if not 1 <= number <= self._num:
            raise BadRequestError(f"There are samples 1 to {self._num:,}.")
        sample = self._splits[self._split.value][number - 1]
        if reason := getattr(sample, "reason", ""):
            raise BadRequestError(f"Sample {number} can't be read: {reason}")
        functions = self._bench.functions
        self._made = (text_of(functions, sample), targets_of(functions, sample))
        self._sample = sample


def text_of(functions: Functions, sample: Sample) -> str:
    """What `to_text` makes of a sample; without one, its first column that holds text.

    Raises: BadRequestError when the function fails, or there is no text.
    """
    if functions.to_text is not None:
        text = _called("to_text", functions.to_text, sample)
        if not isinstance(text, str):
            raise BadRequestError(f"to_text gave a {type(text).__name__}; it must give a text.")
        return text
    for value in sample.values():
        if isinstance(value, str):
            return value
    raise BadRequestError("No column of this sample holds text. Give a to_text(sample).")


def targets_of(functions: Functions, sample: Sample) -> tuple[str, ...]:
    """What `to_target` makes of a sample: none, one, or several that are as good. Raises: as `text_of`."""
    if functions.to_target is None:
        return ()
    given: Any = _called("to_target", functions.to_target, sample)
    if given is None:
        return ()
    targets = (given,) if isinstance(given, str) or not isinstance(given, Iterable) else given
    found = tuple(targets)
    if not all(isinstance(one, str) for one in found):
        raise BadRequestError("to_target must give a text, a list of texts, or None.")
    return found


def _called(name: str, function: Callable[[Sample], Any], sample: Sample) -> Any:
    try:
        return function(sample)
    except Exception as error:
        raise BadRequestError(f"{name} failed on this sample: {told(error)}") from error
