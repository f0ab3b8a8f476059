"""Bytes of tokens, UTF-8 boundaries, held text, sentence ends, and which tokens may come next."""

from __future__ import annotations

import pytest
import torch

from storygen.engine.text.endings import find_stop, num_held_for_stops, paragraph_end, sentence_end
from storygen.engine.text.held import DrawnToken, HeldText
from storygen.engine.text.utf8 import can_follow, unfinished_tail
from tests.tiny_engine import tiny_writing
from tests.tiny_models import ARCHITECTURES, CORPUS, SENTENCEPIECE_LIKE

SCRIPTS = (
    *CORPUS,
    "👩‍👩‍👧",
    "é",
    "שָׁלוֹם",
    "𐍈\u0000\t\n\r\n",
    "a  b   c",
    "\ufeff",
    "ﬁ½",
    " leading",
)


def drawn(index: int) -> DrawnToken:
    return DrawnToken(index, index, 0.0, (), 0.0, 1, 0, 0)


def shown(held: HeldText, *pieces: bytes, stops: tuple[str, ...] = ()) -> list[list[str]]:
    """What is let go after each piece."""
    out = []
    for index, piece in enumerate(pieces):
        held.push(drawn(index), piece)
        out.append([token.text for token in held.release(stops)])
    return out


@pytest.mark.parametrize("kind", ARCHITECTURES)
@pytest.mark.parametrize("text", SCRIPTS)
def test_the_bytes_of_tokens_spell_the_text(kind: str, text: str) -> None:
    writing = tiny_writing(kind)
    ids, ends = writing.encoder.encode(text, first=False)
    assert writing.bytes.join(ids) == text.encode()
    assert ends[-1] == len(text.encode())
    assert ends == sorted(ends)


@pytest.mark.parametrize("kind", SENTENCEPIECE_LIKE)
def test_only_the_beginning_of_a_text_gets_the_tokenizers_space(kind: str) -> None:
    writing = tiny_writing(kind)
    ids, ends = writing.encoder.encode("hello there", first=True)
    assert writing.bytes.join(ids) == b" hello there"
    assert ends[-1] == len(b"hello there")
    ids, _ = writing.encoder.encode("hello there", first=False)
    assert writing.bytes.join(ids) == b"hello there"


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_a_special_token_in_the_text_ends_where_its_name_does(kind: str) -> None:
    writing = tiny_writing(kind)
    name = "</s>" if kind in SENTENCEPIECE_LIKE else "<|endoftext|>"
    ids, ends = writing.encoder.encode(f"one {name} two", first=False)
    special = next(n for n, number in enumerate(ids) if number in writing.bytes.special)
    assert ends[special] == len(f"one {name}")
    assert ends[-1] == len(f"one {name} two")


@pytest.mark.parametrize(
    ("data", "tail"),
    [
        (b"abc", b""),
        ("é".encode()[:1], b"\xc3"),
        ("猫".encode()[:2], "猫".encode()[:2]),
        ("🙂".encode()[:3], "🙂".encode()[:3]),
        ("a🙂".encode(), b""),
        (b"", b""),
    ],
)
def test_the_tail_of_a_cut_character_is_found(data: bytes, tail: bytes) -> None:
    assert unfinished_tail(data) == tail


@pytest.mark.parametrize("bad", [b"\x80", b"\xc0", b"\xed\xa0", b"\xf5", b"\xe0\x80", b"a\xff"])
def test_malformed_bytes_can_never_follow(bad: bytes) -> None:
    assert not can_follow(b"", bad)


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_every_cut_character_can_be_completed_and_only_well(kind: str) -> None:
    writing = tiny_writing(kind)
    for unfinished in (
        b"\xc3",
        b"\xe7",
        b"\xe7\x8c",
        b"\xf0",
        b"\xf0\x9f",
        b"\xed",
        b"\xf4",
        b"\xe0",
    ):
        banned = writing.allowed.banned(unfinished, may_end=True)
        assert banned is not None
        allowed = [n for n in range(len(writing.bytes)) if not banned[n]]
        assert allowed
        for number in allowed:
            (unfinished + writing.bytes.of(number)).decode(errors="strict") if not unfinished_tail(
                unfinished + writing.bytes.of(number)
            ) else None
            assert can_follow(unfinished, writing.bytes.of(number))


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_a_nul_is_never_written(kind: str) -> None:
    writing = tiny_writing(kind)
    banned = writing.allowed.banned(b"", may_end=False)
    assert banned is not None
    with_nul = [n for n in range(len(writing.bytes)) if b"\0" in writing.bytes.of(n)]
    assert with_nul and all(banned[n] for n in with_nul)


