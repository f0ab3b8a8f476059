"""A model behind a URL, asked over the network: a real server in a process of its own answers."""

from __future__ import annotations

import json
import math
import urllib.request
from collections.abc import Iterator
from typing import Any

import openai_server
import openai_words
import pytest

from storygen.errors import BadRequestError, StorygenError
from storygen.workbench.jobs import Job
from storygen.workbench.models.base import Ability, CannotError, ScoredToken, Turn
from storygen.workbench.models.remote import RemoteModel
from storygen.workbench.models.remote_params import ServerKind
from storygen.workbench.models.talk_template import PLAIN

BARE = {"temperature": 1.0, "min_p": 0.0, "repetition_penalty": 1.0}
"""Sampling as the test server does it."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with openai_server.running() as address:
        yield address


@pytest.fixture(autouse=True)
def clean(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    told(url, "/forget")


def told(url: str, path: str = "/seen") -> Any:
    with urllib.request.urlopen(url + path) as answer:
        return json.load(answer)


def bodies(url: str) -> list[dict[str, Any]]:
    return [call["body"] for call in told(url)["calls"]]


def written(text: str, seed: int, num: int) -> str:
    """What the server's model writes, computed here."""
    tokens = openai_words.write(text, seed, temperature=1.0)
    return b"".join(token for token, _ in zip(tokens, range(num), strict=False)).decode(
        "utf-8", "replace"
    )


@pytest.mark.parametrize(
    ("style", "can", "kind"),
    [
        ("vllm", "chat generate next score tokens", ServerKind.VLLM),
        ("llamacpp", "chat generate next", ServerKind.LLAMA_CPP),
        ("openai", "chat generate next", ServerKind.UNKNOWN),
        ("ollama", "chat generate", ServerKind.OLLAMA),
        ("talks", "chat", ServerKind.UNKNOWN),
        ("texts", "generate next score tokens", ServerKind.UNKNOWN),
    ],
)
def test_what_a_server_can_do_is_found_out_by_trying(
    url: str, style: str, can: str, kind: ServerKind
) -> None:
    model = RemoteModel(f"{url}/{style}/v1")
    assert model.abilities == {Ability(name) for name in can.split()}
    assert model.connect().kind is kind
    assert model.connect().model == "words"


def test_a_server_is_tried_once_and_not_before_it_is_needed(url: str) -> None:
    model = RemoteModel(f"{url}/vllm/v1")
    assert told(url)["calls"] == []
    assert model.name == url.removeprefix("http://")
    assert model.abilities == model.abilities
    assert len(told(url)["calls"]) == 2
    assert all(body["max_tokens"] == 1 for body in bodies(url))


def test_one_of_several_models_must_be_named(url: str) -> None:
    with pytest.raises(StorygenError, match=r"several models.*red, green, blue"):
        RemoteModel(f"{url}/several/v1").connect()
    assert RemoteModel(f"{url}/several/v1", "green").connect().model == "green"
    with pytest.raises(StorygenError, match=r"no model 'pink'. It has: red, green"):
        RemoteModel(f"{url}/several/v1", "pink").connect()


@pytest.mark.parametrize("style", ["vllm", "llamacpp", "openai", "ollama", "texts"])
def test_the_same_seed_gives_the_same_text_and_tokens_make_it_up(url: str, style: str) -> None:
    model = RemoteModel(f"{url}/{style}/v1")
    seeds = [3, 4, 3, 5, 6, 7]
    texts = model.generate("The cat", {**BARE, "max_tokens": 25}, seeds=seeds)
    assert [each.text for each in texts] == [written("The cat", seed, 25) for seed in seeds]
    assert [each.seed for each in texts] == seeds
    for each in texts:
        assert "".join(token.text for token in each.tokens) == each.text


