"""Updates that no honest browser writes: refused without a trace, or taken so that every replica agrees."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

import pytest
from pycrdt import Doc, Text, merge_updates

from storygen.document import spans
from storygen.document.authorship import Authorship
from storygen.document.live import MAX_STRUCTS, ROOT, LiveDocument
from storygen.document.updates import RANGES_PER_STRUCT
from storygen.errors import StorygenError
from storygen.store.records import AliasRecord, Author, Span

SERVER = 1001
Section = tuple[int, int, Sequence[bytes]]
Deleted = tuple[int, Sequence[tuple[int, int]]]


def number(value: int) -> bytes:
    """A number as lib0 writes it."""
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def string(text: str) -> bytes:
    return number(len(text.encode())) + text.encode()


def update(*sections: Section, deleted: Sequence[Deleted] = ()) -> bytes:
    """An update byte by byte: (client, clock, structs) each, and the delete set."""
    parts = [number(len(sections))]
    for client, clock, structs in sections:
        parts += [number(len(structs)), number(client), number(clock), *structs]
    parts.append(number(len(deleted)))
    for client, ranges in deleted:
        parts += [number(client), number(len(ranges))]
        parts += [number(clock) + number(units) for clock, units in ranges]
    return b"".join(parts)


def first(text: str) -> bytes:
    """A struct at the start of the root."""
    return b"\x04\x01" + string(ROOT) + string(text)


def after(client: int, clock: int, text: str) -> bytes:
    """A struct to the right of an identity."""
    return b"\x84" + number(client) + number(clock) + string(text)


def before(client: int, clock: int, text: str) -> bytes:
    """A struct to the left of an identity."""
    return b"\x44" + number(client) + number(clock) + string(text)


def document(*updates: bytes) -> LiveDocument:
    made = LiveDocument(SERVER, (), Authorship())
    for data in updates:
        made.apply_update(data, ())
    return made


def text_of(replicated: Iterable[bytes]) -> str:
    doc: Doc[Text] = Doc()
    text = doc.get(ROOT, type=Text)
    for data in replicated:
        doc.apply_update(data)
    return str(text)


def refused(live: LiveDocument, data: bytes, aliases: Sequence[AliasRecord] = ()) -> str:
    """The code of the refusal; nothing may have changed."""
    state, text, spans = live.state(), bytes(live.text), list(live.spans)
    with pytest.raises(StorygenError) as error:
        live.apply_update(data, aliases)
    assert (live.state(), bytes(live.text), list(live.spans)) == (state, text, spans)
    return error.value.code


@pytest.mark.parametrize("client", [2**53, 2**60, 2**62])
def test_a_client_that_browsers_cannot_read_as_a_number_is_refused(client: int) -> None:
    assert refused(document(), update((client, 0, [first("a")]))) == "bad_request"


@pytest.mark.parametrize("units", [2**31, 2**32 - 1, 2**32, 2**53, 2**60])
def test_a_clock_that_would_overflow_is_refused(units: int) -> None:
    live = document(update((5, 0, [first("a")])))
    gone = b"\x01\x01" + string(ROOT) + number(units)
    assert refused(live, update((6, 0, [gone]))) == "bad_request"
    assert refused(live, update((5, units, [first("a")]))) == "bad_request"
    assert refused(live, update(deleted=[(5, [(0, units)])])) == "bad_request"


@pytest.mark.parametrize("info", [0x00, 0x20, 0x40, 0x80, 0x0A, 0x8A, 0x4A])
def test_collected_structs_and_gaps_are_refused_however_they_are_marked(info: int) -> None:
    live = document(update((5, 0, [first("a")])))
    sly = bytes([info]) + number(3)
    whole = update((6, 0, [first("good"), sly]))
    assert refused(live, whole) == "bad_request"


def test_structs_that_contradict_what_stands_reach_nobody() -> None:
    live = document()
    news = [
        live.apply_update(update((5, 0, [first("a")])), ()).news,
        live.apply_update(update((5, 0, [first("xyz")])), ()).news,
    ]
    assert live.text.decode() == "ayz"
    assert text_of(news) == text_of([merge_updates(*news)]) == "ayz"
    assert text_of([news[1], news[0]]) == "ayz", "the second says nothing of what it contradicts"


def test_structs_that_contradict_each_other_in_one_update_read_alike_everywhere() -> None:
    live = document()
    said = update((5, 0, [first("ab")]), (5, 1, [first("xyz")]), (5, 0, [first("abc")]))
    news = live.apply_update(said, ()).news
    again = LiveDocument(SERVER + 1, (SERVER,), Authorship())
    again.replay(news)
    assert live.text.decode() == again.text.decode() == text_of([news])
    assert list(live.spans) == list(again.spans)


def test_characters_of_two_units_are_never_cut() -> None:
    live = document(update((5, 0, [first("x😀y")])))
    assert refused(live, update((6, 0, [after(5, 1, "in")]))) == "bad_request"
    assert refused(live, update((6, 0, [before(5, 2, "in")]))) == "bad_request"
    assert refused(live, update(deleted=[(5, [(0, 2)])])) == "bad_request"
    assert refused(live, update(deleted=[(5, [(2, 2)])])) == "bad_request"
    assert (
        refused(live, update((6, 0, [first("é😀")]), (7, 0, [after(6, 1, "in")]))) == "bad_request"
    )
    half = document(update((5, 0, [first("x")])), update((6, 0, [first("é")])))
    assert refused(half, update((6, 0, [first("😀")]))) == "bad_request", "a part known already"
    live.apply_update(update((6, 0, [after(5, 2, "in")]), deleted=[(5, [(1, 2)])]), ())
    assert live.text.decode() == "xyin"


def test_empty_deletions_go_no_further() -> None:
    live = document()
    news = live.apply_update(
        update((5, 0, [first("a")]), deleted=[(5, [(0, 0)]), (9, [(0, 0)])]), ()
    )
    assert news.news == update((5, 0, [first("a")]))


def test_deletions_that_overlap_go_on_as_one() -> None:
    live = document(update((5, 0, [first("abcdef")])))
    ranges = [(4, 1), (4, 1), (1, 4), (3, 2), (0, 2)]
    assert live.apply_update(update(deleted=[(5, ranges)]), ()).news == update(
        deleted=[(5, [(0, 5)])]
    )
    assert live.text == b"f"


def test_what_an_update_may_carry_is_counted_while_it_is_read() -> None:
    live = document(update((5, 0, [first("a" * 9)])))
    gone = b"\x01\x01" + string(ROOT) + number(1)
    endless = number(1) + number(2**40) + number(6) + number(0) + gone * (MAX_STRUCTS + 1)
    assert refused(live, endless) == "too_large"
    many = [(0, 1)] * (RANGES_PER_STRUCT * MAX_STRUCTS + 1)
    assert refused(live, update(deleted=[(5, many)])) == "too_large"
    assert refused(live, update(*[(6, 0, [])] * (MAX_STRUCTS + 1))) == "bad_request"


def test_structs_in_the_worst_order_are_each_looked_at_a_few_times(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from storygen.document import ordering

    looks = 0
    honest = ordering._unmet

    def counted(struct: ordering.Struct, state: dict[int, int]) -> tuple[int, int] | None:
        nonlocal looks
        looks += 1
        return honest(struct, state)

    monkeypatch.setattr(ordering, "_unmet", counted)
    num = 500
    sections = [(2000 + i, 0, [after(2001 + i, 0, "x")]) for i in range(num)]
    live = document(update(*sections, (2000 + num, 0, [first("x")])))
    assert live.text.decode() == "x" * (num + 1)
    assert looks <= 3 * num


def test_text_that_came_back_thousands_of_times_still_has_its_author() -> None:
    live = document(update((5, 0, [first("hello")])))
    for again in range(1200):
        new, old = 6000 + again, 5999 + again if again else 5
        alias = AliasRecord("s", new, 0, 5, old, 0)
        shown = update((new, 0, [first("hello")]), deleted=[(old, [(0, 5)])])
        live.apply_update(shown, [alias])
    assert live.authors() == (Author(5, 5, 0),)


def test_aliases_of_too_many_pieces_lead_back_without_recursion() -> None:
    pieces = 100
    live = document(update((5, 0, [first("ab" * pieces)])))
    backwards = [AliasRecord("s", 6, i, 1, 5, 2 * pieces - 1 - i) for i in range(pieces)]
    live.apply_update(update((6, 0, [first("c" * pieces)])), backwards)
    for new in range(2000, 3100):
        old = new - 1 if new > 2000 else 6
        shown = update((new, 0, [first("c" * pieces)]), deleted=[(old, [(0, pieces)])])
        live.apply_update(shown, [AliasRecord("s", new, 0, pieces, old, 0)])
    back = [Author(1, 5, 2 * pieces - 1 - i) for i in range(pieces)]
    assert sorted(live.authors(), key=lambda a: a.units)[:pieces] == back


@pytest.mark.parametrize("chunk", [4, 7, 128])
def test_spans_in_chunks_are_those_of_one_list(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spans, "_MAX_CHUNK", chunk)
    chance, text, clock = random.Random(chunk), bytearray(), 0
    chunked, plain = spans.SpanList(), list[int]()  # of one client: the clock of each unit
    for _ in range(1500):
        at = chance.choice([len(text), chance.randint(0, len(text))])
        if len(text) < 20 or chance.random() < 0.6:
            units = chance.randint(1, 4)
            chunked.insert(text, at, Span(7, clock, units, units))
            text[at:at] = b"x" * units
            plain[at:at] = range(clock, clock + units)
            clock += units
        else:
            end = min(len(text), at + chance.choice([0, 1, 3, 20]))
            chunked.delete(text, at, end - at)
            del text[at:end], plain[at:end]
        units_of = [span.clock + unit for span in chunked for unit in range(span.units)]
        assert units_of == plain
        place = chance.randint(0, len(text))
        assert chunked.left_of(text, place) == ((7, plain[place - 1]) if place else None)
    lengths = [len(one) for one in chunked._chunks]
    assert max(lengths) <= chunk + 4 and (len(lengths) == 1 or min(lengths) > 0)
