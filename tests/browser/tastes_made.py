"""Statistics of readers who exist to be looked at, as the server would tell them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from storygen.preferences import statistics_json
from storygen.preferences.observations import Observation
from storygen.preferences.policies import RandomPolicy
from storygen.preferences.ranges import DEFAULTS
from storygen.preferences.readers import Reader
from storygen.preferences.simulation import Unteachable, play
from storygen.preferences.statistics import gather


def told(
    seed: int = 1, num_stories: int = 30, num_steps: int = 18, temperature: float = 0.2
) -> dict[str, Any]:
    """Of such a reader's choices."""
    return statistics_json.to_json(gather(read_by(seed, num_stories, num_steps, temperature)))


def read_by(
    seed: int = 1, num_stories: int = 30, num_steps: int = 18, temperature: float = 0.2
) -> list[Observation]:
    """A reader who likes it cool at first and longer than most; the rest is all the same to them."""
    ideal = {"temperature": temperature, "max_tokens": 0.8}
    reader = Reader(DEFAULTS, ideal, drift={"temperature": 0.5})
    learner = Unteachable(RandomPolicy(DEFAULTS))
    found = play(learner, reader, seed, num_stories=num_stories, num_steps=num_steps)
    # Stories end at different steps, so that late ones are known of few.
    return [
        replace(one, by="human")
        for one in found.observations
        if one.situation.step <= 4 + int(one.story) % 15
    ]
