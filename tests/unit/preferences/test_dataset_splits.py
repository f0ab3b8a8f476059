"""Which split a story is in."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storygen.errors import BadRequestError
from storygen.preferences.dataset.splits import (
    SPLITS,
    Shares,
    place_of,
    split_of,
    split_stories,
)

stories = st.sets(st.text(max_size=5), min_size=1, max_size=30)
seeds = st.integers(0, 2**64)
shares = st.tuples(st.floats(0.01, 1), st.floats(0, 1), st.floats(0, 1)).map(
    lambda three: Shares(*(one / sum(three) for one in three))
)


@given(stories, shares, seeds)
def test_train_is_never_empty(stories: set[str], shares: Shares, seed: int) -> None:
    assert "train" in split_stories(stories, shares, seed).values()


@given(stories, shares, seeds, st.data())
def test_train_has_one_of_the_stories_that_matter(
    stories: set[str], shares: Shares, seed: int, data: st.DataObject
) -> None:
    fruitful = data.draw(st.sets(st.sampled_from(sorted(stories)), min_size=1))
    found = split_stories(stories, shares, seed, fruitful=fruitful)
    assert any(found[story] == "train" for story in fruitful)


@given(stories, stories, shares, seeds)
def test_a_story_stays_where_it_is_when_others_are_added(
    some: set[str], more: set[str], shares: Shares, seed: int
) -> None:
    before, after = split_stories(some, shares, seed), split_stories(some | more, shares, seed)
    moved = {story for story in some if before[story] != after[story]}
    lowest = min(some, key=lambda story: (place_of(story, seed), story))
    assert moved <= {lowest}  # which was in train for want of another
    assert all(after[story] == split_of(story, shares, seed) for story in moved)


@given(stories, shares, seeds)
def test_a_split_without_a_share_is_empty(stories: set[str], shares: Shares, seed: int) -> None:
    found = set(split_stories(stories, shares, seed).values())
    assert found <= {split for split in SPLITS if getattr(shares, split) > 0}


def test_splits_have_about_their_shares_and_another_seed_gives_others() -> None:
    names = [f"story-{number}" for number in range(5_000)]
    found = split_stories(names, Shares(0.7, 0.2, 0.1), 3)
    counts = Counter(found.values())
    assert counts["train"] == pytest.approx(3_500, abs=150)
    assert counts["validation"] == pytest.approx(1_000, abs=120)
    assert counts["test"] == pytest.approx(500, abs=100)
    assert found != split_stories(names, Shares(0.7, 0.2, 0.1), 4)


def test_a_split_is_the_same_on_every_machine() -> None:
    found = [split_of(f"story-{number}", Shares(0.5, 0.3, 0.2), 1) for number in range(6)]
    assert found == ["train", "train", "train", "train", "test", "validation"]


@pytest.mark.parametrize("three", [(0.5, 0.5, 0.5), (0, 0.5, 0.5), (1.5, -0.5, 0), (0.5, 0, 0)])
def test_shares_that_are_none_are_refused(three: tuple[float, float, float]) -> None:
    with pytest.raises(BadRequestError):
        Shares(*three)


def test_no_stories_have_no_splits() -> None:
    assert split_stories([], Shares(), 0) == {}
