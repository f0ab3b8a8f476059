"""A local model against bare transformers: the same numbers, whatever was read before."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from storygen.engine.context.window import Window
from storygen.errors import BadRequestError, ModelError
from storygen.workbench.jobs import CancelledError, Job
from storygen.workbench.models.base import Ability, CannotError, Turn
from storygen.workbench.models.local import LocalModel
from tests.tiny_local import bare_logprobs, ids_of, local
from tests.tiny_models import ARCHITECTURES, WINDOW, make_model, make_tokenizer

TEXT = "Once upon a time there was a café by the sea. 猫は海を見ていた。 🙂 She said hello."
NEUTRAL = {"temperature": 1.0, "min_p": 0.0, "repetition_penalty": 1.0}


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_the_texts_of_all_tokens_are_the_text(kind: str) -> None:
    tokens = local(kind).tokens(TEXT)
    assert "".join(token.text for token in tokens) == TEXT
    assert [token.id for token in tokens] == ids_of(kind, TEXT)[1:]
    emoji = [token for token in tokens if "🙂" in token.text]
    assert len(emoji) == 1 and "" in [token.text for token in tokens]


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_what_comes_next_has_transformers_probabilities(kind: str) -> None:
    found = local(kind).next_tokens("The old woman", num=50)
    expected = bare_logprobs(kind, ids_of(kind, "The old woman"))[-1]
    ids = [token.id for token in found.tokens]
    assert ids == expected.topk(50).indices.tolist()
    got = torch.tensor([token.logprob for token in found.tokens])
    torch.testing.assert_close(got, expected[ids], atol=2e-4, rtol=0)
    entropy = float(-(expected.exp() * expected).sum())
    assert found.entropy == pytest.approx(entropy, abs=1e-3)
    assert found.num_vocabulary == len(expected)
    assert found.after == () and found.drawn == ()


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_chosen_tokens_are_read_after_the_text_forth_and_back(kind: str) -> None:
    model, then = local(kind), []
    for _ in range(5):
        then.append(model.next_tokens("Hello", then, num=3).tokens[-1].id)
    for num in (5, 2, 4):
        found = model.next_tokens("Hello", then[:num], num=10)
        expected = bare_logprobs(kind, [*ids_of(kind, "Hello"), *then[:num]])[-1]
        assert found.tokens[0].logprob == pytest.approx(float(expected.max()), abs=2e-4)
        assert found.tokens[0].id == int(expected.argmax())


def test_a_step_of_one_token_reads_one_token(monkeypatch: pytest.MonkeyPatch) -> None:
    model = local("gpt2")
    language = model.load().model
    sizes: list[int] = []
    read = language.read

    def counted(state, ids, **keywords):
        sizes.append(len(ids))
        return read(state, ids, **keywords)

    monkeypatch.setattr(language, "read", counted)
    text = "A text that nobody has read before: the storm came over the water."
    first = model.next_tokens(text).tokens[0].id
    for number in range(3):
        model.next_tokens(text, [first] * (number + 1))
    model.next_tokens(text, [first, first, first])
    assert sizes[1:] == [1, 1, 1]


def test_the_samplers_probabilities_and_draws_stand_beside_the_models_own() -> None:
    model = local("llama")
    found = model.next_tokens("Hello", params={**NEUTRAL, "top_k": 2}, draws=50, seed=3)
    assert len(found.after) == len(found.drawn) == len(found.tokens)
    assert sum(probability > 0 for probability in found.after) == 2
    assert sum(found.after) == pytest.approx(1.0, abs=1e-5)
    assert sum(found.drawn) == 50
    assert all(number == 0 for number, p in zip(found.drawn, found.after, strict=True) if not p)
    again = model.next_tokens("Hello", params={**NEUTRAL, "top_k": 2}, draws=50, seed=3)
    assert again == found
    other = model.next_tokens("Hello", params={**NEUTRAL, "top_k": 2}, draws=50, seed=4)
    assert other.drawn != found.drawn


def test_what_was_drawn_is_listed_even_if_it_is_not_likely() -> None:
    found = local("gpt2").next_tokens("Hello", num=5, draws=5, seed=1, params={"temperature": 2.0})
    assert len(found.tokens) == 5 and sum(found.drawn) == 5
    logprobs = [token.logprob for token in found.tokens]
    assert logprobs == sorted(logprobs, reverse=True)


def test_a_token_that_the_model_has_not_is_refused() -> None:
    with pytest.raises(BadRequestError, match="no token 99999"):
        local("gpt2").next_tokens("Hello", [99999])


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_scores_are_transformers_own(kind: str) -> None:
    before, text = "She was there when", " the light came 🙂."
    tokens = local(kind).score(before, text, num_top=4)
    assert "".join(token.text for token in tokens) == text
    ids = [*ids_of(kind, before), *(token.id for token in tokens)]
    expected = bare_logprobs(kind, ids)
    first = len(ids) - len(tokens)
    for place, token in enumerate(tokens, first - 1):
        row = expected[place]
        assert token.logprob == pytest.approx(float(row[token.id]), abs=2e-4)
        assert token.rank == 1 + int((row > row[token.id]).sum())
        assert token.entropy == pytest.approx(float(-(row.exp() * row).sum()), abs=1e-3)
        assert [top.id for top in token.top] == row.topk(4).indices.tolist()


def test_the_first_token_of_all_has_no_probability_where_nothing_stands_before_it() -> None:
    tokenizer = make_tokenizer("gpt2")
    tokenizer.bos_token = None
    model = LocalModel(make_model("gpt2", len(tokenizer)), tokenizer)
    tokens = model.score("", "The storm came")
    assert tokens[0].logprob is None and tokens[0].rank is None
    assert all(token.logprob is not None for token in tokens[1:])
    assert model.score("", "") == [] and model.score("The", "") == []
    assert [t.logprob for t in model.score_batch([("", "The storm came")])[0]] == pytest.approx(
        [t.logprob for t in tokens], abs=1e-4
    )


@pytest.mark.parametrize("kind", ["gpt2", "mistral", "mamba"])
def test_a_text_longer_than_the_window_is_scored_in_overlapping_windows(kind: str) -> None:
    model = local(kind)
    text = "the sea said hello to the old woman and " * 30
    tokens = model.score("", text)
    assert len(tokens) > 2 * WINDOW
    assert all(token.logprob is not None and np.isfinite(token.logprob) for token in tokens[1:])
    ids = ids_of(kind, text)
    head, story = ids[:1], ids[1:]
    for place in (0, 50, 94, 95, 120, 150, len(story) - 1):
        window = Window(WINDOW - 1)
        window.fit(place)
        expected = bare_logprobs(kind, [*head, *story[window.start : place]])[-1]
        assert tokens[place].logprob == pytest.approx(float(expected[story[place]]), abs=2e-4)


def test_a_given_up_score_says_so_and_leaves_the_model_usable() -> None:
    model, job = local("gpt2"), Job()
    job.cancel()
    with pytest.raises(CancelledError):
        model.score("Once upon", " a time", job=job)
    assert model.score("Once upon", " a time")


def test_numbers_that_are_none_are_an_error_that_names_the_model() -> None:
    tokenizer = make_tokenizer("gpt2")
    raw = make_model("gpt2", len(tokenizer))
    with torch.no_grad():
        raw.lm_head.weight[3] = float("nan")
    broken = LocalModel(raw, tokenizer, name="diverged")
    asks = (
        lambda: broken.next_tokens("Hello"),
        lambda: broken.score("Hello", " world"),
        lambda: broken.score_batch([("Hello", " world"), ("She", " said")]),
        lambda: broken.generate("Hello", {}, seeds=[1]),
        lambda: broken.generate_batch(["Hello", "She said"], {}, seeds=[1, 2]),
    )
    for ask in asks:
        with pytest.raises(ModelError, match=r"diverged computes no numbers \(NaN\)"):
            ask()


def test_a_chat_is_written_by_the_tokenizers_template() -> None:
    model = local("gpt2", chat=True)
    assert model.can(Ability.CHAT)
    turns = [Turn("user", "Hello, world.")]
    text = model.chat_text(turns)
    assert text == "<|im_start|>user\nHello, world.<|im_end|>\n<|im_start|>assistant\n"
    assert model.tokens(text)[0].text == "<|im_start|>"
    assert "".join(token.text for token in model.tokens(text)) == text
    answer = model.chat(turns, {"max_tokens": 5, "temperature": 0.0})
    written = model.generate(text, {"max_tokens": 5, "temperature": 0.0}, seeds=[0])[0]
    assert answer.text == written.text != ""


def test_a_model_without_a_template_says_that_it_has_none() -> None:
    model = local("gpt2")
    assert not model.can(Ability.CHAT) and model.can(Ability.EXPLAIN)
    with pytest.raises(CannotError, match="gpt2 has no chat template"):
        model.chat([Turn("user", "Hello")], {})


def test_half_a_surrogate_pair_is_refused_in_words() -> None:
    for ask in (local("gpt2").tokens, local("gpt2").next_tokens):
        with pytest.raises(BadRequestError, match="lone surrogate"):
            ask("a\ud83d")
