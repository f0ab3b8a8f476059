"""Measures of texts: known answers in several languages, and finite ones for any text."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storygen.preferences import signs
from storygen.preferences.picker.measures import (
    LEAST_LOGPROB,
    MEASURES,
    MOST_LETTERS,
    NAMES,
    measured,
)
from storygen.preferences.picker.quotes import spoken_share
from storygen.preferences.picker.words import words
from tests.unit.preferences.made_observations import texts


def measure(name: str, text: str, before: str = "", prompt: str = "") -> float:
    return measured(before, prompt, [(text, ())])[0][NAMES.index(name)]


def count(name: str, text: str, before: str = "") -> int:
    """What was counted, of measures that are told as log(1 + count)."""
    return round(math.expm1(measure(name, text, before)))


def test_every_measure_has_a_name_of_its_own_a_sentence_and_two_phrases() -> None:
    assert len(set(NAMES)) == len(MEASURES)
    for one in MEASURES:
        assert (
            one.meaning[0].isupper() and one.meaning.endswith(".") and "." not in one.meaning[:-1]
        )
        assert one.more and one.less and one.more != one.less


@given(
    texts,
    texts,
    st.lists(
        st.tuples(texts, st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=3)),
        max_size=4,
    ),
)
def test_every_measure_of_every_text_is_finite(
    before: str, prompt: str, candidates: list[tuple[str, list[float]]]
) -> None:
    rows = measured(before, prompt, candidates)
    assert [len(row) for row in rows] == [len(MEASURES)] * len(candidates)
    assert all(math.isfinite(one) for row in rows for one in row)


@given(
    st.text(st.characters(max_codepoint=0x2200), max_size=60)
    | st.text("ab'’_-.. ½²é́ñЖж\xad\u200c中ก", max_size=90)
    | texts
)
def test_words_are_those_of_the_signs(text: str) -> None:
    assert words(text) == signs.words(text)


@pytest.mark.parametrize("endless", ["a" * 41, "no " + "ж" * 50, "!!!!!", "a_____b", "x" * 40])
def test_endless_runs_are_taken_apart_as_the_signs_do(endless: str) -> None:
    assert words(endless) == signs.words(endless)


@pytest.mark.parametrize(
    ("text", "num_words", "num_sentences", "ends"),
    [
        ("", 0, 1, 0),
        (" She left. He stayed! Why?", 5, 3, 1),
        (" and then the door", 4, 1, 0),
        (" “Come here.” She came", 4, 2, 0),
        (" “Come here.”", 2, 1, 1),
        ("Wait… what?!", 2, 2, 1),
        ("It cost 3.50 in all.", 6, 1, 1),
        ("他来了。她走了。", 6, 2, 1),
        ("行こう。彼は", 5, 2, 0),
        ("वह आया। वह गया।", 4, 2, 1),
        ("هل أنت هنا؟ نعم.", 4, 2, 1),
        ("A heading\n\nA line. ", 4, 2, 1),
    ],
)
def test_words_and_sentences_are_counted_in_any_script(
    text: str, num_words: int, num_sentences: int, ends: int
) -> None:
    assert count("words", text) == num_words
    assert count("sentences", text) == num_sentences
    assert measure("ends_sentence", text) == ends
    assert count("letters", text) == len(text)


def test_lengths_of_words_and_sentences_are_averages() -> None:
    assert measure("word_length", "I saw three.") == pytest.approx(3)
    assert math.expm1(measure("sentence_length", "One two three. Four.")) == pytest.approx(2)


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ('x "no" x', '"no"'),
        ("x “no” x", "“no”"),
        ("x „nein“ x", "„nein“"),
        ("x »nein« x", "»nein«"),
        ("x « non » x", "« non »"),
        ("x ”nej” x", "”nej”"),
        ("x 「いや」 x", "「いや」"),
        ("x ‘I don’t’ x", "‘I don’t’"),
        ("the dogs’ bowl isn’t", ""),
        ("x\n— Нет, — сказал он.\nx", "— Нет, — сказал он."),
        ("well - no", ""),
        ("x “it never ends\nx", "“it never ends"),
        ("x “she said ‘no’ to me” x", "“she said ‘no’ to me”"),
    ],
)
def test_what_is_spoken_is_found_in_several_languages(text: str, spoken: str) -> None:
    assert spoken_share("", text) == pytest.approx(len(spoken) / len(text))


def test_a_quotation_goes_on_from_the_text_before() -> None:
    assert spoken_share("He said “I", ' go” and"') == pytest.approx(5 / 9)
    assert spoken_share('He said "I', ' go" and') == pytest.approx(4 / 8)
    assert spoken_share("He said “I\n", "go and") == 0
    assert spoken_share("— Да", "!") == 1


def test_repetition_is_within_the_text_and_echo_of_the_text_before() -> None:
    assert measure("repetition", "the old man and the old man") == pytest.approx(1 / 5)
    assert measure("repetition", "the old man and a dog") == 0
    assert measure("echo", "The OLD man and a dog", "I saw the old man.") == pytest.approx(1 / 4)
    assert measure("echo", "a dog", "a dog") == 0


def test_variety_is_the_share_of_different_words() -> None:
    assert measure("variety", "No, no, no and yes.") == pytest.approx(3 / 5)


@pytest.mark.parametrize(
    ("before", "text", "num"),
    [
        ("", " and Mira met Bob there.", 2),
        ("Bob slept.", " and Mira met Bob there.", 1),
        ("", " and Mira met Mira.", 1),
        ("", "Suddenly it rained. Then it stopped.", 0),
        ("He left.", " Rain fell.", 0),
        ("He met", " Mira", 1),
        ("", " He said, “Come on,” and I came", 0),
        ("", " и встретил Машу", 1),
        ("", "\nLate that night", 0),
    ],
)
def test_names_are_new_within_a_sentence_and_once(before: str, text: str, num: int) -> None:
    assert count("new_names", text, before) == num


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("commas", "one, two、three four", 50),
        ("breaks", "one — two: three… four", 75),
        ("questions", "Who? Me. You?!", 2 / 3),
        ("exclamations", "Go! Now", 1 / 2),
    ],
)
def test_marks_are_counted_by_words_or_sentences(name: str, text: str, expected: float) -> None:
    assert measure(name, text) == pytest.approx(expected)


def test_paragraphs_are_lines_with_text() -> None:
    assert count("paragraphs", "one\n\n  \ntwo\nthree\n") == 3


def test_overlap_with_the_prompt_counts_different_words_and_none_without_a_prompt() -> None:
    assert measure("prompt_overlap", "a ship, a storm", prompt="Write of a SHIP") == 2 / 3
    assert measure("prompt_overlap", "a ship, a storm") == 0


def test_likelihoods_are_bounded_and_averages_where_they_are_not_known() -> None:
    at, least = NAMES.index("mean_logprob"), NAMES.index("min_logprob")
    rows = measured(
        "", "", [("a", (-1.0, -3.0)), ("b", (-math.inf,)), ("c", ()), ("d", (math.nan,))]
    )
    assert [row[at] for row in rows] == [-2, LEAST_LOGPROB, -26, -26]
    assert [row[least] for row in rows] == [-3, LEAST_LOGPROB, -26.5, -26.5]
    assert measured("", "", [("a", ())])[0][at] == 0


def test_of_endless_texts_only_what_is_next_to_the_candidate_is_read() -> None:
    endless = "x" * MOST_LETTERS
    assert count("letters", endless + "y") == MOST_LETTERS
    assert measure("echo", "one two three", endless + " one two three") == 1
    assert measure("prompt_overlap", "ship", prompt="ship " + endless) == 0
