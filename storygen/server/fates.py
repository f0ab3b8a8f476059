"""Fate: for each card of a set, parameters drawn for it. What a browser may wish, and what is drawn then.

What is drawn by (`policy`): chance alone, or one of the policies that learn from the choices in the library.
Everything that a draw hung on is kept with the set, so that it can be judged later.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from ..errors import BadRequestError
from ..preferences import ranges as ranges_json
from ..preferences import signs
from ..preferences.learned import POLICIES
from ..preferences.observations import Situation
from ..preferences.policies import Policy
from ..preferences.ranges import Ranges
from ..story.card_asking import Drawn
from ..story.story import Place, Story
from .calls.checks import Fields

FEWEST_CARDS, MOST_CARDS = 2, 9
WORDS_LOOKED_AT = 4000  # characters of the text before; the signs look at fewer


@dataclass(frozen=True, slots=True)
class Wish:
    """How a browser wants parameters drawn."""

    policy: str
    blind: bool
    ranges: Ranges


Dealers = Callable[[str, Ranges], Policy]
"""A policy's name and ranges → who draws."""


def wish(given: dict[str, Any]) -> Wish:
    """What a message's `fate` asks for. Raises: BadRequestError."""
    fields = Fields(given, ("policy", "blind", "ranges"))
    ranges = (
        ranges_json.from_json(fields.object("ranges"))
        if fields.has("ranges")
        else (ranges_json.DEFAULTS)
    )
    if not ranges.drawn:
        raise BadRequestError("Nothing is drawn: all parameters are fixed. Free one of them.")
    blind = fields.flag("blind") if fields.has("blind") else True
    return Wish(fields.choice("policy", POLICIES, "random"), blind, ranges)


def check_number(num: int) -> None:
    """Raises: BadRequestError when fate does not deal as many."""
    if not FEWEST_CARDS <= num <= MOST_CARDS:
        raise BadRequestError(f"Fate deals {FEWEST_CARDS} to {MOST_CARDS} cards.")


def situation(story: Story, at: Place | str, num_steps: int) -> Situation:
    """What is known of a story at a place, where something was taken from `num_steps` sets before.

    Raises: NotFoundError when the place is gone.
    """
    before = story.text_before(at)
    return Situation(
        step=num_steps + 1,
        num_words=len(before.split()),
        repetition=signs.repetition(before[-WORDS_LOOKED_AT:]),
        entropy=signs.mean_entropy(story.candidates.last_taken_logprobs()),
    )


def deal(
    dealers: Dealers, wished: Wish, known: Situation, num: int, seed: int
) -> tuple[dict[str, Any], list[Drawn]]:
    """What is kept with the set, and what was drawn for each card, in a shuffled order."""
    random = Random(seed)
    drawn = dealers(wished.policy, wished.ranges).draw(known, num, random)
    random.shuffle(drawn)
    kept = {
        "step": known.step,
        "policy": wished.policy,
        "blind": wished.blind,
        "drawn": [one.name for one in wished.ranges.drawn],
        "ranges": ranges_json.to_json(wished.ranges),
        "num_words": known.num_words,
        "repetition": known.repetition,
        "entropy": known.entropy,
    }
    return kept, [Drawn(one.params, one.log_density) for one in drawn]


def again(fate: dict[str, Any]) -> tuple[Wish, Situation]:
    """What a set was dealt by, to deal more of it."""
    ranges = ranges_json.from_json(fate["ranges"])
    known = Situation(fate["step"], fate["num_words"], fate["repetition"], fate["entropy"])
    return Wish(fate["policy"], fate["blind"], ranges), known
