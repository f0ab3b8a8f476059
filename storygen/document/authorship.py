"""From an identity to who wrote it: tokens of runs by clock, and aliases for text that came back.

Text under a server's client id is a run's token, or was put back by the server (then an alias says what
it was); everything else was written by a person, unless an alias says that it came back.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from ..store.records import AliasRecord, Author, Span, TokenRange

Identity = tuple[int, int]
MAX_PIECES = 64


@dataclass(frozen=True, slots=True)
class Written:
    """`units` UTF-16 units by one author: token `index` of run `run`, or a person (`run` None)."""

    units: int
    run: str | None
    index: int


class Authorship:
    """Tables from identities to authors; grows only."""

    def __init__(
        self, aliases: Iterable[AliasRecord] = (), tokens: Iterable[TokenRange] = ()
    ) -> None:
        self._aliases: dict[int, list[tuple[int, AliasRecord]]] = {}
        self._tokens: dict[int, list[tuple[int, int, str, int, int]]] = {}
        for alias in aliases:
            self.add_alias(alias)
        for token in tokens:
            self.add_token(token)

    def add_alias(self, alias: AliasRecord) -> None:
        """Learn that text came back under a new identity; the first word on an identity stands.

        An alias of an alias is kept as one of the original, so that undoing and redoing a thousand
        times leads back in one step.
        """
        known = self._aliases.setdefault(alias.client, [])
        for part in self._straight(alias):
            insort(known, (part.clock, part), key=lambda entry: entry[0])

    def _straight(self, alias: AliasRecord) -> list[AliasRecord]:
        """The alias as such of originals, one for each stretch, unless that were too many."""
        if alias.original_client is None:
            return [alias]
        first = (alias.original_client, alias.original_clock, alias.units)
        pieces = list(islice(self._pieces(*first), MAX_PIECES + 1))
        if len(pieces) > MAX_PIECES:
            return [alias]
        parts, clock = [], alias.clock
        for piece in pieces:
            parts.append(
                AliasRecord(
                    alias.story, alias.client, clock, piece.units, piece.client, piece.clock
                )
            )
            clock += piece.units
        return parts

    def add_token(self, token: TokenRange) -> None:
        """Learn where a token stands; one without text stands before the next of its run."""
        entry = (token.clock, token.units, token.run, token.index, token.id)
        insort(self._tokens.setdefault(token.client, []), entry)

    def originals(self, client: int, clock: int, units: int) -> list[Author]:
        """The units as what they were first: aliases followed, one `Author` for each unbroken stretch."""
        return list(self._pieces(client, clock, units))

    def _pieces(self, client: int, clock: int, units: int) -> Iterator[Author]:
        to_do = [(client, clock, units)]
        while to_do:
            client, clock, units = to_do.pop()
            alias, reach = self._alias_at(client, clock)
            size = min(units, reach)
            if units > size:
                to_do.append((client, clock + size, units - size))
            if alias is None or alias.original_client is None:
                yield Author(size, client, clock)
            else:
                original = alias.original_clock + clock - alias.clock
                to_do.append((alias.original_client, original, size))

    def written(self, author: Author) -> list[Written]:
        """An original stretch as tokens and a person's text, in order."""
        out: list[Written] = []
        clock, left = author.clock, author.units
        tokens = self._tokens.get(author.client, [])
        while left:
            at = bisect_right(tokens, clock, key=lambda entry: entry[0]) - 1
            if at >= 0 and clock < tokens[at][0] + tokens[at][1]:
                start, units, run, index, _ = tokens[at]
                size = min(left, start + units - clock)
                out.append(Written(size, run, index))
            else:
                size = min(left, tokens[at + 1][0] - clock) if at + 1 < len(tokens) else left
                out.append(Written(size, None, 0))
            clock, left = clock + size, left - size
        return out

    def tokens_within(self, author: Author) -> list[TokenRange]:
        """The tokens that lie wholly inside an original stretch, in order, with those without text."""
        tokens = self._tokens.get(author.client, [])
        end = author.clock + author.units
        at = bisect_left(tokens, author.clock, key=lambda entry: entry[0])
        out = []
        while at < len(tokens) and tokens[at][0] + tokens[at][1] <= end:
            clock, units, run, index, token_id = tokens[at]
            if clock < end:
                out.append(TokenRange(run, index, token_id, author.client, clock, units))
            at += 1
        return out

    def authors(self, spans: Iterable[Span]) -> list[Author]:
        """Original identities of a text, neighbours that continue each other merged."""
        out: list[Author] = []
        for span in spans:
            for author in self.originals(span.client, span.clock, span.units):
                last = out[-1] if out else None
                if last and (last.client, last.clock + last.units) == (author.client, author.clock):
                    out[-1] = Author(last.units + author.units, last.client, last.clock)
                else:
                    out.append(author)
        return out

    def _alias_at(self, client: int, clock: int) -> tuple[AliasRecord | None, int]:
        """The alias that covers an identity and how many units it still covers; else until the next one."""
        known = self._aliases.get(client, [])
        at = bisect_right(known, clock, key=lambda entry: entry[0]) - 1
        if at >= 0:
            alias = known[at][1]
            if clock < alias.clock + alias.units:
                return alias, alias.clock + alias.units - clock
        if at + 1 < len(known):
            return None, known[at + 1][0] - clock
        return None, 1 << 62
