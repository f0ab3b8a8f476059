"""Which units of a taken text are the model's; the browser's tests say the same of its own."""

from __future__ import annotations

import pytest

from storygen.story.taken import stretches


@pytest.mark.parametrize(
    ("written", "shown", "units", "pieces"),
    [
        ("one two", "one two", 7, [("one two", 0)]),
        ("one two", "one two", 3, [("one", 0)]),
        ("one two", "one two", 0, []),
        ("one two", "one, two", 8, [("one", 0), (",", None), (" two", 3)]),
        ("one two", "one, two", 4, [("one", 0), (",", None)]),
        ("one two", "two", 3, [("two", 4)]),
        ("one two", "", 0, []),
        ("", "mine", 4, [("mine", None)]),
        ("a🙂b", "a🙂b", 2, [("a", 0)]),
        ("a🙂b", "a🙃b", 4, [("a", 0), ("🙃", None), ("b", 3)]),
        ("aa", "aaa", 3, [("aa", 0), ("a", None)]),
    ],
)
def test_what_its_tokens_say_is_the_models_and_the_rest_a_persons(
    written: str, shown: str, units: int, pieces: list[tuple[str, int | None]]
) -> None:
    assert stretches(written, shown, units) == pieces
