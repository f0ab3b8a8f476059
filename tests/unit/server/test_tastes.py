"""What the server knows of a reader's taste follows the library: read again where something has changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from storygen.preferences.drawing import draw
from storygen.preferences.observations import Observation
from storygen.preferences.ranges import DEFAULTS
from storygen.preferences.thompson import ThompsonPolicy
from storygen.server import tastes
from storygen.server.tastes import Tastes
from tests.unit.preferences.made_observations import many


class Library:
    """Stories' observations, and which of them were read."""

    def __init__(self) -> None:
        random = Random(1)
        self.stories: dict[str, list[Observation]] = {}
        self.asked: list[str] = []
        for one in many(3):
            cards = tuple(
                replace(card, params=draw(DEFAULTS, random).params) for card in one.candidates
            )
            self.stories.setdefault(one.story, []).append(replace(one, candidates=cards))

    def choosers(self) -> list[str]:
        return list(self.stories)

    def observe(self, store: Any, story: str, most: int, *, kept: bool) -> list[Observation]:
        self.asked.append(story)
        return self.stories[story]

    def take_back(self, story: str, at: int) -> None:
        one = self.stories[story][at]
        cards = tuple(replace(card, taken=0.0) for card in one.candidates)
        self.stories[story][at] = replace(one, candidates=cards)


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    made = Library()
    monkeypatch.setattr(tastes, "observe", made.observe)
    yield made


def told(known: Tastes) -> float:
    """How much the bandit was told."""
    found = known.dealer("bandit", DEFAULTS)
    assert isinstance(found, ThompsonPolicy)
    return found.model.num_told


def test_a_choice_that_was_taken_back_teaches_the_bandit_nothing(library: Library) -> None:
    known = Tastes(lambda work: work(library))
    assert told(known) == 6 * 2
    library.take_back("story-1", 0)
    known.changed("story-1")
    assert told(known) == 5 * 2
    del library.stories["story-2"]
    known.changed("story-2")
    assert told(known) == 3 * 2


def test_only_what_has_changed_is_read_again(library: Library) -> None:
    known = Tastes(lambda work: work(library))
    known.observations()
    assert library.asked == ["story-0", "story-1", "story-2"]
    known.observations()
    known.changed("story-1")
    known.observations()
    assert library.asked[3:] == ["story-1"]


def test_what_could_not_be_read_is_read_the_next_time(library: Library) -> None:
    known = Tastes(lambda work: work(library))
    known.observations()
    known.changed("story-1")
    missing = library.stories.pop("story-1")
    library.choosers = lambda: ["story-0", "story-1", "story-2"]  # type: ignore[method-assign]
    with pytest.raises(KeyError):
        known.observations()
    library.stories["story-1"] = missing[:1]
    assert len(known.observations()) == 5


def test_who_draws_is_not_learned_again_while_nothing_has_changed(library: Library) -> None:
    known = Tastes(lambda work: work(library))
    for name in ("bandit", "steps", "fixed"):
        first = known.dealer(name, DEFAULTS)
        assert known.dealer(name, DEFAULTS) is first
        known.changed("story-0")
        assert known.dealer(name, DEFAULTS) is not first
