"""A page of the workbench: built of elements, once for each visit, with callbacks in Python.

    class Greeting(Component):
        title = "Greeting"

        def build(self):
            self.name = TextInput("Your name", on_submit=self.greet)
            self.answer = Text()
            return Column(self.name, self.answer)

        def greet(self, name):
            self.answer.text = f"Good day, {name}."

Callbacks run in a thread of the visit's own, one after the other. What they set on an element is shown at
once, while they run. An error in one is shown on the page and stops nothing.
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, Self

from .elements import Element, Saved
from .jobs import Job

if TYPE_CHECKING:
    from .bench import Bench


class Desk(Protocol):
    """What a component may ask of the visit that it was built for."""

    @property
    def job(self) -> Job:
        """That of the callback that runs now."""

    def beside(self, work: Callable[[Job], Any]) -> Job:
        """Run `work` in a thread of its own, with a job of its own, beside the callbacks."""

    def save(self, saved: Saved) -> None:
        """Give a file to the browser."""

    def say(self, message: str, trace: str = "") -> None:
        """Show a problem at the top of the page."""


class Component(ABC):
    """Subclass it, give it a title, and build its elements.

    `__init__` is called once, and what it sets is shared by all visits; `build` is called for each visit,
    and what it sets belongs to that one alone.
    """

    title = ""
    key = ""
    """In the page's address; made of the title unless given."""
    sentence = ""
    """What it is for, under the title."""

    bench: Bench
    """Models, data, and the developer's functions."""
    _desk: Desk

    @abstractmethod
    def build(self) -> Element:
        """The page's elements."""

    def begin(self) -> None:  # noqa: B027 - most are whole when they are built
        """The page is in sight: do what takes longer, such as loading a model."""

    def closed(self) -> None:  # noqa: B027 - most hold nothing
        """The visit is over."""

    def opened(self, bench: Bench, desk: Desk) -> Self:
        """A copy for one visit, not yet built."""
        mine = copy.copy(self)
        mine.bench, mine._desk = bench, desk
        return mine

    @property
    def job(self) -> Job:
        """Of the callback that runs now.

        Say how far it is with `progress`, and look at `check` now and then.
        """
        return self._desk.job

    def beside(self, work: Callable[[Job], Any]) -> Job:
        """Run `work(job)` in a thread of its own; the callback need not wait. Its errors are shown, too."""
        return self._desk.beside(work)

    def save(self, name: str, content: str | bytes, type: str = "text/plain") -> None:
        """Let the browser keep a file."""
        data = content.encode() if isinstance(content, str) else content
        self._desk.save(Saved(name, data, type))

    def say(self, message: str) -> None:
        """Show a problem at the top of the page, in words of your own."""
        self._desk.say(message)
