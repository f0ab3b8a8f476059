"""How many tokens a model can look back on, and whether its cache can be shortened."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from transformers.cache_utils import DynamicLayer, LinearAttentionCacheLayerMixin

_NAMES = ("max_position_embeddings", "n_positions", "n_ctx", "max_seq_len", "seq_length")
_LEARNED_POSITIONS = {"wpe", "position_embeddings", "embed_positions", "position_embedding"}
_UNSTATED = 2048  # what models without a stated window (BLOOM, Mamba) were trained on
_LARGEST_UNASKED = 16_384  # the cache of 100,000 tokens takes more memory than most models


def context_window(config: Any, asked: int | None) -> tuple[int, tuple[str, ...]]:
    """Tokens of context to use, and remarks for the user where that is not what they would expect."""
    config = config.get_text_config()
    own = next((value for name in _NAMES if (value := getattr(config, name, None))), None)
    if asked is not None:
        if own and asked > own:
            return asked, (
                f"The model was trained on {own} tokens of context, {asked} were asked for.",
            )
        return asked, ()
    if own is None:
        return _UNSTATED, (f"The model states no context window; {_UNSTATED} tokens are used.",)
    if own > _LARGEST_UNASKED:
        return _LARGEST_UNASKED, (
            f"{_LARGEST_UNASKED} of {own} tokens of context are used; "
            'set "context" in config.js for more.',
        )
    return int(own), ()


def learned_positions(model: nn.Module) -> int | None:
    """The number of positions of a model that learned one vector for each; None: it has no such limit."""
    for name, module in model.named_modules():
        if isinstance(module, nn.Embedding) and name.rpartition(".")[2] in _LEARNED_POSITIONS:
            return int(module.num_embeddings) - int(getattr(module, "offset", 0))
    return None


@torch.inference_mode()
def probe(model: Any) -> tuple[bool, bool]:
    """(is the cache croppable, are the logits finite), found by reading three tokens.

    A cache counts as croppable if every layer keeps keys and values of single tokens; sliding windows
    count too, though what has slid out of them is gone.
    """
    ids = torch.tensor([[0, 1, 2]], device=model.device) % model.config.get_text_config().vocab_size
    out = model(input_ids=ids, use_cache=True)
    cache = out.get("past_key_values")
    layers = getattr(cache, "layers", ())
    croppable = bool(layers) and all(
        isinstance(layer, DynamicLayer) and not isinstance(layer, LinearAttentionCacheLayerMixin)
        for layer in layers
    )
    return croppable, bool(torch.isfinite(out.logits).all())
