"""Any sequence of pauses, between any steps, while reading too: the tokens are those of a run without any."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from storygen.link.memory import NO_MEMORY, LoreEntry, Memory
from storygen.link.messages import PauseRun, ResumeRun, RunPaused
from tests.tiny_engine import start, tiny_worker, tokens_of, write
from tests.tiny_models import ARCHITECTURES, WINDOW

OPENING = (
    "Once upon a time there was a small house by the sea. 猫🙂 " * 12
)  # read in several chunks
PARAMS = {"temperature": 1.1, "repetition_penalty": 1.1}
LORE = (LoreEntry("e", "It is old.", ("/[aeiou]/",), depth=1),)
MEMORY = Memory(text="Ann is tall.", note="[N]", note_lines=0, share=0.5, entries=LORE)
NUM_TOKENS = WINDOW + 20  # past the window
Written = list[tuple[int, int, str, float, int]]

# How many steps until the next pause, and how often it is asked for before it is taken back.
PAUSES = st.lists(st.tuples(st.integers(0, 12), st.integers(1, 3)), min_size=1, max_size=40)


def told(events: list[object]) -> Written:
    """What of each token may not differ: not the time it took."""
    return [(t.index, t.id, t.text, t.logprob, t.revision) for t in tokens_of(events)]  # type: ignore[arg-type]


@cache
def uninterrupted(kind: str, seed: int, memory: Memory) -> Written:
    worker = tiny_worker(kind)
    worker.send(start(OPENING, params=PARAMS, seed=seed, memory=memory))
    return told(write(worker, NUM_TOKENS))  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ARCHITECTURES)
@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate],
)
@given(pauses=PAUSES, seed=st.sampled_from([1, 2, 3]), memory=st.sampled_from([NO_MEMORY, MEMORY]))
def test_any_sequence_of_pauses_yields_the_tokens_of_a_run_without_any(
    kind: str, pauses: list[tuple[int, int]], seed: int, memory: Memory
) -> None:
    worker = tiny_worker(kind)
    worker.send(start(OPENING, params=PARAMS, seed=seed, memory=memory))
    for steps, times in pauses:
        worker.step(steps)
        for _ in range(times):
            assert any(isinstance(event, RunPaused) for event in worker.send(PauseRun("r")))
            assert worker.step(2) == []
            worker.send(ResumeRun("r"))
    while len(tokens_of(worker.events)) < NUM_TOKENS:
        worker.step()
    written = told(list(worker.events))
    assert written[:NUM_TOKENS] == uninterrupted(kind, seed, memory)[:NUM_TOKENS]
