"""The bytes that each token id stands for.

Text is put together from bytes rather than from decoded tokens, since a token may hold half a character.
Three families: byte-level BPE, where each letter of a token's name stands for one byte; SentencePiece-like,
where ▁ is a space and <0x0A> a byte; and any other, by what decoding the token after another one adds.
"""

from __future__ import annotations

import json
import re
from typing import Any

_BYTE_TOKEN = re.compile(r"<0x([0-9A-Fa-f]{2})>")


class TokenBytes:
    """id → bytes for a fast tokenizer and a model of `vocabulary` rows.

    `special` holds the ids that are no text: special tokens, and rows that the tokenizer doesn't know.
    """

    def __init__(self, tokenizer: Any, vocabulary: int) -> None:
        names = tokenizer.convert_ids_to_tokens(list(range(min(vocabulary, len(tokenizer)))))
        added = tokenizer.added_tokens_decoder
        spell = _speller(tokenizer, names)
        self.special = frozenset(
            {number for number, token in added.items() if token.special}
            | {number for number, name in enumerate(names) if name is None}
            | set(range(len(names), vocabulary))
        )
        self._table = [
            b""
            if number in self.special
            else added[number].content.encode()
            if number in added
            else spell(number, name)
            for number, name in enumerate(names)
        ]
        self._texts: dict[int, str] = {}
        self._names = names

    def __len__(self) -> int:
        return len(self._table)

    def of(self, token_id: int) -> bytes:
        """The bytes of a token; none for a special one."""
        return self._table[token_id] if 0 <= token_id < len(self._table) else b""

    def join(self, ids: list[int]) -> bytes:
        """The bytes of tokens, one after the other."""
        return b"".join(map(self.of, ids))

    def shown(self, token_id: int) -> str:
        """A token as text to be looked at: half characters as �, a special token by its name."""
        text = self._texts.get(token_id)
        if text is None:
            text = self.of(token_id).decode("utf-8", "replace")
            if token_id in self.special and token_id < len(self._names):
                text = self._names[token_id] or ""
            self._texts[token_id] = text
        return text


def _speller(tokenizer: Any, names: list[str | None]) -> Any:
    """How this tokenizer's names are spelled in bytes: a function of (id, name)."""
    parts = json.loads(tokenizer.backend_tokenizer.to_str())
    pipeline = json.dumps([parts.get("decoder"), parts.get("pre_tokenizer")])
    if '"ByteLevel"' in pipeline:
        alphabet = byte_level_alphabet()
        return lambda _id, name: _spell_byte_level(name, alphabet)
    normalizer = json.dumps(parts.get("normalizer"))
    if "<0x0A>" in names or '"Metaspace"' in pipeline or "▁" in normalizer:
        return lambda _id, name: _spell_sentencepiece(name)
    return _DecodeDifference(tokenizer)


def _spell_byte_level(name: str, alphabet: dict[str, int]) -> bytes:
    if all(letter in alphabet for letter in name):
        return bytes(alphabet[letter] for letter in name)
    return name.encode()


def _spell_sentencepiece(name: str) -> bytes:
    byte = _BYTE_TOKEN.fullmatch(name)
    return bytes([int(byte[1], 16)]) if byte else name.replace("▁", " ").encode()


class _DecodeDifference:
    """What decoding adds when a token stands after a plain one; right for tokenizers that mark words."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        before = tokenizer.encode("a", add_special_tokens=False)
        self._before = before[:1]
        self._text = tokenizer.decode(self._before, clean_up_tokenization_spaces=False)

    def __call__(self, token_id: int, _name: str) -> bytes:
        both = self._tokenizer.decode([*self._before, token_id], clean_up_tokenization_spaces=False)
        return str(both[len(self._text) :]).encode()


def byte_level_alphabet() -> dict[str, int]:
    """The letter that stands for each byte in byte-level vocabularies.

    Printable Latin-1 stands for itself; the other 68 bytes take the letters from U+0100 on, in order.
    Source: Radford et al. 2019, section 2.2, and the vocabularies themselves.
    """
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in plain]
    letters = {chr(byte): byte for byte in plain}
    letters.update({chr(0x100 + number): byte for number, byte in enumerate(others)})
    return letters
