"""Banned strings as text: where one stands, how much of one stands, and how often a run goes back."""

from __future__ import annotations

import pytest

from storygen.engine.rewinds import MOST_REWINDS, Rewinds
from storygen.engine.text.banned import BannedStrings, folded
from storygen.engine.text.held import DrawnToken, HeldText


@pytest.mark.parametrize("text", ["ΣΑΣ σας ς", "İstanbul ß ẞ", "ǅ ﬁ Ŀ", "猫🙂", "Straße", ""])
def test_folding_keeps_every_letters_place(text: str) -> None:
    assert len(folded(text)) == len(text)
    assert folded(folded(text)) == folded(text)


def test_letters_match_whatever_their_case() -> None:
    banned = BannedStrings(["Über σας", "THE END"])
    assert banned.find("…ÜBER ΣΑΣ", 0) == 1
    assert banned.find("the enD", 0) == 0
    assert banned.find("uber σας", 0) is None


def test_one_that_stood_before_is_not_found_and_of_several_the_last_is() -> None:
    banned = BannedStrings(["old", "woman", "old woman"])
    assert banned.find("old", 3) is None
    assert banned.find("old ", 3) is None
    assert banned.find("bold", 3) == 1
    assert banned.find("old woman", 3) == 4
    assert banned.find("old woman old", 3) == 10


@pytest.mark.parametrize(
    ("text", "num"),
    [("an old", 3), ("an OLD ", 4), ("an", 0), ("o", 1), ("old womanly", 0), ("", 0)],
)
def test_as_much_is_held_as_may_be_the_beginning_of_one(text: str, num: int) -> None:
    assert BannedStrings(["old woman", "old man"]).num_held(text) == num


def test_without_any_nothing_is_found_or_held() -> None:
    none = BannedStrings([])
    assert not none
    assert (none.find("text", 0), none.num_held("text"), none.num_before) == (None, 0, 0)


def test_held_tokens_are_found_by_their_letters_and_dropped_from_the_end() -> None:
    held = HeldText()
    for index, data in enumerate((b"an o", b"", "l猫"[:2].encode()[:2], b"\x8c\xab", b"d")):
        held.push(DrawnToken(index, index, 0.0, (), 0.0, 1, 0, 0), data)
    assert held.whole == "an ol猫d"
    assert [held.token_at(n) for n in range(8)] == [0, 0, 0, 0, 2, 2, 4, 5]
    held.drop(3)
    assert (held.whole, held.unfinished) == ("an ol", b"\xe7")
    held.drop(0)
    assert (held.whole, held.num_bytes) == ("", 0)


def test_what_was_banned_at_a_place_holds_until_a_token_before_it_is_another() -> None:
    rewinds = Rewinds()
    assert rewinds.ban(first=3, index=5, token_id=70) == 5
    assert rewinds.ban(first=3, index=5, token_id=71) == 5
    assert rewinds.banned_at(5) == [70, 71]
    assert rewinds.ban(first=3, index=4, token_id=80) == 4
    assert (rewinds.banned_at(4), rewinds.banned_at(5)) == ([80], [])
    rewinds.let_go(5)
    assert rewinds.banned_at(4) == []


def test_whoever_goes_back_too_often_becomes_careful_at_the_first_place_until_a_token_is_out() -> (
    None
):
    rewinds = Rewinds()
    reached = [rewinds.ban(first=3, index=5 - number % 2, token_id=number) for number in range(99)]
    assert reached.index(3) == MOST_REWINDS - 1
    assert rewinds.careful or MOST_REWINDS < 99 - MOST_REWINDS
    rewinds.be_careful()
    rewinds.let_go(4)
    assert not rewinds.careful


def test_how_often_it_went_back_depends_on_the_place_alone() -> None:
    """A run that goes on elsewhere from place 4 counts as the one that came by place 3 does."""
    whole, later = Rewinds(), Rewinds()
    for number in range(MOST_REWINDS - 1):
        assert whole.ban(3, 4, number) == 4
    whole.let_go(4)
    for number in range(MOST_REWINDS - 1):
        later.ban(4, 4, number)
    assert whole.banned_at(4) == later.banned_at(4)
    assert whole.ban(4, 4, 99) == later.ban(4, 4, 99) == 4
    assert whole.careful and later.careful


def test_half_a_character_that_was_let_go_is_not_forgotten_with_what_completed_it() -> None:
    cat = "猫".encode()
    held = HeldText()
    held.push(DrawnToken(0, 0, 0.0, (), 0.0, 1, 0, 0), cat[:1])
    held.push(DrawnToken(1, 1, 0.0, (), 0.0, 1, 0, 0), cat[1:] + cat[:1])
    assert [ready.drawn.index for ready in held.release()] == [0]
    held.drop(0)
    assert held.unfinished == cat[:1]
    held.push(DrawnToken(1, 2, 0.0, (), 0.0, 1, 0, 0), cat[1:])
    assert [ready.text for ready in held.release()] == ["猫"]
