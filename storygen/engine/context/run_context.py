"""The text of one run and the ids that the model should have read for it, through tokens and edits.

Knows no model and no sampling. Tokens are pushed as they are drawn and held until their text is final;
those let go are part of the text. `revise` applies what the server says: it may take back tokens of the
run, change the text anywhere, and then the end of the text may be a word to complete.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ...link.messages import ReviseRun, StartRun, StartSet
from ..text.held import DrawnToken, HeldText, ReadyToken
from .window import Window

if TYPE_CHECKING:
    from ..cache_plan import Ids
    from ..writing_model import WritingModel


class RunContext:
    """`index` is the index of the next token that will be let go."""

    def __init__(
        self, writing: WritingModel, start: StartRun | StartSet, *, reserve: int = 0
    ) -> None:
        """`reserve`: so many tokens are to follow without a move of the window, if half of it is enough."""
        self._writing = writing
        self._reserve = min(reserve, writing.window // 2)
        self._mode, self._prompt, self._memory = start.mode, start.prompt, start.memory
        head = writing.head(start.mode, start.prompt, start.memory)
        self._lead = head.lead
        self._head = writing.head_ids(head.text)
        self.text = writing.tokenize(
            start.text, known=start.known, lead=head.lead, first=not head.text
        )
        self.window = Window(self._room())
        self.held = HeldText()
        self.index = start.next_index
        self._let_go_from = start.next_index
        self._sizes: list[int] = []
        self._starts: dict[int, int] = {}  # of the window, when a token that is held was drawn
        heal = (start.heal and not self.text.ends_known) or not start.text
        self._typed_end = len(self.text.data) if heal else -1
        self._heal()

    @property
    def num_drawn(self) -> int:
        """The index of the next token to be drawn: held ones count."""
        return self.index + len(self.held.tokens)

    @property
    def rest(self) -> bytes:
        """Bytes that the next token must begin with; a held token has gone past them."""
        return b"" if self.held.tokens else self.text.rest

    @property
    def unfinished(self) -> bytes:
        """The bytes of a character that the last token cut."""
        return self.held.unfinished or (self.text.unfinished if self.rest else b"")

    def wanted(self) -> Ids:
        """The ids that the model should have read; at least one, at most its window."""
        self.window.fit(self.num_tokens)
        if not self.num_tokens and not len(self._head):
            self._head = self._writing.fallback_ids
            self.window.room = self._room()
        return self._from(self.window.start)

    @property
    def num_tokens(self) -> int:
        """The story's, those before the window and those held counted."""
        return len(self.text.ids) + len(self.held.tokens)

    @property
    def num_head_tokens(self) -> int:
        """What is read before the story."""
        return len(self._head)

    def next_window(self) -> Ids:
        """The ids that `wanted` will begin with when the window has moved; at least one."""
        return self._from(min(self.window.next_start, self.num_tokens - 1))

    def _from(self, start: int) -> Ids:
        story = self.text.ids[start:] + [token.id for token in self.held.tokens]
        return np.concatenate([self._head, np.array(story, dtype=np.int64)])

    def push(self, token: DrawnToken) -> None:
        """Take a drawn token (its `width` is worked out here); what it adds is held."""
        width = len(self._writing.bytes.of(token.id)) - self._has_own_space(token.id)
        self._starts[token.index] = self.window.start
        self.held.push(replace(token, width=width), self.added_by(token.id))

    def added_by(self, token_id: int) -> bytes:
        """What a token would add to the text if it were drawn next."""
        data, rest = self._writing.bytes.of(token_id), self.rest
        return data[len(rest) or int(self._has_own_space(token_id)) :]

    def _has_own_space(self, token_id: int) -> bool:
        """Whether the token begins with the space that the tokenizer puts before every text."""
        first = self.text.implies_space and not self.held.tokens
        return first and self._writing.bytes.of(token_id).startswith(b" ")

    def take_back_held(self, index: int) -> None:
        """Of the tokens that are held, only those before `index` stand."""
        self.held.drop(index - self.index)
        self.window.start = self._starts.get(index, self.window.start)

    def let_go(self, ready: Iterable[ReadyToken]) -> None:
        """Tokens whose text is final become part of the text."""
        for token in ready:
            self.text.append(token.drawn.id, token.text, token.drawn.width)
            self._sizes.append(len(token.text.encode()))
            self._starts.pop(self.index, None)
            self.index += 1

    def revise(self, change: ReviseRun) -> None:
        """Apply a revision, apart from its parameters.

        Raises: BadRequestError when a splice lies outside the text.
        """
        self._starts.clear()
        if change.accepted is not None:
            self._take_back(change.accepted)
        if change.splices and self.text.covered > len(self.text.data):
            self.held.clear()
            self.text.truncate(0)
        for splice in change.splices:
            self._splice(splice.at, splice.delete, splice.insert)
        if change.prompt is not None or change.memory is not None:
            self._prompt = self._prompt if change.prompt is None else change.prompt
            self._memory = self._memory if change.memory is None else change.memory
            self._make_head()
        self._heal()

    def give_up_healing(self) -> None:
        """Read the unfinished word as it stands: no token of the model begins with it."""
        self._typed_end = -1
        self.text.settle()

    def _take_back(self, accepted: int) -> None:
        accepted = min(max(accepted, self._let_go_from), self.index)
        self.held.clear()
        self.text.truncate(sum(self._sizes[accepted - self._let_go_from :]))
        self._sizes.clear()
        self.index = self._let_go_from = accepted

    def _splice(self, at: int, delete: int, insert: str) -> None:
        size = len(self.text.data)
        touches_end = at + delete >= self.text.num_chars
        self.window.moved(self.text.splice(at, delete, insert))
        if touches_end:
            self.held.clear()
            self._typed_end = len(self.text.data)
        elif self._typed_end >= 0:
            self._typed_end += len(self.text.data) - size

    def _heal(self) -> None:
        if self.text.data and self._typed_end == len(self.text.data):
            self.text.take_back_word()
        elif not self.held.tokens:
            self.text.settle()

    def _make_head(self) -> None:
        head = self._writing.head(self._mode, self._prompt, self._memory)
        text = head.text if head.lead == self._lead else head.text + head.lead
        self._head = self._writing.head_ids(text)
        self.window.room = self._room()

    def _room(self) -> int:
        return max(2, self._writing.window - len(self._head) - self._reserve)

    def fork(self) -> RunContext:
        """A context of its own with the same text."""
        forked = copy.copy(self)
        forked.text = self.text.copied()
        forked.window = copy.copy(self.window)
        forked.held = self.held.copied()
        forked._sizes = list(self._sizes)
        forked._starts = dict(self._starts)
        return forked