def in_word(kind: str, rest: bytes, logits: torch.Tensor | None = None) -> set[bytes]:
    writing = tiny_writing(kind)
    size = writing.model.vocabulary
    banned = writing.allowed.banned_in_word(
        b"", rest, torch.zeros(size) if logits is None else logits
    )
    assert banned is not None
    return {writing.bytes.of(n) for n in range(len(writing.bytes)) if not banned[n]}


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_a_word_is_completed_by_tokens_that_hold_all_of_it(kind: str) -> None:
    writing = tiny_writing(kind)
    everything = {writing.bytes.of(n) for n in range(len(writing.bytes))}
    expected = {data for data in everything if data.startswith(b" t")}
    assert len(expected) > 3
    assert in_word(kind, b" t") == expected


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_a_word_that_no_token_holds_is_completed_in_the_longest_pieces(kind: str) -> None:
    pieces = in_word(kind, b" thereqq")
    assert len(pieces) == 1
    piece = pieces.pop()
    assert b" thereqq".startswith(piece) and len(piece) >= 3


def test_a_word_whose_completions_are_unlikely_may_be_completed_in_pieces() -> None:
    writing = tiny_writing("gpt2")
    whole = in_word("gpt2", b" hel")
    logits = torch.zeros(writing.model.vocabulary)
    logits[[n for n in range(len(writing.bytes)) if writing.bytes.of(n) in whole]] = -100.0
    assert in_word("gpt2", b" hel", logits) > whole


def test_a_character_in_pieces_is_shown_with_its_last_piece() -> None:
    cat = "猫".encode()
    assert shown(HeldText(), b"a", cat[:1], cat[1:2], cat[2:], b"b") == [
        ["a"],
        [],
        [],
        ["", "", "猫"],
        ["b"],
    ]


def test_a_token_that_ends_inside_a_character_waits_for_it() -> None:
    cat = "猫".encode()
    assert shown(HeldText(), b"a" + cat[:1], cat[1:] + b"b") == [[], ["a", "猫b"]]


def test_what_may_begin_a_stop_string_waits_until_it_does_not() -> None:
    held = HeldText()
    assert shown(held, b"one", b" t", b"wo", b" en", b"d", stops=(" tend",)) == [
        ["one"],
        [],
        [" t", "wo"],
        [" en"],
        ["d"],
    ]


def test_a_cut_keeps_the_text_before_it_and_drops_the_rest() -> None:
    held = HeldText()
    for index, piece in enumerate((b"one", b" two", b" three")):
        held.push(drawn(index), piece)
    assert held.stop_at(("wo th",)) == 5
    assert [(t.drawn.index, t.text) for t in held.cut(5)] == [(0, "one"), (1, " t")]
    assert held.tokens == []


def test_stop_strings_are_found_at_the_first_place() -> None:
    assert find_stop("a b c", ("c", "b")) == 2
    assert find_stop("a b c", ("x",)) is None
    assert num_held_for_stops("text EN", ("END", "NO")) == 2
    assert num_held_for_stops("text N", ("END", "NO")) == 1
    assert num_held_for_stops("text", ()) == 0


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("He went. She", "He went."),
        ("He went.", None),
        ("“Go!” she", "“Go!”"),
        ("Mr. Smith went. He", "Mr. Smith went."),
        ("It cost 3.50 then. So", "It cost 3.50 then."),
        ("A line\nand", "A line"),
        ("\n\nOnce more. T", "\n\nOnce more."),
        ("猫がいた。犬", "猫がいた。"),
        ("「猫だ。」と", "「猫だ。」"),
        ("Well... maybe", "Well..."),
        ("no end", None),
    ],
)
def test_a_sentence_ends_where_the_next_one_begins(text: str, sentence: str | None) -> None:
    end = sentence_end(text)
    assert (None if end is None else text[:end]) == sentence


def test_a_paragraph_ends_before_its_line_break() -> None:
    assert paragraph_end("\n\none. two\nthree") == len("\n\none. two")
    assert paragraph_end("\n\none. two") is None
