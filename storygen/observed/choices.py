"""What the store knows of a story's choices, as the learners see it: `preferences.observations`.

Reads the database and nothing else, so that it may run in the store's reading thread or in a program of its
own. Text that a person made of a card counts as what was shown of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

from ..document.authorship import Written
from ..document.units import utf16_units
from ..preferences.observations import Observation, ShownCandidate, Situation
from ..preferences.signs import repetition
from ..store.reader import Reader
from ..store.records import ChoiceRecord, StoredCandidate, StoredSet
from ..story.taken import stretches
from .stories import written_in

_PRIVATE = ("text", "note", "entries")  # of a memory


def observe(
    store: Reader, story: str, most: int | None = None, *, kept: bool = True
) -> list[Observation]:
    """A story's sets and what was taken from them, the oldest first; none for a story that is not there.

    A set from which a person and the automatic writer took something is one observation each. One from which
    nothing was taken is one once another was asked for: until then nobody has decided. `most`: so many
    characters of the text before each, without its tokens; None: all of it. `kept`: find out what still
    stands, for which the story is opened.
    """
    chosen: dict[str, list[ChoiceRecord]] = {}
    for choice in store.choices(story):
        chosen[choice.set] = _with(chosen.get(choice.set, []), choice)
    sets = store.sets_to_choose_from(story)
    standing = _standing(store, story) if chosen and kept else None
    bare = _without_memory(store, story) if most is None else frozenset[int]()
    found: list[Observation] = []
    for number, one in enumerate((one for one in sets if one.candidates), 1):
        choices = chosen.get(one.record.set, [])
        if choices or one is not sets[-1]:
            seen = _of_set(store, one, number, most)
            if one.record.memory_version not in bare:
                seen = replace(seen, before_ids=())
            edits = _Edits(one, choices, standing) if standing else None
            found += _chosen(seen, one, choices, edits)
    return found


def observe_all(store: Reader) -> Iterator[Observation]:
    """Every story's in which something was chosen, one story after the other."""
    for story in store.choosers():
        yield from observe(store, story)


def _without_memory(store: Reader, story: str) -> frozenset[int]:
    """The versions of the memory in which nothing stands.

    What a model read with any other has memory, note and lore among its tokens, which are not the story's.
    """
    versions = store.memories(story)
    return frozenset(
        (0, *(one.version for one in versions if not any(map(one.memory.get, _PRIVATE))))
    )


def _with(before: list[ChoiceRecord], choice: ChoiceRecord) -> list[ChoiceRecord]:
    """The choices that count; one of nothing takes those of its candidate back."""
    if choice.units or choice.text:
        return [*before, choice]
    return [one for one in before if (one.candidate, one.by) != (choice.candidate, choice.by)]


def _of_set(store: Reader, one: StoredSet, number: int, most: int | None) -> Observation:
    """A set without a choice. `number`: the how-manieth it is of the story, where nobody counted steps."""
    record, first = one.record, one.candidates[0].run
    fate: dict[str, Any] = record.fate or {}
    before = _before(store, one)
    if (
        not {"repetition", "num_words"} <= fate.keys()
    ):  # counting takes a while, and of drawn sets it was done then
        fate = {"repetition": repetition(before), "num_words": len(before.split()), **fate}
    situation = Situation(
        step=int(fate.get("step", number)),
        num_words=int(fate["num_words"]),
        repetition=float(fate["repetition"]),
        entropy=fate.get("entropy"),
    )
    candidates = tuple(_shown(card) for card in one.candidates if card.tokens or card.record.text)
    return Observation(
        set=record.set,
        story=record.story,
        time=record.time,
        situation=situation,
        before=before if most is None else before[-most:],
        candidates=candidates,
        by="auto" if record.origin == "writer" else "human",  # who passed it over, if nobody chose
        policy=str(fate.get("policy", "")),
        mode=first.mode,
        prompt=first.prompt,
        blind=bool(fate.get("blind", False)),
        before_ids=record.input_ids,
        extra={"origin": record.origin, **({"ranges": fate["ranges"]} if "ranges" in fate else {})},
    )


def _before(store: Reader, one: StoredSet) -> str:
    checkpoint = store.checkpoint(one.record.checkpoint)
    if checkpoint is None:
        return ""
    raw = checkpoint.text.encode("utf-16-le", "surrogatepass")[: 2 * one.record.offset]
    return raw.decode("utf-16-le", "replace")


def _shown(card: StoredCandidate) -> ShownCandidate:
    """Without tokens where a person made another text of it: they are that one's no more."""
    text = card.record.text
    tokens = card.tokens if text is None else ()
    return ShownCandidate(
        candidate=card.record.run,
        number=card.record.number,
        model=card.run.model_name,
        params=card.run.params,
        seed=card.run.seed,
        text="".join(token.text for token in card.tokens) if text is None else text,
        ids=tuple(token.id for token in tokens),
        logprobs=tuple(token.logprob for token in tokens),
        log_density=card.record.log_density,
    )


