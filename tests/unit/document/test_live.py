"""The live document: identities, authors and changes, against a second replica that plays a browser."""

from __future__ import annotations

import random

import pytest
from pycrdt import Doc, Text

from storygen.document.authorship import Authorship
from storygen.document.live import ROOT, LiveDocument, UnfitSnapshotError
from storygen.errors import BadRequestError, ConflictError, RefusedError
from storygen.store.records import AliasRecord, Author, Span, TokenRange

SERVER = 1001
LETTERS = ["a", "é", "語", "😀", "👩‍👩‍👧", "\n", "word ", "e\u0301"]


class Browser:
    """A replica that edits by code point and remembers what the server has not seen."""

    def __init__(self, client: int) -> None:
        self.doc: Doc[Text] = Doc(client_id=client)
        self.text = self.doc.get(ROOT, type=Text)
        self.sent = self.doc.get_state()

    def __str__(self) -> str:
        return str(self.text)

    def _bytes(self, at: int) -> int:
        return len(str(self.text)[:at].encode())

    def insert(self, at: int, text: str) -> None:
        self.text.insert(self._bytes(at), text)

    def delete(self, start: int, end: int) -> None:
        del self.text[self._bytes(start) : self._bytes(end)]

    def unsent(self) -> bytes:
        update = self.doc.get_update(self.sent)
        self.sent = self.doc.get_state()
        return update

    def receive(self, update: bytes) -> None:
        self.doc.apply_update(update)


def open_document(client: int = SERVER, earlier: tuple[int, ...] = ()) -> LiveDocument:
    return LiveDocument(client, earlier, Authorship())


def text_of(document: LiveDocument) -> str:
    return document.text.decode()


def test_a_browsers_typing_arrives_with_its_identity() -> None:
    document, browser = open_document(), Browser(7)
    browser.insert(0, "Once 😀 upon")
    (change,) = document.apply_update(browser.unsent(), ()).changes
    assert (change.at, change.inserted, text_of(document)) == (0, "Once 😀 upon", "Once 😀 upon")
    assert document.place(len("Once 😀".encode())) == (7, 6)
    assert document.locate((7, 6)) == len("Once 😀".encode())
    assert document.place(0) is None


def test_a_token_between_a_persons_words_is_attributed_to_its_run() -> None:
    document, browser = open_document(), Browser(7)
    browser.insert(0, "ab")
    document.apply_update(browser.unsent(), ())
    done = document.insert(1, "語x")
    document.authorship.add_token(TokenRange("r", 4, 99, SERVER, done.clock, done.units))
    assert [(w.units, w.run, w.index) for w in document.written()] == [
        (1, None, 0),
        (2, "r", 4),
        (1, None, 0),
    ]


def test_an_update_under_a_servers_id_is_refused_and_changes_nothing() -> None:
    document = open_document(earlier=(55,))
    impostor = Browser(55)
    impostor.insert(0, "I am the model")
    with pytest.raises(RefusedError):
        document.apply_update(impostor.unsent(), ())
    assert text_of(document) == ""


def test_only_what_was_not_known_of_an_update_goes_on_to_others() -> None:
    document, browser, late = open_document(), Browser(7), Browser(8)
    typed = document.insert(0, "The model")
    impostor = Browser(SERVER)  # writes other letters under an identity that stands here already
    impostor.insert(0, "Forged!!!")
    assert document.apply_update(impostor.unsent(), ()).news == b""
    browser.receive(typed.update)
    browser.insert(9, " wrote")
    whole = browser.doc.get_update()
    late.receive(typed.update)
    late.receive(document.apply_update(whole, ()).news)
    assert str(late) == text_of(document) == "The model wrote"
    assert document.apply_update(whole, ()).news == b""


def test_an_update_that_builds_on_unknown_text_is_refused_and_changes_nothing() -> None:
    document, browser = open_document(), Browser(7)
    browser.insert(0, "lost")
    browser.unsent()
    browser.insert(4, " tail")
    with pytest.raises(ConflictError, match="not known"):
        document.apply_update(browser.unsent(), ())
    assert text_of(document) == ""


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_damaged_update_is_refused(cut: int) -> None:
    document, browser = open_document(), Browser(7)
    browser.insert(0, "hello")
    data = browser.unsent()
    with pytest.raises((BadRequestError, ConflictError)):
        document.apply_update(data[: len(data) - cut], ())
    assert text_of(document) == ""


def test_carriage_returns_and_other_types_are_refused() -> None:
    document, browser = open_document(), Browser(7)
    browser.insert(0, "a\r\nb")
    with pytest.raises(BadRequestError, match="carriage"):
        document.apply_update(browser.unsent(), ())
    other: Doc[Text] = Doc(client_id=8)
    other.get("elsewhere", type=Text).insert(0, "x")
    with pytest.raises(BadRequestError):
        document.apply_update(other.get_update(), ())


def test_an_alias_gives_returned_text_its_author_back() -> None:
    document, browser = open_document(), Browser(7)
    done = document.insert(0, "model")
    document.authorship.add_token(TokenRange("r", 0, 1, SERVER, done.clock, done.units))
    browser.receive(done.update)
    browser.unsent()
    browser.delete(0, 5)
    document.apply_update(browser.unsent(), ())
    browser.insert(0, "model")
    document.apply_update(browser.unsent(), (AliasRecord("s", 7, 0, 5, SERVER, 0),))
    assert [(w.units, w.run) for w in document.written()] == [(5, "r")]
    assert document.authors() == (Author(5, SERVER, 0),)


