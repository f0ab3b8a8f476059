"""The library's calls: stories made, named, copied, binned and deleted; models; presets; `hello`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from storygen import __version__
from tests.protocol.studio_client import StudioClient
from tests.server_process import MODEL

Connect = Callable[..., StudioClient]


def test_hello_says_what_a_browser_shows_first(browser: StudioClient) -> None:
    answer = browser.ok("hello")
    assert answer["version"] == __version__
    assert MODEL in [model["key"] for model in answer["models"]]
    assert {"Balanced", "Careful"} <= {preset["name"] for preset in answer["presets"]}
    assert {"temperature", "max_tokens"} <= {
        parameter["name"] for parameter in answer["parameters"]
    }
    assert answer["default_model"] == MODEL
    assert isinstance(answer["instance"], str) and isinstance(answer["notes"], list)


def test_a_new_story_is_in_the_library_with_its_text_and_settings(browser: StudioClient) -> None:
    story = browser.ok(
        "story_create", title="Sea", text="One\r\ntwo\rthree", settings={"mode": "prompt"}
    )["story"]
    assert (story["title"], story["num_words"], story["opening"]) == ("Sea", 3, "One\ntwo\nthree")
    assert story["id"] in [item["id"] for item in browser.ok("stories")["stories"]]
    opened = browser.ok("story_open", story=story["id"])
    assert opened["settings"] == {"mode": "prompt"}
    assert str(browser.open(story["id"])) == "One\ntwo\nthree"


def test_every_browser_is_told_of_a_new_story(browser: StudioClient, connect: Connect) -> None:
    other = connect()
    story = browser.ok("story_create", title="Told")["story"]["id"]
    other.wait(
        lambda: any(story in [s["id"] for s in news.get("stories", [])] for news in other.library),
        "library news",
    )


def test_a_story_gets_another_title(browser: StudioClient) -> None:
    story = browser.ok("story_create", title="Old")["story"]["id"]
    assert browser.ok("story_rename", story=story, title=" New ")["story"]["title"] == "New"
    assert browser.ok("story_rename", story=story, title="  ")["story"]["title"] == "Untitled"


def test_settings_are_merged_checked_and_kept(browser: StudioClient) -> None:
    story = browser.create()
    browser.ok("story_settings", story=story.id, patch={"keep_writing": True, "preset": "Careful"})
    answer = browser.ok(
        "story_settings", story=story.id, patch={"preset": None, "params": {"temperature": 0.5}}
    )
    assert answer["settings"]["keep_writing"] is True
    assert "preset" not in answer["settings"]
    assert answer["settings"]["params"]["temperature"] == 0.5
    assert browser.refused("story_settings", story=story.id, patch={"colour": 1}) == "bad_request"
    assert (
        browser.refused("story_settings", story=story.id, patch={"params": {"temperature": 9}})
        == "bad_request"
    )
    assert browser.ok("story_open", story=story.id)["settings"] == answer["settings"]


def test_a_copy_has_the_text_and_the_authors_under_ids_of_its_own(browser: StudioClient) -> None:
    story = browser.create("Once")
    run = story.start(params={"max_tokens": 3})
    story.wait_state(run, "ended", "finished")
    story.append(" and")
    copy = browser.ok("story_duplicate", story=story.id)["story"]
    assert copy["id"] != story.id and copy["title"].endswith("(copy)")
    opened = browser.open(copy["id"])
    assert str(opened) == "Once w0 w1 w2 and"
    assert opened.document != story.document
    (copied,) = opened.runs
    assert copied != run
    spans = browser.ok("provenance", story=copy["id"])["spans"]
    assert spans == [
        [4, "human"],
        [3, [copied, 0]],
        [3, [copied, 1]],
        [3, [copied, 2]],
        [4, "human"],
    ]
    opened.append("!")
    assert str(browser.open(story.id)) == "Once w0 w1 w2 and"


def test_the_bin_takes_and_gives_back_and_stops_what_writes(browser: StudioClient) -> None:
    story = browser.create("Once")
    run = story.start()
    story.wait_tokens(1)
    assert browser.ok("story_bin", story=story.id)["story"]["binned"]
    story.wait_state(run, "ended", "stopped")
    assert story.id not in [item["id"] for item in browser.ok("stories")["stories"]]
    assert story.id in [item["id"] for item in browser.ok("stories", binned=True)["stories"]]
    assert browser.ok("story_unbin", story=story.id)["story"]["binned"] is None
    assert story.id in [item["id"] for item in browser.ok("stories")["stories"]]


def test_only_a_binned_story_is_deleted_and_then_it_is_gone(browser: StudioClient) -> None:
    story = browser.create("Once")
    assert browser.refused("story_delete", story=story.id) == "conflict"
    browser.ok("story_bin", story=story.id)
    browser.ok("story_delete", story=story.id)
    assert browser.refused("story_open", story=story.id) == "not_found"
    assert browser.refused("story_rename", story=story.id, title="x") == "not_found"
    assert story.id not in [item["id"] for item in browser.ok("stories", binned=True)["stories"]]


def test_a_model_is_loaded_and_unloaded_by_its_key(browser: StudioClient) -> None:
    story = browser.create("Once")
    if browser.ok("model_load", model=MODEL)["model"]["state"] != "ready":
        browser.wait(lambda: _model_state(browser) == "ready", "the model is ready")
    run = story.start()
    story.wait_tokens(1)
    assert browser.refused("model_unload", model=MODEL) == "conflict"
    browser.ok("run_stop", run=run)
    assert browser.ok("model_unload", model=MODEL)["model"]["state"] == "unloaded"
    assert browser.refused("model_unload", model=MODEL) == "not_found"


@pytest.mark.parametrize("key", ["/etc/passwd", "../models/test", "nobody/knows", "test"])
def test_a_model_is_named_by_its_key_and_nothing_else(browser: StudioClient, key: str) -> None:
    story = browser.create("Once")
    assert browser.refused("model_load", model=key) == "not_found"
    assert browser.refused("run_start", story=story.id, model=key, at="end") == "not_found"
    assert browser.ok("story_open", story=story.id)["runs"] == []


def test_a_model_that_cannot_be_used_says_why(browser: StudioClient) -> None:
    models = browser.ok("models")["models"]
    broken = next(model for model in models if model["state"] == "unusable")
    assert broken["reason"] and broken["mend"]
    assert browser.refused("model_load", model=broken["key"]) == "model"


def test_presets_are_saved_changed_and_deleted(browser: StudioClient) -> None:
    saved = browser.ok("preset_save", name="Mine", params={"temperature": 0.3})["presets"]
    (mine,) = [preset for preset in saved if preset["name"] == "Mine"]
    assert (mine["builtin"], mine["params"]["temperature"]) == (False, 0.3)
    again = browser.ok("preset_save", name="Mine", params={"temperature": 0.4})["presets"]
    assert [p["params"]["temperature"] for p in again if p["name"] == "Mine"] == [0.4]
    assert browser.refused("preset_save", name="Balanced", params={}) == "bad_request"
    left = browser.ok("preset_delete", name="Mine")["presets"]
    assert "Mine" not in [preset["name"] for preset in left]
    assert browser.refused("preset_delete", name="Mine") == "not_found"
    assert browser.refused("preset_delete", name="Balanced") == "not_found"


def test_a_preset_is_told_in_a_sentence_and_renamed(browser: StudioClient) -> None:
    browser.ok("preset_save", name="Mine", params={"top_k": 9}, sentence=" Short and dry. ")
    answer = browser.ok("preset_save", name="Dry", params={"top_k": 9}, was="Mine")
    own = [preset for preset in answer["presets"] if not preset["builtin"]]
    assert [(preset["name"], preset["sentence"]) for preset in own] == [("Dry", "Short and dry.")]
    assert browser.refused("preset_save", name="Else", params={}, was="Mine") == "not_found"
    assert browser.refused("preset_save", name="Long", sentence="x" * 301) == "too_large"
    browser.ok("preset_delete", name="Dry")


def test_a_preset_from_elsewhere_is_told_what_is_right_and_what_is_not(
    browser: StudioClient,
) -> None:
    params = {"temperature": 1, "top_k": 1.5, "warmth": 3, "sampler_order": ["top_k", "heat"]}
    answer = browser.ok("preset_check", params=params)
    assert answer["params"] == {"temperature": 1.0}
    wrong = {one["name"]: one["message"] for one in answer["wrong"]}
    assert set(wrong) == {"top_k", "warmth", "sampler_order"}
    assert wrong["top_k"] == "top_k must be a whole number."
    assert "'warmth'" in wrong["warmth"] and "'heat'" in wrong["sampler_order"]


def _model_state(browser: StudioClient) -> str | None:
    states = [
        m["state"] for news in browser.library for m in news.get("models", []) if m["key"] == MODEL
    ]
    return states[-1] if states else None
