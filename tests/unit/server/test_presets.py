"""Presets of one's own: their place, their sentence, their name."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from storygen.engine.sampling.chain import SamplerChain
from storygen.errors import BadRequestError, NotFoundError
from storygen.server import presets


def three() -> list[dict[str, Any]]:
    own: list[dict[str, Any]] = []
    for name in ("One", "Two", "Three"):
        own = presets.saved(own, name, {"temperature": 0.3}, sentence=f"{name} says this.")
    return own


def test_a_preset_that_is_saved_again_stays_in_its_place_and_keeps_its_sentence() -> None:
    again = presets.saved(three(), "Two", {"temperature": 0.4})
    assert [preset["name"] for preset in again] == ["One", "Two", "Three"]
    assert (again[1]["sentence"], again[1]["params"]["temperature"]) == ("Two says this.", 0.4)


def test_a_preset_is_renamed_in_its_place() -> None:
    renamed = presets.saved(three(), "Zwei", {}, sentence="Otherwise.", was="Two")
    assert [preset["name"] for preset in renamed] == ["One", "Zwei", "Three"]
    assert renamed[1]["sentence"] == "Otherwise."


def test_renaming_never_takes_anothers_place() -> None:
    with pytest.raises(BadRequestError, match="already"):
        presets.saved(three(), "One", {}, was="Two")
    with pytest.raises(NotFoundError):
        presets.saved(three(), "Four", {}, was="Nobody")
    with pytest.raises(BadRequestError, match="built-in"):
        presets.saved(three(), "Balanced", {}, was="Two")


@pytest.mark.parametrize("name", ["Most likely", "Untouched"])
def test_a_preset_that_says_so_leaves_the_models_own_distribution_alone(name: str) -> None:
    (preset,) = [preset for preset in presets.with_own([]) if preset["name"] == name]
    scores = torch.randn(1, 50, generator=torch.Generator().manual_seed(1)) * 3
    changed = SamplerChain(preset["params"], seed=0).distribution(torch.tensor([[1, 2]]), scores)
    assert torch.equal(changed, scores)


def test_there_is_a_bound_to_new_ones_but_not_to_changes() -> None:
    own = [{"name": str(n), "sentence": "", "params": {}} for n in range(presets.MAX_OWN)]
    with pytest.raises(BadRequestError, match="at most"):
        presets.saved(own, "one more", {})
    assert len(presets.saved(own, "7", {})) == presets.MAX_OWN
    assert presets.saved(own, "last", {}, was="99")[-1]["name"] == "last"


def test_one_that_is_told_nothing_of_says_that_it_is_ones_own() -> None:
    assert presets.saved([], "Mine", {})[0]["sentence"] == "Your own."
