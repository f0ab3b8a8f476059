"""Attention of a place, against one plain pass of transformers with its own eager attention."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import pytest
import torch

from storygen.workbench.explain.attention import attention
from storygen.workbench.jobs import CancelledError, Job
from storygen.workbench.models.base import CannotError
from storygen.workbench.models.local import LocalModel
from tests.tiny_local import ids_of, local
from tests.tiny_models import ARCHITECTURES, SLIDING_WINDOW, make_model, make_tokenizer
from tests.unit.workbench.models.two_words import TwoWords

TEXT = "Once upon a time there was a small house by the sea, and in the house lived an old woman."


@pytest.mark.parametrize("kind", [kind for kind in ARCHITECTURES if kind != "mamba"])
def test_the_weights_are_those_of_one_plain_pass(kind: str) -> None:
    model = local(kind)
    then = [model.next_tokens(TEXT).tokens[0].id]
    found = attention(model, TEXT, then)
    ids = [*ids_of(kind, TEXT), *then]
    plain = deepcopy(model._given[0])
    plain.set_attn_implementation("eager")
    out = plain(input_ids=torch.tensor([ids]), output_attentions=True, use_cache=False)
    expected = torch.stack([layer[0, :, -1] for layer in out.attentions]).detach().numpy()
    assert found.weights.shape == (2, 4, len(ids)) == expected.shape
    np.testing.assert_allclose(found.weights, expected, atol=1e-5)
    np.testing.assert_allclose(found.weights.sum(-1), 1.0, atol=1e-5)
    assert found.layers == (1, 2) and len(found.tokens) == len(ids)
    np.testing.assert_allclose(found.mean(), expected.mean((0, 1)), atol=1e-5)
    np.testing.assert_allclose(found.most(1), expected[1].max(0), atol=1e-5)
    if kind == "mistral":
        assert not found.weights[:, :, : len(ids) - SLIDING_WINDOW].any()


def test_the_model_has_its_own_attention_again_and_reads_on_as_before() -> None:
    tokenizer = make_tokenizer("llama")
    raw = make_model("llama", len(tokenizer)).train()
    model = LocalModel(raw, tokenizer)
    before, own = model.next_tokens(TEXT), raw.config._attn_implementation
    attention(model, TEXT)
    assert raw.config._attn_implementation == own != "eager"
    assert raw.training
    after = model.next_tokens(TEXT, [before.tokens[0].id])
    model.forget()
    fresh = model.next_tokens(TEXT, [before.tokens[0].id])
    assert [t.logprob for t in after.tokens[:9]] == pytest.approx(
        [t.logprob for t in fresh.tokens[:9]], abs=1e-4
    )


def test_a_single_token_looks_at_itself() -> None:
    found = attention(local("gpt2"), "")
    np.testing.assert_allclose(found.weights, 1.0)
    assert found.tokens == ("<|endoftext|>",)


def test_a_model_without_attention_says_so() -> None:
    with pytest.raises(CannotError, match="mamba gives no attention"):
        attention(local("mamba"), TEXT)
    with pytest.raises(CannotError, match="TwoWords does not show its inside"):
        attention(TwoWords(), TEXT)


def test_it_can_be_given_up() -> None:
    job = Job()
    job.cancel()
    with pytest.raises(CancelledError):
        attention(local("gpt2"), "A text that nobody has read before " * 3, job=job)


def test_texts_that_are_being_written_go_on_as_they_would() -> None:
    model, params = local("llama"), {"temperature": 1.0, "max_tokens": 8}
    before = model.generate(TEXT, params, seeds=[1, 2])
    between = model.generate(
        TEXT, params, seeds=[1, 2], on_token=lambda row, token: attention(model, "Hello") and None
    )
    assert [one.text for one in between] == [one.text for one in before]
