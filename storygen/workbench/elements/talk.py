"""A turn of a talk, as chat pages show it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from ...errors import BadRequestError
from .element import Callback, Element, Shown, calling
from .inputs import MOST_CHARACTERS


class Turn(Element):
    """What one side said. `role`: "system", "user" or "assistant"; `title` is how it is called on the page.

    `sibling` of `siblings` (from 1) are the versions of this turn, to leaf through. `state`: "" (done),
    "writing", "stopped" or "failed", with `problem` then. `actions`: what can be done with it, of "edit",
    "again", "delete".

    `on_edit(text)`, `on_again()`, `on_delete()`, `on_leaf(step)` with -1 or 1.
    """

    kind = "turn"
    events = frozenset({"edit", "again", "delete", "leaf"})
    role = Shown("user")
    title = Shown("")
    text = Shown("")
    state = Shown[Literal["", "writing", "stopped", "failed"]]("")
    problem = Shown("")
    sibling = Shown(1)
    siblings = Shown(1)
    actions = Shown[tuple[str, ...]](("edit", "again", "delete"))
    note = Shown("")

    def __init__(
        self,
        role: str,
        text: str = "",
        *,
        title: str = "",
        on_edit: Callback | None = None,
        on_again: Callback | None = None,
        on_delete: Callback | None = None,
        on_leaf: Callback | None = None,
    ) -> None:
        super().__init__()
        self.role, self.text, self.title = role, text, title
        self.on_edit, self.on_again = on_edit, on_again
        self.on_delete, self.on_leaf = on_delete, on_leaf

    def write(self, more: str) -> None:
        """Append `more`."""
        self.grow("text", more)

    def hear(self, event: str, value: Any) -> Callable[[], Any] | None:
        """ "edit" with the new text; "again"; "delete"; "leaf" with -1 or 1."""
        if event == "edit":
            if not isinstance(value, str) or len(value) > MOST_CHARACTERS:
                raise BadRequestError("A text is wanted.")
            return calling(self.on_edit, value)
        if event == "leaf":
            if type(value) is not int or value not in (-1, 1):
                raise BadRequestError("One forward or back is wanted.")
            return calling(self.on_leaf, value)
        return calling(self.on_again if event == "again" else self.on_delete)
