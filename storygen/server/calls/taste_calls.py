"""The calls of `/studio` about the learned picker. See docs/PROTOCOL.md, Fate."""

from __future__ import annotations

from typing import Any

from ...errors import ConflictError
from ...story.card import Card
from ...story.story import Story
from ..house import House
from .checks import Fields
from .visitor import Visitor

TASTE_CALLS: dict[str, tuple[str, ...]] = {
    "picker": (),
    "picker_learn": (),
    "picker_stop": (),
    "picker_by_itself": ("on",),
    "picker_expects": ("set",),
}
"""Each call's fields."""

Answer = dict[str, Any]


class TasteCalls:
    """Part of `Studio`: each method takes the visitor and the message's fields."""

    _house: House

    def call_picker(self, visitor: Visitor, fields: Fields) -> Answer:
        """What was learned, and how good it is."""
        return {"picker": self._house.picking.view()}

    def call_picker_learn(self, visitor: Visitor, fields: Fields) -> Answer:
        """Begin to learn from the library's choices."""
        self._house.picking.learn()
        return {"picker": self._house.picking.view()}

    def call_picker_stop(self, visitor: Visitor, fields: Fields) -> Answer:
        """Give up what is being learned."""
        self._house.picking.stop()
        return {"picker": self._house.picking.view()}

    def call_picker_by_itself(self, visitor: Visitor, fields: Fields) -> Answer:
        """Whether it learns anew without being told to."""
        self._house.learn_by_itself(fields.flag("on"))
        return {"picker": self._house.picking.view()}

    def call_picker_expects(self, visitor: Visitor, fields: Fields) -> Answer:
        """Which card of a set it expects to be taken."""
        set_id = fields.id("set")
        room = self._house.set_room(set_id)

        def shown(story: Story, now: float) -> tuple[str, str, list[tuple[str, str, list[float]]]]:
            found = story.candidates.get(set_id)
            cards = [card for card in found.cards if not card.dismissed and card.standing]
            return (
                story.candidates.text_before(set_id),
                found.cards[0].prompt,
                [(one.id, one.standing, _logprobs(one)) for one in cards],
            )

        before, prompt, cards = room.ask(shown)
        if len(cards) < 2:
            raise ConflictError("There is nothing to choose between.")
        candidates = [(text, logprobs) for _, text, logprobs in cards]
        ids = [card for card, _, _ in cards]
        index, probability, reasons = self._house.picking.expects(before, prompt, candidates, ids)
        return {"candidate": cards[index][0], "probability": probability, "reasons": reasons}


def _logprobs(card: Card) -> list[float]:
    """Of its tokens; none where a person made another text of it, as in what the picker learns from."""
    return [token.logprob for token in card.tokens] if card.text is None else []
