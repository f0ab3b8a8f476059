"""Whether a text is read as it stands, or as a question in the chat template of a model that has one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..bench import Bench
from ..datasets.reading import SampleReader
from ..elements import Element, Option, Radio, Text

AS_IT_STANDS, QUESTION = "as_it_stands", "question"
WAYS = {AS_IT_STANDS: "as it stands", QUESTION: "a question to a chat model, in its template"}


class TextWay:
    """`elements` are to be laid on a page. `on_change()` is called when somebody chooses the other way.

    A text is a question unless a developer's `to_text` made it, it is a story by its column's name, or it is
    a talk, which is written in the template anyhow. What somebody chose stands until other data come.
    """

    def __init__(self, bench: Bench, on_change: Callable[[], Any] = lambda: None) -> None:
        self._bench = bench
        self._shown: object = None
        options = [Option(name, words) for name, words in WAYS.items()]
        self._way = Radio("The text is", options, QUESTION, lambda _: on_change())
        self._way.hint = "A model without a template reads it as it stands."
        self._talk = Text("A talk: its turns are written in the model's chat template.", "quiet")
        self.show("", None)

    @property
    def elements(self) -> Sequence[Element]:
        """What to lay on a page."""
        return self._way, self._talk

    @property
    def question(self) -> bool:
        """Whether it is to be asked as a question."""
        return self._way.value == QUESTION and not self._way.hidden

    def show(self, data: str, reader: SampleReader | None, *, is_talk: bool = False) -> None:
        """For a text of `data` (a name of it) read by `reader`; None for one of somebody's own."""
        chats = any(one.chats is not False for one in self._bench.models.offers())
        self._way.hidden, self._talk.hidden = is_talk or not chats, not is_talk
        roles = None if reader is None else reader.roles
        if (data, roles) != self._shown:
            self._shown = (data, roles)
            own = reader is not None and reader.functions.to_text is not None
            story = roles is not None and roles.is_story
            self._way.value = AS_IT_STANDS if own or story else QUESTION