def test_an_alias_for_text_that_the_update_does_not_bring_is_refused() -> None:
    document, browser = open_document(), Browser(7)
    document.insert(0, "model")
    browser.insert(0, "mine")
    for alias in (
        AliasRecord("s", 7, 0, 9, SERVER, 0),
        AliasRecord("s", 8, 0, 4, SERVER, 0),
        AliasRecord("s", 7, 0, 4, SERVER, 3),
    ):
        with pytest.raises(BadRequestError):
            document.apply_update(browser.doc.get_update(), (alias,))
    assert text_of(document) == "model"


def test_where_a_token_begins_is_known_only_while_it_stands_whole() -> None:
    document = open_document()
    document.insert(0, "Once")
    done = document.insert(4, " dé🙂")
    token = TokenRange("r", 0, 1, SERVER, done.clock, done.units)
    assert document.start_of(token, len("Once dé🙂".encode())) == 4
    assert document.start_of(token, len("Once dé".encode())) is None
    document.insert(len("Once d"), "x")
    assert document.start_of(token, len("Once dxé🙂".encode())) is None
    document.delete(len("Once d"), 1)
    assert document.start_of(token, len("Once dé🙂".encode())) == 4
    document.delete(4, 1)
    assert document.start_of(token, len("Oncedé🙂".encode())) is None


def test_random_edits_of_three_browsers_and_a_run_never_diverge() -> None:
    for seed in range(30):
        rng = random.Random(seed)
        document = open_document()
        browsers = [Browser(7), Browser(8), Browser(2**32 - 1)]
        log: list[bytes] = []
        for _ in range(60):
            browser = rng.choice(browsers)
            length = len(str(browser))
            if rng.random() < 0.6:
                browser.insert(rng.randint(0, length), "".join(rng.choices(LETTERS, k=3)))
            elif length:
                start = rng.randrange(length)
                browser.delete(start, min(length, start + rng.randint(1, 6)))
            if rng.random() < 0.5:
                log.append(browser.unsent())
                document.apply_update(log[-1], ())
            if rng.random() < 0.3:
                at = len(text_of(document)[: rng.randint(0, len(text_of(document)))].encode())
                log.append(document.insert(at, rng.choice(LETTERS)).update)
            if rng.random() < 0.1 and document.text:
                log.append(document.delete(0, len(text_of(document)[0].encode()))[0])
            if rng.random() < 0.3:
                browser.receive(document.update_since(browser.doc.get_state()))
        for browser in browsers:
            document.apply_update(browser.unsent(), ())
        for browser in browsers:
            browser.receive(document.update_since(browser.doc.get_state()))
            assert str(browser) == text_of(document)
        assert sum(span.num_bytes for span in document.spans) == len(document.text)
        _identities_hold(document)


def _identities_hold(document: LiveDocument) -> None:
    """Every identity is found where it stands, and no identity stands twice."""
    at, seen = 0, set()
    for char in text_of(document):
        at += len(char.encode())
        place = document.place(at)
        assert place is not None and place not in seen
        seen.add(place)
        assert document.locate(place) == at


def test_replaying_the_log_gives_the_same_spans_as_living_it() -> None:
    rng = random.Random(5)
    document, browser, log = open_document(), Browser(7), []
    for _ in range(80):
        length = len(str(browser))
        if rng.random() < 0.7:
            browser.insert(rng.randint(0, length), rng.choice(LETTERS))
        elif length:
            browser.delete(0, 1)
        log.append(browser.unsent())
        document.apply_update(log[-1], ())
        done = document.insert(0, rng.choice(LETTERS))
        log.append(done.update)
        browser.receive(done.update)
    again = LiveDocument(2002, (SERVER,), Authorship())
    for update in log:
        again.replay(update)
    assert again.text == document.text
    assert list(again.spans) == list(document.spans)
    third = LiveDocument(3003, (SERVER, 2002), Authorship())
    third.restore_snapshot(again.update_since(None), tuple(again.spans))
    assert third.text == document.text


@pytest.mark.parametrize(
    ("data", "spans"),
    [
        (None, ()),
        (None, (Span(SERVER, 0, 5, 6),)),
        (None, (Span(SERVER, 0, 6, 5),)),
        (b"no update", (Span(SERVER, 0, 5, 5),)),
    ],
)
def test_a_snapshot_that_does_not_fit_is_refused(
    data: bytes | None, spans: tuple[Span, ...]
) -> None:
    document = open_document()
    document.insert(0, "Once.")
    again = LiveDocument(2002, (SERVER,), Authorship())
    with pytest.raises(UnfitSnapshotError):
        again.restore_snapshot(data or document.update_since(None), spans)


def test_our_first_insertion_after_a_snapshot_lands_once() -> None:
    document = open_document()
    document.insert(0, "Once.")
    again = LiveDocument(2002, (SERVER,), Authorship())
    again.restore_snapshot(document.update_since(None), tuple(document.spans))
    again.insert(5, " More.")
    assert text_of(again) == "Once. More."
    assert again.place(11) == (2002, 5)
