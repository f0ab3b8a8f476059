"""What each layer would have said: the last layer says what the model says."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from storygen.workbench.explain.lens import logit_lens
from storygen.workbench.models.base import CannotError
from storygen.workbench.models.local import LocalModel
from tests.tiny_local import bare_logprobs, ids_of, local
from tests.tiny_models import ARCHITECTURES, make_model, make_tokenizer

TEXT = "She was there when the light came, and she was there when the light went away again."


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_the_last_layer_is_the_models_own_output(kind: str) -> None:
    found = logit_lens(local(kind), TEXT, num_tokens=5, num_top=7, chosen=9)
    expected = bare_logprobs(kind, ids_of(kind, TEXT))[-5:]
    assert found.layers == ("input", "layer 1", "layer 2")
    assert [len(row) for row in found.opinions] == [5, 5, 5] and len(found.tokens) == 5
    for row, opinion in zip(expected, found.opinions[-1], strict=True):
        assert [token.id for token in opinion.top] == row.topk(7).indices.tolist()
        values = [token.logprob for token in opinion.top]
        assert values == pytest.approx(row.topk(7).values.tolist(), abs=5e-4)
        assert opinion.entropy == pytest.approx(float(-(row.exp() * row).sum()), abs=2e-3)
        assert opinion.chosen == pytest.approx(float(row[9]), abs=5e-4)
    assert found.opinions[0] != found.opinions[1] != found.opinions[2]


def test_a_middle_layer_is_its_output_through_norm_and_head() -> None:
    raw, _ = local("llama")._given
    ids = torch.tensor([ids_of("llama", TEXT)])
    with torch.inference_mode():
        hidden = raw(input_ids=ids, output_hidden_states=True).hidden_states[1]
        expected = raw.lm_head(raw.model.norm(hidden))[0, -1].log_softmax(-1)
    found = logit_lens(local("llama"), TEXT, num_tokens=1).opinions[1][0]
    assert [token.id for token in found.top] == expected.topk(5).indices.tolist()
    assert found.top[0].logprob == pytest.approx(float(expected.max()), abs=5e-4)


def test_what_a_model_does_behind_its_head_is_heeded() -> None:
    tokenizer = make_tokenizer("llama")
    raw = make_model("llama", len(tokenizer))
    raw.config.logits_scaling = 4.0  # says so, and does it
    raw.lm_head = nn.Sequential(raw.lm_head, Quarter())
    raw.get_output_embeddings = lambda: raw.lm_head[0]
    found = logit_lens(LocalModel(raw, tokenizer), TEXT, num_tokens=1)
    own = LocalModel(raw, tokenizer).next_tokens(TEXT).tokens[0]
    assert found.opinions[-1][0].top[0].logprob == pytest.approx(own.logprob, abs=5e-4)


class Quarter(nn.Module):
    def forward(self, logits: torch.Tensor) -> torch.Tensor:
        return logits / 4


def test_a_model_whose_head_is_not_known_says_so_and_keeps_no_hooks() -> None:
    tokenizer = make_tokenizer("gpt2")
    raw = make_model("gpt2", len(tokenizer))
    raw.get_output_embeddings = lambda: nn.Linear(32, len(tokenizer))
    with pytest.raises(CannotError, match="how the layers of GPT2LMHeadModel become words"):
        logit_lens(LocalModel(raw, tokenizer), TEXT)
    hooks = [hook for module in raw.modules() for hook in module._forward_hooks.values()]
    assert not [hook for hook in hooks if hook.__module__.startswith("storygen")]


def test_a_text_of_one_token_has_one_column() -> None:
    found = logit_lens(local("gpt2"), "", num_tokens=8)
    assert found.tokens == ("<|endoftext|>",)
    assert sum(math.exp(t.logprob) for t in found.opinions[-1][0].top) <= 1
