"""GGUF files: unpacked once, with the logits of the model that they were made of."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from gguf_made import gpt2_gguf, llama_gguf
from models_made import ids_of, loaded, logits, reference, stages
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

from storygen.errors import ModelError
from tests.tiny_models import make_tokenizer

Tiny = Callable[..., Path]


@pytest.fixture(scope="module")
def byte_llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Llama with a byte-level vocabulary, as its GGUF files of today have; sizes fit Q8_0's blocks."""
    folder = tmp_path_factory.mktemp("byte-llama") / "llama"
    tokenizer = make_tokenizer("gpt2")
    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=96,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def test_an_unquantised_gguf_gives_the_logits_of_its_model(
    byte_llama: Path, tmp_path: Path
) -> None:
    path = llama_gguf(byte_llama, tmp_path / "llama.gguf", byte_llama)
    found = loaded(path, "gguf")
    ids = ids_of(byte_llama)
    assert torch.equal(logits(found.model, ids), logits(reference(byte_llama), ids))
    assert (
        found.tokenizer("Hello, sea. 🙂").input_ids
        == ids_of(byte_llama, "Hello, sea. 🙂")[0].tolist()
    )
    assert found.info.context == 96
    assert getattr(found.model.config, "quantization_config", None) is None


def test_a_quantised_gguf_gives_the_logits_that_transformers_reads_from_it(
    byte_llama: Path, tmp_path: Path
) -> None:
    path = llama_gguf(byte_llama, tmp_path / "llama.Q8_0.gguf", byte_llama, quantised=True)
    expected = AutoModelForCausalLM.from_pretrained(
        tmp_path, gguf_file=path.name, dtype=torch.float32
    )
    ids = ids_of(byte_llama)
    found = logits(loaded(path, "gguf").model, ids)
    assert torch.equal(found, logits(expected, ids))
    assert not torch.equal(found, logits(reference(byte_llama), ids))


def test_a_gpt2_gguf_keeps_its_own_window(tiny: Tiny, tmp_path: Path) -> None:
    path = gpt2_gguf(tiny("gpt2"), tmp_path / "gpt2.gguf")
    found = loaded(path, "gguf")
    ids = ids_of(tiny("gpt2"))
    assert torch.allclose(logits(found.model, ids), logits(reference(tiny("gpt2")), ids), atol=1e-5)
    assert found.info.context == 96


def test_a_gguf_is_unpacked_once_and_again_when_it_changes(
    byte_llama: Path, tmp_path: Path
) -> None:
    path = llama_gguf(byte_llama, tmp_path / "llama.gguf", byte_llama)

    def unpacks() -> bool:
        return any("unpacking" in step.stage for step in stages(path, "gguf"))

    assert unpacks()
    assert not unpacks()
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 10**9))
    assert unpacks()
    assert len(list((tmp_path / ".converted").iterdir())) == 1


def test_digits_are_split_one_by_one_where_the_vocabulary_was_learned_so(
    byte_llama: Path, tmp_path: Path
) -> None:
    text = "In  1987 it rained."

    def pieces(pre: str) -> list[str]:
        path = llama_gguf(byte_llama, tmp_path / f"{pre}.gguf", byte_llama, pre=pre)
        splitter = loaded(path, "gguf").tokenizer.backend_tokenizer.pre_tokenizer
        return [piece for piece, _ in splitter.pre_tokenize_str(text)]

    assert pieces("smollm") == ["In", "ĠĠ", "1", "9", "8", "7", "Ġit", "Ġrained", "."]
    assert pieces("gpt-2") == ["In", "Ġ", "Ġ1987", "Ġit", "Ġrained", "."]


@pytest.mark.parametrize("spoil", [lambda data: data[:2000], lambda data: b"GGUF" + bytes(60)])
def test_a_damaged_gguf_says_so_and_leaves_nothing_behind(
    byte_llama: Path, tmp_path: Path, spoil: Callable[[bytes], bytes]
) -> None:
    path = llama_gguf(byte_llama, tmp_path / "llama.gguf", byte_llama)
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(ModelError) as caught:
        loaded(path, "gguf")
    assert caught.value.mend
    assert not list(tmp_path.glob(".converted/*"))


def test_a_gguf_of_something_else_says_what_it_is(tmp_path: Path) -> None:
    import gguf

    path = tmp_path / "clip.gguf"
    writer = gguf.GGUFWriter(path, "clip")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    with pytest.raises(ModelError, match="clip"):
        loaded(path, "gguf")
