"""A model in training looked at through the workbench: it stays as it is, and its new weights count."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from storygen.workbench.models.local import LocalModel
from storygen.workbench.models.local_source import unwrapped
from tests.tiny_models import make_model, make_tokenizer

TEXT = "Once upon a time there was a small house by the sea."


def in_training(kind: str = "gpt2") -> tuple[Any, Any]:
    tokenizer = make_tokenizer(kind)
    model = make_model(kind, len(tokenizer)).train()
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.5
    return model, tokenizer


def loss_of(model: Any, tokenizer: Any) -> torch.Tensor:
    ids = torch.tensor([tokenizer(TEXT)["input_ids"]])
    torch.manual_seed(1)
    return torch.as_tensor(model(input_ids=ids, labels=ids, use_cache=False).loss)


def ask_everything(model: LocalModel) -> None:
    model.next_tokens(TEXT, params={})
    model.score("", TEXT)
    model.score_batch([("", TEXT), (TEXT, TEXT)])
    model.generate(TEXT, {"max_tokens": 3}, seeds=[1, 2])
    model.generate_batch([TEXT, "Hello"], {"max_tokens": 3}, seeds=[1, 2])


@pytest.mark.parametrize("kind", ["gpt2", "llama"])
def test_every_module_gets_its_mode_back_and_gradients_flow_as_before(kind: str) -> None:
    model, tokenizer = in_training(kind)
    frozen = next(module for module in model.modules() if isinstance(module, nn.Linear))
    frozen.eval()
    next(model.parameters()).requires_grad_(False)
    modes = [module.training for module in model.modules()]
    wants = [parameter.requires_grad for parameter in model.parameters()]
    weights = [parameter.clone() for parameter in model.parameters()]
    attention = model.config._attn_implementation
    before = loss_of(model, tokenizer)
    ask_everything(LocalModel(model, tokenizer))
    assert [module.training for module in model.modules()] == modes
    assert [parameter.requires_grad for parameter in model.parameters()] == wants
    assert all(map(torch.equal, weights, model.parameters()))
    assert model.config._attn_implementation == attention
    after = loss_of(model, tokenizer)
    assert before.item() == after.item()
    after.backward()
    assert any(parameter.grad is not None for parameter in model.parameters())


def test_it_reads_without_dropout() -> None:
    model, tokenizer = in_training()
    looked = LocalModel(model, tokenizer)
    assert looked.score("", TEXT) == looked.score("", TEXT)
    still = LocalModel(make_model("gpt2", len(tokenizer)), tokenizer)
    one, other = (model.next_tokens(TEXT, num=5).tokens for model in (looked, still))
    assert [t.logprob for t in one] == pytest.approx([t.logprob for t in other], abs=1e-4)


@pytest.mark.parametrize("optimizer", [torch.optim.AdamW, torch.optim.SGD])
def test_a_step_of_training_counts_at_once(optimizer: Any) -> None:
    model, tokenizer = in_training()
    looked, steps = LocalModel(model, tokenizer), optimizer(model.parameters(), lr=0.1)
    before = looked.next_tokens(TEXT)
    loss_of(model, tokenizer).backward()
    steps.step()
    after = looked.next_tokens(TEXT)
    assert after != before
    fresh = LocalModel(model, tokenizer).next_tokens(TEXT)
    assert [token.id for token in after.tokens] == [token.id for token in fresh.tokens]


def test_hooks_are_called_and_stay() -> None:
    model, tokenizer = in_training()
    seen: list[tuple[int, ...]] = []
    model.register_forward_hook(lambda module, args, out: seen.append(tuple(out.logits.shape)))
    looked = LocalModel(model, tokenizer)
    looked.next_tokens(TEXT)
    num = len(seen)
    looked.next_tokens("Another text.")
    assert len(seen) == num + 1 and len(model._forward_hooks) == 1


def test_a_mode_comes_back_after_an_error_too() -> None:
    model, tokenizer = in_training()
    looked = LocalModel(model, tokenizer)
    looked.next_tokens(TEXT)

    def breaks(*_: object) -> None:
        raise KeyError("a hook of one's own")

    model.register_forward_hook(breaks)
    with pytest.raises(KeyError):
        looked.next_tokens("Another text.")
    assert all(module.training for module in model.modules())


@pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing:FutureWarning")  # peft asks it
def test_wrappers_of_training_are_looked_through() -> None:
    from peft import LoraConfig, get_peft_model

    model, tokenizer = in_training("llama")
    plain = LocalModel(model, tokenizer).next_tokens(TEXT)
    adapted = get_peft_model(model, LoraConfig(target_modules=["q_proj"], init_lora_weights=False))
    looked = LocalModel(nn.DataParallel(adapted), tokenizer)
    assert looked.load().model.croppable
    assert looked.next_tokens(TEXT) != plain
    with adapted.disable_adapter():
        assert LocalModel(adapted, tokenizer).next_tokens(TEXT).tokens[0].id == plain.tokens[0].id
    assert unwrapped(adapted) is model
