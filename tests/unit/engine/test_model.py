"""A model's cache: read in any pieces and cropped anywhere, it gives the logits of one fresh read."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from storygen.engine.model import ReadState
from tests.tiny_engine import fresh_logprobs, tiny_loaded, tiny_writing
from tests.tiny_models import ARCHITECTURES, NOT_CROPPABLE, WINDOW


def ids_for(seed: int, size: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(1, 400, size)


@pytest.mark.parametrize("kind", ARCHITECTURES)
@settings(max_examples=12, deadline=None, derandomize=True)
@given(pieces=st.lists(st.integers(1, 20), min_size=1, max_size=4), seed=st.integers(0, 99))
def test_reading_in_pieces_is_reading_at_once(kind: str, pieces: list[int], seed: int) -> None:
    model, state = tiny_writing(kind).model, ReadState()
    ids = ids_for(seed, sum(pieces))
    rows = []
    for piece in pieces:
        done = len(state.ids)
        rows.append(model.read(state, ids[done : done + piece], every=True))
    expected = fresh_logprobs(tiny_loaded(kind), ids)
    torch.testing.assert_close(torch.cat(rows).log_softmax(-1), expected, atol=2e-4, rtol=0)


@pytest.mark.parametrize("kind", [kind for kind in ARCHITECTURES if kind not in NOT_CROPPABLE])
@settings(max_examples=12, deadline=None, derandomize=True)
@given(keeps=st.lists(st.integers(1, 70), min_size=1, max_size=5), seed=st.integers(0, 99))
def test_a_cropped_cache_goes_on_like_a_fresh_one(kind: str, keeps: list[int], seed: int) -> None:
    # Far past the sliding window, again and again: what slid out must come back.
    model, state = tiny_writing(kind).model, ReadState()
    ids = ids_for(seed, WINDOW - 10)
    model.read(state, ids)
    for number, keep in enumerate(keeps):
        model.keep(state, min(keep, len(state.ids)))
        ids = np.concatenate([state.ids, ids_for(seed + number + 1, 12)])
        logits = model.read(state, ids[len(state.ids) :])
        expected = fresh_logprobs(tiny_loaded(kind), ids)[-1]
        torch.testing.assert_close(logits[0].log_softmax(-1), expected, atol=2e-4, rtol=0)


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_each_kind_says_whether_it_can_be_cropped(kind: str) -> None:
    assert tiny_writing(kind).model.croppable == (kind not in NOT_CROPPABLE)
