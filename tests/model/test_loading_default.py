"""The real default model, as the launcher leaves it in `models/`."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from storygen.engine.loading import LoadedModel, load
from storygen.engine.loading.default_model import FOLDER
from storygen.link.messages import LoadModel

MODELS = Path(__file__).parents[2] / "models"

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def default() -> LoadedModel:
    spec = LoadModel(str(MODELS / FOLDER), "folder", precision="fp32", threads=1, device="cpu")
    return load(spec, lambda _: None)


def test_it_is_the_model_that_the_package_carries(default: LoadedModel) -> None:
    info = default.info
    assert info.architecture == "LlamaForCausalLM"
    assert info.parameters == 134_515_008
    assert (info.vocabulary, info.context) == (49_152, 8192)
    assert info.croppable
    assert info.format == "chat"
    assert info.notes == ()


def test_its_tokenizer_is_smollm2s_own(default: LoadedModel) -> None:
    tokenizer = default.tokenizer
    text = "In  1987 it rained.\n\nÉté, 猫 🙂"
    ids = tokenizer(text).input_ids
    assert tokenizer.decode(ids) == text
    assert tokenizer.convert_ids_to_tokens(ids)[:6] == ["In", "ĠĠ", "1", "9", "8", "7"]
    assert tokenizer.convert_tokens_to_ids(["<|endoftext|>", "<|im_start|>", "<|im_end|>"]) == [
        0,
        1,
        2,
    ]
    assert (tokenizer.bos_token_id, tokenizer.eos_token_id) == (1, 2)


def test_its_chat_template_leaves_the_story_as_an_unfinished_turn(default: LoadedModel) -> None:
    talk = [
        {"role": "user", "content": "Write a story."},
        {"role": "assistant", "content": "The lighthouse"},
    ]
    text = default.tokenizer.apply_chat_template(talk, tokenize=False, continue_final_message=True)
    assert text.startswith("<|im_start|>system\n")
    assert text.endswith("<|im_start|>assistant\nThe lighthouse")


@torch.inference_mode()
def test_it_knows_english(default: LoadedModel) -> None:
    ids = default.tokenizer("The capital of France is", return_tensors="pt").input_ids
    best = int(default.model(ids).logits[0, -1].argmax())
    assert default.tokenizer.decode([best]) == " Paris"
