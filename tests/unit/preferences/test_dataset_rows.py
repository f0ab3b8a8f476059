"""What the rows of each form say of a choice."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storygen.preferences.dataset.columns import columns_of
from storygen.preferences.dataset.letters import (
    LONGEST_WORD,
    accepted_part,
    comparable_part,
    storable,
)
from storygen.preferences.dataset.rows import (
    ROWS,
    conversational,
    dpo_rows,
    kto_rows,
    prompt_of,
    raw_rows,
    reward_rows,
)
from storygen.preferences.observations import Situation
from tests.unit.preferences.made_observations import (
    chosen_from,
    observations,
    shown,
    texts,
)

PREFERENCES = ("dpo", "kto", "reward")
STORM, SHIP = " a storm rose over the sea.", " a ship came in from the north, slowly."


def test_what_was_taken_is_preferred_to_every_other_candidate() -> None:
    observation = chosen_from([(" one", 0), (" two", 1), (" six", 0)])
    assert list(dpo_rows([observation])) == [
        {"prompt": "Once", "chosen": " two", "rejected": " one"},
        {"prompt": "Once", "chosen": " two", "rejected": " six"},
    ]


def test_candidates_of_which_less_was_taken_are_pairs_too() -> None:
    observation = chosen_from([(" one", 0.5), (" two", 1), (" six", 0)])
    assert list(reward_rows([observation])) == [
        {"prompt": "Once", "chosen": " two", "rejected": " one", "margin": 0.5},
        {"prompt": "Once", "chosen": " two", "rejected": " six", "margin": 1.0},
        {"prompt": "Once", "chosen": " o", "rejected": " six", "margin": 0.5},
    ]


def test_candidates_of_which_as_much_was_taken_are_no_pair() -> None:
    assert list(dpo_rows([chosen_from([(" one", 1), (" two", 1)])])) == []


def test_of_a_candidate_taken_up_to_a_letter_the_taken_part_is_chosen() -> None:
    observation = chosen_from([(STORM, 8 / len(STORM)), (SHIP, 0)])
    [row] = dpo_rows([observation])
    assert row["chosen"] == " a storm"


def test_what_was_passed_over_is_cut_at_the_next_word_border_of_that_length() -> None:
    observation = chosen_from([(STORM, 8 / len(STORM)), (SHIP, 0)])
    [row] = dpo_rows([observation])
    assert row["rejected"] == " a ship "
    [_, passed] = kto_rows([observation])
    assert passed == {"prompt": "Once", "completion": " a ship ", "label": False}
    [chosen] = dpo_rows([chosen_from([(" a sto", 1), (SHIP, 0)])])
    assert chosen["rejected"] == " a ship"


def test_a_shorter_one_stays_as_short_as_it_is() -> None:
    [row] = dpo_rows([chosen_from([(STORM, 1), (" no.", 0)])])
    assert row["rejected"] == " no."


def test_labels_say_what_was_accepted() -> None:
    rows = list(kto_rows([chosen_from([(" one", 0), (" two", 1), (" six", 0.5)])]))
    assert [(row["completion"], row["label"]) for row in rows] == [
        (" two", True),
        (" s", True),
        (" one", False),
    ]


def test_a_set_from_which_nothing_was_taken_is_in_the_raw_form_alone() -> None:
    observation = chosen_from([(" one", 0), (" two", 0)])
    assert [list(ROWS[form]([observation])) for form in PREFERENCES] == [[], [], []]
    assert [row["selected"] for row in raw_rows([observation])] == [False, False]


def test_what_a_program_chose_is_in_the_raw_form_alone_and_marked() -> None:
    observation = chosen_from([(" one", 1), (" two", 0)], by="auto")
    assert [list(ROWS[form]([observation])) for form in PREFERENCES] == [[], [], []]
    assert [row["by"] for row in raw_rows([observation])] == ["auto", "auto"]


@pytest.mark.parametrize("texts", [[(" one", 1), (" one", 0)], [("  ", 1), ("\n", 0)]])
def test_blank_texts_and_equal_ones_are_no_preference(texts: list[tuple[str, float]]) -> None:
    assert list(dpo_rows([chosen_from(texts)])) == []
    assert not any(not row["label"] for row in kto_rows([chosen_from(texts)]))


def test_a_writing_prompt_stands_before_the_text_with_a_blank_line_between() -> None:
    answer = {"mode": "prompt", "before": "Once"}
    assert prompt_of(chosen_from([], prompt="A ship.", **answer)) == "A ship.\n\nOnce"
    assert prompt_of(chosen_from([], prompt="A ship.\n", **answer)) == "A ship.\nOnce"
    assert prompt_of(chosen_from([], prompt="", **answer)) == "Once"
    assert prompt_of(chosen_from([], prompt="A ship.", before="Once")) == "Once"


def test_the_raw_form_has_everything_of_a_candidate() -> None:
    params = {"temperature": 1, "top_k": 40, "top_p": True, "stop": ["ß"], "min_p": math.inf}
    candidate = shown(STORM, 0.5, 1, params=params, ids=(1, 2), logprobs=(-0.5, -math.inf))
    observation = replace(
        chosen_from([(" no", 0)], situation=Situation(3, 9, 0.25, 1.5), before_ids=(5,), kept=0.5),
        candidates=(shown(" no"), replace(candidate, log_density=-2.5)),
        extra={"note": "x"},
    )
    [_, row] = raw_rows([observation])
    assert row["text"] == STORM and row["taken"] == 0.5 and row["selected"] is True
    assert (row["ids"], row["logprobs"], row["before_ids"]) == ([1, 2], [-0.5, None], [5])
    assert (row["step"], row["num_words"], row["repetition"], row["entropy"]) == (3, 9, 0.25, 1.5)
    assert (row["temperature"], row["top_k"], row["top_p"], row["min_p"]) == (1.0, 40, None, None)
    assert isinstance(row["temperature"], float) and isinstance(row["top_k"], int)
    assert json.loads(row["params"]) == {**params, "min_p": None}
    assert (row["log_density"], row["kept"], row["extra"]) == (-2.5, 0.5, '{"note": "x"}')
    assert row["num_candidates"] == 2


def test_a_conversation_has_the_prompt_from_the_user_and_the_rest_from_the_assistant() -> None:
    row = {"prompt": "Once", "completion": " upon", "label": True}
    assert conversational(row) == {
        "prompt": [{"role": "user", "content": "Once"}],
        "completion": [{"role": "assistant", "content": " upon"}],
        "label": True,
    }


KINDS: dict[str, Any] = {
    "string": str,
    "int64": int,
    "float64": float,
    "bool": bool,
    "list<int64>": list,
    "list<float64>": list,
}


@given(observations(texts))
def test_every_row_has_exactly_its_columns_with_values_that_can_be_stored(observation: Any) -> None:
    for form, rows in ROWS.items():
        for row in rows([observation]):
            assert set(row) == {column.name for column in columns_of(form)}
            for column in columns_of(form):
                value = row[column.name]
                assert type(value) is KINDS[column.kind] or (value is None and column.empty)
            json.dumps(row, allow_nan=False, ensure_ascii=False).encode()


@given(observations(texts))
def test_a_chosen_text_is_a_beginning_of_what_was_shown(observation: Any) -> None:
    shown_texts = [storable(one.text) for one in observation.candidates]
    for row in reward_rows([observation]):
        assert any(text.startswith(row["chosen"]) for text in shown_texts)
        assert any(text.startswith(row["rejected"]) for text in shown_texts)
        assert 0 < row["margin"] <= 1 and row["chosen"] != row["rejected"]


def test_a_fraction_counts_letters_as_a_browser_does() -> None:
    assert accepted_part("🙂🙂ab", 4 / 6) == "🙂🙂"
    assert accepted_part("🙂🙂ab", 3 / 6) == "🙂"  # never half of one
    assert accepted_part("abc", 0) == "" and accepted_part("abc", 1) == "abc"


@given(st.text(max_size=40), st.data())
def test_every_place_that_a_browser_can_cut_at_is_found_again(text: str, data: Any) -> None:
    place = data.draw(st.integers(0, len(text)))
    units = len(text[:place].encode("utf-16-le")) // 2
    total = len(text.encode("utf-16-le")) // 2
    assert accepted_part(text, units / total if total else 1) == text[:place]


@pytest.mark.parametrize(
    ("text", "length", "part"),
    [
        ("one two three", 5, "one two"),
        ("one two three", 3, "one"),
        ("one two three", 4, "one "),
        ("one two", 50, "one two"),
        ("I don't know", 4, "I don't"),
        ("it’s so", 2, "it’s"),
        ("‘it’ so", 3, "‘it"),
        ("cafe\u0301 bar", 4, "cafe\u0301"),
        ("a 👩‍👩‍👧 b", 3, "a 👩‍👩‍👧"),
        ("👍🏽 ok", 1, "👍🏽"),
        ("שלום עולם", 2, "שלום"),
        ("海" * 100, 10, "海" * 10),  # a word that does not end
        ("e\u0301" * 100, 7, "e\u0301" * 4),
        ("", 0, ""),
    ],
)
def test_a_text_is_cut_at_the_first_border_behind_a_length(
    text: str, length: int, part: str
) -> None:
    assert comparable_part(text, length) == part


@given(texts, st.integers(0, 40))
def test_a_cut_text_is_a_beginning_and_hardly_longer(text: str, length: int) -> None:
    part = comparable_part(text, length)
    assert text.startswith(part) and len(part) >= min(length, len(text))
    assert len(part) <= length + LONGEST_WORD + 5


@given(texts)
def test_a_storable_text_is_as_long_as_before(text: str) -> None:
    stored = storable(text)
    assert len(stored.encode("utf-16-le")) == len(text.encode("utf-16-le", "surrogatepass"))
    assert len(stored) == len(text)
