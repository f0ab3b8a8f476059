"""Lengths of a split's texts, in numbers and in steps that can be read."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storygen.errors import BadRequestError
from storygen.workbench.datasets.lengths import histogram, measure, summary
from storygen.workbench.datasets.opening import open_dataset
from storygen.workbench.datasets.split import BrokenSample
from storygen.workbench.jobs import CancelledError, Job


def text_of(sample: dict[str, Any]) -> str:
    if sample["a"] is None:
        raise BadRequestError("No text.")
    return str(sample["a"])


def test_texts_are_measured_and_those_that_cannot_be_read_are_counted() -> None:
    rows: list[Any] = [{"a": "x" * at} for at in range(100)]
    rows += [{"a": None}, BrokenSample("x", "no")]
    split = open_dataset(rows).splits["train"]
    found = measure(split, 1000, text_of, lambda text: len(text) // 2)
    assert found.characters == tuple(range(100))
    assert found.tokens == tuple(at // 2 for at in range(100))
    assert found.num_broken == 2
    some = measure(split, 10, text_of)
    assert some == measure(split, 10, text_of)
    assert (len(some.indices) + some.num_broken, some.tokens) == (10, ())


def test_measuring_can_be_given_up() -> None:
    job = Job(lambda done, total, note: job.cancel() if done == 3 else None)
    with pytest.raises(CancelledError):
        measure(open_dataset([{"a": "x"}] * 50).splits["train"], 50, text_of, job=job)


@given(st.lists(st.integers(0, 10**6) | st.floats(-1e6, 1e6), min_size=1))
def test_every_value_is_in_its_step(values: list[float]) -> None:
    bins = histogram(values)
    assert sum(num for _, _, num in bins) == len(values)
    assert len(bins) <= 40
    for (low, high, _), (next_low, _, _) in pairwise(bins):
        assert high == pytest.approx(next_low)
        assert high > low
    assert bins[0][0] <= min(values)
    assert bins[-1][1] >= max(values) - 1e-6


def test_numbers_in_short() -> None:
    found = summary(list(range(1, 101)))
    assert found is not None
    assert (found.num, found.mean, found.median, found.high95, found.most) == (
        100,
        50.5,
        50.5,
        95,
        100,
    )
    assert summary([]) is None
    assert histogram([]) == []
    assert histogram([3, 3, 3]) == [(3.0, 4.0, 3)]
