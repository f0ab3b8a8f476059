"""What a browser may say of a memory, and what becomes of what it leaves out."""

from __future__ import annotations

import pytest

from storygen.errors import BadRequestError
from storygen.server.calls.memory_checks import check_entry, check_patch


@pytest.mark.parametrize(
    "patch",
    [
        {"text": "x" * 100_001},
        {"text": None},
        {"text": 5},
        {"text": "a\0b"},
        {"note": "x" * 20_001},
        {"note_lines": 101},
        {"note_lines": -1},
        {"note_lines": 1.5},
        {"share": 0.09},
        {"share": 1.01},
        {"share": True},
        {"share": float("nan")},
        {"share": "0.5"},
        {"lore_range": 20_001},
        {"lore_budget": 8_193},
        {"memory": "x"},
        {"entries": [{}]},
        {"entries": [{"id": ""}]},
        {"entries": ["x"]},
        {"entries": [{"id": "a"}] * 2},
        {"entries": [{"id": "a", "keys": ["x"] * 51}]},
        {"entries": [{"id": "a", "keys": ["x" * 201]}]},
        {"entries": [{"id": "a", "keys": [1]}]},
        {"entries": [{"id": "a", "text": "x" * 20_001}]},
        {"entries": [{"id": "a", "order": 1001}]},
        {"entries": [{"id": "a", "depth": 101}]},
        {"entries": [{"id": "a", "depth": -1}]},
        {"entries": [{"id": "a", "on": 1}]},
        {"entries": [{"id": "a", "nonsense": 1}]},
        {"entries": [{"id": str(n)} for n in range(1001)]},
    ],
    ids=lambda patch: str(patch)[:50],
)
def test_a_wrong_patch_is_refused(patch: dict[str, object]) -> None:
    with pytest.raises(BadRequestError):
        check_patch(patch)


def test_what_a_patch_leaves_out_is_left_alone() -> None:
    assert check_patch({}) == {}
    assert check_patch({"share": 1, "note": "a\r\nb"}) == {"share": 1.0, "note": "a\nb"}


def test_an_entry_has_every_field() -> None:
    entry = check_entry({"id": "a"})
    assert entry == {
        "id": "a",
        "name": "",
        "keys": [],
        "text": "",
        "constant": False,
        "on": True,
        "order": 100,
        "depth": 4,
    }
    assert check_entry({"id": "a", "constant": True})["depth"] is None
    assert check_entry({"id": "a", "depth": None})["depth"] is None
    assert check_entry({"id": "a", "constant": True, "depth": 0})["depth"] == 0
