"""Runs and cards under banned strings: none ever appears, and nothing else changes."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from storygen.engine.rewinds import MOST_REWINDS
from storygen.engine.text.utf8 import unfinished_tail
from storygen.link.messages import (
    AcceptedToken,
    Event,
    KnownToken,
    PauseRun,
    ResumeRun,
    ReviseRun,
    SetRow,
    Splice,
    StartSet,
    TokenWritten,
)
from tests.tiny_engine import (
    ended,
    generation,
    start,
    text_of,
    tiny_worker,
    tiny_writing,
    tokens_of,
    write,
)
from tests.tiny_models import ARCHITECTURES

OPENING = "Once upon a time there was a small house by the sea"
NUM_TOKENS = 40
HOT = {"temperature": 1.2, "limit": "tokens", "max_tokens": NUM_TOKENS}
SLOW = settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
)
ENDS = st.sampled_from(
    [
        HOT,
        {**HOT, "temperature": 0.0},
        {**HOT, "limit": "sentence"},
        {**HOT, "limit": "paragraph", "temperature": 2.0},
        {**HOT, "stop": ["a", "he ", "e", "🙂"]},
        {**HOT, "stop": ["sea and the sea"], "at_end_of_text": "stop", "temperature": 2.0},
        {**HOT, "mirostat_tau": 3.0, "dry_multiplier": 1.0},
    ]
)
STRINGS = st.lists(
    st.one_of(
        st.text(st.sampled_from("abehlnost é猫E. ,\n"), min_size=1, max_size=3),
        st.sampled_from(
            ["a", "e", " ", "\n", "the", " the ", "he said", "é", "猫", "🙂", "sea and"]
        ),
    ),
    min_size=1,
    max_size=50,
)


def written(
    kind: str, params: dict[str, Any], *, text: str = OPENING, seed: int = 7, **fields: Any
) -> list[Event]:
    """What a run under `params` says, up to its end."""
    worker = tiny_worker(kind)
    worker.send(start(text, params={**HOT, **params}, seed=seed, **fields))
    events = worker.run_until(max_steps=4000)
    assert ended(events).reason == "finished"
    return worker.events


def piece(text: str, first: float, size: int) -> str:
    """Some of a text that isn't white space alone, as a string to ban."""
    at = int(first * max(0, len(text) - size))
    return text[at : at + size]


def assert_never(banned: list[str], before: str, text: str) -> None:
    whole = (before + text).lower()
    for one in banned:
        at = whole.find(one.lower(), max(0, len(before) - len(one) + 1))
        assert at < 0 or at + len(one) <= len(before), (one, text)


# ---------------------------------------------------------------- never


@pytest.mark.parametrize("kind", ARCHITECTURES)
@SLOW
@given(seed=st.integers(0, 99), params=ENDS, strings=STRINGS, end=st.integers(0, 12))
def test_no_banned_string_ever_appears_whatever_the_parameters(
    kind: str, seed: int, params: dict[str, Any], strings: list[str], end: int
) -> None:
    text = OPENING[: len(OPENING) - end]
    events = written(kind, {**params, "banned_strings": strings}, text=text, seed=seed)
    assert_never(strings, text, text_of(events))


@pytest.mark.parametrize("kind", ARCHITECTURES)
@SLOW
@given(
    seed=st.integers(0, 99),
    places=st.lists(st.floats(0, 1), min_size=1, max_size=9),
    size=st.integers(1, 30),
)
def test_what_a_run_would_have_said_can_be_banned(
    kind: str, seed: int, places: list[float], size: int
) -> None:
    free = text_of(written(kind, {}, seed=seed))
    banned = [piece(free, place, size).upper() for place in places]
    text = text_of(written(kind, {"banned_strings": banned}, seed=seed))
    assert text
    assert_never([one.lower() for one in banned], OPENING, text)


@pytest.mark.parametrize("kind", ARCHITECTURES)
@SLOW
@given(seed=st.integers(0, 99), params=ENDS)
def test_where_none_occurs_the_tokens_are_those_without_the_parameter(
    kind: str, seed: int, params: dict[str, Any]
) -> None:
    free = written(kind, params, seed=seed)
    said = text_of(free)
    # Each begins as something that is said, so that much is held back, and none is said.
    banned = [said[n : n + 6] + "\x01" for n in range(0, len(said), 5)][:50]
    events = written(kind, {**params, "banned_strings": banned or ["\x01"]}, seed=seed)
    assert [t.id for t in tokens_of(events)] == [t.id for t in tokens_of(free)]
    assert text_of(events) == said
    assert ended(events).detail == ended(free).detail


