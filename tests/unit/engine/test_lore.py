"""Which entries a text calls: by whole words and patterns, near its end, the same however it grew."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storygen.engine.context.lore import LoreBook, LoreWatch
from storygen.link.memory import LoreEntry, Memory


def book(*keys: str, lore_range: int = 2000) -> LoreBook:
    entries = tuple(LoreEntry(str(n), "x", (key,)) for n, key in enumerate(keys))
    return LoreBook(Memory(entries=entries, lore_range=lore_range))


def called(made: LoreBook, text: str) -> dict[int, str]:
    watch = LoreWatch(made)
    watch.read_anew(text)
    return watch.called


@pytest.mark.parametrize(
    ("key", "text", "is_called"),
    [
        ("mill", "The old Mill, by the sea.", True),
        ("MILL", "a mill ", True),
        ("mill", "The miller came. ", False),
        ("mill", "The windmill turned. ", False),
        ("old mill", "The old\n  mill was there.", True),
        ("old mill", "The old, mill. ", False),
        ("Ann", "Ann's house", True),
        ("C++", "She wrote C++ all night.", True),
        ("Straße", "in der STRASSE dort", True),
        ("猫", "白い猫は海を見ていた", True),
        ("東京", "昨日は東京へ行った", True),
        ("mill", "The mill", False),
        ("mill", "The mill.", True),
        ("/mil+s?/", "two mills and a half, they said to her and to him.", True),
        ("/Mill/", "two mills and a half, they said to her and to him.", False),
        ("/Mill/i", "two mills and a half, they said to her and to him.", True),
        ("/x", "a /x b", True),
    ],
)
def test_an_entry_is_called_by_its_key(key: str, text: str, is_called: bool) -> None:
    assert bool(called(book(key), text)) is is_called


def test_the_first_key_that_called_an_entry_is_told() -> None:
    entry = LoreEntry("a", "x", ("sea", "mill", "shore"))
    made = LoreBook(Memory(entries=(entry,)))
    assert called(made, "The shore, the mill. ") == {0: "mill"}


def test_what_lies_further_back_than_the_range_calls_nothing() -> None:
    made = book("mill", "sea", "/shore/", lore_range=100)
    assert set(called(made, "The mill, the shore. " + "a b c " * 40 + "The sea.")) == {1}
    assert set(called(made, "The mill, the shore. " + "a b c " * 8 + "The sea.")) == {0, 1, 2}
    assert called(book("mill", lore_range=0), "The mill. ") == {}


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("/[/", "broken"),
        ("/(?P<a>x)(?P=b)/", "broken"),
        ("/((a{9999}){9999}){9999}/", "repeats"),
        ("/(?:.*a){300}/", "too long"),
    ],
)
def test_a_broken_or_slow_pattern_is_told_and_hangs_nothing(pattern: str, message: str) -> None:
    made = book(pattern, "mill")
    assert set(called(made, "a " * 2000 + "mill " + "a " * 500)) <= {1}
    assert [(entry, message in told) for entry, told in made.wrong] == [("0", True)]


def test_so_many_slow_patterns_that_each_is_bearable_do_not_hang_either() -> None:
    slow = [f"/(?:.*a){{{300 + n}}}/" for n in range(500)]
    made = book(*slow)
    called(made, "a " * 2000)
    assert len(made.wrong) > 100


PIECES = st.lists(
    st.sampled_from(
        ["mill", "the old", " ", "\n", ". ", "猫", "sea", "dra", "gons", "qqq " * 60, "C++", "é"]
    ),
    min_size=1,
    max_size=60,
)


@given(PIECES, st.sampled_from([40, 300, 2000]))
def test_a_text_that_grew_calls_what_it_calls_when_it_is_read_at_once(
    pieces: list[str], lore_range: int
) -> None:
    keys = ("mill", "the old mill", "猫", "c++", "/drag.*s/i", r"/\bsea\b/", "/mill$/", "é")
    made = book(*keys, lore_range=lore_range)
    grown, text = LoreWatch(made), ""
    for number, piece in enumerate(pieces):
        text += piece
        grown.read(piece)
        if number % 7 == 0:
            grown = grown.copied()
        assert grown.called == called(made, text)
