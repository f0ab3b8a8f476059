"""The text of one run and the ids that the model should have read for it, through tokens and edits.

Knows no model and no sampling. Tokens are pushed as they are drawn and held until their text is final;
those let go are part of the text. `revise` applies what the server says: it may take back tokens of the
run, change the text anywhere, and then the end of the text may be a word to complete.

What stands beside the story (prompt, memory, note, lore) is arranged anew whenever the text asks for it.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ...link.memory import Memory
from ...link.messages import ReviseRun, ShowContext, StartRun, StartSet
from ..text.held import DrawnToken, HeldText, ReadyToken
from .placing import Arrangement, Placing
from .surroundings import Surroundings
from .window import Window

if TYPE_CHECKING:
    from ..cache_plan import Ids
    from ..writing_model import WritingModel

PLENTY = 1 << 30


class RunContext:
    """`index` is the index of the next token that will be let go."""

    def __init__(
        self, writing: WritingModel, start: StartRun | StartSet | ShowContext, *, response: int = 0
    ) -> None:
        """`response`: so many tokens the run writes at most, for which room is left; 0 if it is endless."""
        self._writing = writing
        self._mode, self._prompt, self._memory = start.mode, start.prompt, start.memory
        self._placing = Placing(self._look_around(response))
        self._lead = self.around.lead
        self.text = writing.tokenize(
            start.text, known=start.known, lead=self._lead, first=not self.around.has_text
        )
        self._fallback: Ids = writing.fallback_ids[:0]
        self.window = Window(self.around.room)
        self.arranged = Arrangement()
        self.held = HeldText()
        self.index = self._let_go_from = getattr(start, "next_index", 0)
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

    @property
    def around(self) -> Surroundings:
        """What stands beside the story."""
        return self._placing.around

    @property
    def memory(self) -> Memory:
        """What is to stand beside the story."""
        return self._memory

    def wanted(self) -> Ids:
        """The ids that the model should have read; at least one, at most its window."""
        self._arrange()
        ids = self._from(self.window.start)
        if len(ids):
            return ids
        self._fallback = self._writing.fallback_ids
        self.window.room = self.around.room - len(self._fallback)
        return self._fallback

    def _arrange(self) -> None:
        self.window.fit(self.num_tokens - self._in_reserve)
        self.arranged = self._placing.arrange(self.text, self.window.start)

    @property
    def goes_on(self) -> bool:
        """Whether what was wanted last still is, and the tokens that came since behind it."""
        fits = self.window.left(self.num_tokens - self._in_reserve) >= 0
        return fits and self.arranged.where == self._placing.where(self.text)

    @property
    def _in_reserve(self) -> int:
        """Tokens of the run that stand in the room which was reserved for them."""
        return min(self.num_drawn, self.around.reserve)

    @property
    def num_tokens(self) -> int:
        """The story's, those before the window and those held counted."""
        return len(self.text.ids) + len(self.held.tokens)

    @property
    def next_window_in(self) -> int:
        """How many tokens may come before the window moves; plenty where the run ends before."""
        left = self.window.left(self.num_tokens) + self.around.reserve
        ends_before = 0 < self.around.response <= self.num_drawn + left
        return PLENTY if ends_before else left

    @property
    def next_window_tokens(self) -> int:
        """How many tokens of the next window stand already; see `next_window`."""
        start, end = self._next_stretch()
        return self.arranged.num_head_tokens + len(self._fallback) + end - start

    def next_window(self) -> Ids:
        """The ids that `wanted` will begin with when the window has moved; at least one.

        They end where something stands between the lines, since that will have moved on.
        """
        return self._from(*self._next_stretch())

    def _next_stretch(self) -> tuple[int, int]:
        start = max(0, min(self.window.next_start, self.num_tokens - 1))
        inserted = self.arranged.inserted
        end = min(inserted[0][0], self.num_tokens) if inserted else self.num_tokens
        return start, max(start + 1, end)

    def _from(self, start: int, end: int | None = None) -> Ids:
        """The head, and the story's tokens `[start, end)`; where no end is given, with all between them."""
        story = self.text.ids + [token.id for token in self.held.tokens]
        ids = [*self._fallback.tolist()]
        for piece in self.arranged.head:
            ids += piece.ids
        if end is not None:
            return np.array(ids + story[start:end], dtype=np.int64)
        for index, piece in self.arranged.inserted:
            ids += story[start:index]
            ids += piece.ids
            start = max(start, index)
        return np.array(ids + story[start:], dtype=np.int64)

    def shown(self, start: int, end: int | None = None) -> str:
        """The text of the story's tokens `[start, end)`; without an end, all that follows, read or not."""
        data, ends = self.text.data, self.text.ends
        first = ends[start - 1] if start else 0
        if end is not None:
            return data[first : ends[end - 1]].decode(errors="ignore")
        return data[first:].decode(errors="ignore") + self.held.whole

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
            self._placing.text_changed()
        for splice in change.splices:
            self._splice(splice.at, splice.delete, splice.insert)
        if change.prompt is not None or change.memory is not None:
            self._prompt = self._prompt if change.prompt is None else change.prompt
            self._memory = self._memory if change.memory is None else change.memory
            self.look_around(self.around.response)
        self._heal()

    def give_up_healing(self) -> None:
        """Read the unfinished word as it stands: no token of the model begins with it."""
        self._typed_end = -1
        self.text.settle()

    def _take_back(self, accepted: int) -> None:
        accepted = min(max(accepted, self._let_go_from), self.index)
        self.held.clear()
        self._placing.text_changed()
        self.text.truncate(sum(self._sizes[accepted - self._let_go_from :]))
        self._sizes.clear()
        self.index = self._let_go_from = accepted

    def _splice(self, at: int, delete: int, insert: str) -> None:
        size = len(self.text.data)
        self._placing.text_changed()
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

    def look_around(self, response: int, memory: Memory | None = None) -> None:
        """What stands beside the story is another; `response` as in `__init__`."""
        self._memory = self._memory if memory is None else memory
        self._placing = Placing(self._look_around(response, self._lead))
        self._fallback = self._fallback[:0]
        self.window.room = self.around.room

    def _look_around(self, response: int, lead: str | None = None) -> Surroundings:
        return Surroundings(
            self._writing,
            self._mode,
            self._prompt,
            self._memory,
            response=response,
            lead=lead,
        )

    def fork(self) -> RunContext:
        """The same, to be changed by itself."""
        forked = copy.copy(self)
        forked.text = self.text.copied()
        forked.window = copy.copy(self.window)
        forked.held = self.held.copied()
        forked._placing = self._placing.copied()
        forked._sizes = list(self._sizes)
        forked._starts = dict(self._starts)
        return forked
