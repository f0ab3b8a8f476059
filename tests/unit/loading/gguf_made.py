"""GGUF files made of tiny models, as llama.cpp's converter writes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from models_made import reference

_LLAMA_NAMES = {
    "model.embed_tokens.weight": "token_embd.weight",
    "model.norm.weight": "output_norm.weight",
    "lm_head.weight": "output.weight",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "model.layers.": "blk.",
}
_GPT2_NAMES = {
    "transformer.wte.weight": "token_embd.weight",
    "transformer.wpe.weight": "position_embd.weight",
    "transformer.ln_f": "output_norm",
    "lm_head.weight": "output.weight",
    "transformer.h.": "blk.",
    "ln_1": "attn_norm",
    "ln_2": "ffn_norm",
    "attn.c_attn": "attn_qkv",
    "attn.c_proj": "attn_output",
    "mlp.c_fc": "ffn_up",
    "mlp.c_proj": "ffn_down",
}


def llama_gguf(
    folder: Path,
    target: Path,
    tokenizer_folder: Path,
    *,
    quantised: bool = False,
    pre: str = "default",
) -> Path:
    """The Llama in `folder` as a GGUF file, with a byte-level vocabulary from `tokenizer_folder`."""
    model = reference(folder)
    config = model.config
    writer = gguf.GGUFWriter(target, "llama")
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_rope_dimension_count(config.head_dim)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)
    for name, value in model.state_dict().items():
        array = value.numpy()
        if name.endswith("q_proj.weight"):
            array = _interleaved(array, config.num_attention_heads)
        if name.endswith("k_proj.weight"):
            array = _interleaved(array, config.num_key_value_heads)
        _add(writer, _renamed(name, _LLAMA_NAMES), array, quantised)
    _finish(writer, tokenizer_folder, pre)
    return target


def gpt2_gguf(folder: Path, target: Path) -> Path:
    """The GPT-2 in `folder` as a GGUF file."""
    model = reference(folder)
    writer = gguf.GGUFWriter(target, "gpt2")
    writer.add_context_length(model.config.n_positions)
    writer.add_embedding_length(model.config.n_embd)
    writer.add_block_count(model.config.n_layer)
    writer.add_feed_forward_length(4 * model.config.n_embd)
    writer.add_head_count(model.config.n_head)
    writer.add_layer_norm_eps(model.config.layer_norm_epsilon)
    for name, value in model.state_dict().items():
        transposed = name.endswith(("c_attn.weight", "c_proj.weight", "c_fc.weight"))
        _add(writer, _renamed(name, _GPT2_NAMES), value.numpy().T if transposed else value.numpy())
    _finish(writer, folder, "gpt-2")
    return target


def _interleaved(array: Any, heads: int) -> Any:
    """Rows in the order of llama.cpp's rotary pairs."""
    shape = (heads, 2, array.shape[0] // heads // 2, *array.shape[1:])
    return array.reshape(shape).swapaxes(1, 2).reshape(array.shape)


def _add(writer: gguf.GGUFWriter, name: str, array: Any, quantised: bool = False) -> None:
    array = np.ascontiguousarray(array)
    if quantised and array.ndim == 2:
        kind = gguf.GGMLQuantizationType.Q8_0
        writer.add_tensor(name, gguf.quants.quantize(array, kind), raw_dtype=kind)
        return
    writer.add_tensor(name, array)


def _finish(writer: gguf.GGUFWriter, tokenizer_folder: Path, pre: str) -> None:
    parts = json.loads((tokenizer_folder / "tokenizer.json").read_text(encoding="utf-8"))
    vocabulary = sorted(parts["model"]["vocab"].items(), key=lambda item: item[1])
    special = {token["content"] for token in parts["added_tokens"]}
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    writer.add_token_list([token for token, _ in vocabulary])
    writer.add_token_types([3 if token in special else 1 for token, _ in vocabulary])
    writer.add_token_merges([" ".join(pair) for pair in parts["model"]["merges"]])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(0)
    writer.add_add_bos_token(False)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _renamed(name: str, names: dict[str, str]) -> str:
    for old, new in names.items():
        name = name.replace(old, new)
    return name
