"""An open story's calls: edits, runs, history, provenance, carets; each seen by a second browser too."""

from __future__ import annotations

from collections.abc import Callable

from tests.protocol.studio_client import StudioClient
from tests.server_process import MODEL

Connect = Callable[..., StudioClient]


def test_an_edit_is_numbered_and_reaches_the_other_browser(
    browser: StudioClient, connect: Connect
) -> None:
    story = browser.create("Once")
    other = connect().open(story.id)
    first = story.append(" 😀")["seq"]
    assert story.append(" 猫")["seq"] == first + 1
    other.wait_text(lambda text: text == "Once 😀 猫", "both edits")


def test_reopening_with_a_state_brings_only_what_is_lacking(browser: StudioClient) -> None:
    story = browser.create("A long beginning. " * 50)
    state = story.doc.get_state()
    story.append("x")
    answer = browser.ok("story_open", story=story.id, document=story.document, state=state)
    assert len(answer["update"]) < 100
    other_document = browser.ok("story_open", story=story.id, document="another", state=state)
    assert len(other_document["update"]) > 900


def test_a_run_writes_and_every_browser_sees_the_text_and_whose_it_is(
    browser: StudioClient, connect: Connect
) -> None:
    story = browser.create("Once")
    other = connect().open(story.id)
    run = story.start(params={"max_tokens": 4}, seed=7)
    for window in (story, other):
        view = window.wait_state(run, "ended", "finished")
        assert (view["detail"], view["next_index"], view["seed"]) == ("max_tokens", 4, 7)
        assert str(window) == "Once w0 w1 w2 w3"
        assert [token[:3] for token in window.tokens] == [[run, i, 1000 + i] for i in range(4)]
    spans = browser.ok("provenance", story=story.id)["spans"]
    assert spans == [[4, "human"], *([3, [run, index]] for index in range(4))]


def test_a_run_writes_at_a_place_and_at_the_start(browser: StudioClient) -> None:
    story = browser.create("Once. The end.")
    start = browser.ok("story_open", story=story.id)
    client = start["clients"][0]
    run = story.start([client, 4], params={"max_tokens": 2})
    story.wait_state(run, "ended", "finished")
    assert str(story) == "Once. w0 w1 The end."
    first = story.start(None, params={"max_tokens": 1})
    story.wait_state(first, "ended", "finished")
    assert str(story) == " w0Once. w0 w1 The end."
    assert browser.refused("run_start", story=story.id, model=MODEL, at=[12345, 0]) == "not_found"


def test_pause_resume_and_stop_go_through_the_states(browser: StudioClient) -> None:
    story = browser.create("Once")
    run = story.start()
    story.wait_tokens(2)
    assert browser.ok("run_pause", run=run)["run"]["state"] == "paused"
    story.append("")
    paused = browser.ok("provenance", story=story.id)["spans"]
    assert browser.ok("run_resume", run=run)["run"]["state"] == "running"
    story.wait_tokens(len(paused) + 2)
    assert browser.ok("run_stop", run=run)["run"]["reason"] == "stopped"
    words = str(story).split()[1:]
    story.wait_state(run, "ended", "stopped")
    assert words == [f"w{index}" for index in range(len(words))]


def test_new_parameters_are_in_the_run(browser: StudioClient) -> None:
    story = browser.create("Once")
    run = story.start(params={"temperature": 0.5})
    story.wait_tokens(1)
    assert (
        browser.ok("run_params", run=run, params={"temperature": 0.25})["run"]["params"][
            "temperature"
        ]
        == 0.25
    )
    assert browser.refused("run_params", run=run, params={"temperature": "hot"}) == "bad_request"
    assert browser.ok("run_stop", run=run)["run"]["params"]["temperature"] == 0.25


def test_token_details_give_stored_alternatives(browser: StudioClient) -> None:
    story = browser.create("Once")
    run = story.start(params={"max_tokens": 5})
    story.wait_state(run, "ended", "finished")
    tokens = browser.ok("token_details", run=run, **{"from": 1, "to": 3})["tokens"]
    assert [(t["index"], t["text"], t["id"]) for t in tokens] == [
        (1, " w1", 1001),
        (2, " w2", 1002),
    ]
    assert tokens[0]["alternatives"] == [[7, " other", -1.5]]
    assert set(tokens[0]) == {"index", "id", "text", "logprob", "ms", "revision", "alternatives"}


