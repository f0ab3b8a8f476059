"""Somebody else's dataset, opened to be looked at: counted, or refused where nothing was chosen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from storygen.errors import BadRequestError
from storygen.server.opened_datasets import statistics_of
from tests.unit.preferences.made_observations import many
from tests.unit.preferences.written_datasets import written


def test_a_dataset_in_which_cards_were_shown_but_none_was_taken_is_refused(tmp_path: Path) -> None:
    shown = [
        replace(one, candidates=tuple(replace(card, taken=0.0) for card in one.candidates))
        for one in many(2)
    ]
    for name, seen in (("none", shown), ("one", [*shown, *many(3)[4:]])):
        folder = written(tmp_path / name, seen, formats=("jsonl",), forms=("raw",))
        file = folder / "raw" / "train.jsonl"
        if name == "none":
            with pytest.raises(BadRequestError, match="Nobody chose"):
                statistics_of(file)
        else:
            assert statistics_of(file).everything.num_without_choice == 4
