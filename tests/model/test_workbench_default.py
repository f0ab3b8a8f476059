"""The workbench on the real default model: its own numbers, what mattered, a talk."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from storygen.workbench.explain.attention import attention
from storygen.workbench.explain.gradient import gradient_times_input
from storygen.workbench.explain.lens import logit_lens
from storygen.workbench.explain.occlusion import occlusion
from storygen.workbench.models.asking import prompt_for, write
from storygen.workbench.models.base import Ability, Turn
from storygen.workbench.models.local import LocalModel

pytestmark = [pytest.mark.model, pytest.mark.slow]

FOLDER = Path(__file__).parents[2] / "models" / "smollm2-135m-instruct"
QUESTION = "The capital of France is the city of"


@pytest.fixture(scope="module")
def model() -> LocalModel:
    return LocalModel(FOLDER, precision="fp32")


def test_a_question_that_ends_the_raw_text_is_answered_in_the_template(model: LocalModel) -> None:
    asked = "How many legs does a spider have?"
    likeliest = {"temperature": 0.0, "max_tokens": 20}
    raw = write(model, prompt_for(model, asked), likeliest, seeds=[1])[0]
    answered = write(model, prompt_for(model, asked, question=True), likeliest, seeds=[1])[0]
    assert "spider" in answered.text.lower() and raw.text != answered.text


def test_the_city_comes_next_with_the_probability_of_a_bare_pass(model: LocalModel) -> None:
    first = model.next_tokens(QUESTION, num=5).tokens[0]
    ids = [token.id for token in model.tokens(QUESTION)]
    with torch.inference_mode():
        out = model.load().raw(input_ids=torch.tensor([ids]), use_cache=False)
    expected = out.logits[0, -1].float().log_softmax(-1)
    assert first.text == " Paris" and first.id == int(expected.argmax())
    assert first.logprob == pytest.approx(float(expected.max()), abs=2e-3)
    (scored,) = model.score(QUESTION, " Paris")
    assert scored.rank == 1 and scored.logprob == pytest.approx(first.logprob, abs=2e-3)


def test_the_last_layer_says_what_the_model_says_and_the_first_does_not(model: LocalModel) -> None:
    (paris,) = (token.id for token in model.tokens(" Paris"))
    found = logit_lens(model, QUESTION, chosen=paris)
    last = found.opinions[-1][-1]
    assert last.top[0].text == " Paris" and math.exp(last.chosen or -math.inf) > 0.3
    assert last.chosen == pytest.approx(model.next_tokens(QUESTION).tokens[0].logprob, abs=2e-3)
    assert found.opinions[0][-1].top[0].text != " Paris" and len(found.layers) == 31


def test_france_and_city_are_the_words_that_matter_for_paris(model: LocalModel) -> None:
    (paris,) = (token.id for token in model.tokens(" Paris"))
    found = occlusion(model, QUESTION, paris)
    most = sorted(found.words, key=lambda word: -word.change)[:3]
    assert {word.text for word in most} == {"France ", "city ", "of"}
    quick = gradient_times_input(model, QUESTION, paris)
    assert np.isfinite(quick.scores).all() and len(quick.scores) == len(quick.tokens)


def test_attention_of_every_head_adds_up_to_one(model: LocalModel) -> None:
    found = attention(model, QUESTION)
    assert found.weights.shape == (30, 9, len(model.tokens(QUESTION)))
    np.testing.assert_allclose(found.weights.sum(-1), 1.0, atol=1e-4)


def test_a_talk_ends_by_itself(model: LocalModel) -> None:
    assert model.can(Ability.CHAT)
    answer = model.chat(
        [Turn("user", "Say hello in one word.")], {"temperature": 0.0, "max_tokens": 60}
    )
    assert answer.ended == "end" and answer.text
    assert "<|im_end|>" not in answer.text


def test_texts_of_a_batch_are_what_each_gives_alone(model: LocalModel) -> None:
    texts = [
        "Once upon a time",
        "The lighthouse keeper had not seen a ship in eleven days when",
        "1,",
    ]
    params = {"temperature": 0.7, "max_tokens": 10}
    batch = model.generate_batch(texts, params, seeds=[1, 2, 3])
    for text, seed, found in zip(texts, (1, 2, 3), batch, strict=True):
        assert model.generate(text, params, seeds=[seed])[0].text == found.text
