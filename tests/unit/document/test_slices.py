"""Long updates: others may run in the middle of them, and what real writers bring at once goes through."""

from __future__ import annotations

import random

import pytest
from pycrdt import Doc, Text

from storygen.document.authorship import Authorship
from storygen.document.live import ROOT, LiveDocument
from storygen.document.slices import SLICE
from storygen.document.spans import in_pieces
from storygen.document.units import bytes_of_units, units_of_bytes, utf16_units
from storygen.document.updates import parse_update
from storygen.store.records import AliasRecord, Span
from tests.unit.server.test_attacks_document import after, document, first, number, string, update

PAGE = "It was a wörd that she did not know. " * 50  # some 1,900 characters


class Rests:
    """Counts how often a document let others run, and what it did in between."""

    def __init__(self, live: LiveDocument, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self.longest = 0  # deletions and structs that were handed to the CRDT between two rests
        self._since = 0
        live.rest = self.rest
        honest = live._apply_raw

        def apply_raw(data: bytes) -> None:
            parsed = parse_update(data, ROOT)
            self._since += len(parsed.structs) + len(parsed.deleted)
            self.longest = max(self.longest, self._since)
            honest(data)

        monkeypatch.setattr(live, "_apply_raw", apply_raw)

    def rest(self) -> None:
        self.count += 1
        self._since = 0


def beside(client: int, clock: int, text: str) -> bytes:
    """A struct between an identity and the one that follows it."""
    return (
        b"\xc4" + number(client) + number(clock) + number(client) + number(clock + 1) + string(text)
    )


def gone_after(client: int, clock: int, units: int) -> bytes:
    """A struct of deleted units to the right of an identity."""
    return b"\x81" + number(client) + number(clock) + number(units)


def test_scattered_structs_are_taken_in_one_by_one_with_rests_between(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    live = document(update((5, 0, [first("word " * 400)])))
    rests = Rests(live, monkeypatch)
    chance = random.Random(1)
    places = [chance.randrange(1999) for _ in range(1000)]
    live.apply_update(update((6, 0, [beside(5, place, "x") for place in places])), ())
    assert live.text.count(b"x") == 1000
    # once before each, and in slices while it is read, put in order and written again
    assert rests.count >= 1000 + 3 * 1000 // SLICE and rests.longest == 1


def test_scattered_deletions_are_taken_in_slices_with_rests_between(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    live = document(update((5, 0, [first("ab" * 5000)])))
    rests = Rests(live, monkeypatch)
    news = live.apply_update(update(deleted=[(5, [(2 * i, 1) for i in range(5000)])]), ()).news
    assert live.text == b"b" * 5000
    assert rests.count >= 4 * 5000 // SLICE and 1 < rests.longest <= SLICE
    assert len(parse_update(news, ROOT).deleted) == 5000


def test_aliases_and_state_vectors_are_gone_through_in_slices(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    live = document(update((5, 0, [first("a" * 1000)])))
    rests = Rests(live, monkeypatch)
    aliases = [AliasRecord("s", 6, i, 1, 5, i) for i in range(1000)]
    live.apply_update(update((6, 0, [first("b" * 1000)])), aliases)
    assert rests.count >= 2 * 1000 // SLICE
    rests.count = 0
    live.update_since(number(1000) + b"".join(number(i) + number(1) for i in range(1000)))
    assert rests.count >= 1000 // SLICE


def test_of_the_many_deletions_of_one_who_comes_back_only_the_new_ones_go_on() -> None:
    live = document(update((5, 0, [first("ab" * 300)])))
    old = [(2 * i, 1) for i in range(200)]
    live.apply_update(update(deleted=[(5, old)]), ())
    assert live.apply_update(update(deleted=[(5, old)]), ()).news == b""
    again = live.apply_update(update(deleted=[(5, [*old, (500, 3)])]), ())
    assert (
        parse_update(again.news, ROOT).deleted
        == parse_update(update(deleted=[(5, [(500, 3)])]), ROOT).deleted
    )
    half = live.apply_update(update(deleted=[(5, [*old, (500, 5)])]), ())
    assert len(half.changes) == 1 and half.changes[0].deleted == "ba"


def test_the_paste_of_two_hundred_pages_goes_through() -> None:
    live, pages = document(), PAGE * 200
    live.apply_update(update((5, 0, [first(pages)])), ())
    assert live.text.decode() == pages
    middle = len(pages[: len(pages) // 2].encode())
    assert live.place(middle) == (5, utf16_units(pages[: len(pages) // 2]) - 1)


def test_replacing_five_thousand_places_at_once_goes_through() -> None:
    base = update((5, 0, [first("It was a word. " * 5000)]))
    live, browser = document(base), Doc[Text](client_id=7)
    text = browser.get(ROOT, type=Text)
    browser.apply_update(base)
    before = browser.get_state()
    with browser.transaction():
        for number_ in range(5000):
            at = 15 * number_ + 9
            del text[at : at + 4]
            text.insert(at, "name")
    live.apply_update(browser.get_update(before), ())
    assert live.text.decode() == "It was a name. " * 5000


def test_a_week_of_offline_writing_goes_through() -> None:
    """70,000 words, with a slip put right every three or four words."""
    structs, clock = [first("Once upon a time")], 16
    for _ in range(20_000):
        structs += [gone_after(7, clock - 1, 1), after(7, clock, "eighteen letters, ")]
        clock += 19
    live = document(update((7, 0, structs)))
    assert live.text.decode() == "Once upon a time" + "eighteen letters, " * 20_000


@pytest.mark.parametrize("letter", ["a", "é", "語", "😀", "a語😀é"])
def test_a_long_stretch_stands_in_pieces_that_cover_it(letter: str) -> None:
    text = letter * 9000
    raw, units = text.encode(), utf16_units(text)
    pieces = list(in_pieces(Span(7, 100, units, len(raw)), raw))
    at, clock = 0, 100
    for piece in pieces:
        part = raw[at : at + piece.num_bytes].decode()
        assert (piece.client, piece.clock, piece.units) == (7, clock, utf16_units(part))
        assert piece.units == piece.num_bytes or piece.units <= 4097
        at, clock = at + piece.num_bytes, clock + piece.units
    assert (at, clock) == (len(raw), 100 + units)


def test_units_and_bytes_are_each_others_reverse() -> None:
    text = "ae\u0301語😀x👩‍👩‍👧"
    raw = text.encode()
    for end in range(len(text) + 1):
        head = text[:end]
        assert units_of_bytes(raw, len(head.encode())) == utf16_units(head)
        assert bytes_of_units(raw, utf16_units(head)) == len(head.encode())
    assert bytes_of_units("x😀y".encode(), 2) == 5, "inside a character: to its end"
    assert bytes_of_units("x語".encode()[:3], 1) == 1, "what ends inside a character"
    assert bytes_of_units(b"xy", 9) == 2


def test_a_snapshot_of_one_long_stretch_is_read_in_pieces() -> None:
    live = document(update((5, 0, [first("語" * 9000)])))
    whole = (Span(5, 0, 9000, 27000),)
    again = LiveDocument(2002, (1001,), Authorship())
    again.restore_snapshot(live.update_since(None), whole)
    assert max(span.units for span in again.spans) <= 4096
    assert list(again.spans) == list(live.spans)
    assert again.place(3 * 8000) == (5, 7999)
