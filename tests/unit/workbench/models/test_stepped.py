"""The smallest door: three methods of a developer's, and all that follows from them."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from storygen.engine.sampling.chain import SamplerChain
from storygen.errors import BadRequestError, ModelError
from storygen.workbench.jobs import CancelledError, Job
from storygen.workbench.models.base import Ability, CannotError, ScoredToken
from storygen.workbench.models.stepped import SteppedModel
from storygen.workbench.models.stepped_samplers import Samplers, full_params

WORDS = ("the ", "sea ", "old ", "woman ", "said ", "hello. ", "s", "e", "a", "\n")
ROOT = Path(__file__).parents[4]


class Parrot(SteppedModel):
    """Likes the word that follows its last one in `WORDS`."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def vocabulary(self) -> Sequence[str]:
        return WORDS

    def next_token_distribution(self, text: str) -> Sequence[float] | Mapping[str, float]:
        self.asked.append(text)
        last = next((n for n, word in enumerate(WORDS) if text.endswith(word)), -1)
        probs = np.full(len(WORDS), 0.02)
        probs[(last + 1) % len(WORDS)] = 1 - 0.02 * (len(WORDS) - 1)
        return probs.tolist()


class Says(SteppedModel):
    """Gives what it is told to give, whatever the text."""

    def __init__(self, given: Any, words: Sequence[str] = ("a", "b", "c")) -> None:
        self.given, self.words = given, words

    def vocabulary(self) -> Sequence[str]:
        return self.words

    def next_token_distribution(self, text: str) -> Any:
        return self.given


def test_a_model_of_two_methods_has_a_name_and_abilities() -> None:
    model = Parrot()
    assert model.name == "Parrot"
    assert model.can(Ability.NEXT) and model.can(Ability.SCORE) and model.can(Ability.GENERATE)
    assert not model.can(Ability.CHAT) and not model.can(Ability.EXPLAIN)


def test_a_text_is_cut_into_the_longest_tokens_that_fit() -> None:
    tokens = Parrot().tokens("the sea sea?the ")
    assert [(token.id, token.text) for token in tokens] == [
        *((0, "the "), (1, "sea "), (6, "s"), (7, "e"), (8, "a"), (None, "?"), (0, "the ")),
    ]
    assert Parrot().tokens("") == []


def test_what_comes_next_is_sorted_and_goes_on_from_chosen_tokens() -> None:
    model = Parrot()
    found = model.next_tokens("the ", num=3)
    assert [token.text for token in found.tokens] == ["sea ", "the ", "old "]
    assert found.tokens[0].logprob == pytest.approx(math.log(0.82))
    entropy = -(0.82 * math.log(0.82) + 9 * 0.02 * math.log(0.02))
    assert found.entropy == pytest.approx(entropy) and found.num_vocabulary == 10
    assert found.after == () and found.drawn == ()
    assert model.next_tokens("the ", [1, 2]).tokens[0].text == "woman "
    assert model.asked[-1] == "the sea old "
    with pytest.raises(BadRequestError, match="no token 10"):
        model.next_tokens("the ", [10])


def test_samplers_and_draws_stand_beside_the_models_own_probabilities() -> None:
    model, cut = Parrot(), {"top_k": 1, "temperature": 1.0}
    found = model.next_tokens("the ", params=cut, draws=9)
    assert found.after[0] == pytest.approx(1.0) and found.drawn[0] == 9
    free = model.next_tokens("the ", draws=300, seed=1, num=4)
    assert sum(free.drawn) == 300 and len(free.tokens) >= 4
    assert free.drawn[0] == pytest.approx(300 * 0.82, abs=30)
    assert free == model.next_tokens("the ", draws=300, seed=1, num=4)


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"temperature": 0.5, "min_p": 0.1},
        {"top_k": 3, "repetition_penalty": 1.5, "repetition_range": 2},
        {"top_p": 0.7, "temperature": 1.5},
        {"temperature": 0.0},
    ],
)
@pytest.mark.parametrize("history", [[], [1, 2, 2, 7]])
def test_the_usual_samplers_do_what_the_engines_chain_does(
    params: dict[str, Any], history: list[int]
) -> None:
    full = full_params(params, "it")
    for seed in range(20):
        probs = np.random.default_rng(seed).dirichlet(np.full(12, 0.4))
        scores = torch.from_numpy(probs).log().float()[None]
        if history:
            chain = SamplerChain(full, seed)
            expected = chain.expected(torch.tensor(history), scores)[0].double().numpy()
            after = Samplers(full, seed).after(probs, history)
            np.testing.assert_allclose(after, expected, atol=1e-5)
            chosen = SamplerChain(full, seed).choose(torch.tensor([history]), scores, 5)
            assert Samplers(full, seed).choose(probs, history, 5) == chosen
        else:
            after = Samplers(full, seed).after(probs, history)
            assert after.sum() == pytest.approx(1.0)


