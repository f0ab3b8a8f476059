"""What all pages of one workbench share: its models, its data, and the developer's functions."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from ..errors import NotFoundError
from .jobs import Job
from .models.base import Model

Sample = Mapping[str, Any]
T = TypeVar("T")
Made = TypeVar("Made", covariant=True)


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that can be had under a name.

    `note`: what is to be said of it. `problem`: why it can't be had. `chats`: whether it is a model with the
    ability to chat; None where that is not known before it is asked.
    """

    name: str
    note: str = ""
    problem: str = ""
    chats: bool | None = None


class Source(Protocol[Made]):
    """Where models, or datasets, come from. What is offered may change from one asking to the next."""

    def offers(self) -> Sequence[Offer]:
        """All there are."""

    def get(self, name: str, job: Job) -> Made:
        """The one of that name, made now if need be; says through `job` how far that is.

        Raises: StorygenError when it can't be had.
        """


class Given(Generic[T]):
    """A source of what a developer gave: things by name, each made when it is first asked for."""

    def __init__(
        self, makers: Mapping[str, Callable[[Job], T]], chats: Mapping[str, bool] | None = None
    ) -> None:
        """`chats`: of which it is known, see `Offer`."""
        self._makers, self._made = dict(makers), dict[str, T]()
        self._chats = dict(chats or {})
        self._lock = threading.Lock()

    def offers(self) -> Sequence[Offer]:
        """All that were given, in order."""
        return [Offer(name, chats=self._chats.get(name)) for name in self._makers]

    def get(self, name: str, job: Job) -> T:
        """See `Source.get`."""
        if name not in self._makers:
            raise NotFoundError(f"There is nothing called “{name}” here.")
        with self._lock:
            if name not in self._made:
                self._made[name] = self._makers[name](job)
            return self._made[name]


@dataclass(frozen=True, slots=True)
class Functions:
    """The developer's three functions; None where none was given.

    `to_text(sample)`: the text for the tokenizer. `to_step(sample, tokens)`: the text for one step, after
    the texts of the tokens so far. `to_target(sample)`: what should come, or None.
    """

    to_text: Callable[[Sample], str] | None = None
    to_step: Callable[[Sample, Sequence[str]], str] | None = None
    to_target: Callable[[Sample], str | None] | None = None


@dataclass(frozen=True, slots=True)
class Bench:
    """Handed to every component. `datasets` gives `storygen.workbench.datasets` objects.

    `data_dir`: where runs, keys and uploaded data are kept.
    """

    models: Source[Model]
    datasets: Source[Any]
    functions: Functions
    data_dir: Path
