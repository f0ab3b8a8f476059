"""A run's text as tokens, kept through edits.

Text that stays keeps its token ids; only a changed span, with a token or two of seam on each side, is
tokenised again, because re-tokenised text often differs from what was generated. All places in here are
bytes of the text's UTF-8, so that a token may end inside a character.

The tokens cover the text up to `covered`. What lies beyond (`rest`) is the beginning of a word that was
taken back for the model to complete; the next tokens must begin with it.
"""

from __future__ import annotations

import copy
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from ...errors import BadRequestError
from ...link.messages import KnownToken
from .encoder import TextEncoder
from .utf8 import is_boundary, unfinished_tail

SEAM_TOKENS = 2
MAX_HEALED_TOKENS = 4


@dataclass(frozen=True, slots=True)
class Replaced:
    """Tokens `[first, first + removed)` gave way to `inserted` new ones."""

    first: int
    removed: int
    inserted: int


class TokenizedText:
    """`lead` stands before the story's text and takes no part in its offsets (a template's last space).

    `first`: nothing is read before this text, so its first token may carry the tokenizer's own space.
    """

    def __init__(
        self,
        encoder: TextEncoder,
        text: str,
        *,
        known: Sequence[KnownToken] = (),
        lead: str = "",
        first: bool = False,
    ) -> None:
        self.data = bytearray((lead + text).encode())
        self.ids: list[int] = []
        self.ends: list[int] = []
        self._encoder = encoder
        self._lead = len(lead)
        self._first = first
        self.ends_known = self._tokenize_around(known)

    def copied(self) -> TokenizedText:
        """The same, to be changed by itself."""
        other = copy.copy(self)
        other.data = bytearray(self.data)
        other.ids = list(self.ids)
        other.ends = list(self.ends)
        return other

    @property
    def covered(self) -> int:
        """Bytes that the tokens stand for."""
        return self.ends[-1] if self.ends else 0

    @property
    def num_lead(self) -> int:
        """Code points that stand before the story's text."""
        return self._lead

    @property
    def begins_with_space(self) -> bool:
        """Whether the text's first token may carry a space that the text doesn't have."""
        return self._first and self._encoder.implied_space

    @property
    def implies_space(self) -> bool:
        """Whether the next token is the text's first and may carry a space that the text doesn't have."""
        return not self.ids and self.begins_with_space

    @property
    def rest(self) -> bytes:
        """Bytes that the next tokens must begin with."""
        rest = bytes(self.data[self.covered :])
        return b" " + rest if rest and self.implies_space else rest

    @property
    def unfinished(self) -> bytes:
        """The bytes of a character that the last token cut, if it did."""
        return unfinished_tail(self.data[max(0, self.covered - 4) : self.covered])

    @property
    def num_chars(self) -> int:
        """Code points of the story's text."""
        return len(self.text)

    @property
    def text(self) -> str:
        """The story's text, without the lead."""
        return self.data.decode()[self._lead :]

    def tail(self, num_chars: int) -> str:
        """The last characters of the story's text, at most `num_chars`."""
        start = len(self.data) - 4 * num_chars  # bytes
        known = self.data[start:].decode(errors="ignore") if start > 4 * self._lead else self.text
        return known[max(0, len(known) - num_chars) :]

    def splice(self, at: int, delete: int, insert: str) -> Replaced:
        """Replace `delete` code points at code point `at`; returns which tokens gave way.

        Raises: BadRequestError when the place lies outside the text.
        """
        start, end = self._bytes_of(at, delete)
        self.settle()
        first = self._clean(max(0, bisect_left(self.ends, start) - SEAM_TOKENS + 1), -1)
        last = self._clean(min(len(self.ids), bisect_left(self.ends, end) + SEAM_TOKENS), 1)
        span_start = self.ends[first - 1] if first else 0
        span_end = self.ends[last - 1] if last else 0
        new = insert.encode()
        self.data[start:end] = new
        shift = len(new) - (end - start)
        ids, ends = self._encode(span_start, span_end + shift)
        self.ids[first:last] = ids
        self.ends[first:] = ends + [place + shift for place in self.ends[last:]]
        return Replaced(first, last - first, len(ids))

    def truncate(self, num_bytes: int) -> None:
        """Remove the last `num_bytes` of the text; a token that reaches beyond is dropped."""
        del self.data[len(self.data) - num_bytes :]
        while self.ends and self.ends[-1] > len(self.data):
            self._pop()

    def append(self, token_id: int, text: str, width: int) -> None:
        """A token that stands for `width` bytes from `covered` on, and the text that it adds."""
        self.ends.append(self.covered + width)
        self.ids.append(token_id)
        self.data += text.encode()

    def settle(self) -> None:
        """Tokenise whatever the tokens don't cover."""
        while self.ids and not is_boundary(self.data, self.covered):
            self._pop()
        if self.covered < len(self.data):
            ids, ends = self._encode(self.covered, len(self.data))
            self.ids += ids
            self.ends += ends

    def take_back_word(self) -> None:
        """Uncover the last word, as far as it stands, so that the model can complete it.

        Takes back the tokens up to the last white space, at most `MAX_HEALED_TOKENS`, and at least one.
        """
        self.settle()
        tail = self.data[-256:].decode(errors="ignore")
        word = tail[max((i + 1 for i, letter in enumerate(tail) if letter.isspace()), default=0) :]
        word_start = len(self.data) - len(word.encode())
        for count in range(MAX_HEALED_TOKENS):
            if not self.ids or (count and self.covered <= word_start):
                break
            self._pop()

    def place(self, byte: int) -> int:
        """The code point of the story at or before a byte of the text."""
        while not is_boundary(self.data, byte):
            byte -= 1
        return max(0, len(self.data[:byte].decode()) - self._lead)

    def tokens_before(self, byte: int) -> int:
        """How many tokens end at or before a byte of the text and leave no word or character in two."""
        number = bisect_left(self.ends, byte)
        if number < len(self.ends) and self.ends[number] == byte:
            number += 1
        while number and self._cuts(number):
            number -= 1
        return number

    def _cuts(self, number: int) -> bool:
        """Whether a word or a character goes on behind the first `number` tokens."""
        end = self.ends[number - 1]
        has_width = end > (self.ends[number - 2] if number > 1 else 0)
        if not has_width or not is_boundary(self.data, end):
            return True
        before = self.data[max(0, end - 4) : end].decode(errors="ignore")[-1:]
        after = self.data[end : end + 4].decode(errors="ignore")[:1]
        return before.isalnum() and after.isalnum()

    def _bytes_of(self, at: int, delete: int) -> tuple[int, int]:
        if self.data.isascii():
            start, end, size = at + self._lead, at + self._lead + delete, len(self.data)
            outside = end > size
        else:
            text = self.data.decode()
            outside = at + self._lead + delete > len(text)
            start = len(text[: at + self._lead].encode())
            end = start + len(text[at + self._lead : at + self._lead + delete].encode())
        if outside or at < 0 or delete < 0:
            raise BadRequestError(f"An edit at {at} lies outside the text that the model has.")
        return start, end

    def _encode(self, start: int, end: int) -> tuple[list[int], list[int]]:
        """Ids of bytes `[start, end)` of the text, and where each ends in it."""
        text = self.data[start:end].decode()
        ids, ends = self._encoder.encode(text, first=self._first and start == 0)
        return ids, [start + place for place in ends]

    def _pop(self) -> None:
        """Drop the last token, and those of no width that belong to it."""
        self.ids.pop()
        self.ends.pop()
        while self.ends and self.ends[-1] == (self.ends[-2] if len(self.ends) > 1 else 0):
            self.ids.pop()
            self.ends.pop()

    def _clean(self, number: int, step: int) -> int:
        """The first place from token `number` in direction `step` where no character is cut."""
        while 0 < number < len(self.ids):
            end = self.ends[number - 1]
            has_width = end > (self.ends[number - 2] if number > 1 else 0)
            if has_width and is_boundary(self.data, end):
                break
            number += step
        return number

    def _tokenize_around(self, known: Sequence[KnownToken]) -> bool:
        """Tokenise all that isn't known; returns whether the last token is.

        The last known token before unknown text is tokenised with it: the two may be one word.
        """
        stretches = self._fitting(known)
        for number, (start, ids, ends) in enumerate(stretches):
            self._fill_to(start)
            self.ids += ids
            self.ends += ends
            following = stretches[number + 1][0] if number + 1 < len(stretches) else len(self.data)
            if following > self.covered:
                self._pop()
        ends_known = bool(stretches) and self.covered == len(self.data)
        self._fill_to(len(self.data))
        return ends_known

    def _fill_to(self, end: int) -> None:
        while self.ids and not is_boundary(self.data, self.covered):
            self._pop()
        ids, ends = self._encode(self.covered, end)
        self.ids += ids
        self.ends += ends

    def _fitting(self, known: Sequence[KnownToken]) -> list[tuple[int, list[int], list[int]]]:
        """The known tokens whose bytes are those of the text: (first byte, ids, ends) of whole characters."""
        places = self._byte_places() if known else ()
        groups: list[tuple[int, list[int], list[int]]] = []
        held: list[KnownToken] = []
        for token in sorted(known, key=lambda token: (token.start, token.end)):
            if token.start < 0 or token.end + self._lead >= len(places):
                held = []
                continue
            if held and held[-1].end != token.start:
                held = []
            held.append(token)
            start = places[held[0].start + self._lead]
            fits, ends = self._ends_of(held, start)
            if not fits or (groups and start < groups[-1][2][-1]):
                held = []
            elif is_boundary(self.data, ends[-1]):
                if ends[-1] == places[token.end + self._lead]:
                    groups.append((start, [item.id for item in held], ends))
                held = []
        return groups

    def _ends_of(self, tokens: list[KnownToken], start: int) -> tuple[bool, list[int]]:
        sizes = [len(self._encoder.token_bytes.of(token.id)) for token in tokens]
        joined = self._encoder.token_bytes.join([token.id for token in tokens])
        if start == 0 and self._first and self._encoder.implied_space and joined[:1] == b" ":
            joined, sizes[0] = joined[1:], sizes[0] - 1
        ends = []
        place = start
        for size in sizes:
            place += size
            ends.append(place)
        fits = bool(joined) and min(sizes) >= 0 and self.data.startswith(joined, start)
        return fits, ends

    def _byte_places(self) -> Sequence[int]:
        """The byte of each code point of the text, lead included, and its end."""
        if self.data.isascii():
            return range(len(self.data) + 1)
        places = [0]
        for letter in self.data.decode():
            places.append(places[-1] + len(letter.encode()))
        return places