def test_what_follows_a_place_is_kept_and_can_be_restored(browser: StudioClient) -> None:
    story = browser.create("One. Two. Three.")
    client = story.clients[0]
    kept = browser.ok("continue_here", story=story.id, at=[client, 3])["checkpoint"]
    story.wait_text(lambda text: text == "One.", "what followed is gone")
    assert browser.refused("continue_here", story=story.id, at=[client, 3]) == "conflict"
    shown = browser.ok("checkpoint_show", story=story.id, checkpoint=kept)
    assert (shown["text"], shown["authors"]) == ("One. Two. Three.", [[16, "human"]])
    undo = browser.ok("checkpoint_restore", story=story.id, checkpoint=kept)["checkpoint"]
    story.wait_text(lambda text: text == "One. Two. Three.", "it is back")
    browser.ok("checkpoint_restore", story=story.id, checkpoint=undo)
    story.wait_text(lambda text: text == "One.", "and gone again")


def test_the_history_is_a_tree_of_checkpoints(browser: StudioClient) -> None:
    story = browser.create("Once")
    run = story.start(params={"max_tokens": 2})
    story.wait_state(run, "ended", "finished")
    answer = browser.ok("checkpoints", story=story.id)
    nodes = answer["checkpoints"]
    assert [node["kind"] for node in nodes] == ["created", "run_started", "run_ended"]
    assert [node["parent"] for node in nodes] == [None, nodes[0]["id"], nodes[1]["id"]]
    assert answer["head"] == nodes[-1]["id"]
    assert nodes[-1]["excerpt"] == "Once w0 w1"
    first = nodes[0]["id"]
    browser.ok("checkpoint_restore", story=story.id, checkpoint=first)
    later = browser.ok("checkpoints", story=story.id)["checkpoints"]
    assert (later[-1]["kind"], later[-1]["parent"]) == ("restored", first)
    other = browser.create("Other")
    assert browser.refused("checkpoint_show", story=other.id, checkpoint=first) == "not_found"
    assert browser.refused("checkpoint_restore", story=other.id, checkpoint=first) == "not_found"


def test_carets_reach_the_others_and_go_with_their_window(
    browser: StudioClient, connect: Connect
) -> None:
    story = browser.create("Once")
    other = connect()
    seen = other.open(story.id)
    place = [story.clients[0], 1]
    browser.ok("caret", story=story.id, anchor=place, head=place)
    assert seen
    (caret,) = other.wait(lambda: _carets(other), "a caret")
    assert (caret["anchor"], caret["head"]) == (place, place)
    browser.ok("story_close", story=story.id)
    other.wait(
        lambda: any(c.get("gone") and c["who"] == caret["who"] for c in _carets(other)),
        "it is gone",
    )
    assert not _carets(browser)


def test_a_browser_hears_on_when_the_one_that_caused_its_news_has_gone(
    browser: StudioClient, connect: Connect
) -> None:
    story = browser.create("Once")
    for number in range(3):  # what an idle browser hears of another's leaving must not be its last
        other = connect()
        other.open(story.id)
        leaving = len(_carets(browser))
        other.close()
        browser.wait(lambda: len(_carets(browser)) > leaving, "the other's caret is gone")  # noqa: B023
        writer = connect()
        writer.open(story.id).append(f" {number}")
        story.wait_text(lambda text: text.endswith(f" {number}"), "the edit")  # noqa: B023


def test_a_story_must_be_open_to_be_edited(browser: StudioClient) -> None:
    story = browser.create("Once")
    update = story.edit(lambda text: text.insert(0, "x"))
    browser.ok("story_close", story=story.id)
    assert browser.refused("doc_update", story=story.id, update=update) == "not_open"
    assert browser.refused("caret", story=story.id, anchor=None, head=None) == "not_open"


def _carets(browser: StudioClient) -> list[dict[str, object]]:
    return [caret for update in browser.updates for caret in update["carets"]]
