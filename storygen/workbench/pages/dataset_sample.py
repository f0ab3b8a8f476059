"""One sample as it is, as the text that goes to the tokenizer, and as the tokens of a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...errors import StorygenError
from ..bench import Bench
from ..datasets.preview import preview
from ..datasets.reading import SampleReader
from ..datasets.split import BrokenSample
from ..elements import (
    Column,
    Element,
    Facts,
    Heading,
    Option,
    Panel,
    Row,
    Select,
    ShownToken,
    Switch,
    Text,
    TokenText,
)
from ..jobs import Job
from ..models.base import Ability, Model, Token

MOST_FIELD = 2000
MOST_TEXT = 20_000
MOST_TOKENS = 3000
"""More of a sample isn't drawn: the page would be slow. What is left out is counted and said."""
MOST_TOKENIZED = 5_000_000
"""Characters. A tokenizer would take minutes for more, and can't be stopped."""


class SampleView:
    """`element` is to be laid on a page. `job`: that of the callback that runs, for loading models by.

    `on_model()` is called when another model cuts the text.
    """

    def __init__(self, bench: Bench, job: Callable[[], Job], on_model: Callable[[], Any]) -> None:
        self._bench, self._job = bench, job
        offers = bench.models.offers()
        options = [Option(one.name, one.name, one.problem or one.note) for one in offers]
        first = offers[0].name if len(offers) == 1 else ""
        self._model = Select(
            "Tokens of", [Option("", "no model"), *options], first, lambda _: on_model()
        )
        self._model.hidden = not options
        self._title = Heading("Sample", 3)
        self._problem = Text("", "problem")
        self._fields = Facts()
        self._text = Text("", "mono")
        self._text_note = Text("", "quiet")
        self._target = Text("", "mono")
        self._targets = Column(Heading("Target", 3), self._target)
        self._ids = Switch("Ids", False, self._show_ids)
        self._tokens = TokenText(boundaries=True)
        self._token_note = Text("", "quiet")
        self._read = Column(
            Row(Heading("Text", 3), self._text_note, align="apart"),
            self._text,
            self._targets,
            Row(self._model, self._ids),
            self._token_note,
            self._tokens,
        )
        self.element: Element = Panel(self._title, self._problem, self._fields, self._read)

    def model(self) -> Model | None:
        """The model whose tokens are shown, loaded if need be; None where none is chosen.

        Raises: StorygenError when it can't be had.
        """
        if not self._model.value:
            return None
        return self._bench.models.get(self._model.value, self._job())

    def show(self, number: int, sample: Mapping[str, Any], reader: SampleReader) -> None:
        """Show the sample that has this number on the page."""
        self._title.text = f"Sample {number:,}"
        broken = isinstance(sample, BrokenSample)
        self._fields.facts = tuple(
            (column, preview(value, MOST_FIELD).text) for column, value in sample.items()
        )
        self._fields.hidden = broken
        self._read.hidden = True
        self._say(f"This sample can't be read. {sample}" if broken else "")
        if broken:
            return
        model: Model | None = None
        try:
            model = self.model()
        except StorygenError as error:
            self._say(error.message)
        try:
            self._show_read(reader.text(sample, model), reader.targets(sample), model)
        except StorygenError as error:
            self._say(error.message)

    def _show_read(self, text: str, targets: Sequence[str], model: Model | None) -> None:
        self._read.hidden = False
        self._text.text = preview(text, MOST_TEXT).text
        self._text_note.text = f"{len(text):,} characters"
        self._target.text = "\n\n".join(preview(one, MOST_TEXT).text for one in targets)
        self._targets.hidden = not targets
        self._show_tokens(text, targets[0] if targets else "", model)

    def _show_tokens(self, text: str, target: str, model: Model | None) -> None:
        self._tokens.hidden = self._ids.hidden = self._token_note.hidden = model is None
        if model is None:
            return
        if not model.can(Ability.TOKENS):
            self._tokens.hidden = True
            self._token_note.text = f"{model.name} does not tell its tokens."
            return
        if len(text) + len(target) > MOST_TOKENIZED:
            self._tokens.hidden = True
            self._token_note.text = "The text is too long for its tokens to be shown here."
            return
        own = model.tokens(text)
        all_tokens = model.tokens(text + target) if target else own
        self._token_note.text = _counted(len(own), len(all_tokens) if target else None)
        self._tokens.tokens = [_shown(one) for one in own[:MOST_TOKENS]]

    def _show_ids(self, shown: bool) -> None:
        self._tokens.ids = shown

    def _say(self, problem: str) -> None:
        self._problem.text, self._problem.hidden = problem, not problem


def _counted(num: int, num_with_target: int | None) -> str:
    told = "1 token" if num == 1 else f"{num:,} tokens"
    if num_with_target is not None:
        told += f", {num_with_target:,} with the target"
    return told + (f"; the first {MOST_TOKENS:,} are drawn" if num > MOST_TOKENS else "")


def _shown(token: Token) -> ShownToken:
    return ShownToken(token.text, token.id, hint="" if token.id is None else f"id {token.id}")
