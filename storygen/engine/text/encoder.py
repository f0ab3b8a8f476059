"""Text into token ids, each with the byte of the text where it ends.

The middle of a text must be tokenised without the space that SentencePiece-like tokenizers put in front,
so a second tokenizer without that rule is made from the first one's own description.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from tokenizers import Tokenizer

from .token_bytes import TokenBytes

LONG = 2000
NUM_KEPT = 8
"""So many of the last texts of at least `LONG` characters are remembered."""


class TextEncoder:
    """Tokenises a text's beginning or a piece of its middle; `token_bytes` must be of the same tokenizer.

    `implied_space`: a text's first token carries a space that the text doesn't have.
    """

    def __init__(self, tokenizer: Any, token_bytes: TokenBytes) -> None:
        description = json.loads(tokenizer.backend_tokenizer.to_str())
        description.update(truncation=None, padding=None)
        self._first = Tokenizer.from_str(json.dumps(description))
        middle = _without_prefix_space(description)
        self._middle = Tokenizer.from_str(json.dumps(middle))
        self.token_bytes = token_bytes
        # Who looks at place after place of a story asks for the same long text again and again.
        self._encode_long = lru_cache(NUM_KEPT)(self._encode)
        first = self._first.encode("a", add_special_tokens=False).ids
        self.implied_space = token_bytes.join(first[:2]).startswith(b" ")

    def encode(self, text: str, *, first: bool) -> tuple[list[int], list[int]]:
        """The ids of `text`, and the byte of its UTF-8 where each ends; the last one ends where it does.

        Neither list may be changed.

        `first`: the text stands at the very beginning of what the model reads.
        """
        if not text:
            return [], []
        return (self._encode_long if len(text) >= LONG else self._encode)(text, first)

    def _encode(self, text: str, first: bool) -> tuple[list[int], list[int]]:
        encoding = (self._first if first else self._middle).encode(text, add_special_tokens=False)
        raw = text.encode()
        sizes = [len(self.token_bytes.of(number)) for number in encoding.ids]
        joined = self.token_bytes.join(encoding.ids)
        if joined == raw:
            return encoding.ids, _running_sum(sizes, 0)
        if first and self.implied_space and joined == b" " + raw:
            return encoding.ids, _running_sum(sizes, -1)
        return encoding.ids, _ends_by_offsets(text, encoding.offsets, sizes)


def _running_sum(sizes: list[int], start: int) -> list[int]:
    ends = []
    for size in sizes:
        start += size
        ends.append(start)
    return ends


def _ends_by_offsets(text: str, offsets: list[tuple[int, int]], sizes: list[int]) -> list[int]:
    """Ends from the tokenizer's own offsets, where the tokens' bytes are not exactly the text's.

    Tokens that share one character get their bytes of it when these add up, else no width but the last.
    """
    at_byte = _byte_offsets(text)
    ends: list[int] = []
    done = 0
    for number, (start, end) in enumerate(offsets):
        next_start = offsets[number + 1][0] if number + 1 < len(offsets) else len(text)
        if next_start < end:
            inside = at_byte[start] if number == 0 or offsets[number - 1] != (start, end) else done
            done = max(done, min(inside + sizes[number], at_byte[end] - 1))
        else:
            done = max(done, at_byte[end])
        ends.append(done)
    if ends:
        ends[-1] = at_byte[-1]
    return ends


def _byte_offsets(text: str) -> list[int]:
    """The byte at which each code point begins, and where the text ends."""
    places = [0]
    for letter in text:
        places.append(places[-1] + len(letter.encode()))
    return places


def _without_prefix_space(description: dict[str, Any]) -> dict[str, Any]:
    changed: dict[str, Any] = json.loads(json.dumps(description))
    changed["normalizer"] = _without_prepend(changed.get("normalizer"))
    for part in _parts(changed.get("pre_tokenizer"), "pretokenizers"):
        if part["type"] == "Metaspace":
            part["prepend_scheme"] = "never"
        if part["type"] == "ByteLevel":
            part["add_prefix_space"] = False
    return changed


def _without_prepend(normalizer: dict[str, Any] | None) -> dict[str, Any] | None:
    if normalizer is None or normalizer["type"] == "Prepend":
        return None
    if normalizer["type"] == "Sequence":
        kept = [part for part in normalizer["normalizers"] if part["type"] != "Prepend"]
        return {**normalizer, "normalizers": kept}
    return normalizer


def _parts(component: dict[str, Any] | None, name: str) -> list[dict[str, Any]]:
    if component is None:
        return []
    return component[name] if component["type"] == "Sequence" else [component]
