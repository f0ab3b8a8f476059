"""What stands in one run's context beside its story, and how much room each part of it gets.

Of the window, what is reserved for the response comes off first; of the rest, the story keeps at least
`share`. What remains goes first to the note, then to the lore up to its budget, then to the memory's text,
which loses its earliest tokens. What they don't need goes to the story. Room that entries of the lore may
need is kept free while they are away, so that their coming and going never moves the story's window.

Each thing is tokenised by itself, so that what stays keeps its tokens whatever else changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from ...link.memory import LoreEntry, Memory
from .fixed import fixed_head
from .lore import by_order, lore_book
from .pieces import Piece, as_line
from .prompt_format import Head, Part

if TYPE_CHECKING:
    from ..writing_model import WritingModel

PLENTY_CHARACTERS = 20
"""Where there are so many for each token of the budget, they will need all of it."""

Cost = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Admitted:
    """The entries that stand in the context, in the order in which they stand, constant ones first.

    `keys`: of each, by its id, what called it ("" for constant ones). `cut`: those without room.
    """

    entries: tuple[LoreEntry, ...] = ()
    keys: tuple[tuple[str, str], ...] = ()
    cut: tuple[str, ...] = ()


class Surroundings:
    """Worked out once for a mode, prompt and memory; `room` is the story's, in tokens."""

    def __init__(
        self,
        writing: WritingModel,
        mode: str,
        prompt: str,
        memory: Memory,
        *,
        response: int = 0,
        lead: str | None = None,
    ) -> None:
        """`response`: tokens that are to follow, 0 for an endless run. `lead`: what the story has, if it is
        tokenised already."""
        self._writing = writing
        self._costs: dict[str, int] = {}
        self.memory = memory
        self.book = lore_book(memory.entries, memory.lore_range)
        heads = any(entry.depth is None for entry in memory.entries)
        remembers = heads or bool(memory.text.strip())
        self._head = writing.head(mode, prompt, remembers=remembers)
        plain = writing.head(mode, prompt, remembers=False)
        self.lead = plain.lead
        self._fixed = fixed_head(writing, _with_lead(self._head, lead), remembers=remembers)
        self._plain = fixed_head(writing, _with_lead(plain, lead), remembers=False)
        num_fixed = max(self._fixed.num_tokens, self._plain.num_tokens)
        most = min(writing.window // 2, (writing.window - num_fixed) // 2)
        self.response = response
        self.reserve = min(response, most)
        self._share_out(num_fixed)

    def _share_out(self, num_fixed: int) -> None:
        memory, whole = self.memory, self._writing.window - self.reserve
        left = max(0, whole - ceil(memory.share * whole) - num_fixed)
        most = left
        note = memory.note.strip("\n") if memory.note.strip() else ""
        self.note = self._last_of(note, left, self._line_cost)
        left -= self._line_cost(self.note) if self.note else 0
        self.lore_room = self._lore_room(min(memory.lore_budget, left))
        left -= self.lore_room
        text = memory.text if memory.text.strip() else ""
        self.text = self._last_of(text, left, self._thing_cost)
        self.num_memory_cut = self._num_tokens(text) - self._num_tokens(self.text)
        left -= self._thing_cost(self.text) if self.text else 0
        self.room = max(2, whole - num_fixed - (most - left))

    def _lore_room(self, most: int) -> int:
        """As much as all entries together may ever need, at most `most`."""
        if sum(len(entry.text) for entry in self.memory.entries) > PLENTY_CHARACTERS * most:
            return most
        needed = 0
        for entry in self.memory.entries:
            if needed >= most:
                break
            cost = self._cost(entry)
            needed += cost if cost <= most else 0
        return min(needed, most)

    # ------------------------------------------------------------ what stands there

    @property
    def is_bare(self) -> bool:
        """Whether nothing depends on the story's text."""
        return not self.note and not self.lore_room

    @property
    def has_text(self) -> bool:
        """Whether some text always stands before the story."""
        always = any(entry.constant and entry.depth is None for entry in self.memory.entries)
        fixed = (*self._plain.before, *self._plain.after)
        return bool(self.text) or always or any(piece.origin != "start" for piece in fixed)

    def admit(self, called: Mapping[int, str]) -> Admitted:
        """Which entries stand there when the text calls these (numbers of entries, and the keys)."""
        entries = self.memory.entries
        constant = [(n, entry) for n, entry in enumerate(entries) if entry.constant]
        others = [(n, entries[n]) for n in called if not entries[n].constant]
        left, admitted, cut = self.lore_room, [], []
        for number, entry in [*by_order(constant), *by_order(others)]:
            cost = self._cost(entry) if entry.text.strip() else 0
            if not cost:
                continue
            if cost > left:
                cut.append(entry.id)
            else:
                left -= cost
                admitted.append((number, entry))
        stands = sorted(admitted, key=lambda item: (not item[1].constant, item[1].order, item[0]))
        keys = tuple((entry.id, called.get(n, "")) for n, entry in stands)
        return Admitted(tuple(entry for _, entry in stands), keys, tuple(cut))

    def head(self, admitted: Admitted) -> tuple[Piece, ...]:
        """What is read before the story."""
        things = [("memory", "", self.text)] if self.text else []
        things += [("lore", e.id, e.text) for e in admitted.entries if e.depth is None]
        if not things:
            return (*self._plain.before, *self._plain.after)
        texts = self._head.things([text for _, _, text in things])
        pieces = []
        for number, ((origin, entry, _), text) in enumerate(zip(things, texts, strict=True)):
            first = number == 0 and self._fixed.begins
            ids, _ = self._writing.encoder.encode(text, first=first)
            pieces.append(Piece(origin, text, tuple(ids), entry))
        return (*self._fixed.before, *pieces, *self._fixed.after)

    def line(self, text: str, *, opens: bool, entry: str = "") -> Piece:
        """The note, or an entry that stands some lines back."""
        whole = as_line(text, opens=opens)
        ids, _ = self._writing.encoder.encode(whole, first=False)
        return Piece("lore" if entry else "note", whole, tuple(ids), entry)

    # ------------------------------------------------------------ what it takes

    def _cost(self, entry: LoreEntry) -> int:
        return self._thing_cost(entry.text) if entry.depth is None else self._line_cost(entry.text)

    def _line_cost(self, text: str) -> int:
        """Of a line, whatever stands before it."""
        return max(self._num_tokens(as_line(text, opens=opens)) for opens in (False, True))

    def _thing_cost(self, text: str) -> int:
        """Of what stands with the memory, wherever it stands there."""
        ways = {*self._head.things([text]), *self._head.things(["x", text])[1:]}
        most = max(map(self._num_tokens, ways))
        if self._fixed.begins:
            most = max(most, *(len(self._writing.encoder.encode(w, first=True)[0]) for w in ways))
        return most

    def _num_tokens(self, text: str) -> int:
        if text not in self._costs:
            self._costs[text] = len(self._writing.encoder.encode(text, first=False)[0])
        return self._costs[text]

    def _last_of(self, text: str, most: int, cost_of: Cost) -> str:
        """The end of `text` that takes at most `most` tokens, whole characters of it."""
        while text and (extra := cost_of(text) - most) > 0:
            _, ends = self._writing.encoder.encode(text, first=False)
            raw = text.encode()
            at = max(1, ends[min(extra, len(ends)) - 1])
            while at < len(raw) and raw[at] & 0xC0 == 0x80:
                at += 1
            text = raw[at:].decode()
        return text if text.strip() else ""


def _with_lead(head: Head, lead: str | None) -> Head:
    """A head for a story that was tokenised with another lead than this head's."""
    if lead is None or lead == head.lead:
        return head
    return Head((*head.parts, Part("format", head.lead)), "", head.closed)
