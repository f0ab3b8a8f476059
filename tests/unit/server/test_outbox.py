"""The outbox of one browser: one message under way, everything else merged behind it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from pycrdt import Doc, Text

from storygen.document.live import ROOT
from storygen.server.calls.outbox import MERGE_AT, Outbox, Package
from storygen.store.records import AliasRecord, CheckpointHead, TokenRange


class Browser:
    """Keeps what it is sent; acknowledges when told to."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self._done: list[Callable[..., None]] = []
        self.outbox = Outbox("s", self._take)

    def _take(self, message: dict[str, Any], done: Callable[..., None]) -> None:
        self.messages.append(message)
        self._done.append(done)

    def acknowledge(self) -> None:
        self._done.pop(0)(True)


def _updates(count: int) -> list[bytes]:
    doc = Doc(client_id=7)
    text = doc.get(ROOT, type=Text)
    made = []
    for number in range(count):
        before = doc.get_state()
        text.insert(len(str(text)), f"{number},")
        made.append(doc.get_update(before))
    return made


def test_nothing_is_sent_before_it_is_open() -> None:
    browser = Browser()
    browser.outbox.add(Package(saved=1.0))
    assert browser.messages == []
    browser.outbox.open()
    assert [message["saved"] for message in browser.messages] == [1.0]


def test_what_comes_before_the_acknowledgement_is_one_message() -> None:
    browser = Browser()
    browser.outbox.open()
    first, *rest = _updates(MERGE_AT * 3)
    browser.outbox.add(Package(updates=[first]))
    for update in rest:
        browser.outbox.add(Package(updates=[update]))
    assert len(browser.messages) == 1
    browser.acknowledge()
    browser.acknowledge()
    assert len(browser.messages) == 2
    replica = Doc()
    for message in browser.messages:
        replica.apply_update(message["doc"])
    assert str(replica.get(ROOT, type=Text)) == "".join(f"{n}," for n in range(MERGE_AT * 3))


def test_merged_news_keeps_every_token_and_the_latest_of_each_run_and_caret() -> None:
    browser = Browser()
    tokens = [TokenRange("r", index, 5, 9, index * 2, 2) for index in range(3)]
    for number, token in enumerate(tokens):
        caret = {"who": "x", "anchor": None, "head": [number, 0]}
        run = {"id": "r", "next_index": number}
        browser.outbox.add(Package(tokens=[token], runs={"r": run}, carets={"x": caret}))
    alias = AliasRecord("s", 7, 0, 1, None, 0)
    head = CheckpointHead("c", "s", None, "created", 1.0, None, "", 2, "Once upon")
    browser.outbox.add(Package(aliases=[alias], checkpoints=[head], clients=[9], saved=2.0))
    browser.outbox.open()
    (message,) = browser.messages
    assert message["tokens"] == [["r", index, 5, 9, index * 2, 2] for index in range(3)]
    assert message["runs"] == [{"id": "r", "next_index": 2}]
    assert message["carets"] == [{"who": "x", "anchor": None, "head": [2, 0]}]
    assert (message["aliases"], message["clients"]) == ([[7, 0, 1, None, 0]], [9])
    assert message["checkpoints"][0]["id"] == "c"
    assert "doc" not in message


def test_trouble_is_told_until_something_is_saved() -> None:
    browser = Browser()
    browser.outbox.add(Package(trouble="The disk is full."))
    browser.outbox.add(Package(saved=3.0))
    browser.outbox.open()
    assert "trouble" not in browser.messages[0] and browser.messages[0]["saved"] == 3.0


def test_news_and_acknowledgements_from_many_threads_lose_and_double_nothing() -> None:
    """Each message is acknowledged by another thread while more is added."""
    got: list[int] = []
    under_way = threading.Semaphore(1)
    added = 4 * 500
    finished = threading.Event()

    def emit(message: dict[str, Any], done: Callable[..., None]) -> None:
        assert under_way.acquire(blocking=False), "two messages under way"
        got.extend(token[1] for token in message["tokens"])

        def acknowledge() -> None:
            under_way.release()
            done(True)
            if len(got) == added:
                finished.set()

        threading.Thread(target=acknowledge).start()

    outbox = Outbox("s", emit)
    outbox.open()

    def add(first: int) -> None:
        for index in range(first, first + 500):
            outbox.add(Package(tokens=[TokenRange("r", index, 1, 1, index, 1)]))

    threads = [threading.Thread(target=add, args=(500 * number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert finished.wait(20), len(got)
    assert sorted(got) == list(range(added))
