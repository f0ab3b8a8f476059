"""Memory, note and lore in what the model reads: who gets how much room, where it stands, what it costs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from storygen.engine.context.run_context import RunContext
from storygen.engine.context.surroundings import Surroundings
from storygen.engine.inline import InlineWorker
from storygen.link.memory import LoreEntry, Memory
from storygen.link.messages import (
    ContextShown,
    LoreChanged,
    PauseRun,
    PrefillProgressed,
    ResumeRun,
    ReviseRun,
    ShowContext,
    Splice,
    TokenWritten,
    decode,
    encode,
)
from tests.tiny_engine import (
    fresh_logprobs,
    generation,
    start,
    tiny_loaded,
    tiny_worker,
    tiny_writing,
    tokens_of,
    write,
)

WINDOW = 400
STORY = "".join(f"The old woman went to house {n}.\n" for n in range(30))
MILL = LoreEntry("mill", "The mill is haunted.", ("mill",), depth=2)
CAT = LoreEntry("cat", "The cat is grey.", ("cat",), order=200, depth=2)
SEA = LoreEntry("sea", "The sea is cold.", ("sea",))
ALWAYS = LoreEntry("always", "It is winter.", constant=True)
FULL = Memory(
    text="Ann is tall. Bob is not.",
    note="[Be brief.]",
    share=0.5,
    lore_budget=80,
    entries=(MILL, CAT, SEA, ALWAYS),
)


def show(worker: InlineWorker, text: str, memory: Memory, **fields: Any) -> ContextShown:
    params = fields.pop("params", {})
    (shown,) = worker.send(ShowContext("q", text, params, memory=memory, **fields))
    assert isinstance(shown, ContextShown)
    assert not shown.error
    return shown


def worker_of(kind: str = "llama", **facts: Any) -> InlineWorker:
    return tiny_worker(kind, window=WINDOW, **facts)


def tokens(shown: ContextShown, *origins: str) -> int:
    return sum(piece.num_tokens for piece in shown.pieces if piece.origin in origins)


def read_text(shown: ContextShown, *origins: str) -> str:
    return "".join(piece.text for piece in shown.pieces if piece.origin in origins)


# ------------------------------------------------------------ room


@pytest.mark.parametrize("share", [0.25, 0.5, 0.75, 1.0])
@pytest.mark.parametrize("response", [0, 60])
def test_the_story_keeps_its_share_of_what_the_response_leaves(share: float, response: int) -> None:
    memory = replace(FULL, text="Ann is tall. " * 200, share=share, lore_budget=100)
    shown = show(
        worker_of(), STORY + "The mill, the cat. ", memory, params={"max_tokens": response}
    )
    room = WINDOW - response
    assert shown.reserve == response
    assert shown.used <= room
    others = tokens(shown, "memory", "lore", "note")
    assert others <= (1 - share) * room
    around = Surroundings(
        tiny_writing("llama", window=WINDOW), "continue", "", memory, response=response
    )
    assert around.room >= share * room - len(tiny_writing("llama").fallback_ids)
    assert (shown.cut_memory > 0) is (share < 1 or bool(memory.text))


def test_room_that_memory_does_not_use_goes_to_the_story() -> None:
    bare = show(worker_of(), STORY, Memory(share=0.5))
    small = show(worker_of(), STORY, Memory(share=0.5, text="Ann."))
    large = show(worker_of(), STORY, Memory(share=0.5, text="Ann is tall. " * 200))
    assert bare.cut_story <= small.cut_story < large.cut_story
    assert tokens(small, "story") > WINDOW * 0.5


@pytest.mark.parametrize("kind", ["llama", "bloom"])
@pytest.mark.parametrize("text", ["Ann is tall. " * 200 + "The end.", "🙂猫" * 200 + "The end."])
def test_too_long_a_memory_loses_its_earliest_tokens_at_whole_characters(
    kind: str, text: str
) -> None:
    shown = show(worker_of(kind), STORY, Memory(text=text, share=0.75))
    kept = read_text(shown, "memory").rstrip("\n")
    assert kept and text.endswith(kept) and len(kept) < len(text)
    assert tokens(shown, "memory") > WINDOW * 0.25 - 12
    assert shown.cut_memory > 0


def test_the_note_is_served_first_then_lore_then_memory() -> None:
    entries = tuple(LoreEntry(str(n), "The cat is grey. " * 3, constant=True) for n in range(9))
    memory = Memory(text="Ann is tall. " * 99, note="[Be brief.] " * 5, share=0.75, entries=entries)
    shown = show(worker_of(), STORY, memory)
    assert read_text(shown, "note") == memory.note + "\n"
    assert tokens(shown, "lore") > 0
    assert shown.cut_lore
    assert tokens(shown, "memory", "note", "lore") <= 100
    assert tokens(shown, "memory") < 30


def test_of_entries_that_compete_the_highest_order_stays_and_constant_ones_before_all() -> None:
    entries = tuple(
        LoreEntry(str(n), f"Number {n} is grey.", ("mill",), order=n, depth=2) for n in range(6)
    )
    last = LoreEntry("c", "It is winter.", constant=True, order=-5)
    memory = Memory(share=0.5, lore_budget=60, entries=(*entries, last))
    shown = show(worker_of(), STORY + "The mill. ", memory)
    stand = [piece.entry for piece in shown.pieces if piece.origin == "lore"]
    assert stand[0] == "c" and stand[-1] == "5" and stand[1:] == sorted(stand[1:])
    assert set(shown.cut_lore) == {str(n) for n in range(6)} - set(stand)
    assert tokens(shown, "lore") <= 60
    assert dict(shown.active)["c"] == "" and dict(shown.active)["5"] == "mill"


@pytest.mark.parametrize("kind", ["llama", "mamba"])
def test_entries_that_come_and_go_never_move_the_storys_window(kind: str) -> None:
    writing = tiny_writing(kind, window=WINDOW)
    starts = set()
    for end in ("The mill. ", "The cat. ", "The mill, the cat, the sea. ", "Nothing at all, no. "):
        context = RunContext(writing, start(STORY + STORY + end, memory=FULL))
        context.wanted()
        starts.add(context.window.start)
        assert len(context.arranged.admitted.entries) >= 1
    assert len(starts) == 1


# ------------------------------------------------------------ where it stands


@pytest.mark.parametrize("kind", ["llama", "bloom", "mistral"])
def test_everything_stands_in_its_place(kind: str) -> None:
    text = "Once there was a mill.\nIt stood by the sea.\nA cat came.\nOne day she"
    shown = show(worker_of(kind), text, replace(FULL, note_lines=1))
    whole = "".join(piece.text for piece in shown.pieces if piece.origin != "start")
    assert whole == (
        "Ann is tall. Bob is not.\nIt is winter.\nThe sea is cold.\n"
        "Once there was a mill.\nIt stood by the sea.\n"
        "The mill is haunted.\nThe cat is grey.\n"
        "A cat came.\n[Be brief.]\nOne day she"
    )


def test_in_a_chat_memory_is_in_the_users_turn_and_the_note_in_the_assistants() -> None:
    worker = worker_of("llama", chat=True, form="chat")
    text = "Once there was a mill.\nA cat came.\nOne day she"
    shown = show(worker, text, replace(FULL, note_lines=1), mode="prompt", prompt="A cat.")
    user, assistant = "".join(piece.text for piece in shown.pieces).split("<|im_end|>")
    assert "Ann is tall. Bob is not.\nIt is winter." in user and "A cat." in user
    assert "[Be brief.]\nOne day she" in assistant
    origins = [piece.origin for piece in shown.pieces]
    assert origins[:3] == ["format", "prompt", "format"]


@pytest.mark.parametrize("kind", ["llama", "gpt2"])
def test_nothing_is_put_into_a_word_or_behind_one_that_is_to_be_completed(kind: str) -> None:
    writing = tiny_writing(kind)
    memory = Memory(note="[N]", share=0.5)
    for text in ("Extraordinarily hel", "She was there.\nHel", "She ran.\n", "A\nB\nC\nhello"):
        for lines in range(4):
            given = start(text, memory=replace(memory, note_lines=lines))
            context = RunContext(writing, given)
            context.wanted()
            (index, piece) = context.arranged.inserted[0]
            assert piece.text.strip() == "[N]"
            before = context.shown(0, index) if index else ""
            after = context.shown(index)
            assert before + after == text
            assert not (before[-1:].isalnum() and after[:1].isalnum())


def test_the_note_of_an_empty_story_stands_before_it() -> None:
    worker = worker_of("gpt2")
    shown = show(worker, "", Memory(note="[N]"))
    assert [piece.origin for piece in shown.pieces] == ["start", "note"]


# ------------------------------------------------------------ what it costs


def reading(worker: InlineWorker, since: int) -> int:
    """Tokens that were read anew since the event of that number, for one token each time."""
    told = [e for e in worker.events[since:] if isinstance(e, PrefillProgressed)]
    return sum(event.total for event in told if event.done == event.total)


@pytest.mark.parametrize("kind", ["llama", "bloom", "mistral"])
@pytest.mark.parametrize("to_show", ["note", "mill", "text"])
def test_the_cost_that_is_told_is_what_is_read(kind: str, to_show: str) -> None:
    worker = worker_of(kind)
    text = STORY[:600] + "A cat came.\nHe ran.\nShe ran.\nIt ran."
    changed = {
        "note": replace(FULL, note="[Be sad.]"),
        "mill": replace(
            FULL, entries=(*FULL.entries[1:], LoreEntry("n", "New.", ("cat",), depth=1))
        ),
        "text": replace(FULL, text="Somebody else."),
    }[to_show]
    worker.send(start(text, memory=FULL))
    write(worker, 8)
    same = show(worker, "", FULL, run="r")
    assert same.reread_tokens == 0
    told = show(worker, "", changed, run="r")
    assert told.reread_s is not None
    since = len(worker.events)
    run = generation(worker)
    worker.send(ReviseRun("r", 2, run.index, memory=changed))
    write(worker, 1)
    assert told.reread_tokens == reading(worker, since) - 1
    assert 0 < told.reread_tokens < len(run.state.ids) + 1


def test_a_place_that_nobody_reads_costs_what_nobody_has_read() -> None:
    worker = worker_of()
    first = show(worker, STORY[:500], FULL)
    assert first.reread_tokens == first.used - 1
    assert first.reread_s is None
    worker.send(start(STORY[:500], memory=FULL, params={"max_tokens": 3}))
    worker.run_until()
    assert show(worker, STORY[:500], FULL).reread_tokens < 10
    assert 0 < show(worker, STORY[:500], replace(FULL, note="[Sad.]")).reread_tokens < 100


def test_over_a_hundred_turns_note_and_lore_that_come_and_go_read_little_again() -> None:
    """The story stays read: a turn costs the lines behind the note, not the window."""
    worker = worker_of(cache_bytes=1)  # nothing is read ahead
    memory = replace(FULL, text="Ann is tall. " * 3, entries=(MILL, CAT, ALWAYS), lore_range=200)
    text = STORY[:600]
    worker.send(start(text, memory=memory, params={"at_end_of_text": "go_on"}))
    write(worker, 1)
    costs, moves = [], 0
    for turn in range(100):
        run = generation(worker)
        line = f"\nThen {('she', 'the mill', 'a cat', 'he')[turn % 4]} said no."
        window = run._context.window.start
        since = len(worker.events)
        edit = Splice(len(run.text), 0, line)
        worker.send(ReviseRun("r", turn + 2, run.index, (edit,)))
        write(worker, 1)
        if run._context.window.start != window:
            moves += 1
        else:
            costs.append(reading(worker, since))
    assert moves < 15
    assert sum(costs) / len(costs) < WINDOW * 0.3
    assert max(costs) < WINDOW * 0.6


# ------------------------------------------------------------ while it writes


@pytest.mark.parametrize("kind", ["llama", "bloom", "mamba", "mistral"])
def test_with_memory_probabilities_are_those_of_a_fresh_read(kind: str) -> None:
    worker = worker_of(kind)
    worker.send(start(STORY + "The mill. ", memory=FULL, params={"temperature": 1.3}))
    run, read, tokens = generation(worker), {}, []
    for step in range(100):
        tokens += tokens_of(worker.step())
        read.setdefault(run._context.num_drawn - 1, run.state.ids.copy())
        assert len(run.state.ids) <= WINDOW
        if step in (30, 60, 90):
            memory = replace(FULL, note=f"[Note {step}]", note_lines=step // 30)
            worker.send(ReviseRun("r", step, run.index, memory=memory))
            read = {index: ids for index, ids in read.items() if index < run.index}
    checked = 0
    for token in tokens:
        if token.index in read and len(read[token.index]) == token.used:
            expected = fresh_logprobs(tiny_loaded(kind, window=WINDOW), read[token.index])[-1]
            assert token.logprob == pytest.approx(float(expected[token.id]), abs=3e-4)
            checked += 1
    assert checked > 40


@pytest.mark.parametrize("kind", ["llama", "bloom", "mamba"])
def test_a_resumed_run_reads_what_an_uninterrupted_one_reads(kind: str) -> None:
    params = {"temperature": 1.3, "at_end_of_text": "go_on", "max_tokens": 80}
    one, other = worker_of(kind), worker_of(kind)
    for worker in (one, other):
        worker.send(start(STORY + "The mill. ", memory=FULL, params=params))
    whole = write(one, 60)
    first = write(other, 25)
    other.send(PauseRun("r"), ResumeRun("r"))
    generation(other).evict()
    first += write(other, 10)
    given = start(
        STORY + "The mill. " + "".join(t.text for t in first),
        run="again",
        memory=FULL,
        params=params,
        next_index=len(first),
        heal=False,
    )
    context = RunContext(tiny_writing(kind, window=WINDOW), given, response=80)
    context.wanted()
    assert context.window.start == generation(other)._context.window.start
    rest = write(other, 60 - len(first))
    assert [t.id for t in whole[:60]] == [t.id for t in (*first, *rest)][:60]


def test_a_run_tells_which_lore_it_reads_when_that_changes() -> None:
    worker = worker_of()
    worker.send(start(STORY + "The mill. ", memory=FULL))
    write(worker, 2)
    run = generation(worker)
    worker.send(ReviseRun("r", 2, run.index, (Splice(len(run.text), 0, "\nA cat. "),)))
    write(worker, 2)
    worker.send(ReviseRun("r", 3, run.index, memory=Memory()))
    write(worker, 2)
    told = [event.entries for event in worker.events if isinstance(event, LoreChanged)]
    assert [set(entries) for entries in told] == [
        {"always", "mill"},
        {"always", "mill", "cat"},
        set(),
    ]


def test_memory_given_to_a_paused_run_is_read_when_it_goes_on() -> None:
    worker = worker_of()
    worker.send(start(STORY, memory=Memory()))
    write(worker, 2)
    worker.send(PauseRun("r"), ReviseRun("r", 2, generation(worker).index, memory=FULL))
    assert worker.step(3) == []
    worker.send(ResumeRun("r"))
    write(worker, 1)
    run = generation(worker)
    assert "[Be brief.]" in run._writing.bytes.join(run.state.ids.tolist()).decode(errors="replace")


@pytest.mark.parametrize("kind", ["llama", "mamba"])
@pytest.mark.parametrize("lines", [0, 1])
def test_while_a_run_writes_it_reads_what_its_growing_text_asks_for(kind: str, lines: int) -> None:
    """Without any edit: sentences end and words call entries in what the model itself writes."""
    lore = LoreEntry("e", "It is old.", ("/[aeiou]/", "the"), depth=1)
    memory = Memory(note="[N]", note_lines=lines, share=0.5, lore_range=60, entries=(lore,))
    worker = worker_of(kind)
    params = {"temperature": 1.5, "at_end_of_text": "go_on"}
    worker.send(start("She was there.", memory=memory, params=params))
    run, arrangements = generation(worker), set()
    for _ in range(150):
        worker.step()
        arrangements.add(run._context.arranged.where)
        if not run._stale:
            wanted = run._context.fork().wanted().tolist()
            assert run.state.ids.tolist() == wanted[: len(run.state.ids)]
            assert len(wanted) - len(run.state.ids) <= 1
    assert len(arrangements) > 2


def test_a_response_of_known_length_never_moves_the_window_in_its_midst() -> None:
    worker = worker_of(cache_bytes=1)
    params = {"max_tokens": 100, "limit": "tokens", "at_end_of_text": "go_on"}
    for extra in range(0, 120, 24):
        worker.send(start(STORY[: 900 + extra], params=params, memory=Memory(text="Ann.")))
        since = len(worker.events)
        worker.run_until()
        written = [e for e in worker.events[since:] if isinstance(e, TokenWritten)]
        assert len(written) >= 99
        assert reading(worker, since) <= WINDOW


# ------------------------------------------------------------ on the wire


def test_a_memory_is_the_same_behind_the_wire() -> None:
    for command in (
        start("text", memory=FULL),
        ReviseRun("r", 2, None, memory=FULL),
        ReviseRun("r", 2, None),
        ShowContext("q", "text", {"top_k": 3}, memory=FULL),
        show(worker_of(), STORY, FULL),
    ):
        assert decode(encode(command)) == command


def test_a_context_that_cannot_be_shown_says_why() -> None:
    (shown,) = worker_of().send(ShowContext("q", "text", {"nonsense": 1}))
    assert isinstance(shown, ContextShown)
    assert "nonsense" in shown.error
    (shown,) = InlineWorker().send(ShowContext("q", "text", {}))
    assert isinstance(shown, ContextShown)
    assert shown.error