def test_the_run_goes_back_to_where_it_begins_and_says_the_next_best_there() -> None:
    params = {"temperature": 0.0}
    free = tokens_of(written("gpt2", params))
    texts = [token.text for token in free]
    at = texts.index(" wor")
    banned = "".join(texts[at : at + 3])
    events = tokens_of(written("gpt2", {**params, "banned_strings": [banned.upper()]}))
    assert [t.id for t in events[:at]] == [t.id for t in free[:at]]
    assert [one.id for one in free[at].alternatives][:2] == [free[at].id, events[at].id]
    assert banned not in "".join(token.text for token in events)


def test_a_string_within_a_token_is_passed_over_without_another_pass() -> None:
    assert " answ" in text_of(written("gpt2", {}))
    banned = {"banned_strings": ["nsw"]}
    assert "nsw" not in text_of(written("gpt2", banned))
    assert num_passes("gpt2", banned) == num_passes("gpt2", {})


def num_passes(kind: str, params: dict[str, Any]) -> int:
    """How often the model read something for a run."""
    worker = tiny_worker(kind)
    passes: list[int] = []
    model = worker.core._writing.model._model  # type: ignore[union-attr]
    hook = model.register_forward_pre_hook(lambda *_: passes.append(1))
    worker.send(start(OPENING, params={**HOT, **params}))
    worker.run_until()
    hook.remove()
    return len(passes)


def test_what_comes_in_its_place_is_drawn_by_a_number_of_its_own() -> None:
    """The number that drew the banned token would draw its neighbours in the vocabulary."""
    text, seeds = OPENING + ". ", range(80)
    free = [first_text("gpt2", text, seed, []) for seed in seeds]
    common = max((one for one in set(free) if one.strip()), key=free.count)
    instead = [first_text("gpt2", text, seed, [common]) for seed in seeds]
    assert all(was == now for was, now in zip(free, instead, strict=True) if common not in was)
    changed = [now for was, now in zip(free, instead, strict=True) if was == common]
    assert len(changed) > 3
    assert len(set(changed)) > len(changed) // 2


def first_text(kind: str, text: str, seed: int, banned: list[str]) -> str:
    """The first letters that a run shows under a seed."""
    events = written(kind, {"banned_strings": banned, "max_tokens": 4}, text=text, seed=seed)
    return next((token.text for token in tokens_of(events) if token.text), "")


# ---------------------------------------------------------------- the text before


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_one_that_the_writer_began_is_not_completed(kind: str) -> None:
    free = text_of(written(kind, {"temperature": 0.0}))
    banned = OPENING[-7:] + free[:2]
    events = written(kind, {"temperature": 0.0, "banned_strings": [banned]})
    assert_never([banned], OPENING, text_of(events))
    assert len(tokens_of(events)) > NUM_TOKENS - 4  # half a letter is not told


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_a_word_typed_to_its_middle_does_not_become_a_banned_one(kind: str) -> None:
    text = "The old woman said hel"
    for seed in range(8):
        events = written(kind, {"banned_strings": ["Hello", "help"]}, text=text, seed=seed)
        assert_never(["hello", "help"], text, text_of(events))


def test_what_the_writer_wrote_may_stand() -> None:
    text = "The sea. The sea. The sea"
    assert tokens_of(written("gpt2", {"banned_strings": ["The sea"]}, text=text))


# ---------------------------------------------------------------- ends


def test_where_nothing_else_can_be_said_the_run_ends_and_says_why() -> None:
    params = {"regex": "(ab)+", "banned_strings": ["aba"]}
    events = written("gpt2", params, text="x ")
    assert ended(events).detail == "banned_strings"
    assert "aba" not in text_of(events)


def test_a_form_that_is_complete_ends_as_it_does_without() -> None:
    events = written("gpt2", {"regex": "abc|acb", "banned_strings": ["abc"]}, text="x ")
    assert (text_of(events), ended(events).detail) == ("acb", "end_of_text")


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_hundreds_of_letters_banned_at_once_end_in_bounded_steps(kind: str) -> None:
    letters = [chr(number) for number in range(ord("a"), ord("z") + 1)]
    worker = tiny_worker(kind)
    banned = [*letters, *(f" {a}{b}" for a in "012" for b in "01234567")]
    worker.send(start(OPENING, params={**HOT, "banned_strings": banned}))
    events = worker.run_until(max_steps=40 * NUM_TOKENS)
    assert ended(events).reason == "finished"
    assert not any(letter.isascii() and letter.isalpha() for letter in text_of(events))


