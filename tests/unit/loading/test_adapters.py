"""Adapters: merged into their base, with the logits that peft gives."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from models_made import as_bin, ids_of, loaded, logits, reference
from peft import LoraConfig, PeftModel, PromptTuningConfig, get_peft_model
from tokenizers import AddedToken

from storygen.errors import ModelError
from tests.tiny_models import make_tokenizer

Tiny = Callable[..., Path]

# peft asks transformers for an attribute by its old name
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")


def make_lora(base: Path, folder: Path, **settings: object) -> Path:
    """A LoRA adapter of `base` whose weights are random and large enough to be seen."""
    torch.manual_seed(3)
    model = get_peft_model(
        reference(base), LoraConfig(task_type="CAUSAL_LM", r=4, lora_alpha=16, **settings)
    )
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "lora_" in name:
                weight.normal_(std=0.3)
    model.save_pretrained(str(folder))
    return folder


TARGETS = {"gpt2": ["c_attn"], "llama": ["q_proj", "v_proj"], "bloom": ["query_key_value"]}


@pytest.mark.parametrize("kind", TARGETS)
def test_a_lora_folder_gives_the_logits_of_peft(tiny: Tiny, tmp_path: Path, kind: str) -> None:
    base = tiny(kind)
    extra = {"fan_in_fan_out": True} if kind == "gpt2" else {}
    folder = make_lora(base, tmp_path / "lora", target_modules=TARGETS[kind], **extra)
    expected = PeftModel.from_pretrained(reference(base), str(folder)).eval()
    found = loaded(folder, "adapter", base=str(base))
    ids = ids_of(base)
    assert torch.allclose(logits(found.model, ids), logits(expected, ids), atol=2e-5)
    assert not torch.allclose(logits(found.model, ids), logits(reference(base), ids), atol=1e-2)
    assert not any("lora" in name for name, _ in found.model.named_parameters())


def test_an_adapter_on_an_old_bin_base_loads_too(tiny: Tiny, tmp_path: Path) -> None:
    base = as_bin(tiny("llama"), tmp_path / "base")
    folder = make_lora(tiny("llama"), tmp_path / "lora", target_modules=["q_proj"])
    expected = PeftModel.from_pretrained(reference(tiny("llama")), str(folder)).eval()
    found = loaded(folder, "adapter", base=str(base), models_dir=str(tmp_path / "models"))
    ids = ids_of(tiny("llama"))
    assert torch.allclose(logits(found.model, ids), logits(expected, ids), atol=2e-5)


def test_an_adapter_that_brings_new_tokens_grows_the_vocabulary(tiny: Tiny, tmp_path: Path) -> None:
    base = tiny("llama")
    tokenizer = make_tokenizer("llama")
    tokenizer.add_tokens([AddedToken(name, normalized=False) for name in ("<scene>", "<dream>")])
    model = reference(base)
    model.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    wrapped = get_peft_model(
        model,
        LoraConfig(
            task_type="CAUSAL_LM",
            r=2,
            target_modules=["q_proj"],
            modules_to_save=["embed_tokens", "lm_head"],
        ),
    )
    folder = tmp_path / "lora"
    wrapped.save_pretrained(str(folder), save_embedding_layers=True)
    tokenizer.save_pretrained(folder)
    found = loaded(folder, "adapter", base=str(base))
    ids = torch.tensor([found.tokenizer("Hello<dream> sea").input_ids])
    assert len(tokenizer) - 1 in ids[0].tolist()
    assert torch.allclose(logits(found.model, ids), logits(wrapped.eval(), ids), atol=2e-5)
    assert found.info.vocabulary == len(tokenizer)


def test_an_adapter_of_another_model_says_what_it_was_trained_on(
    tiny: Tiny, tmp_path: Path
) -> None:
    folder = make_lora(tiny("llama"), tmp_path / "lora", target_modules=["q_proj"])
    with pytest.raises(ModelError, match="does not fit") as caught:
        loaded(folder, "adapter", base=str(tiny("gpt2")))
    assert "llama" in caught.value.mend


def test_an_adapter_without_its_base_names_it(tiny: Tiny, tmp_path: Path) -> None:
    folder = make_lora(tiny("llama"), tmp_path / "lora", target_modules=["q_proj"])
    with pytest.raises(ModelError, match="base model of lora is not there"):
        loaded(folder, "adapter")


def test_an_adapter_that_cannot_be_merged_is_refused(tiny: Tiny, tmp_path: Path) -> None:
    config = PromptTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=4)
    get_peft_model(reference(tiny("llama")), config).save_pretrained(str(tmp_path / "soft"))
    with pytest.raises(ModelError, match="PROMPT_TUNING"):
        loaded(tmp_path / "soft", "adapter", base=str(tiny("llama")))


@pytest.mark.parametrize(
    "changes", [{"megatron_core": "os"}, {"megatron_config": {"a": 1}}, {"peft_type": "XLORA"}]
)
def test_an_adapter_that_names_code_is_refused(
    tiny: Tiny, tmp_path: Path, changes: dict[str, object]
) -> None:
    folder = make_lora(tiny("llama"), tmp_path / "lora", target_modules=["q_proj"])
    path = folder / "adapter_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    with pytest.raises(ModelError):
        loaded(folder, "adapter", base=str(tiny("llama")))


def test_an_unsafe_adapter_pickle_does_not_run(tiny: Tiny, tmp_path: Path) -> None:
    from test_folders import Harmful

    folder = make_lora(tiny("llama"), tmp_path / "lora", target_modules=["q_proj"])
    (folder / "adapter_model.safetensors").unlink()
    trap = tmp_path / "trap"
    torch.save({"x": Harmful(str(trap))}, folder / "adapter_model.bin")
    with pytest.raises(ModelError) as caught:
        loaded(folder, "adapter", base=str(tiny("llama")))
    assert caught.value.code == "unsafe"
    assert not trap.exists()


def test_a_damaged_adapter_says_so(tiny: Tiny, tmp_path: Path) -> None:
    folder = make_lora(tiny("llama"), tmp_path / "lora", target_modules=["q_proj"])
    weights = folder / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-10])
    with pytest.raises(ModelError, match="shorter"):
        loaded(Path(shutil.copytree(folder, tmp_path / "copy")), "adapter", base=str(tiny("llama")))
