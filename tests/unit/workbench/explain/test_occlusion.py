"""Words left out, against one plain pass for each; and the quick way by gradients."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from storygen.errors import BadRequestError
from storygen.workbench.explain.gradient import gradient_times_input
from storygen.workbench.explain.occlusion import occlusion
from storygen.workbench.jobs import CancelledError, Job
from storygen.workbench.models.base import CannotError
from storygen.workbench.models.local import LocalModel
from tests.tiny_local import bare_logprobs, ids_of, local
from tests.tiny_models import ARCHITECTURES, make_model, make_tokenizer
from tests.unit.workbench.models.two_words import TwoWords

TEXT = "Once upon a time there was a small house by the sea,  and in the\nhouse 🙂 lived "
TOKEN = 40


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_each_change_is_that_of_a_text_without_the_word(kind: str) -> None:
    model = local(kind)
    then = [model.next_tokens(TEXT).tokens[2].id]
    found = occlusion(model, TEXT, TOKEN, then)
    whole = float(bare_logprobs(kind, [*ids_of(kind, TEXT), *then])[-1, TOKEN])
    assert found.logprob == pytest.approx(whole, abs=2e-4)
    assert "".join(word.text for word in found.words) == TEXT
    for word in found.words:
        ids = [*ids_of(kind, TEXT[: word.start] + TEXT[word.end :]), *then]
        without = float(bare_logprobs(kind, ids)[-1, TOKEN])
        assert word.change == pytest.approx(whole - without, abs=1e-3), word


def test_only_the_last_words_of_a_long_text_are_tried_and_that_is_said() -> None:
    found = occlusion(local("gpt2"), TEXT, TOKEN, most_words=4)
    assert "".join(word.text for word in found.words) == "the\nhouse 🙂 lived "
    assert "Only the last words were tried; 14 before them were not." in found.sentence
    assert "Only" not in occlusion(local("gpt2"), "Once upon", TOKEN).sentence


def test_nothing_is_left_out_of_nothing() -> None:
    assert occlusion(local("gpt2"), "", TOKEN).words == ()
    (only,) = occlusion(local("gpt2"), "Hello", TOKEN).words
    assert only.text == "Hello" and np.isfinite(only.change)


def test_how_far_it_is_is_told_and_it_can_be_given_up() -> None:
    seen: list[tuple[float, float]] = []
    job = Job(lambda done, total, note: seen.append((done, total)))
    occlusion(local("gpt2"), TEXT, TOKEN, job=job)
    assert seen[0][0] == 0 and seen[-1][0] == seen[-1][1] == len(TEXT.split())
    job.cancel()
    with pytest.raises(CancelledError):
        occlusion(local("gpt2"), TEXT, TOKEN, job=job)


def test_a_token_that_is_none_and_a_model_that_is_elsewhere_are_refused() -> None:
    for explain in (occlusion, gradient_times_input):
        with pytest.raises(BadRequestError, match="no token 99999"):
            explain(local("gpt2"), TEXT, 99999)
        with pytest.raises(CannotError, match="TwoWords does not show its inside"):
            explain(TwoWords(), TEXT, 0)


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_the_gradient_is_the_slope_of_the_logprob_along_each_input(kind: str) -> None:
    found = gradient_times_input(local(kind), TEXT, TOKEN)
    raw, _ = local(kind)._given
    ids = torch.tensor([ids_of(kind, TEXT)])
    assert len(found.scores) == len(found.tokens) == ids.shape[1]
    with torch.no_grad():
        inputs = raw.get_input_embeddings()(ids).double()
        precise = make_model(kind, len(local(kind)._given[1])).double()
        for place in (1, 5, ids.shape[1] - 1):
            step = 1e-4
            values = []
            for sign in (1, -1):
                changed = inputs.clone()
                changed[0, place] *= 1 + sign * step
                logits = precise(inputs_embeds=changed, use_cache=False).logits[0, -1]
                values.append(float(logits.log_softmax(-1)[TOKEN]))
            slope = (values[0] - values[1]) / (2 * step)
            assert found.scores[place] == pytest.approx(slope, rel=0.02, abs=2e-3)


def test_the_gradient_leaves_a_model_in_training_as_it_is() -> None:
    tokenizer = make_tokenizer("gpt2")
    raw = make_model("gpt2", len(tokenizer)).train()
    gradient_times_input(LocalModel(raw, tokenizer), TEXT, TOKEN)
    assert raw.training and all(parameter.grad is None for parameter in raw.parameters())
