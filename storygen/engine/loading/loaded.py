"""A model that is ready to write: the seam between loading and the engine.

Imports neither torch nor transformers, so that the engine's pure parts and their tests may name this type.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ...link.messages import LoadProgressed, ModelLoaded

Progress = Callable[[LoadProgressed], None]
"""Takes each step of loading as it happens; called from the thread that loads."""


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A causal language model in eval mode on its device, its fast tokenizer, and what is known of both.

    `model` is a `transformers.PreTrainedModel` without gradients; `tokenizer` a
    `transformers.PreTrainedTokenizerFast`, whose `chat_template` is set whenever `info.format` is "chat".
    `info` is what the server is told; its `threads` are already set in torch.
    """

    model: Any
    tokenizer: Any
    info: ModelLoaded
