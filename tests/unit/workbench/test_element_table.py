"""docs/PROTOCOL.md lists every element with its values and events."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import storygen.workbench.elements
from storygen.workbench.elements import Element, Shown

PROTOCOL = (Path(__file__).resolve().parents[3] / "docs" / "PROTOCOL.md").read_text("utf-8")
EVERYWHERE = {"hidden", "hint"}


def kinds(element: type[Element] = Element) -> Iterator[type[Element]]:
    """All elements that the room offers."""
    for one in element.__subclasses__():
        if one.kind and one.__module__.startswith(storygen.workbench.elements.__name__):
            yield one
        yield from kinds(one)


def shown(element: type[Element]) -> set[str]:
    return {
        name
        for one in element.__mro__
        for name, value in vars(one).items()
        if isinstance(value, Shown)
    } - EVERYWHERE


def test_the_document_says_what_elements_there_are() -> None:
    table = PROTOCOL.split("### Elements")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*?) ?\|$", table, re.MULTILINE)
    told = {
        kind: (set(re.findall(r"`(\w+)`", values)), set(re.findall(r"`(\w+)`", events)))
        for kind, values, events in rows
    }
    assert told == {one.kind: (shown(one), set(one.events)) for one in kinds()}
