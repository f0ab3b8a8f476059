"""What leaves the machine, and what does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from storygen.errors import BadRequestError
from storygen.preferences.dataset.privacy import DAY_S, Privacy, model_name
from tests.unit.preferences.made_observations import chosen_from, shown

SEEN = chosen_from([(" one", 1)], extra={"title": "My diary", "note": 1}, policy="/home/ana/p.json")
CONSENT = frozenset({"story-1"})


def test_a_story_without_consent_does_not_go_out() -> None:
    assert Privacy(frozenset({"another"}), "salt").released(SEEN) is None


def test_ids_become_pseudonyms_that_stay_the_same_under_one_salt() -> None:
    privacy = Privacy(CONSENT, "salt")
    one, again = privacy.released(SEEN), privacy.released(SEEN)
    other = Privacy(CONSENT, "pepper").released(SEEN)
    assert one and other and one == again
    ids = [one.set, one.story, one.candidates[0].candidate]
    assert len({*ids, other.set, other.story, other.candidates[0].candidate}) == 6
    assert all(len(id) == 20 and int(id, 16) >= 0 for id in ids)
    assert not {"set-1", "story-1", "card-0"} & set(ids)


def test_one_id_has_different_pseudonyms_for_a_story_and_a_set() -> None:
    privacy = Privacy(CONSENT, "salt")
    assert privacy.pseudonym("story", "1") != privacy.pseudonym("set", "1")


def test_without_a_salt_ids_stay_as_they_are() -> None:
    released = Privacy(CONSENT, None).released(SEEN)
    assert released and (released.set, released.story) == ("set-1", "story-1")


def test_an_empty_salt_is_refused() -> None:
    with pytest.raises(BadRequestError, match="salt"):
        Privacy(CONSENT, "")


def test_times_are_told_by_the_day_unless_asked_for() -> None:
    day, exact = Privacy(CONSENT, "s"), Privacy(CONSENT, "s", exact_times=True)
    rounded, kept = day.released(SEEN), exact.released(SEEN)
    assert rounded and kept
    assert rounded.time % DAY_S == 0 and 0 <= SEEN.time - rounded.time < DAY_S
    assert kept.time == SEEN.time


def test_of_what_was_noted_only_what_was_named_goes_out() -> None:
    nothing, note = Privacy(CONSENT, "s"), Privacy(CONSENT, "s", extra=frozenset({"note"}))
    bare, noted = nothing.released(SEEN), note.released(SEEN)
    assert bare and noted and (bare.extra, noted.extra) == ({}, {"note": 1})


def test_paths_of_models_and_policies_do_not_go_out() -> None:
    seen = replace(SEEN, candidates=(shown("", model=r"C:\Users\Ana\m.gguf"),))
    released = Privacy(CONSENT, "s").released(seen)
    assert released and released.candidates[0].model == "m.gguf" and released.policy == "p.json"


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("tiny", "tiny"),
        ("owner/tiny-1.5", "owner/tiny-1.5"),
        ("/home/ana/models/tiny", "tiny"),
        ("/home/ana/models/tiny/", "tiny"),
        ("~/tiny", "tiny"),
        ("./tiny.gguf", "tiny.gguf"),
        ("../../ana/tiny", "tiny"),
        (r"C:\Users\ana\tiny", "tiny"),
        ("C:/ana", "ana"),
        (r"\\server\ana\tiny", "tiny"),
        (r"ana\tiny", "tiny"),
        ("models/ana/tiny", "tiny"),
        ("file:///home/ana/tiny", "tiny"),
        ("ana/", "ana"),
        ("", ""),
        ("/", ""),
    ],
)
def test_of_a_path_only_the_last_part_is_told(model: str, name: str) -> None:
    assert model_name(model) == name
