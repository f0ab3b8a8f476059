"""Text and target by the columns' names: guessed, said openly, chosen otherwise, kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from letter_model import LetterModel

from storygen.errors import BadRequestError
from storygen.workbench.bench import Functions
from storygen.workbench.datasets.opening import open_dataset
from storygen.workbench.datasets.reading import SampleReader, keep_roles, kept_roles, reader_for
from storygen.workbench.datasets.roles import Roles, guess, target_of, text_of, turns_of
from storygen.workbench.datasets.split import BrokenSample
from storygen.workbench.models.base import Turn
from tests.workbench_page import make_bench

TALK = [
    {"role": "system", "content": "Be kind."},
    {"role": "user", "content": "Hello"},
    {"role": "assistant", "content": "Good day."},
]


def read(sample: dict[str, Any]) -> tuple[str, str | None]:
    split = open_dataset([sample]).splits["train"]
    roles = guess(split.features, [sample]).roles
    return text_of(sample, roles), target_of(sample, roles)


@pytest.mark.parametrize(
    ("sample", "text", "target"),
    [
        ({"id": 1, "text": "Once"}, "Once", None),
        ({"prompt": "Once", "completion": " upon"}, "Once", " upon"),
        ({"instruction": "Add", "input": "1 2", "output": "3"}, "Add\n\n1 2\n\n", "3"),
        ({"instruction": "Add", "input": "", "output": "3"}, "Add\n\n", "3"),
        ({"Question": "Why?", "Answer": "So."}, "Why?\n", "So."),
        ({"question": "Why?", "answers": {"text": ["So", "Thus"], "start": [1]}}, "Why?\n", "So"),
        ({"context": "C", "question": "Q", "answers": ["A", "B"]}, "C\n\nQ\n", "A"),
        ({"prompt": "P", "chosen": "C", "rejected": "R"}, "P", "C"),
        ({"article": "Long", "highlights": "Short"}, "Long\n\n", "Short"),
        ({"before": "Once", "chosen": " upon", "rejected": ["x"]}, "Once", " upon"),
        ({"before": "Once", "chosen": None, "rejected": ["x"]}, "Once", None),
        ({"a": "short", "b": "much longer", "n": 5}, "much longer", None),
        ({"n": 5}, "", None),
    ],
)
def test_names_of_columns_say_what_is_text_and_target(
    sample: dict[str, Any], text: str, target: str | None
) -> None:
    assert read(sample) == (text, target)


@pytest.mark.parametrize(
    "sample",
    [
        {"messages": TALK},
        {"chosen": TALK, "rejected": [*TALK[:2], {"role": "assistant", "content": "No."}]},
        {"prompt": TALK[:2], "completion": TALK[2:]},
        {"prompt": TALK[:2], "chosen": TALK[2:], "rejected": TALK[2:]},
        {
            "conversations": [
                {"from": "system", "value": "Be kind."},
                {"from": "human", "value": "Hello"},
                {"from": "gpt", "value": "Good day."},
            ]
        },
    ],
)
def test_talks_end_before_the_last_answer(sample: dict[str, Any]) -> None:
    text, target = read(sample)
    assert text == "System: Be kind.\n\nUser: Hello\n\nAssistant:"
    assert target == "Good day."


def test_a_talk_is_written_as_the_chat_template_has_it() -> None:
    roles = Roles(("messages",), "messages")
    seen: list[Turn] = []

    def chat_text(turns: Any) -> str:
        seen.extend(turns)
        return "<templated>"

    assert text_of({"messages": TALK}, roles, chat_text) == "<templated>"
    assert [turn.role for turn in seen] == ["system", "user"]
    # A model without a template refuses; then the turns are written plainly.
    assert text_of({"messages": TALK}, roles, LetterModel().chat_text).startswith(
        "System: Be kind."
    )


def test_turns_in_parts_keep_their_text() -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "image"}, {"type": "text", "text": "b"}]
    assert turns_of([{"role": "user", "content": parts}]) == [Turn("user", "ab")]
    for no_talk in (None, [], "x", [1], [{"a": 1}], {"role": "user"}):
        assert turns_of(no_talk) == []


def test_the_guess_is_said_and_skips_what_is_broken() -> None:
    told = guess({"prompt": "text", "completion": "text"}, []).sentence
    assert told == "Guessed by their names: prompt is the text, completion is the target."
    samples = [BrokenSample("x, line 1", "no"), {"a": "word"}]
    assert guess({"a": "text"}, samples).roles == Roles(("a",))
    assert "No column" in guess({"a": "number"}, [{"a": 1}]).sentence


def test_chosen_roles_are_kept_until_the_columns_are_gone(tmp_path: Path) -> None:
    rows = [{"prompt": "P", "completion": "C", "other": "O"}]
    split = open_dataset(rows).splits["train"]
    bench = make_bench(data_dir=tmp_path)
    assert reader_for(bench, "data", split).roles == Roles(("prompt",), "completion")
    keep_roles(tmp_path, "data", Roles(("other", "prompt"), "", "\n"))
    reader = reader_for(bench, "data", split)
    assert (reader.text(rows[0]), reader.targets(rows[0])) == ("O\n\nP", ())
    assert "Chosen" in reader.sentence
    assert reader_for(bench, "another", split).roles.target == "completion"
    others = open_dataset([{"text": "T"}]).splits["train"]
    assert reader_for(bench, "data", others).roles == Roles(("text",))
    keep_roles(tmp_path, "data", None)
    assert kept_roles(tmp_path, "data") is None
    (tmp_path / "roles.json").write_text("[broken")
    assert reader_for(bench, "data", split).roles.target == "completion"


def test_roles_are_written_down_and_read_back() -> None:
    roles = Roles(("a", "b"), "c", "\n")
    assert Roles.from_json(roles.to_json()) == roles
    for wrong in (None, {}, {"text": "a", "target": "", "ending": ""}, {"text": [1], "target": "", "ending": ""}):  # fmt: skip  # noqa: E501
        with pytest.raises(BadRequestError):
            Roles.from_json(wrong)


def test_a_developers_functions_come_first_and_their_errors_are_told() -> None:
    def fails(sample: Any) -> Any:
        return sample["nothing"]

    given = Functions(to_text=lambda s: s["a"] + "!", to_target=lambda s: ["x", "y"])
    reader = SampleReader(given, Roles(()), "")
    assert (reader.text({"a": "A"}), reader.targets({"a": "A"})) == ("A!", ("x", "y"))
    alone = SampleReader(Functions(to_text=lambda s: s["a"]), Roles(("b",), "b"), "")
    assert alone.targets({"a": "A", "b": "B"}) == ()
    for wrong, words in (
        (Functions(to_text=fails), "to_text failed on this sample: KeyError"),
        (Functions(to_text=lambda s: 5), "to_text returned int"),  # type: ignore[arg-type,return-value]
    ):
        with pytest.raises(BadRequestError, match=words):
            SampleReader(wrong, Roles(()), "").text({})
    with pytest.raises(BadRequestError, match="can't be read"):
        reader.text(BrokenSample("x, line 1", "no"))
    with pytest.raises(BadRequestError, match="to_target must return"):
        SampleReader(Functions(to_target=lambda s: [1]), Roles(()), "").targets({})  # type: ignore[arg-type,return-value,list-item]
