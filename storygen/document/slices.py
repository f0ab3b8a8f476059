"""Long work in slices: between two of them whoever asked for it may let others run.

An update may carry tens of thousands of structs. Everything here that goes through them calls `rest`
every few items; what that does is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")
Rest = Callable[[], None]

SLICE = 64


def no_rest() -> None:
    """Go on at once."""


def in_slices(items: Iterable[T], rest: Rest) -> Iterator[T]:
    """The same items; `rest` is called before every `SLICE` of them."""
    for number, item in enumerate(items):
        if number % SLICE == 0:
            rest()
        yield item