def test_tokens_are_told_as_they_come_with_what_the_model_thought_of_them(url: str) -> None:
    came: list[tuple[int, ScoredToken]] = []
    [text] = RemoteModel(f"{url}/vllm/v1").generate(
        "The cat",
        {**BARE, "temperature": 0.0, "max_tokens": 4},
        seeds=[1],
        on_token=lambda row, token: came.append((row, token)),
        num_top=3,
    )
    assert came == [(0, token) for token in text.tokens]
    assert len(came) == 4
    token, logprob = openai_words.likeliest(b" cat", 1)[0]
    assert came[0][1].text == token.decode()
    assert came[0][1].logprob == pytest.approx(logprob)
    assert came[0][1].rank == 1
    assert len(came[0][1].top) == 3
    assert came[0][1].entropy is None
    assert text.ended == "length"


def test_the_tokens_of_several_texts_are_told_in_the_thread_that_asked(url: str) -> None:
    import threading

    rows: set[int] = set()

    def note(row: int, token: ScoredToken) -> None:
        assert threading.current_thread() is threading.main_thread()
        rows.add(row)

    RemoteModel(f"{url}/vllm/v1").generate("The", BARE, seeds=range(9), on_token=note)
    assert rows == set(range(9))


def test_a_text_ends_at_the_models_end_at_a_stop_or_for_its_length(url: str) -> None:
    model = RemoteModel(f"{url}/vllm/v1")
    seed = next(s for s in range(99) if len(list(openai_words.write("The", s, temperature=1))) < 30)
    [text] = model.generate("The", {**BARE, "max_tokens": 200}, seeds=[seed])
    assert text.ended == "end"
    [text] = model.generate("The cat", {**BARE, "max_tokens": 200, "stop": ["the"]}, seeds=[3])
    assert text.ended == "stop"
    assert "the" not in text.text


@pytest.mark.parametrize("style", ["vllm", "texts"])
def test_a_text_is_scored_token_by_token(url: str, style: str) -> None:
    before, text = "The cat sat", " on the café 🙂 and ran.\n"
    tokens = RemoteModel(f"{url}/{style}/v1").score(before, text, num_top=5)
    assert "".join(token.text for token in tokens) == text
    expected = openai_words.tokenize(text)
    assert len(tokens) == len(expected)
    for last, raw, token in zip([b" sat", *expected], expected, tokens, strict=False):
        assert token.logprob == pytest.approx(openai_words.logprob(last, raw))
        ranked = [each for each, _ in openai_words.likeliest(last, 5)]
        if raw not in ranked:
            assert token.rank is None
    assert any(token.rank for token in tokens)
    assert [token.text for token in tokens[4:7]] == ["é", " ", ""]


def test_a_token_that_lies_over_the_beginning_has_no_probability(url: str) -> None:
    tokens = RemoteModel(f"{url}/vllm/v1").score("The ca", "t sat")
    assert [token.text for token in tokens] == ["t", " sat"]
    assert tokens[0].logprob is None
    assert tokens[1].logprob == pytest.approx(openai_words.logprob(b" cat", b" sat"))


def test_the_tokens_of_a_text_are_its_text(url: str) -> None:
    model = RemoteModel(f"{url}/vllm/v1")
    assert [token.text for token in model.tokens("The cat sat")] == ["The", " cat", " sat"]
    assert model.tokens("") == []
    assert model.score("The", "") == []


@pytest.mark.parametrize(("style", "most"), [("vllm", 20), ("openai", 5), ("llamacpp", 50)])
def test_as_many_likely_tokens_as_the_server_gives(url: str, style: str, most: int) -> None:
    model = RemoteModel(f"{url}/{style}/v1")
    for _ in range(2):
        found = model.next_tokens("The cat", num=50)
    refusals = [body["logprobs"] for body in bodies(url) if body.get("logprobs", 0) > most]
    assert len(refusals) <= 2  # what was refused once is not asked again
    likeliest = openai_words.likeliest(b" cat", most)
    seen = {each.text: each.logprob for each in found.tokens}
    assert len(found.tokens) <= most
    for token, logprob in likeliest[:5]:
        assert seen[token.decode()] == pytest.approx(logprob)
    assert list(found.tokens) == sorted(found.tokens, key=lambda each: -each.logprob)
    assert found.entropy is None
    assert found.num_vocabulary is None
    assert found.after == ()


