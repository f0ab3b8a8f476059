"""The growing cache: what it keeps, what it gives back, and passes that are broken off."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from storygen.engine.kv_cache import SPARE_TOKENS, BrokenOffError, GrowingLayer
from storygen.engine.model import LanguageModel, ReadState, RowsState
from tests.tiny_engine import fresh_logprobs, tiny_loaded, tiny_writing
from tests.tiny_models import ARCHITECTURES, NOT_CROPPABLE

SHARING = ("gpt2", "llama", "mistral")
"""Those whose attention goes by transformers' interface, so that rows can share what they begin with."""

CROPPABLE = [kind for kind in ARCHITECTURES if kind not in NOT_CROPPABLE]


def states(start: int, size: int) -> torch.Tensor:
    return torch.arange(start, start + size).float()[None, None, :, None].expand(1, 2, size, 3)


def test_a_layer_grows_in_place_and_holds_what_came() -> None:
    layer, length, addresses = GrowingLayer(), 0, set()
    for size in (5, 1, SPARE_TOKENS - 1, 300, 1, 1):
        keys, values = layer.update(states(length, size), -states(length, size))
        length += size
        torch.testing.assert_close(keys, states(0, length))
        torch.testing.assert_close(values, -states(0, length))
        addresses.add(keys.data_ptr())
    assert len(addresses) == 2  # of six updates one needed more room


def test_a_layer_that_was_cropped_writes_over_what_went() -> None:
    layer = GrowingLayer()
    layer.update(states(0, 9), states(0, 9))
    layer.crop(-4)
    keys, _ = layer.update(states(50, 2), states(50, 2))
    assert keys[0, 0, :, 0].tolist() == [0, 1, 2, 3, 4, 50, 51]
    assert layer.get_seq_length() == 7


def test_the_memory_told_is_that_of_the_room_not_of_what_is_filled() -> None:
    model, state = tiny_writing("llama").model, ReadState()
    model.read(state, np.arange(1, 9))
    taken = state.num_bytes
    model.keep(state, 2)
    assert state.num_bytes == taken > 0


def broken_at(model: LanguageModel, layer: int) -> None:
    turns = iter([False] * layer + [True])
    model.breaks_off = lambda: next(turns)


@pytest.mark.parametrize("kind", CROPPABLE)
@pytest.mark.parametrize("layer", [0, 1])
def test_a_pass_that_is_broken_off_leaves_the_state_as_it_was(kind: str, layer: int) -> None:
    model, state = tiny_writing(kind).model, ReadState()
    ids = np.random.default_rng(3).integers(1, 400, 40)
    model.read(state, ids[:30])
    broken_at(model, layer)
    with pytest.raises(BrokenOffError):
        model.read(state, ids[30:31], may_break_off=True)
    assert len(state.ids) == 30
    model.breaks_off = lambda: True
    logits = model.read(state, ids[30:])  # this one may not be broken off
    model.breaks_off = lambda: False
    expected = fresh_logprobs(tiny_loaded(kind), ids)[-1]
    torch.testing.assert_close(logits[0].log_softmax(-1), expected, atol=2e-4, rtol=0)


@pytest.mark.parametrize("kind", sorted(NOT_CROPPABLE))
def test_a_model_whose_cache_cannot_be_cropped_is_never_broken_off(kind: str) -> None:
    model, state = tiny_writing(kind).model, ReadState()
    model.breaks_off = lambda: True
    model.read(state, np.arange(1, 9), may_break_off=True)
    model.breaks_off = lambda: False
    assert len(state.ids) == 8


def branched(kind: str, num_rows: int) -> tuple[LanguageModel, ReadState, RowsState]:
    model, state = tiny_writing(kind).model, ReadState()
    model.read(state, IDS[:30])
    return model, state, model.branch(state, num_rows)


IDS = np.random.default_rng(3).integers(1, 400, 40)


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_rows_share_their_beginning_where_the_model_lets_them(kind: str) -> None:
    _, state, rows = branched(kind, 6)
    if kind == "mistral":  # its window is small, and each row has one of its own
        return
    assert (rows.num_bytes < state.num_bytes) is (kind in SHARING)


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_rows_read_what_they_would_read_alone(kind: str) -> None:
    model, state, rows = branched(kind, 3)
    texts = np.stack([IDS[30:34], IDS[33:37], IDS[36:40]])
    for number in range(4):
        logits = model.read_rows(rows, texts[:, number])
    for number, text in enumerate(texts):
        ids = np.concatenate([IDS[:30], text])
        expected = fresh_logprobs(tiny_loaded(kind), ids)[-1]
        torch.testing.assert_close(logits[number].log_softmax(-1), expected, atol=2e-4, rtol=0)
        assert rows.ids[number].tolist() == ids.tolist()
    assert len(state.ids) == 30


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_a_row_goes_on_alone_and_the_others_without_it(kind: str) -> None:
    model, state, rows = branched(kind, 3)
    model.read_rows(rows, IDS[30:33])
    alone = rows.row(1)
    rows.keep_rows([2, 0])
    both = model.read_rows(rows, IDS[33:35])
    one = model.read(alone, IDS[35:36])
    for first, second, logits in ((32, 33, both[:1]), (30, 34, both[1:]), (31, 35, one)):
        ids = [*IDS[:30], IDS[first], IDS[second]]
        expected = fresh_logprobs(tiny_loaded(kind), ids)[-1]
        torch.testing.assert_close(logits[0].log_softmax(-1), expected, atol=2e-4, rtol=0)
    again = model.read(state, IDS[30:])  # what they began with is as it was
    expected = fresh_logprobs(tiny_loaded(kind), IDS)[-1]
    torch.testing.assert_close(again[0].log_softmax(-1), expected, atol=2e-4, rtol=0)


@pytest.mark.parametrize("kind", CROPPABLE)
@pytest.mark.parametrize("layer", [0, 1])
def test_a_pass_of_rows_that_is_broken_off_leaves_them_as_they_were(kind: str, layer: int) -> None:
    model, _, rows = branched(kind, 2)
    broken_at(model, layer)
    with pytest.raises(BrokenOffError):
        model.read_rows(rows, IDS[30:32])
    model.breaks_off = lambda: False
    logits = model.read_rows(rows, IDS[30:32])
    expected = fresh_logprobs(tiny_loaded(kind), [*IDS[:30], IDS[31]])[-1]
    torch.testing.assert_close(logits[1].log_softmax(-1), expected, atol=2e-4, rtol=0)
