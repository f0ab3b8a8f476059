"""Fate over the protocol: parameters drawn for each card, kept with the set, and seen by what learns."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from storygen.observed.choices import observe
from storygen.preferences import statistics_json
from storygen.preferences.dataset.rows import raw_rows
from storygen.preferences.learned import FEWEST_FOR_AVERAGES
from storygen.preferences.observations import Observation
from storygen.store.store import Store, file_url
from tests.protocol.studio_client import OpenStory, StudioClient
from tests.protocol.test_candidates_protocol import own_place, take
from tests.scripted_looks import hidden_state
from tests.server_process import MODEL, ServerProcess
from tests.unit.preferences.made_observations import many

RANGES = {
    "ranges": {
        "temperature": {"scale": "uniform", "low": 0.5, "high": 1.5},
        "top_k": {"scale": "log", "low": 10, "high": 300},
        "max_tokens": {"scale": "uniform", "low": 3, "high": 3},
    },
    "couplings": [{"driver": "top_k", "driven": "temperature", "strength": 1.0}],
}


def dealt(story: OpenStory, **wish: Any) -> dict[str, Any]:
    fate = {"policy": "random", "blind": True, "ranges": RANGES, **wish}
    asked = story.ask(num=3, fate=fate, params={"temperature": 1.0, "max_tokens": 9}, seed=5)
    return story.wait_set(asked["id"])


def test_each_card_is_written_with_what_was_drawn_for_it(browser: StudioClient) -> None:
    story = browser.create("Once upon a time")
    found = dealt(story)
    drawn = [card["params"] for card in found["cards"]]
    assert len({(one["temperature"], one["top_k"]) for one in drawn}) == 3
    for one in drawn:
        position = math.log(one["top_k"] / 10) / math.log(30)
        assert 0.5 <= one["temperature"] <= 1.5 - position + 1e-4
        assert (one["max_tokens"], one["limit"]) == (3, "tokens")
    fate = found["fate"]
    assert (fate["step"], fate["policy"], fate["blind"]) == (1, "random", True)
    assert set(fate["drawn"]) == {"top_k", "max_tokens", "temperature"}
    assert fate["num_words"] == 4 and fate["ranges"]["couplings"] == RANGES["couplings"]


def test_the_same_seed_deals_the_same(browser: StudioClient) -> None:
    story = browser.create("Once")
    first, second = dealt(story), dealt(story)
    assert [c["params"] for c in first["cards"]] == [c["params"] for c in second["cards"]]


def test_another_card_of_a_hand_is_drawn_too(browser: StudioClient) -> None:
    story = browser.create("Once")
    found = dealt(story)
    more = browser.ok("candidates_add", set=found["id"], num=1)["set"]
    told = [card["params"]["temperature"] for card in more["cards"]]
    assert len(told) == 4 and told[3] not in told[:3]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"fate": {"ranges": {"ranges": {"heat": {}}}}}, "heat"),
        ({"fate": {"ranges": {"ranges": {}}}}, "Nothing is drawn"),
        ({"fate": {"policy": "magic"}}, "policy"),
        ({"fate": {}, "sets": 2}, "one set"),
        ({"fate": {}, "rows": [{"seed": 1}]}, "one set"),
        ({"fate": {}, "num": 10}, "2 to 9"),
        ({"fate": {}, "num": 1}, "2 to 9"),
    ],
)
def test_what_fate_can_not_do_is_refused(
    browser: StudioClient, fields: dict[str, Any], words: str
) -> None:
    story = browser.create("Once")
    answer = browser.call(
        "candidates_ask", {"story": story.id, "model": MODEL, "at": "end", **fields}
    )
    assert answer["ok"] is False and words in answer["error"]["message"]
    assert browser.ok("candidates", story=story.id)["sets"] == []


def test_choices_are_seen_by_what_learns_with_all_that_was_shown(
    browser: StudioClient, server: ServerProcess
) -> None:
    story = browser.create("Once")
    asked_again = dealt(story)
    found = dealt(story)
    card = found["cards"][1]
    take(story, card, " w0 w")
    shown = {one["id"]: 9 for one in found["cards"]}
    browser.ok("candidate_taken", candidate=card["id"], units=5, shown=shown, seconds=2.5)
    third = dealt(story)
    assert third["fate"]["step"] == 2
    store = Store(file_url(server.data_dir / "storygen.db"))
    passed_over, chosen = observe(store, story.id)
    store.close()
    assert [one.set for one in (passed_over, chosen)] == [asked_again["id"], found["id"]]
    assert passed_over.chosen is None and passed_over.policy == "random" and passed_over.blind
    assert (chosen.before, chosen.by, chosen.seconds, chosen.kept) == ("Once", "human", 2.5, 1.0)
    assert [one.taken for one in chosen.candidates] == [0.0, 5 / 9, 0.0]
    for one, view in zip(chosen.candidates, found["cards"], strict=True):
        assert (one.text, len(one.ids), len(one.logprobs)) == (" w0 w1 w2", 3, 3)
        assert one.params == view["params"] and one.seed == view["seed"]
        assert one.log_density is not None and math.isfinite(one.log_density)
    assert chosen.situation.step == 1


def seen_now(server: ServerProcess, story: OpenStory) -> Observation:
    store = Store(file_url(server.data_dir / "storygen.db"))
    *_, last = observe(store, story.id)
    store.close()
    return last


def test_what_is_edited_of_a_choice_afterwards_is_counted(
    browser: StudioClient, server: ServerProcess
) -> None:
    story = browser.create("Once")
    found = dealt(story)
    card = found["cards"][0]
    take(story, card, " w0 w1 w2")
    browser.ok("candidate_taken", candidate=card["id"], units=9, shown={card["id"]: 9})
    one = seen_now(server, story)
    assert (one.kept, one.deleted, one.inserted) == (1.0, 0, 0)
    story.append(" And then.")
    story.insert(0, "Not ")
    one = seen_now(server, story)
    assert (one.kept, one.deleted, one.inserted) == (1.0, 0, 0)
    at = str(story).index(" w1")
    story.delete(at, at + 3)
    story.insert(at, " 🙂 rain")
    one = seen_now(server, story)
    assert str(story) == "Not Once w0 🙂 rain w2 And then."
    assert (one.kept, one.deleted, one.inserted) == (pytest.approx(6 / 9), 3, 8)
    [row, *_] = raw_rows([one])
    assert (row["deleted"], row["inserted"]) == (3, 8)


def test_what_was_edited_on_a_card_is_no_edit_of_the_choice(
    browser: StudioClient, server: ServerProcess
) -> None:
    story = browser.create("Once")
    found = dealt(story)
    card = found["cards"][0]
    text = " w0 never w2"
    browser.ok("candidate_change", candidate=card["id"], text=text)
    client, clock = own_place(story)
    update = story.edit(lambda root: root.insert(4, text))
    aliases = [
        [client, clock, 4, card["client"], card["clock"]],
        [client, clock + 9, 3, card["client"], card["clock"] + 6],
    ]
    story.send(update, aliases=aliases)
    fields = {"units": 9, "text": text, "shown": {card["id"]: 9}}
    browser.ok("candidate_taken", candidate=card["id"], **fields)
    one = seen_now(server, story)
    assert (one.kept, one.deleted, one.inserted) == (1.0, 0, 0)
    story.insert(6, "!")
    story.delete(4, 5)
    one = seen_now(server, story)
    assert (one.deleted, one.inserted) == (1, 1)


def test_a_choice_that_is_taken_back_is_none_until_it_is_there_again(
    browser: StudioClient, server: ServerProcess
) -> None:
    story = browser.create("Once")
    found = dealt(story)
    card, other = found["cards"][:2]
    take(story, card, " w0")
    shown = {one["id"]: 9 for one in found["cards"]}
    browser.ok("candidate_taken", candidate=card["id"], units=3, shown=shown)
    story.delete(4, 7)
    browser.wait(lambda: not story.sets[found["id"]]["cards"][0]["taken"], "the taking back")
    take(story, other, " w0 w1")
    browser.ok("candidate_taken", candidate=other["id"], units=6, shown=shown)
    assert [round(one.taken, 2) for one in seen_now(server, story).candidates] == [0, 0.67, 0]
    take(story, card, " w0")
    browser.wait(lambda: story.sets[found["id"]]["cards"][0]["taken"] == 3, "the taking again")
    assert [round(one.taken, 2) for one in seen_now(server, story).candidates] == [0.33, 0.67, 0]


def test_who_draws_learns_from_what_was_taken(browser: StudioClient, server: ServerProcess) -> None:
    story = browser.create("Once")
    for _ in range(FEWEST_FOR_AVERAGES):
        found = dealt(story)
        coolest = min(found["cards"], key=lambda card: card["params"]["temperature"])
        take(story, coolest, " w0")
        shown = {one["id"]: 9 for one in found["cards"]}
        browser.ok("candidate_taken", candidate=coolest["id"], units=3, shown=shown)
    told = told_by_http(server)
    assert told["all"]["parameters"]["temperature"]["difference"]["value"] < 0
    assert statistics_json.from_json(told).everything.num_sets >= FEWEST_FOR_AVERAGES
    for policy in ("fixed", "steps", "bandit"):
        hand = dealt(story, policy=policy)
        assert hand["fate"]["policy"] == policy
        assert all(card["params"]["temperature"] < 1.5 for card in hand["cards"])
    averages = [card["params"]["temperature"] for card in dealt(story, policy="fixed")["cards"]]
    assert max(averages) < 1.0


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[StudioClient]:
    """A browser of a server in whose library nobody else chooses."""
    process = ServerProcess(tmp_path, token_ms=1).start()
    with StudioClient(process.url, process.token) as client:
        yield client
    process.stop()


def test_what_is_taken_teaches_which_card_will_be(reader: StudioClient) -> None:
    browser, story = reader, reader.create("Once")
    browser.ok("picker_by_itself", on=False)
    lengths = {"scale": "uniform", "low": 1, "high": 12}
    ranges = {"ranges": {"max_tokens": lengths}}
    for number in range(34):
        asked = story.ask(num=3, fate={"ranges": ranges}, seed=number)
        found = story.wait_set(asked["id"])
        longest = max(found["cards"], key=lambda card: card["next_index"])
        take(story, longest, " w0")
        shown = {one["id"]: 5 * one["next_index"] for one in found["cards"]}
        units = len(story.card_text(longest["id"]))
        browser.ok("candidate_taken", candidate=longest["id"], units=units, shown=shown)
    assert browser.ok("picker_learn")["picker"]["learning"] is not None
    browser.wait(lambda: _last_picker(browser)["learned"], "what was learned", 60)
    report = _last_picker(browser)["report"]
    assert report["accuracy"]["value"] > 0.8 and "sets that it had not seen" in report["sentence"]
    asked = story.ask(num=3, fate={"ranges": ranges}, seed=77)
    found = story.wait_set(asked["id"])
    expected = browser.ok("picker_expects", set=asked["id"])
    longest = max(found["cards"], key=lambda card: card["next_index"])
    assert expected["candidate"] == longest["id"] and expected["probability"] > 0.4
    assert any("longer" in reason for reason in expected["reasons"])


def test_what_only_the_model_sees_is_learned_by_itself_and_expected(reader: StudioClient) -> None:
    browser, story = reader, reader.create("Once")
    assert browser.ok("picker")["picker"]["by_itself"] is True
    ranges = {"ranges": {"max_tokens": {"scale": "uniform", "low": 1, "high": 60}}}

    def wished(found: dict[str, Any]) -> dict[str, Any]:
        """The card in which the model sees the highest first number."""
        cards: list[dict[str, Any]] = found["cards"]
        return max(cards, key=lambda card: hidden_state(story.card_text(card["id"]))[0])

    for number in range(50):
        asked = story.ask(num=4, fate={"ranges": ranges}, seed=number)
        found = story.wait_set(asked["id"])
        card = wished(found)
        shown = {one["id"]: len(story.card_text(one["id"])) for one in found["cards"]}
        take(story, card, " w0")
        browser.ok("candidate_taken", candidate=card["id"], units=shown[card["id"]], shown=shown)
    browser.wait(lambda: _last_picker(browser)["learned"], "what was learned by itself", 60)
    browser.wait(lambda: _last_picker(browser)["learning"] is None, "the end of learning", 60)
    browser.ok("picker_learn")
    browser.wait(lambda: _last_picker(browser)["learning"] is None, "all of it learned", 60)
    stages = {
        (m["picker"]["learning"] or {}).get("stage") for m in browser.library if "picker" in m
    }
    assert {"reading", "seeing", "measuring", "testing"} <= stages
    report = _last_picker(browser)["report"]
    assert (report["states"], report["num_sets"]) == ("used", 50)
    right = 0
    for number in range(10):
        found = story.wait_set(story.ask(num=4, fate={"ranges": ranges}, seed=900 + number)["id"])
        expected = browser.ok("picker_expects", set=found["id"])
        right += expected["candidate"] == wished(found)["id"]
    assert right >= 7


def test_whether_it_learns_by_itself_is_kept(tmp_path: Path) -> None:
    process = ServerProcess(tmp_path, token_ms=5).start()
    with StudioClient(process.url, process.token) as client:
        assert client.ok("picker_by_itself", on=False)["picker"]["by_itself"] is False
    process.stop()
    process.start()
    with StudioClient(process.url, process.token) as client:
        assert client.ok("hello")["picker"]["by_itself"] is False
    process.stop()


def _last_picker(browser: StudioClient) -> dict[str, Any]:
    told = [message["picker"] for message in browser.library if "picker" in message]
    return told[-1] if told else {"problem": "", "learned": False}


def test_other_programs_need_the_token(server: ServerProcess) -> None:
    answer = requests.get(f"{server.url}/api/preferences/steps", timeout=10)
    assert answer.status_code == 401 and answer.json()["error"]["code"] == "refused"


def test_a_file_of_statistics_is_checked_and_told_as_it_is_read(server: ServerProcess) -> None:
    told = told_by_http(server)
    answer = check(server, json.dumps(told))
    assert (answer.status_code, answer.json()) == (200, told)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("{", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ('"\\ud800', "no JSON"),
        ("[]", "an object with a version"),
        ('{"version": 2}', "another version"),
        ('{"version": 1, "all": {}}', "all.parameters must be an object"),
        ('{"version": 1, "everything": {}}', "has no 'everything'"),
        (" " * (4 * 2**20 + 1), "at most 4 MB"),
    ],
)
def test_a_file_of_something_else_is_refused_with_what_is_wrong(
    server: ServerProcess, body: str, words: str
) -> None:
    answer = check(server, body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request")
    assert words in answer.json()["error"]["message"]


def dataset_lines() -> list[str]:
    return [json.dumps(row) for row in raw_rows(many(num_stories=4, per_story=3))]


def test_a_dataset_is_counted(server: ServerProcess) -> None:
    answer = check(server, "\n".join(dataset_lines()), "dataset")
    assert answer.status_code == 200
    counted = statistics_json.from_json(answer.json())
    assert counted.everything.num_sets == 12 and set(counted.steps) == {1, 2, 3}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("", "Nobody chose anything"),
        ("{", "Line 1: this is not one JSON object"),
        ("[1]", "Line 1: the file is one JSON list"),
        ('{"prompt": "a", "chosen": "b", "rejected": "c"}', "imported as preferences"),
        ("PAR1xxxx", "--formats jsonl"),
    ],
)
def test_a_dataset_that_is_none_is_refused_with_what_is_wrong(
    server: ServerProcess, body: str, words: str
) -> None:
    answer = check(server, body, "dataset")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request")
    assert words in answer.json()["error"]["message"]


def test_a_dataset_with_a_row_missing_or_too_much_is_refused(server: ServerProcess) -> None:
    lines = dataset_lines()
    answer = check(server, "\n".join(lines[:-1]), "dataset")
    assert answer.status_code == 400 and "rows stand together" in answer.json()["error"]["message"]
    answer = check(server, " " * (100 * 2**20 + 1), "dataset")
    assert answer.status_code == 400 and "at most 100 MB" in answer.json()["error"]["message"]


def check(server: ServerProcess, body: str, what: str = "check") -> requests.Response:
    headers = {"Authorization": f"Bearer {server.token}", "Content-Type": "application/json"}
    url = f"{server.url}/api/preferences/{what}"
    return requests.post(url, data=body.encode(), headers=headers, timeout=60)


def told_by_http(server: ServerProcess) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {server.token}"}
    answer = requests.get(f"{server.url}/api/preferences/steps", headers=headers, timeout=10)
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json()
    return told