def test_other_samplers_of_the_engine_work_too_and_those_that_need_words_say_so() -> None:
    model = Parrot()
    found = model.next_tokens("the ", params={"typical_p": 0.5, "mirostat_tau": 3.0})
    assert sum(found.after) == pytest.approx(1.0, abs=1e-5)
    model.generate("the ", {"xtc_probability": 0.5, "max_tokens": 3}, seeds=[1])
    with pytest.raises(CannotError, match="Parrot has no tokenizer of its own, which grammar"):
        model.generate("the ", {"grammar": 'root ::= "a"'}, seeds=[1])


def test_scores_are_logarithms_with_ranks_and_what_else_was_likely() -> None:
    tokens = Parrot().score("the ", "sea sea?", num_top=2)
    assert [token.text for token in tokens] == ["sea ", "s", "e", "a", "?"]
    first, second = tokens[:2]
    assert first.logprob == pytest.approx(math.log(0.82)) and first.rank == 1
    assert second.logprob == pytest.approx(math.log(0.02)) and second.rank == 2
    assert [top.text for top in second.top] == ["old ", "the "]
    assert tokens[-1] == ScoredToken(None, "?", entropy=tokens[-1].entropy, top=tokens[-1].top)
    assert Parrot().score("", "the ")[0].rank == 1


def test_a_seed_gives_the_same_text_and_stop_strings_never_show() -> None:
    model, told = Parrot(), list[tuple[int, str]]()
    params = {"max_tokens": 6, "temperature": 2.0, "min_p": 0.0, "repetition_penalty": 1.0}
    found = model.generate(
        "the ", params, seeds=[3, 4, 3], on_token=lambda row, token: told.append((row, token.text))
    )
    assert found[0] == found[2] and found[0].text != found[1].text
    assert [one.ended for one in found] == ["length"] * 3 and len(found[0].tokens) == 6
    assert "".join(text for row, text in told if row == 1) == found[1].text
    greedy = {"temperature": 0.0, "repetition_penalty": 1.0}
    (stopped,) = model.generate("the ", {**greedy, "stop": ["woman said"]}, seeds=[0])
    assert (stopped.text, stopped.ended) == ("sea old ", "stop")
    (inside,) = model.generate("the ", {**greedy, "stop": ["oman"]}, seeds=[0])
    assert (inside.text, inside.tokens[-1].text) == ("sea old w", "w")
    (sentence,) = model.generate("the ", {**greedy, "limit": "sentence"}, seeds=[0])
    assert sentence.text == "sea old woman said hello."


def test_an_end_ends_the_text_but_not_before_its_time() -> None:
    class Brief(Says):
        end = "c"

    model = Brief([0.1, 0.0, 0.9])
    greedy = {"temperature": 0.0, "repetition_penalty": 1.0}
    assert model.generate("", greedy, seeds=[0])[0].ended == "end"
    (longer,) = model.generate("", {**greedy, "min_tokens": 3}, seeds=[0])
    assert (longer.text, longer.ended) == ("aaa", "end")
    (on,) = model.generate("", {**greedy, "at_end_of_text": "go_on", "max_tokens": 5}, seeds=[0])
    assert (on.text, on.ended) == ("aaaaa", "length")