def test_draws_are_the_servers_own(url: str) -> None:
    found = RemoteModel(f"{url}/vllm/v1").next_tokens("The cat", num=5, params=BARE, draws=60)
    assert len(found.drawn) == len(found.tokens)
    assert 30 < sum(found.drawn) <= 60
    share = math.exp(found.tokens[0].logprob)
    assert found.drawn[0] == pytest.approx(60 * share, abs=15)


def test_what_was_drawn_is_listed_however_unlikely(url: str) -> None:
    wild = {**BARE, "temperature": 5.0}
    model = RemoteModel(f"{url}/vllm/v1")
    for seed in range(12):
        found = model.next_tokens("The cat", num=10, params=wild, draws=1, seed=seed)
        assert len(found.tokens) == 10
        assert sum(found.drawn) == 1
        token = found.tokens[found.drawn.index(1)]
        if token.text.isascii():
            expected = openai_words.logprob(b" cat", token.text.encode())
            assert token.logprob == pytest.approx(expected)
    assert model.next_tokens("The cat", num=10).tokens[0].text == found.tokens[0].text


def test_a_talk_is_answered(url: str) -> None:
    talk = [Turn("system", "Be a cat."), Turn("user", "the cat")]
    came: list[str] = []
    answer = RemoteModel(f"{url}/talks/v1").chat(
        talk,
        {**BARE, "max_tokens": 12},
        seed=5,
        on_token=lambda row, token: came.append(token.text),
    )
    assert answer.text == written("assistant:", 5, 12) == "".join(came)
    sent = bodies(url)[-1]
    assert sent["messages"] == [
        {"role": "system", "content": "Be a cat."},
        {"role": "user", "content": "the cat"},
    ]
    assert sent["seed"] == 5


def test_a_talk_names_the_length_as_the_server_wants_it(url: str) -> None:
    model = RemoteModel(f"{url}/openai/v1")
    model.chat([Turn("user", "the cat")], {**BARE, "max_tokens": 3})
    assert bodies(url)[-1]["max_completion_tokens"] == 3
    assert "max_tokens" not in bodies(url)[-1]


def test_the_text_that_is_sent_for_a_talk_is_shown(url: str) -> None:
    talk = [Turn("user", "the “cat”")]
    model = RemoteModel(f"{url}/talks/v1")
    assert json.loads(model.chat_text(talk)) == [{"role": "user", "content": "the “cat”"}]
    assert "“cat”" in model.chat_text(talk)


def test_with_a_template_a_talk_is_sent_as_plain_text(url: str) -> None:
    model = RemoteModel(f"{url}/texts/v1", template=PLAIN)
    assert model.can(Ability.CHAT)
    talk = [Turn("user", "the cat")]
    answer = model.chat(talk, {**BARE, "max_tokens": 60}, seed=2)
    sent = bodies(url)[-1]
    assert sent["prompt"] == model.chat_text(talk) == "User: the cat\nAssistant:"
    assert sent["stop"] == ["\nUser:"]
    assert "\nUser:" not in answer.text


def test_what_a_server_cannot_do_it_says(url: str) -> None:
    with pytest.raises(CannotError, match="only answers talks"):
        RemoteModel(f"{url}/talks/v1").generate("The", BARE, seeds=[1])
    with pytest.raises(CannotError, match="how probable"):
        RemoteModel(f"{url}/ollama/v1").score("", "The")
    with pytest.raises(CannotError, match="could come next"):
        RemoteModel(f"{url}/ollama/v1").next_tokens("The")
    with pytest.raises(CannotError, match="no chat template"):
        RemoteModel(f"{url}/texts/v1").chat([Turn("user", "x")], BARE)
    with pytest.raises(CannotError, match="from text only"):
        RemoteModel(f"{url}/vllm/v1").next_tokens("The", [5])


