"""The parser of server-sent events: however the bytes are cut, the same events come out."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storygen.workbench.models.remote_events import Event, EventParser, TooLongError

STREAM = (
    '\ufeff: a comment\r\ndata: {"a": "é🙂"}\r\n\r\n'
    "event: error\ndata: one\ndata:two\ndata:  three\n\n\n"
    "data: x\r\ndata: y\r\n\r\n: keep-alive\n\nid: 5\nretry: 10\n\ndata\n\rdata: last\r\r"
).encode()
EVENTS = [
    Event('{"a": "é🙂"}'),
    Event("one\ntwo\n three", "error"),
    Event("x\ny"),
    Event(""),
    Event("last"),
]


def parsed(chunks: list[bytes]) -> list[Event]:
    parser = EventParser()
    events = [event for chunk in chunks for event in parser.feed(chunk)]
    left = parser.close()
    return events if left is None else [*events, left]


def test_fields_comments_and_all_line_ends_are_understood() -> None:
    assert parsed([STREAM]) == EVENTS


def test_bytes_may_come_one_at_a_time() -> None:
    assert parsed([STREAM[i : i + 1] for i in range(len(STREAM))]) == EVENTS


@given(st.lists(st.integers(0, len(STREAM)), max_size=20))
def test_a_stream_may_be_cut_anywhere(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(STREAM)]
    chunks = [STREAM[a:b] for a, b in itertools.pairwise(places)]
    assert parsed(chunks) == EVENTS


def test_an_event_without_its_blank_line_is_given_at_the_end() -> None:
    parser = EventParser()
    assert list(parser.feed(b"data: {}\n\ndata: [DONE]")) == [Event("{}")]
    assert parser.close() == Event("[DONE]")
    assert parser.close() is None


@pytest.mark.parametrize("part", [b"x" * 64, b"data: " + b"x" * 20 + b"\n"])
def test_an_event_without_end_is_given_up(part: bytes) -> None:
    parser = EventParser(most_bytes=200)
    with pytest.raises(TooLongError):
        for _ in range(20):
            list(parser.feed(part))


def test_events_together_may_be_longer_than_one_may_be() -> None:
    parser = EventParser(most_bytes=40)
    events = [event for _ in range(20) for event in parser.feed(b"data: " + b"x" * 20 + b"\n\n")]
    assert len(events) == 20
