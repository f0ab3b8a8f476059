"""Any edits, any memory, at any time: what is read is what a fresh look at the text arranges."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from storygen.engine.context.placing import Placing
from storygen.engine.context.run_context import RunContext
from storygen.engine.context.surroundings import Surroundings
from storygen.engine.generation import Generation
from storygen.engine.inline import InlineWorker
from storygen.link.memory import LoreEntry, Memory
from storygen.link.messages import ContextShown, ReviseRun, ShowContext, Splice
from tests.tiny_engine import generation, start, tiny_worker, tiny_writing
from tests.tiny_models import ARCHITECTURES, WINDOW

WORDS = st.lists(
    st.sampled_from(["mill", " the cat", "\n", ". ", " sea", "é猫🙂", " hel", "\n\n", " old."]),
    max_size=25,
).map("".join)
ENTRY = st.builds(
    LoreEntry,
    id=st.sampled_from("abcdef"),
    text=st.sampled_from(["", "The mill is haunted.", "猫🙂" * 9, "x\n\ny\n"]),
    keys=st.sampled_from([("mill",), ("cat", "sea"), ("/s.a/",), ("猫",), ()]),
    constant=st.booleans(),
    order=st.integers(-5, 5),
    depth=st.one_of(st.none(), st.integers(0, 5)),
)
MEMORY = st.builds(
    Memory,
    text=st.sampled_from(["", "Ann is tall.", "Bob 猫🙂 is not. " * 30]),
    note=st.sampled_from(["", "[Be brief.]", "One.\nTwo.", "é" * 90]),
    note_lines=st.integers(0, 6),
    share=st.sampled_from([0.1, 0.5, 0.75, 1.0]),
    lore_range=st.sampled_from([0, 30, 2000]),
    lore_budget=st.sampled_from([0, 12, 400]),
    entries=st.lists(ENTRY, max_size=5).map(tuple),
)
PLACE = st.floats(0, 1)
ACTION = st.one_of(
    st.tuples(st.just("step"), st.integers(1, 12)),
    st.tuples(st.just("edit"), PLACE, PLACE, WORDS),
    st.tuples(st.just("memory"), MEMORY),
    st.tuples(st.just("drop"), st.integers(0, 4)),
)
QUICK = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
)


def act(worker: InlineWorker, run: Generation, number: int, action: tuple[object, ...]) -> None:
    match action:
        case ("step", int(count)):
            worker.step(count)
        case ("edit", float(at_part), float(delete_part), str(insert)):
            at = int(at_part * len(run.text))
            splice = Splice(at, int(delete_part * (len(run.text) - at)), insert)
            worker.send(ReviseRun("r", number, run.index, (splice,)))
        case ("memory", Memory() as memory):
            worker.send(ReviseRun("r", number, run.index, memory=memory))
        case ("drop", int(count)):
            worker.send(ReviseRun("r", number, max(0, run.index - count)))


@pytest.mark.parametrize("chat", [False, True])
@pytest.mark.parametrize("kind", ARCHITECTURES)
@QUICK
@given(opening=WORDS, memory=MEMORY, actions=st.lists(ACTION, max_size=8))
def test_what_is_read_is_what_a_fresh_look_at_the_text_arranges(
    kind: str, chat: bool, opening: str, memory: Memory, actions: list[tuple[object, ...]]
) -> None:
    worker = tiny_worker(kind, chat=chat, form="chat" if chat else "raw")
    params = {"temperature": 1.3, "at_end_of_text": "go_on"}
    worker.send(start(opening, memory=memory, params=params))
    run = generation(worker)
    for number, action in enumerate((*actions, ("step", 15))):
        act(worker, run, number, action)
        assert run.text == run._context.text.text
        assert len(run.state.ids) <= WINDOW
        look(run._context)


def look(context: RunContext) -> None:
    wanted = context.wanted()
    assert 1 <= len(wanted) <= WINDOW
    around = Surroundings(
        context._writing,
        context._mode,
        context._prompt,
        context.memory,
        response=context.around.response,
        lead=context._lead,
    )
    fresh = Placing(around).arrange(context.text, context.window.start)
    arranged = context.arranged
    assert (fresh.head, fresh.inserted, fresh.admitted) == (
        arranged.head,
        arranged.inserted,
        arranged.admitted,
    )
    read = wanted.tolist()
    for piece in arranged.head:
        assert read[: len(piece.ids)] == list(piece.ids)
        read = read[len(piece.ids) :]
    story = [*context.text.ids, *(token.id for token in context.held.tokens)]
    at = context.window.start
    left: list[int] = []
    for index, piece in arranged.inserted:
        left += read[: index - at]
        read, at = read[index - at :], index
        assert read[: len(piece.ids)] == list(piece.ids)
        read = read[len(piece.ids) :]
    if arranged.head or story:
        assert left + read == story[context.window.start :] or not arranged.head
    others = sum(len(p.ids) for p in arranged.head if p.origin in ("memory", "lore"))
    others += arranged.num_inserted_tokens
    room = WINDOW - context.around.reserve
    assert others <= (1 - context.memory.share) * room
    assert context.goes_on


@pytest.mark.parametrize("kind", ["gpt2", "llama"])
@QUICK
@given(text=WORDS, memory=MEMORY)
def test_the_parts_of_a_context_that_are_told_are_what_is_read(
    kind: str, text: str, memory: Memory
) -> None:
    worker = tiny_worker(kind)
    (shown,) = worker.send(ShowContext("q", text, {}, memory=memory))
    assert isinstance(shown, ContextShown)
    context = RunContext(tiny_writing(kind), start(text, memory=memory))
    wanted = context.wanted().tolist()
    assert sum(piece.num_tokens for piece in shown.pieces) == shown.used == len(wanted)
    told = "".join(piece.text for piece in shown.pieces if piece.origin != "start")
    read = context._writing.bytes.join(wanted) + bytes(context.text.data[context.text.covered :])
    # A sentencepiece-like tokenizer's own space is no text.
    assert told.replace(" ", "") == read.decode(errors="ignore").replace(" ", "")
