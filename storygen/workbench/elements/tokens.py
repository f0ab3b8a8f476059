"""A text as its tokens: where each begins, which ids they have, how probable they were."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ...errors import BadRequestError
from .element import Callback, Element, Shown, calling, is_index


@dataclass(frozen=True, slots=True)
class ShownToken:
    """A token as it is drawn. `shade`: 0 (as expected) to 1 (a surprise), None for none.

    `mark`: "here" (where one stands), "chosen", "true" or "". `hint`: what is said of it.
    """

    text: str
    id: int | None = None
    shade: float | None = None
    mark: Literal["", "here", "chosen", "true"] = ""
    hint: str = ""

    def to_json(self) -> dict[str, Any]:
        """As the browser gets it: only what is not as usual."""
        body: dict[str, Any] = {"text": self.text}
        names = ("id", "shade")
        body |= {name: value for name in names if (value := getattr(self, name)) is not None}
        return body | {name: value for name in ("mark", "hint") if (value := getattr(self, name))}


class TokenText(Element):
    """Tokens in a row, as a text. `boundaries`: show where each begins; `ids`: show their numbers.

    `legend`: what the shades say. `on_pick(number)` is called for a click, or Enter on a token.
    """

    kind = "tokens"
    events = frozenset({"pick"})
    tokens = Shown[list[ShownToken]]([])
    boundaries = Shown(False)
    ids = Shown(False)
    legend = Shown("")
    pickable = Shown(False)

    def __init__(
        self,
        tokens: Sequence[ShownToken] = (),
        on_pick: Callback | None = None,
        *,
        boundaries: bool = False,
        ids: bool = False,
        legend: str = "",
    ) -> None:
        super().__init__()
        self.tokens, self.on_pick = list(tokens), on_pick
        self.boundaries, self.ids, self.legend = boundaries, ids, legend
        self.pickable = on_pick is not None

    def add(self, *tokens: ShownToken) -> None:
        """Put tokens behind those that are there."""
        self.grow("tokens", list(tokens))

    def hear(self, event: str, value: Any) -> Callable[[], Any] | None:
        """ "pick" with a token's number."""
        if not is_index(value, len(self.tokens)):
            raise BadRequestError("This token is not there any more.")
        return calling(self.on_pick, value)
