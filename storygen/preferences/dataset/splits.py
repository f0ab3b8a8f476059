"""Which split a story is in: a function of its id and a seed, so that it stays there when others come.

A story is never in two splits: its choices share text, and a model that learned from some would be tested
on what it has read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass

from ...errors import BadRequestError

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True, slots=True)
class Shares:
    """The fraction of the stories in each split.

    Raises: BadRequestError unless they are from 0 to 1, add up to 1, and train has one above 0.
    """

    train: float = 0.8
    validation: float = 0.1
    test: float = 0.1

    def __post_init__(self) -> None:
        shares = (self.train, self.validation, self.test)
        if not all(0 <= share <= 1 for share in shares) or abs(sum(shares) - 1) > 1e-6:
            raise BadRequestError("The shares of train, validation and test must add up to 1.")
        if self.train <= 0:
            raise BadRequestError("Train needs a share above 0.")


def place_of(story: str, seed: int) -> float:
    """A number from 0 to below 1 for a story, as if drawn evenly. Source: SHA-256 of seed and id."""
    digest = hashlib.sha256(f"{seed}\0{story}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:6], "big") / 2**48  # exact as a float


def split_of(story: str, shares: Shares, seed: int) -> str:
    """The split of a story by its place alone: train has the lowest places, then validation, then test."""
    place = place_of(story, seed)
    if place < shares.train:
        return "train"
    if place < shares.train + shares.validation:
        return "validation"
    # Where the shares add up to a little less than 1, the last split that has a share takes the rest.
    return "test" if shares.test > 0 else "validation" if shares.validation > 0 else "train"


def split_stories(
    stories: Collection[str], shares: Shares, seed: int, *, fruitful: Collection[str] = ()
) -> dict[str, str]:
    """The split of each of `stories`: `split_of`, but one story is in train whatever its place.

    It is the one with the lowest place among `fruitful` (those that have rows in every form), or without
    any among all: so train is empty in no form that has rows. It goes to its own split when a fruitful
    story with a lower place comes; no other story ever moves.
    """
    found = {story: split_of(story, shares, seed) for story in stories}
    if found:
        found[min(fruitful or stories, key=lambda story: (place_of(story, seed), story))] = "train"
    return found
