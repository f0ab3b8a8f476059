"""The page on which a dataset is looked at: its rows, one sample, what the tokenizer gets, and lengths."""

from __future__ import annotations

from pathlib import Path

from ...errors import StorygenError
from ..component import Component
from ..datasets.opening import ENDINGS
from ..datasets.reading import SampleReader
from ..datasets.shelf import DatasetShelf
from ..datasets.split import Split
from ..elements import Button, Collapsible, Column, Columns, Element, FileInput, Row, Text
from ..models.base import Model
from .dataset_lengths import LengthsView
from .dataset_rows import Rows, Search
from .dataset_sample import SampleView
from .roles_form import RolesForm
from .sample_steps import SampleSteps
from .split_choice import SplitChoice

_PIECE = 2**20


class DatasetViewer(Component):
    """Samples of any dataset of the workbench, from any split."""

    title = "Dataset"
    sentence = "Look at samples, at the text that goes to the tokenizer, and at its tokens."

    def build(self) -> Element:
        """See `Component.build`."""
        self._choice = SplitChoice(self.bench, lambda: self.job, self._changed)
        self._steps = SampleSteps(lambda number: self._go(number - 1))
        self._rows = Rows(self._go)
        self._search = Search(self.beside, self._go)
        self._sample = SampleView(self.bench, lambda: self.job, self._show)
        self._roles = RolesForm(self.bench.data_dir, self._other_roles)
        self._lengths = LengthsView(self.beside, self._what)
        self._body = Columns(
            Column(self._search.element, self._rows.element, self._lengths.element),
            Column(self._steps.element, *self._roles.elements, self._sample.element),
            weights=(1, 1),
        )
        return Column(*self._choice.elements, *self._shelf_elements(), self._body)

    def begin(self) -> None:
        """See `Component.begin`."""
        self._choice.begin()
        self._changed()

    def closed(self) -> None:
        """See `Component.closed`."""
        self._search.close()
        self._lengths.close()

    # ------------------------------------------------------------ the split and its samples

    def _changed(self) -> None:
        """Another split, or none."""
        split = self._choice.split
        self._body.hidden = split is None
        self._remove.hidden = self._shelf is None or not self._is_kept(self._choice.name)
        if split is None:
            return
        self._lengths.forget()
        self._search.show(split)
        self._steps.show(1, len(split))
        self._show_roles(split, self._choice.reader())
        self._show()

    def _other_roles(self) -> None:
        self._lengths.forget()
        self._show_roles(self._choice.chosen(), self._choice.reader())
        self._show()

    def _show_roles(self, split: Split, reader: SampleReader) -> None:
        self._roles.show(self._choice.name, split.columns, reader)

    def _show(self) -> None:
        """The sample whose number stands there."""
        split = self._choice.chosen()
        index = self._steps.number - 1
        self._rows.show(split, index)
        self._sample.element.hidden = not len(split)
        if len(split):
            self._sample.show(index + 1, split[index], self._choice.reader())

    def _go(self, index: int) -> None:
        self._steps.show(index + 1, len(self._choice.chosen()))
        self._show()

    def _what(self) -> tuple[Split, SampleReader, Model | None]:
        return self._choice.chosen(), self._choice.reader(), self._sample.model()

    # ------------------------------------------------------------ adding and removing

    def _shelf_elements(self) -> list[Element]:
        """For data that is kept in a folder; a developer's own is given in Python."""
        shelf = getattr(self.bench.datasets, "shelf", None)
        self._shelf = shelf if isinstance(shelf, DatasetShelf) else None
        self._remove = Button("Move to the bin", self._move_to_bin, tone="quiet")
        if self._shelf is None:
            return []
        file = FileInput("Add a dataset", self._add, accept=",".join(ENDINGS))
        kept = Text("It is kept in this folder: " + str(self._shelf.folder), "quiet")
        return [Collapsible("Add or remove", file, kept, Row(self._remove))]

    def _is_kept(self, name: str) -> bool:
        return self._shelf is not None and name in {one.name for one in self._shelf.entries()}

    def _add(self, path: Path, name: str) -> None:
        assert self._shelf is not None
        with path.open("rb") as file:
            entry = self._shelf.add(name, iter(lambda: file.read(_PIECE), b""))
        self._choice.show(entry.name)

    def _move_to_bin(self) -> None:
        assert self._shelf is not None
        try:
            self._shelf.remove(self._choice.name)
        except StorygenError as error:
            self.say(error.message)
        self._choice.show("")
