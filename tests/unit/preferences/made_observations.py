"""Observations for the tests of the dataset: made by hand in a line, or by hypothesis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from storygen.preferences.observations import Observation, ShownCandidate, Situation


def shown(text: str, taken: float = 0.0, number: int = 0, **more: Any) -> ShownCandidate:
    """A candidate of which the fraction `taken` was accepted."""
    fields = {"candidate": f"card-{number}", "model": "tiny", "params": {}, "seed": 7, **more}
    return ShownCandidate(number=number, text=text, taken=taken, **fields)


def chosen_from(candidates: Sequence[tuple[str, float]], **more: Any) -> Observation:
    """A set of (text, fraction accepted), as a person saw it."""
    fields = {"set": "set-1", "story": "story-1", "time": 1_700_000_000.5, "before": "Once", **more}
    fields.setdefault("situation", Situation(step=1))
    made = [shown(text, taken, number) for number, (text, taken) in enumerate(candidates)]
    return Observation(candidates=tuple(made), **fields)


def many(num_stories: int, per_story: int = 2) -> list[Observation]:
    """Sets of three candidates, the second taken, in stories "story-0", "story-1", …"""
    texts = [(" a ship came in.", 0.0), (" a storm rose.", 1.0), (" nothing happened.", 0.0)]
    return [
        chosen_from(
            texts, set=f"set-{story}-{step}", story=f"story-{story}", situation=Situation(step=step)
        )
        for story in range(num_stories)
        for step in range(1, per_story + 1)
    ]


# Anything that Unicode has, lone surrogates and NUL too: hypothesis leaves out surrogates by itself.
texts = st.text(st.characters(), max_size=30) | st.sampled_from(
    [
        "",
        "\0",
        "🙂👩‍👩‍👧 ok",
        "שלום עולם",
        "\u2028\x85\r\n",
        "a\ud800b",
        "e\u0301",
        "2024-01-01",
        "NaN",
    ]
)
whole_texts = texts.filter(lambda text: not any("\ud800" <= one <= "\udfff" for one in text))
numbers = st.floats(allow_nan=False, allow_infinity=False)
int64s = st.integers(-(2**63) + 1, 2**63 - 1)
fractions = st.floats(0, 1)
jsons = st.recursive(
    st.none() | st.booleans() | int64s | numbers | whole_texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(whole_texts, inner, max_size=3),
    max_leaves=6,
)
params = st.dictionaries(
    st.sampled_from(["temperature", "top_k", "top_p", "max_tokens", "stop"]) | whole_texts,
    jsons,
    max_size=4,
)


def candidates(text: st.SearchStrategy[str]) -> st.SearchStrategy[ShownCandidate]:
    return st.builds(
        ShownCandidate,
        candidate=text,
        number=st.integers(0, 20),
        model=text,
        params=params,
        seed=int64s,
        text=text,
        ids=st.lists(int64s, max_size=4).map(tuple),
        logprobs=st.lists(numbers, max_size=4).map(tuple),
        taken=fractions,
        log_density=st.none() | numbers,
    )


def observations(text: st.SearchStrategy[str] = whole_texts) -> st.SearchStrategy[Observation]:
    """Anything that can be observed; `text`: what its texts are."""
    return st.builds(
        Observation,
        set=text,
        story=text,
        time=numbers,
        situation=st.builds(
            Situation,
            step=st.integers(1, 10_000),
            num_words=st.integers(0, 10**6),
            repetition=numbers,
            entropy=st.none() | numbers,
        ),
        before=text,
        candidates=st.lists(candidates(text), min_size=1, max_size=4).map(tuple),
        by=st.sampled_from(["human", "auto"]),
        policy=text,
        seconds=st.none() | numbers,
        kept=st.none() | fractions,
        deleted=st.none() | st.integers(0, 10**6),
        inserted=st.none() | st.integers(0, 10**6),
        mode=st.sampled_from(["continue", "prompt"]),
        prompt=text,
        blind=st.booleans(),
        before_ids=st.lists(int64s, max_size=4).map(tuple),
        extra=st.dictionaries(text, jsons, max_size=2),
    )