def _chosen(
    seen: Observation, one: StoredSet, choices: list[ChoiceRecord], edits: _Edits | None
) -> Iterable[Observation]:
    """What was seen with what was taken, by a person and by the automatic writer."""
    if not choices:
        if seen.policy and seen.candidates:
            yield seen
        return
    for by in dict.fromkeys(choice.by for choice in choices):
        own = [choice for choice in choices if choice.by == by]
        units = {choice.candidate: 0 for choice in own}
        for choice in own:
            units[choice.candidate] = max(units[choice.candidate], choice.units)
        candidates = tuple(
            replace(card, taken=_fraction(units.get(card.candidate, 0), utf16_units(card.text)))
            for card in _as_they_were(seen.candidates, one, own[0].shown)
        )
        yield replace(
            seen,
            candidates=candidates,
            by=by,
            seconds=own[0].seconds,
            kept=None if edits is None else edits.kept(units),
            deleted=None if edits is None else edits.deleted(units),
            inserted=None if edits is None else edits.inserted(units),
        )


def _as_they_were(
    candidates: tuple[ShownCandidate, ...], one: StoredSet, shown: dict[str, int]
) -> Iterator[ShownCandidate]:
    """The candidates as far as they could be read when the first was chosen, and the tokens of that."""
    tokens = {card.record.run: card.tokens for card in one.candidates}
    for card in candidates:
        units = shown.get(card.candidate)
        if units is None or units >= utf16_units(card.text):
            yield card
        elif units:
            cut = card.text.encode("utf-16-le", "surrogatepass")[: 2 * units]
            starts = accumulate((token.units for token in tokens[card.candidate]), initial=0)
            num = sum(start < units for start in starts)
            yield replace(
                card,
                text=cut.decode("utf-16-le", "ignore"),
                ids=card.ids[:num],
                logprobs=card.logprobs[:num],
            )


def _fraction(taken: int, of: int) -> float:
    return min(1.0, taken / of) if of else 0.0


@dataclass(frozen=True, slots=True)
class _Standing:
    """By run: how many UTF-16 units stand in the story now, and how many of people's between them."""

    units: Counter[str]
    inserted: Counter[str]


class _Edits:
    """What became of what was taken from a set. `cards`: ids of those of which it is asked."""

    def __init__(self, one: StoredSet, choices: list[ChoiceRecord], standing: _Standing) -> None:
        self._standing = standing
        self._put_in: dict[str, tuple[int, int]] = {}
        cards = {card.record.run: card for card in one.candidates}
        for choice in sorted(choices, key=lambda one: utf16_units(one.text)):
            self._put_in[choice.candidate] = _put_in(cards.get(choice.candidate), choice)

    def kept(self, cards: Iterable[str]) -> float | None:
        """The fraction of what was taken that stands in the story now; None where nothing was a model's."""
        total = sum(self._put_in[card][0] for card in cards)
        return 1 - self.deleted(cards) / total if total else None

    def deleted(self, cards: Iterable[str]) -> int:
        """The units of what was taken that do not stand any more."""
        return sum(max(0, self._put_in[card][0] - self._standing.units[card]) for card in cards)

    def inserted(self, cards: Iterable[str]) -> int:
        """The units of people's between what stands of it, without those of a card that was edited before."""
        return sum(max(0, self._standing.inserted[card] - self._put_in[card][1]) for card in cards)


def _put_in(card: StoredCandidate | None, choice: ChoiceRecord) -> tuple[int, int]:
    """The units of a taken text that are tokens', and those that a person had made between them."""
    if card is None or card.record.text is None:
        return choice.units, 0
    written = "".join(token.text for token in card.tokens)
    pieces = stretches(written, card.record.text, utf16_units(choice.text))
    sizes = [utf16_units(text) for text, _ in pieces]
    own = [at for at, (_, start) in enumerate(pieces) if start is not None]
    made = sum(sizes[own[0] : own[-1]]) - sum(sizes[at] for at in own[:-1]) if own else 0
    return sum(sizes[at] for at in own), made


def _standing(store: Reader, story: str) -> _Standing:
    """What of each run stands, and what people have put between its first and its last unit that does.

    What replaced its end, or stands before its beginning, can't be told from what simply follows it.
    """
    return standing_in(written_in(store, story))


def standing_in(text: Iterable[Written]) -> _Standing:
    """The same of a text, in its order."""
    units: Counter[str] = Counter()
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    by_people = 0
    for written in text:
        if written.run is None:
            by_people += written.units
        elif written.units:
            units[written.run] += written.units
            first.setdefault(written.run, by_people)
            last[written.run] = by_people
    return _Standing(units, Counter({run: last[run] - first[run] for run in first}))
