"""Which columns are text and target: guessed and said so, to be changed without writing Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..datasets.reading import SampleReader, keep_roles
from ..datasets.roles import ENDINGS, Roles
from ..elements import Button, Checks, Collapsible, Element, Option, Row, Select, Text

_NONE = Option("", "none")


class RolesForm:
    """`elements` are to be laid on a page; `on_change()` is called when other columns were chosen."""

    def __init__(self, data_dir: Path, on_change: Callable[[], Any]) -> None:
        self._data_dir, self._on_change = data_dir, on_change
        self._dataset = ""
        self._sentence = Text("", "quiet")
        self._text = Checks("Text", [], on_change=lambda _: self._changed())
        self._target = Select("Target", [_NONE], on_change=lambda _: self._changed())
        endings = [Option(ending, words) for ending, words in ENDINGS.items()]
        self._ending = Select(
            "Between text and target", endings, on_change=lambda _: self._changed()
        )
        self._again = Button("Guess again", self._forget, tone="quiet")
        self._form = Collapsible(
            "Text and target", self._text, Row(self._target, self._ending, self._again)
        )

    @property
    def elements(self) -> Sequence[Element]:
        """What to lay on a page."""
        return self._sentence, self._form

    def show(self, dataset: str, columns: Sequence[str], reader: SampleReader) -> None:
        """How a dataset's samples are read now."""
        self._dataset = dataset
        self._sentence.text = reader.sentence
        self._form.hidden = reader.functions.to_text is not None
        roles = reader.roles
        self._text.options = tuple(map(Option, columns))
        self._text.value = roles.text
        own_target = reader.functions.to_target is not None
        self._target.options = (_NONE, *map(Option, columns))
        self._target.value = roles.target
        self._target.hidden = own_target
        self._ending.value = roles.ending

    def _changed(self) -> None:
        ticked = self._text.value
        roles = Roles(tuple(ticked), self._target.value, self._ending.value)
        keep_roles(self._data_dir, self._dataset, roles)
        self._on_change()

    def _forget(self) -> None:
        keep_roles(self._data_dir, self._dataset, None)
        self._on_change()
