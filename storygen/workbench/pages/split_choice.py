"""Which split of which dataset a page is about. What can't be opened says why, and the page stays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...errors import BadRequestError, StorygenError
from ..bench import Bench
from ..datasets.opening import open_dataset
from ..datasets.reading import SampleReader, reader_for
from ..datasets.split import Dataset, Split
from ..elements import Element, Option, Row, Select, Text
from ..jobs import Job


class SplitChoice:
    """`elements` are to be laid on a page; `begin()` opens the data.

    `on_change()` is called when another split is looked at. `tells_roles`: it says how samples are read.
    """

    def __init__(
        self,
        bench: Bench,
        job: Callable[[], Job],
        on_change: Callable[[], Any] = lambda: None,
        *,
        tells_roles: bool = False,
    ) -> None:
        self._bench, self._job, self._on_change = bench, job, on_change
        self._opened: Dataset | None = None
        self.dataset = Select("Dataset", [], on_change=lambda _: self._choose())
        self._split = Select("Split", [], on_change=lambda _: self._on_change())
        self._about = Text("", "quiet")
        self._problem = Text("", "problem")
        self._row = Row(self.dataset, self._split, self._about)
        self._roles = Text("", "quiet")
        self._tells_roles = tells_roles
        self._split.hidden = self._roles.hidden = self._problem.hidden = True
        self._offer()

    @property
    def elements(self) -> Sequence[Element]:
        """What to lay on a page."""
        return self._row, self._problem, *([self._roles] if self._tells_roles else [])

    def begin(self) -> None:
        """Open what is offered first."""
        self._offer()
        self._open()

    @property
    def name(self) -> str:
        """Of the dataset; "" where there is none."""
        return self.dataset.value

    @property
    def split(self) -> Split | None:
        """The split that is looked at; None where none could be opened."""
        if self._opened is None:
            return None
        return self._opened.splits.get(self._split.value)

    def chosen(self) -> Split:
        """The split that is looked at. Raises: BadRequestError where there is none, with what to do."""
        split = self.split
        if split is None:
            raise BadRequestError(self._problem.text or "Choose a dataset first.")
        return split

    def reader(self) -> SampleReader:
        """How samples of the split are read. Raises: as `chosen`."""
        reader = reader_for(self._bench, self.name, self.chosen())
        self._roles.text, self._roles.hidden = reader.sentence, False
        return reader

    def show(self, dataset: str, split: str = "") -> None:
        """Go to a dataset, and to a split if it has it; datasets that came meanwhile are there."""
        self._offer()
        if dataset in {option.value for option in self.dataset.options}:
            self.dataset.value = dataset
        self._open()
        if self._opened is not None and split in self._opened.splits:
            self._split.value = split
        self._on_change()

    def _offer(self) -> None:
        offers = self._bench.datasets.offers()
        self.dataset.options = tuple(
            Option(one.name, one.name, one.problem or one.note) for one in offers
        )
        names = [one.name for one in offers]
        if self.dataset.value not in names:
            self.dataset.value = names[0] if names else ""
        self.dataset.hidden = len(names) < 2

    def _choose(self) -> None:
        self._open()
        self._on_change()

    def _open(self) -> None:
        self._opened = None
        self._roles.hidden = True
        self._say("" if self.name else "There is no dataset yet. Add one first.")
        if self.name:
            try:
                given = self._bench.datasets.get(self.name, self._job())
                self._opened = open_dataset(given, name=self.name)
            except StorygenError as error:
                self._say(error.message)
        splits = {} if self._opened is None else self._opened.splits
        self._split.options = tuple(
            Option(name, f"{name} ({len(split):,})") for name, split in splits.items()
        )
        if self._split.value not in splits:  # else it stays, also one that was chosen meanwhile
            self._split.value = next(iter(splits), "")
        self._split.hidden = len(splits) < 2
        self._about.text = ", ".join(self._facts(splits))

    def _facts(self, splits: dict[str, Split]) -> list[str]:
        if self._opened is None:
            return []
        num = sum(map(len, splits.values()))
        samples = "1 sample" if num == 1 else f"{num:,} samples"
        return [self._opened.name, samples] if self.dataset.hidden else [samples]

    def _say(self, problem: str) -> None:
        self._problem.text, self._problem.hidden = problem, not problem
