"""Readers of known taste, and the sets of made-up continuations that they chose from."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random

from storygen.preferences.observations import Observation, ShownCandidate, Situation
from storygen.preferences.picker.measures import NAMES, measured

_VOCABULARY = """
river stone lantern winter garden quiet sudden morning harbour letter candle shadow bread window answer
silver bitter travel mountain whisper corner promise ocean hollow ember meadow thunder under over along
beyond toward against within beside keeper sister father stranger
"""
WORDS = _VOCABULARY.split()

Taste = Callable[[str, str, Sequence[tuple[str, tuple[float, ...]]]], list[float]]


def sentence(random: Random, num_words: int) -> str:
    words = [random.choice(WORDS) for _ in range(num_words)]
    return " ".join(words).capitalize() + random.choice([".", ".", ".", "!", "?"])


def continuation(random: Random) -> str:
    """Two to six sentences, some of them spoken, some of them said again."""
    length, spoken, again = random.randint(3, 14), random.random(), random.random() * 0.6
    made: list[str] = []
    for _ in range(random.randint(2, 6)):
        one = made[-1] if made and random.random() < again else sentence(random, length)
        made.append(f"“{one}”" if random.random() < spoken and "“" not in one else one)
    return " " + " ".join(made)


def candidate(random: Random, number: int, name: str) -> ShownCandidate:
    text = continuation(random)
    logprobs = tuple(-random.expovariate(0.5) for _ in text.split())
    return ShownCandidate(
        candidate=f"{name}-{number}",
        number=number,
        model="tiny",
        params={},
        seed=random.randrange(2**63),
        text=text,
        logprobs=logprobs,
    )


def likes(**weights: float) -> Taste:
    """A reader whose utilities are linear in those measures."""

    def taste(
        before: str, prompt: str, shown: Sequence[tuple[str, tuple[float, ...]]]
    ) -> list[float]:
        rows = measured(before, prompt, shown)
        return [sum(weights[name] * row[NAMES.index(name)] for name in weights) for row in rows]

    return taste


def no_taste(
    before: str, prompt: str, shown: Sequence[tuple[str, tuple[float, ...]]]
) -> list[float]:
    return [0.0] * len(shown)


def read_sets(
    random: Random, taste: Taste, num_stories: int, per_story: int, num_candidates: int = 5
) -> list[Observation]:
    """Sets of which one candidate each was taken with the softmax's chances, in part or whole."""
    found = []
    for story in range(num_stories):
        before = continuation(random)
        for step in range(1, per_story + 1):
            name = f"card-{story}-{step}"
            shown = [candidate(random, number, name) for number in range(num_candidates)]
            felt = taste(before, "", [(one.text, one.logprobs) for one in shown])
            best = random.choices(range(num_candidates), [math.exp(one) for one in felt])[0]
            taken = [0.0] * num_candidates
            taken[best] = random.choice([1.0, 1.0, 0.5])
            made = [replace(one, taken=part) for one, part in zip(shown, taken, strict=True)]
            found.append(
                Observation(
                    set=f"set-{story}-{step}",
                    story=f"story-{story}",
                    time=float(step),
                    situation=Situation(step),
                    before=before,
                    candidates=tuple(made),
                )
            )
            before += shown[best].text
    return found
