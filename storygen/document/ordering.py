"""What of an update is new, in an order in which it can be applied, and whether it keeps characters whole.

Pure, and fast for any update within the bounds: what waits for other structs is woken once by what it
waits for, never looked at again and again.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Iterable, Iterator

from ..errors import BadRequestError, ConflictError
from ..store.records import Span
from .slices import Rest, in_slices, no_rest
from .updates import Struct, Update

Cuts = dict[int, list[int]]


def in_order(update: Update, known: dict[int, int], rest: Rest = no_rest) -> list[Struct]:
    """The new structs, without the part that is known, each standing on what is known or comes before it.

    `rest` is called now and then.

    Raises: ConflictError ("missing_history") when something that the update builds on is not known;
    BadRequestError when a known part ends inside a character.
    """
    state = dict(known)
    waiting: dict[int, list[Struct]] = {}
    for struct in in_slices(update.structs, rest):
        if struct.clock + struct.units > state.get(struct.client, 0):
            waiting.setdefault(struct.client, []).append(struct)
    for queue in waiting.values():
        queue.sort(key=lambda s: s.clock, reverse=True)
    order = list(in_slices(_in_turn(waiting, state), rest))
    deleted_unknown = any(
        d.clock + d.units > state.get(d.client, 0) for d in in_slices(update.deleted, rest)
    )
    if any(waiting.values()) or deleted_unknown:
        raise ConflictError(
            "This update builds on text that is not known here; send everything since the server's state.",
            code="missing_history",
        )
    return order


def _in_turn(waiting: dict[int, list[Struct]], state: dict[int, int]) -> Iterator[Struct]:
    """Take from the queues what stands on `state`, which moves on; what never can stays in its queue."""
    sleepers: dict[int, list[tuple[int, int]]] = {}
    awake = list(waiting)
    while awake:
        client = awake.pop()
        queue = waiting[client]
        while queue:
            need = _unmet(queue[-1], state)
            if need is not None:
                heapq.heappush(sleepers.setdefault(need[0], []), (need[1], client))
                break
            struct, clock = queue.pop(), state.get(client, 0)
            if struct.clock + struct.units <= clock:
                continue  # another struct of the same update said it already
            yield struct if struct.clock == clock else struct.since(clock)
            state[client] = struct.clock + struct.units
        asleep = sleepers.get(client, [])
        while asleep and asleep[0][0] < state.get(client, 0):
            awake.append(heapq.heappop(asleep)[1])


def _unmet(struct: Struct, state: dict[int, int]) -> tuple[int, int] | None:
    """The first identity that must be known before this struct and is not."""
    if struct.clock > state.get(struct.client, 0):
        return struct.client, struct.clock - 1
    for client, clock in struct.needs:
        if clock >= state.get(client, 0):
            return client, clock
    return None


def check_characters(
    spans: Iterable[Span],
    text: bytearray,
    order: Iterable[Struct],
    update: Update,
    rest: Rest = no_rest,
) -> None:
    """See to it that nothing new stands inside a character and none is deleted by half: CRDT libraries
    part on what is left of such a character.

    Raises: BadRequestError.
    """
    cuts: Cuts = {}
    structs = list(order)
    for struct in in_slices(structs, rest):
        for client, clock in struct.cuts():
            cuts.setdefault(client, []).append(clock)
    for gone in in_slices(update.deleted, rest):
        cuts.setdefault(gone.client, []).extend((gone.clock - 1, gone.clock + gone.units - 1))
    for clocks in cuts.values():
        clocks.sort()
    for struct in in_slices(structs, rest):
        if struct.text is not None:
            _check(cuts, struct.client, struct.clock, struct.units, struct.text.encode())
    at = 0
    for span in in_slices(spans, rest):
        end = at + span.num_bytes
        _check(cuts, span.client, span.clock, span.units, text[at:end])
        at = end


def _check(cuts: Cuts, client: int, clock: int, units: int, raw: bytes | bytearray) -> None:
    clocks = cuts.get(client)
    if clocks is None or raw.isascii():
        return
    first = bisect_left(clocks, clock)
    last = bisect_left(clocks, clock + units)
    if first == last:
        return
    pairs = raw.decode().encode("utf-16-le")
    for cut in clocks[first:last]:
        if pairs[2 * (cut - clock) + 1] & 0xFC == 0xD8:
            raise BadRequestError("This document update cuts a character in two.")