def test_what_was_written_before_it_was_given_up_stands() -> None:
    model, job, seen = Parrot(), Job(), list[str]()

    def on_token(_row: int, token: ScoredToken) -> None:
        seen.append(token.text)
        if len(seen) == 3:
            job.cancel()

    found = model.generate("the ", {}, seeds=[1, 2], on_token=on_token, job=job)
    assert [one.ended for one in found] == ["cancelled"] * 2
    assert found[0].text == "".join(seen) and found[1].text == ""
    with pytest.raises(CancelledError):
        model.score("the ", "sea ", job=job)


def test_a_state_of_ones_own_grows_by_one_token_at_a_step() -> None:
    class Counting(Says):
        def __init__(self) -> None:
            super().__init__([0.5, 0.3, 0.2])
            self.num_appended = 0

        def begin(self, text: str) -> tuple[str, ...]:
            return tuple(text)

        def append(self, text: tuple[str, ...], token: str) -> tuple[str, ...]:
            self.num_appended += 1
            return (*text, token)

        def next_token_distribution(self, text: tuple[str, ...]) -> Any:
            assert isinstance(text, tuple)
            return super().next_token_distribution("")

    model = Counting()
    for num in range(6):
        model.next_tokens("abc", [0] * num)
    assert model.num_appended == 5
    model.next_tokens("abc", [0, 0])
    assert model.num_appended == 5


def test_a_mapping_may_tell_a_part_only_and_then_the_rest_is_not_known() -> None:
    model = Says({"b": 0.5, "a": 0.2})
    found = model.next_tokens("")
    assert [token.text for token in found.tokens] == ["b", "a"]
    assert found.tokens[0].logprob == pytest.approx(math.log(0.5)) and found.entropy is None
    known, unknown = model.score("", "ac")
    assert known.rank == 2 and unknown.logprob is None and unknown.rank is None
    assert set(model.generate("", {"max_tokens": 20}, seeds=[1])[0].text) <= {"a", "b"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([0.5, 0.5], "gives 2 numbers; the vocabulary has 3 tokens"),
        ([[0.5, 0.5, 0.0]], "gives 1×3 numbers"),
        ([0.5, 0.5, 0.5], "sums to 1.5; probabilities sum to 1"),
        ([0.0, 0.0, 0.0], "sums to 0;"),
        ([0.5, float("nan"), 0.5], "gives nan for 'b'"),
        ([1.5, -0.5, 0.0], "gives -0.5 for 'b'; probabilities are not negative"),
        ({"a": 0.5, "z": 0.5}, "names 'z', which is not in the vocabulary"),
        ({"a": 1.5}, "sums to 1.5"),
        ({}, "sums to 0;"),
    ],
)
def test_what_is_no_distribution_is_refused_and_told_how(given: Any, said: str) -> None:
    with pytest.raises(ModelError) as caught:
        Says(given).next_tokens("")
    assert caught.value.message.startswith("next_token_distribution of Says ")
    assert said in caught.value.message


@pytest.mark.parametrize("words", [(), ("a", ""), ("a", 3), ("a", "a")])
def test_what_is_no_vocabulary_is_refused(words: Any) -> None:
    with pytest.raises(ModelError, match="vocabulary of Says"):
        Says([1.0], words).next_tokens("")


def test_a_split_that_loses_something_is_refused() -> None:
    class Careless(Says):
        def split(self, text: str) -> list[str]:
            return text.split()

    with pytest.raises(ModelError, match="split of Careless"):
        Careless([1.0, 0.0, 0.0]).tokens("a b")


def test_it_needs_no_torch() -> None:
    code = """
import sys
from storygen.workbench.models.stepped import SteppedModel
class Coin(SteppedModel):
    def vocabulary(self): return ["heads ", "tails "]
    def next_token_distribution(self, text): return [0.5, 0.5]
coin = Coin()
coin.next_tokens("heads ", params={}, draws=5)
coin.score("", "heads tails ")
print(len(coin.generate("", {"max_tokens": 4}, seeds=[1])[0].tokens), "torch" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.stdout.split() == ["4", "False"], done.stderr
