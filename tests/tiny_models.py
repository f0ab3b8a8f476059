"""Tiny random models with real fast tokenizers, made on the spot and saved to a folder like any other model.

One for each architecture that the engine promises to handle: absolute, rotary and ALiBi positions, local
attention, a sliding window that fills, and a recurrent state that can't be cropped. They write nonsense,
quickly and always the same nonsense: weights come from a fixed seed, spread wide enough that greedy choices
don't hang on the last bit. The vocabulary holds all 256 bytes, so emoji and CJK are split inside characters.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)
from transformers import (
    BloomConfig,
    GPT2Config,
    GPTNeoConfig,
    LlamaConfig,
    MambaConfig,
    MistralConfig,
    PreTrainedTokenizerFast,
    set_seed,
)
from transformers.models.auto.modeling_auto import AutoModelForCausalLM

ARCHITECTURES = ("gpt2", "bloom", "llama", "gpt_neo", "mistral", "mamba")
"""Every kind that `make_tiny_model` knows."""

NOT_CROPPABLE = ("mamba",)
"""The kinds whose cache can't be cropped: an edit reads the whole window again."""

SENTENCEPIECE_LIKE = ("llama", "mistral")
"""The kinds whose tokenizer writes spaces as ▁, adds one in front and falls back to byte tokens."""

WINDOW = 96
"""Context window in tokens of each tiny model."""

SLIDING_WINDOW = 16

CHAT_TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)

CORPUS = (
    "Once upon a time there was a small house by the sea, and in the house lived an old woman.",
    "The old woman said hello to the sea every morning, and the sea said hello to the old woman.",
    "She was there when the light came, and she was there when the light went away again.",
    "What did you say? he asked. I said that there is a letter for you, she answered. Come and see!",
    "Hello, world. The time was right, the word was there, and the storm came over the water.",
    "“Wait,” she whispered — the door was open… and the café was empty. Été, naïve, Ångström.",
    "猫は海を見ていた。そして、夜が来た。她走了。你好，世界！ 🙂🚀👩‍👩‍👧 مرحبا بالعالم שלום",
    "1, 2, 3, 10, 200. (a) [b] {c} <d> \"e\" 'f' * g * # h / i \\ j _ k _ l = m + n ~ o",
)


def make_tiny_model(kind: str, folder: Path, *, chat: bool = False) -> Path:
    """Saves a tiny model of `kind` (one of `ARCHITECTURES`) and its tokenizer to `folder`; returns `folder`.

    `chat` gives the tokenizer a ChatML template. Takes well under a second.
    """
    tokenizer = make_tokenizer(kind, chat=chat)
    make_model(kind, len(tokenizer)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def make_tokenizer(kind: str, *, chat: bool = False) -> PreTrainedTokenizerFast:
    """A small tokenizer of the family that `kind` uses, with an end-of-text token and, for Llama's, a BOS."""
    special = ["<|im_start|>", "<|im_end|>"] if chat else []
    tokenizer = _sentencepiece_like(special) if kind in SENTENCEPIECE_LIKE else _byte_level(special)
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>" if kind in SENTENCEPIECE_LIKE else "<|endoftext|>",
        eos_token="<|im_end|>"
        if chat
        else ("</s>" if kind in SENTENCEPIECE_LIKE else "<|endoftext|>"),
        additional_special_tokens=special,
        clean_up_tokenization_spaces=False,
    )
    if chat:
        wrapped.chat_template = CHAT_TEMPLATE
    return wrapped


def make_model(kind: str, vocabulary: int) -> Any:
    """A model of `kind` with random weights in fp32, in eval mode; always the same ones."""
    set_seed(20210)
    model = AutoModelForCausalLM.from_config(_config(kind, vocabulary), dtype=torch.float32)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() >= 2:
                parameter.mul_(6.0 if kind != "mamba" else 3.0)
    return model.eval()


def _config(kind: str, vocabulary: int) -> Any:
    ends = {
        "bos_token_id": 0,
        "eos_token_id": 0,
        "pad_token_id": None,
        "tie_word_embeddings": False,  # tied random weights repeat one token for ever
    }
    shape = {"vocab_size": vocabulary, "hidden_size": 32, "num_hidden_layers": 2}
    rotary = {
        **shape,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "intermediate_size": 64,
        "max_position_embeddings": WINDOW,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "pad_token_id": None,
    }
    if kind == "gpt2":
        return GPT2Config(
            vocab_size=vocabulary, n_positions=WINDOW, n_embd=32, n_layer=2, n_head=4, **ends
        )
    if kind == "bloom":
        return BloomConfig(vocab_size=vocabulary, hidden_size=32, n_layer=2, n_head=4, **ends)
    if kind == "gpt_neo":
        return GPTNeoConfig(
            vocab_size=vocabulary,
            max_position_embeddings=WINDOW,
            hidden_size=32,
            num_layers=2,
            num_heads=4,
            attention_types=[[["global", "local"], 1]],
            window_size=SLIDING_WINDOW,
            **ends,
        )
    if kind == "llama":
        return LlamaConfig(**rotary)
    if kind == "mistral":
        return MistralConfig(**rotary, sliding_window=SLIDING_WINDOW)
    if kind == "mamba":
        return MambaConfig(**shape, state_size=8, **ends)
    raise ValueError(f"no tiny model of kind {kind!r}")


def _byte_level(special: list[str]) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(
        CORPUS,
        trainers.BpeTrainer(
            vocab_size=480,
            special_tokens=["<|endoftext|>", *special],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    return tokenizer


def _sentencepiece_like(special: list[str]) -> Tokenizer:
    byte_tokens = [f"<0x{value:02X}>" for value in range(256)]
    trained = Tokenizer(models.BPE(unk_token="<unk>"))
    trained.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    trained.train_from_iterator(
        [line for line in CORPUS if line.isascii()],
        trainers.BpeTrainer(vocab_size=220, special_tokens=["<unk>"], show_progress=False),
    )
    order = sorted(trained.get_vocab().items(), key=lambda item: item[1])
    names = ["<unk>", "<s>", "</s>", *special, *byte_tokens]
    names += [token for token, _ in order if token not in names]
    merges = [tuple(pair) for pair in _merges(trained)]
    tokenizer = Tokenizer(
        models.BPE(
            vocab={name: number for number, name in enumerate(names)},
            merges=merges,
            unk_token="<unk>",
            fuse_unk=True,
            byte_fallback=True,
        )
    )
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    )
    tokenizer.decoder = decoders.Sequence(
        [
            decoders.Replace("▁", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    tokenizer.add_special_tokens(["<unk>", "<s>", "</s>", *special])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", names.index("<s>"))]
    )
    return tokenizer


def _merges(tokenizer: Tokenizer) -> list[list[str]]:
    pairs: list[Any] = json.loads(tokenizer.to_str())["model"]["merges"]
    return [pair if isinstance(pair, list) else pair.split(" ") for pair in pairs]