def test_a_field_that_is_refused_is_taken_back_remembered_and_reported(url: str) -> None:
    model = RemoteModel(f"{url}/openai/v1")
    params = {**BARE, "top_k": 5, "max_tokens": 3}
    assert model.unheeded(params) == ()
    model.generate("The cat", params, seeds=[1])
    assert model.unheeded(params) == ("top_k",)
    told(url, "/forget")
    model.generate("The cat", params, seeds=[1])
    assert len(bodies(url)) == 1


def test_a_seed_may_be_any_number(url: str) -> None:
    RemoteModel(f"{url}/vllm/v1").generate("The", {**BARE, "max_tokens": 1}, seeds=[2**63, -5])
    assert all(0 <= body.get("seed", 0) < 2**31 for body in bodies(url))


def test_a_cancelled_text_ends_where_it_is(url: str) -> None:
    job = Job()
    model = RemoteModel(f"{url}/stall/v1")
    came: list[str] = []

    def note(row: int, token: ScoredToken) -> None:
        came.append(token.text)
        if len(came) == 3:
            job.cancel()

    [text] = model.generate("The cat", BARE, seeds=[1], on_token=note, job=job)
    assert text.ended == "cancelled"
    assert text.text == "".join(came)
    assert len(text.tokens) == 3


def test_all_of_several_texts_are_cancelled_together(url: str) -> None:
    job = Job()
    model = RemoteModel(f"{url}/stall/v1")
    model.connect()
    came: list[int] = []

    def note(row: int, token: ScoredToken) -> None:
        came.append(row)
        if len(came) == 6:
            job.cancel()

    texts = model.generate("The cat", BARE, seeds=range(8), on_token=note, job=job)
    assert [each.ended for each in texts] == ["cancelled"] * 8
    assert sum(len(each.tokens) for each in texts) >= 6


def test_one_text_that_fails_ends_them_all(url: str) -> None:
    with pytest.raises(StorygenError, match="CUDA out of memory"):
        RemoteModel(f"{url}/broken/v1").generate("The cat", BARE, seeds=range(5))


# ---------------------------------------------------------------- keys


def test_a_server_that_wants_a_key_gets_the_one_that_is_given(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StorygenError, match="asks for a key"):
        RemoteModel(f"{url}/keyed/v1").connect()
    with pytest.raises(StorygenError, match="refused the key") as caught:
        RemoteModel(f"{url}/keyed/v1", key="wrong-key").connect()
    assert "wrong-key" not in str(caught.value)
    assert RemoteModel(f"{url}/keyed/v1", key=openai_server.KEY).can(Ability.GENERATE)
    monkeypatch.setenv("MY_KEY", openai_server.KEY)
    assert RemoteModel(f"{url}/keyed/v1", key_env="MY_KEY").can(Ability.GENERATE)


def test_the_key_for_openai_is_given_to_no_other_server(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", openai_server.KEY)
    with pytest.raises(StorygenError, match="asks for a key"):
        RemoteModel(f"{url}/keyed/v1").connect()
    monkeypatch.setenv("OPENAI_BASE_URL", f"{url}/v1")
    assert RemoteModel(f"{url}/keyed/v1").can(Ability.GENERATE)


def test_a_key_is_in_no_repr_and_a_wrong_one_in_no_error() -> None:
    assert "s3cret" not in repr(RemoteModel("http://127.0.0.1:1", key="s3cret"))
    for key in ("s3cret\nx", "s3crét", "s3 cret"):
        with pytest.raises(BadRequestError) as caught:
            RemoteModel("http://127.0.0.1:1", key=key)
        assert "s3cr" not in str(caught.value)
