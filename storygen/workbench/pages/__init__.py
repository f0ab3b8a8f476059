"""The built-in pages. Each is a component made of elements, and imports what it needs when it is opened."""

from __future__ import annotations

from ..component import Component


def built_in_pages() -> list[Component]:
    """All of them, in the order in which they are offered."""
    return []