def test_a_place_where_nearly_everything_leads_to_a_banned_end_is_left_after_some_tries() -> None:
    """Whatever letter comes first, a q must follow: with most letters that is banned."""
    letters = [chr(number) for number in range(ord("a"), ord("z") + 1)]
    banned = [f"{letter}q" for letter in letters[:-1]]
    params = {"regex": "[a-z]q!+", "banned_strings": banned}
    worker = tiny_worker("gpt2")
    worker.send(start("1 ", params={**HOT, **params}))
    events = worker.run_until(max_steps=MOST_REWINDS + 2 * NUM_TOKENS)
    assert text_of(events).startswith("zq!")


@pytest.mark.parametrize("kind", ARCHITECTURES)
@SLOW
@given(seed=st.integers(0, 99), params=ENDS, strings=STRINGS)
def test_written_with_care_from_the_first_rewind_on_none_appears_either(
    kind: str, seed: int, params: dict[str, Any], strings: list[str]
) -> None:
    with patch("storygen.engine.rewinds.MOST_REWINDS", 1):
        events = written(kind, {**params, "banned_strings": strings}, seed=seed)
    assert_never(strings, OPENING, text_of(events))


@pytest.mark.parametrize("kind", ("gpt2", "mamba"))
@pytest.mark.parametrize("most_rewinds", [1, 3])
def test_written_with_care_it_goes_on_elsewhere_as_it_would_have(
    kind: str, most_rewinds: int
) -> None:
    with patch("storygen.engine.rewinds.MOST_REWINDS", most_rewinds):
        params = {**busy_params(kind), "stop": ["a small boat", "st, an"]}
        params["banned_strings"] = [*params["banned_strings"], *"aeiou"]
        tokens = tokens_of(written(kind, params, heal=False))
        for cut in range(1, len(tokens) - 1, 7):
            if between_letters(kind, tokens, cut):
                assert rest_after(kind, params, tokens[:cut]) == ids(tokens[cut:])


@pytest.mark.parametrize("kind", ("gpt2", "mamba"))
def test_going_back_in_vain_ends_and_the_text_goes_on(kind: str) -> None:
    """Every two letters are banned in turn, so that whatever is begun comes to a banned end."""
    pairs = [a + b for a in "etaoinsh" for b in "aeiou "]
    worker = tiny_worker(kind)
    worker.send(start(OPENING, params={**HOT, "banned_strings": [*pairs, "the sea said"]}))
    events = worker.run_until(max_steps=60 * NUM_TOKENS)
    assert ended(events).reason == "finished"
    assert_never(pairs, OPENING, text_of(events))


def test_a_sentence_that_ends_before_the_banned_words_may_end() -> None:
    free = written("gpt2", {"temperature": 2.0, "limit": "sentence", "max_tokens": 200}, seed=3)
    assert ended(free).detail == "sentence"
    said = text_of(free)
    # What shows that the sentence is over is no part of it.
    banned = [said.rstrip()[-1] + letter for letter in " \nabcdefghijklmnopqrstuvwxyz"][:50]
    params = {"temperature": 2.0, "limit": "sentence", "max_tokens": 200, "banned_strings": banned}
    events = written("gpt2", params, seed=3)
    assert_never(banned, OPENING, text_of(events))


# ---------------------------------------------------------------- the same whatever happens


def busy_params(kind: str) -> dict[str, Any]:
    """Parameters under which a run goes back again and again."""
    free = text_of(written(kind, {"max_tokens": 120}))
    banned = [free[n : n + 5] for n in range(4, len(free), 7)][:30]
    return {**HOT, "banned_strings": [one for one in banned if one.strip()] + ["e", "th"]}


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_pauses_and_lost_caches_change_nothing(kind: str) -> None:
    params = busy_params(kind)
    expected = [token.id for token in tokens_of(written(kind, params))]
    worker = tiny_worker(kind)
    worker.send(start(OPENING, params=params))
    while worker.core.is_busy:
        worker.step(3)
        if worker.core.generation("r") is not None:
            worker.send(PauseRun("r"))
            generation(worker).evict()
            worker.send(ResumeRun("r"))
    assert [token.id for token in tokens_of(worker.events)] == expected


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_a_row_of_a_set_is_what_a_run_of_its_own_is(kind: str) -> None:
    params = busy_params(kind)
    plain = start("", params=params).params
    rows = [SetRow(f"row {seed}", seed, plain) for seed in range(4)]
    worker = tiny_worker(kind)
    worker.send(StartSet("set", OPENING, tuple(rows)))
    events = worker.run_until()
    for row in rows:
        alone = written(kind, params, seed=row.seed)
        assert [t.id for t in tokens_of(events, row.run)] == [t.id for t in tokens_of(alone)]


