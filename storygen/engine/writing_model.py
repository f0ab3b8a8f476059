"""A language model together with its tokenizer and prompt format: all that runs share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..link.messages import KnownToken
from .cache_plan import Ids
from .context.prompt_format import Head, make_head
from .loading.loaded import LoadedModel
from .model import LanguageModel
from .text.allowed import AllowedTokens
from .text.encoder import TextEncoder
from .text.token_bytes import TokenBytes
from .text.tokenized import TokenizedText

HEAD_PARTS = (3, 4)
"""At most this part of the window goes to the head, so that the story keeps some room."""


class WritingModel:
    """What is worked out once when a model is loaded."""

    def __init__(self, loaded: LoadedModel) -> None:
        tokenizer = loaded.tokenizer
        self.model = LanguageModel(loaded.model)
        self.info = loaded.info
        self.window = loaded.info.context
        self.format = loaded.info.format
        self.bytes = TokenBytes(tokenizer, self.model.vocabulary)
        self.encoder = TextEncoder(tokenizer, self.bytes)
        self.ends_of_text = _ends_of_text(loaded.model, tokenizer, self.model.vocabulary)
        self.allowed = AllowedTokens(
            self.bytes, self.model.vocabulary, self.ends_of_text, self.model.device
        )
        self._tokenizer = tokenizer
        self._start_ids = _start_ids(tokenizer)

    @property
    def fallback_ids(self) -> Ids:
        """What is read when there is nothing to read: the beginning of a text, if the model has one."""
        if self._start_ids:
            return _as_ids(self._start_ids)
        candidates = (self._tokenizer.bos_token_id, self._tokenizer.eos_token_id, 0)
        return _as_ids([next(number for number in candidates if number is not None)])

    def head(self, mode: str, prompt: str, *, remembers: bool) -> Head:
        """What stands before the story, in this model's format; see `make_head`."""
        return make_head(
            self.format, mode=mode, prompt=prompt, remembers=remembers, chat=self._chat
        )

    @property
    def num_start_tokens(self) -> int:
        """How many tokens begin whatever is read, beside those that a chat template brings along."""
        return 0 if self.format == "chat" else len(self._start_ids)

    def encode_first(self, text: str) -> tuple[list[int], list[int]]:
        """The ids of what is read first, with the token that begins every text, and where each ends."""
        ids, ends = self.encoder.encode(text, first=not self._start_ids or self.format == "chat")
        if self.format != "chat" and ids[: len(self._start_ids)] != self._start_ids:
            ids, ends = self.encoder.encode(text, first=True)
            ids, ends = self._start_ids + ids, [0] * len(self._start_ids) + ends
        return ids, ends

    @property
    def most_head_tokens(self) -> int:
        """What a format and a prompt may take of the window."""
        return self.window * HEAD_PARTS[0] // HEAD_PARTS[1]

    def tokenize(
        self, text: str, *, known: Sequence[KnownToken], lead: str, first: bool
    ) -> TokenizedText:
        """The story's text as tokens; see `TokenizedText`."""
        return TokenizedText(self.encoder, text, known=known, lead=lead, first=first)

    def _chat(self, message: str) -> str:
        return str(
            self._tokenizer.apply_chat_template(
                [{"role": "user", "content": message}], tokenize=False, add_generation_prompt=True
            )
        )


def _as_ids(ids: list[int]) -> Ids:
    return np.array(ids, dtype=np.int64)


def _start_ids(tokenizer: Any) -> list[int]:
    """The token that begins a text: the one that the tokenizer adds, or one that separates texts (GPT-2)."""
    bos = tokenizer.bos_token_id
    if bos is None:
        return []
    added = list(tokenizer("")["input_ids"])
    return [bos] if added[:1] == [bos] or bos == tokenizer.eos_token_id else []


def _ends_of_text(model: Any, tokenizer: Any, vocabulary: int) -> frozenset[int]:
    found: set[int] = set()
    configs = (model.config, getattr(model, "generation_config", None), tokenizer)
    for config in configs:
        value = getattr(config, "eos_token_id", None)
        found.update(value if isinstance(value, list) else [] if value is None else [value])
    return frozenset(number for number in found if 0 <= number < vocabulary)
