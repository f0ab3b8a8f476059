"""What of a cache stays for the text that is wanted."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from storygen.engine.cache_plan import Ids, plan_cache

ids = st.lists(st.integers(0, 3), max_size=12)


def array(values: list[int]) -> Ids:
    return np.array(values, dtype=np.int64)


def test_an_unchanged_text_still_feeds_its_last_token() -> None:
    plan = plan_cache(array([1, 2, 3]), array([1, 2, 3]), croppable=True)
    assert (plan.keep, plan.feed.tolist()) == (2, [3])


def test_text_that_goes_on_feeds_only_what_is_new() -> None:
    for croppable in (True, False):
        plan = plan_cache(array([1, 2]), array([1, 2, 3, 4]), croppable=croppable)
        assert (plan.keep, plan.feed.tolist()) == (2, [3, 4])


def test_a_cache_that_cannot_be_cropped_is_kept_whole_or_not_at_all() -> None:
    plan = plan_cache(array([1, 2, 9]), array([1, 2, 3]), croppable=False)
    assert (plan.keep, plan.feed.tolist()) == (0, [1, 2, 3])


@given(cached=ids, wanted=ids.filter(bool), croppable=st.booleans())
def test_keeping_and_feeding_gives_exactly_the_wanted_text(
    cached: list[int], wanted: list[int], croppable: bool
) -> None:
    plan = plan_cache(array(cached), array(wanted), croppable=croppable)
    assert cached[: plan.keep] + plan.feed.tolist() == wanted
    assert len(plan.feed) >= 1
    assert croppable or plan.keep in (0, len(cached))