@pytest.mark.parametrize("kind", ("gpt2", "llama", "mamba"))
def test_a_run_that_goes_on_elsewhere_bans_the_same(kind: str) -> None:
    params = busy_params(kind)
    # What was read by itself ends where tokens do, whatever stood there before.
    tokens = tokens_of(written(kind, params, heal=False))
    for cut in range(1, len(tokens) - 1, 4):
        if between_letters(kind, tokens, cut):
            assert rest_after(kind, params, tokens[:cut]) == ids(tokens[cut:])


def test_a_window_that_moved_for_a_token_that_was_taken_back_moves_back_with_it() -> None:
    num_tried = 0
    for seed in range(12):
        params = {**HOT, "max_tokens": 100}
        tokens = tokens_of(written("gpt2", params, seed=seed, heal=False))
        used = [token.used for token in tokens]
        at = next(n for n in range(1, 100) if used[n] < used[n - 1]) - 2
        if all(token.text for token in tokens[at : at + 4]) and between_letters("gpt2", tokens, at):
            num_tried += 1
            banned = "".join(token.text for token in tokens[at : at + 4])
            params["banned_strings"] = [banned]
            whole = tokens_of(written("gpt2", params, seed=seed, heal=False))
            assert whole[at].id != tokens[at].id
            assert whole[at].used == tokens[at].used
            rest = rest_after("gpt2", params, whole[:at], seed=seed)
            assert rest == ids(whole[at:])
    assert num_tried > 2


def between_letters(kind: str, tokens: list[TokenWritten], cut: int) -> bool:
    """Whether a run can be cut there: the first bytes of a letter are written again."""
    return not unfinished_tail(tiny_writing(kind).bytes.join(ids(tokens[:cut])))


def ids(tokens: list[TokenWritten]) -> list[int]:
    return [token.id for token in tokens]


def rest_after(
    kind: str, params: dict[str, Any], tokens: list[TokenWritten], *, seed: int = 7
) -> list[int]:
    """What another worker writes after these tokens."""
    text, known = OPENING, []
    for token in tokens:
        known.append(KnownToken(len(text), len(text) + len(token.text), token.id))
        text += token.text
    before = tuple(AcceptedToken(token.id, token.logprob) for token in tokens)
    events = written(
        kind,
        params,
        text=text,
        seed=seed,
        next_index=len(tokens),
        known=tuple(known),
        heal=False,
        before=before,
    )
    return ids(tokens_of(events))


@pytest.mark.parametrize("kind", ARCHITECTURES)
@SLOW
@given(edits=st.lists(st.tuples(st.integers(1, 9), st.floats(0, 1), st.booleans()), max_size=6))
def test_after_edits_anywhere_no_banned_string_was_written(
    kind: str, edits: list[tuple[int, float, bool]]
) -> None:
    banned = ["e", "th", "he sea", "woman"]
    worker = tiny_worker(kind)
    worker.send(start(OPENING, params={**HOT, "max_tokens": 90, "banned_strings": banned}))
    for revision, (steps, place, urgent) in enumerate(edits, 2):
        worker.step(steps)
        run = worker.core.generation("r")
        if run is None:
            break
        at = int(place * len(OPENING))
        accepted = run.index if urgent else None
        worker.send(ReviseRun("r", revision, accepted, (Splice(at, 0, "The "),)))
    worker.run_until(max_steps=4000)
    assert_never(banned, "", text_of(worker.events))


def test_strings_that_are_banned_in_the_midst_of_a_run_are_banned_from_there() -> None:
    worker = tiny_worker("gpt2")
    worker.send(start(OPENING, params={"temperature": 1.2}))
    count = len(write(worker, 10))
    worker.send(ReviseRun("r", 2, count, params={"banned_strings": ["e", "a "]}))
    before = generation(worker).text
    after = "".join(token.text for token in write(worker, 30))
    assert_never(["e", "a "], before, after)


def test_half_written_letters_are_gone_back_into() -> None:
    """A letter of several tokens is banned by the token that completes it, or an earlier one."""
    params = {"temperature": 3.0, "max_tokens": 200}
    free = text_of(written("gpt2", params))
    wide = [letter for letter in dict.fromkeys(free) if len(letter.encode()) > 1][:40]
    assert wide
    events = written("gpt2", {**params, "banned_strings": wide})
    assert_never(wide, OPENING, text_of(events))
