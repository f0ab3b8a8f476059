"""A run asks for every sample once, keeps rows as it goes, and goes on where it was interrupted."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from letter_model import LetterModel
from made_runs import made, plan_of, rows_file, run, samples, split_of

from storygen.errors import BadRequestError, ConflictError, StorygenError
from storygen.workbench.bench import Functions
from storygen.workbench.datasets.roles import Roles
from storygen.workbench.datasets.split import BrokenSample
from storygen.workbench.jobs import CancelledError, Job
from storygen.workbench.models.base import Ability, Generated, Params, ScoredToken, Turn
from storygen.workbench.runs.keeping import DONE, FAILED, PAUSED, RUNNING, KeptRun, RunShelf
from storygen.workbench.runs.plan import SCORE, RunPlan, digests
from tests.unit.workbench.pages.writing_models import ChatModel

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture
def whole(tmp_path: Path) -> bytes:
    """The rows of a run that nothing interrupted."""
    split, model = split_of(samples()), LetterModel()
    kept = made(tmp_path / "whole", split, model)
    run(kept, split, model)
    return rows_file(kept)


def test_every_sample_is_a_row_with_what_was_written_and_measured(tmp_path: Path) -> None:
    split, model = split_of(samples(20)), LetterModel()
    kept = made(tmp_path, split, model, num_texts=2)
    told: list[int] = []
    run(kept, split, model, on_rows=told.append)
    rows = list(kept.rows())
    assert told == [0, 8, 16, 20]
    assert [row.index for row in rows] == list(range(20))
    assert rows[3].text == "Tale 3 of the sea"
    assert rows[3].targets == (" the fox slept.",)
    assert [len(one.tokens) for one in rows[3].written] == [4, 4]
    assert rows[3].written[0].seed != rows[3].written[1].seed
    assert len({one.seed for row in rows for one in row.written}) == 40
    words = rows[3].measured["words"]
    assert words.number == sum(words.sums[:1]) / words.sums[1]
    assert kept.state().state == DONE
    assert model.asked == 40


def test_questions_are_asked_in_the_template_and_the_plan_keeps_that(tmp_path: Path) -> None:
    split, model = split_of(samples(3)), ChatModel()
    kept = made(tmp_path, split, model, question=True, chunk=2)
    run(kept, split, model)
    row = next(iter(KeptRun(kept.folder).rows()))
    assert row.text == "<user>Tale 0 of the sea<assistant>" and row.asked == "Tale 0 of the sea"
    assert KeptRun(kept.folder).plan.question
    assert {text for text, *_ in model.asked} == {
        f"<user>Tale {at} of the sea<assistant>" for at in range(3)
    }
    scored = made(tmp_path / "score", split, model, question=True, task=SCORE)
    run(scored, split, model)
    assert next(iter(scored.rows())).asked == "Tale 0 of the sea"


def test_talks_go_to_a_server_as_their_turns(tmp_path: Path) -> None:
    heard: list[Sequence[Turn]] = []

    class Server(ChatModel):
        tells_chat_text = False

        def chat(self, turns: Sequence[Turn], params: Params, **more: Any) -> Generated:
            heard.append(turns)
            return Generated("Ho.", (), "end", more["seed"])

    said = [{"role": "user", "content": "Hi?"}, {"role": "assistant", "content": "Ho."}]
    split, model = split_of([{"messages": said}]), Server()
    kept = made(tmp_path, split, model, roles=Roles(("messages",), "messages"))
    run(kept, split, model)
    assert heard == [(Turn("user", "Hi?"),)] and not model.asked
    assert next(iter(kept.rows())).written[0].text == "Ho."


def test_some_samples_are_the_first_or_drawn(tmp_path: Path) -> None:
    split, model = split_of(samples(30)), LetterModel()
    assert plan_of(split, model, num=5).indices() == [0, 1, 2, 3, 4]
    drawn = plan_of(split, model, num=5, draw_seed=3)
    assert drawn.indices() == plan_of(split, model, num=5, draw_seed=3).indices() != [0, 1, 2, 3, 4]
    assert plan_of(split, model, num=99).indices() == list(range(30))
    kept = RunShelf(tmp_path).create(drawn)
    run(kept, split, model)
    assert [row.index for row in kept.rows()] == drawn.indices()


def test_targets_are_scored_and_texts_without_one_themselves(tmp_path: Path) -> None:
    rows = [
        {"prompt": "Once", "completion": " a fox"},
        {"prompt": "Once a sea", "completion": None},
    ]
    split, model = split_of(rows), LetterModel()
    kept = made(tmp_path, split, model, task=SCORE, metrics=("perplexity", "f1"))
    run(kept, split, model)
    first, second = kept.rows()
    assert [token.text for token in first.written[0].tokens] == [" a", " fox"]
    assert [token.text for token in second.written[0].tokens] == ["Once", " a", " sea"]
    assert first.measured["perplexity"].number is not None
    assert second.measured["f1"].silent
    assert model.asked == 0


def test_a_paused_run_goes_on_to_the_same_rows(tmp_path: Path, whole: bytes) -> None:
    split, model = split_of(samples()), LetterModel()
    kept = made(tmp_path, split, model)
    for pause_at in (8, 24, 32):
        job = Job()
        with pytest.raises(CancelledError):
            run(
                kept,
                split,
                model,
                job,
                lambda num, at=pause_at, job=job: num == at and job.cancel(),
            )
        state = KeptRun(kept.folder).state()
        assert (state.state, state.num_done, state.num) == (PAUSED, pause_at, 40)
    run(KeptRun(kept.folder), split, model)
    assert rows_file(kept) == whole
    assert kept.state().seconds > 0


def test_a_pause_in_the_midst_of_a_chunk_keeps_nothing_of_it(tmp_path: Path, whole: bytes) -> None:
    split, model, job = split_of(samples()), LetterModel(), Job()
    kept = made(tmp_path, split, model)
    model.on_text = lambda text: job.cancel() if "Tale 11 " in text else None  # type: ignore[method-assign]
    with pytest.raises(CancelledError):
        run(kept, split, model, job)
    assert kept.state().num_done == 8
    run(kept, split, LetterModel())
    assert rows_file(kept) == whole


def test_what_a_model_cut_short_without_saying_so_is_not_kept(tmp_path: Path, whole: bytes) -> None:
    job = Job()

    class Careless(LetterModel):
        def generate_batch(self, texts: Sequence[str], *_: Any, **more: Any) -> list[Generated]:
            job.cancel()
            return [Generated("", (), "length") for _ in texts]

    split = split_of(samples())
    kept = made(tmp_path, split, LetterModel())
    with pytest.raises(CancelledError):
        run(kept, split, Careless(), job)
    run(kept, split, LetterModel())
    assert rows_file(kept) == whole


@pytest.mark.parametrize("part", [0.0, 0.11, 0.2, 0.39, 0.5, 0.77, 0.999])
def test_torn_rows_and_chunks_are_written_anew(tmp_path: Path, whole: bytes, part: float) -> None:
    split, model = split_of(samples()), LetterModel()
    kept = made(tmp_path, split, model)
    torn = whole[: int(len(whole) * part)]
    (kept.folder / "rows.jsonl").write_bytes(torn)
    told: list[int] = []
    run(kept, split, model, on_rows=told.append)
    assert rows_file(kept) == whole
    assert told[0] == torn.count(b"\n") // 8 * 8


def test_what_is_no_row_is_cut_off(tmp_path: Path, whole: bytes) -> None:
    split, model = split_of(samples()), LetterModel()
    kept = made(tmp_path, split, model)
    lines = whole.splitlines(keepends=True)
    (kept.folder / "rows.jsonl").write_bytes(b"".join(lines[:9]) + b'{"index": 9\n' + b"\0" * 40)
    run(kept, split, model)
    assert rows_file(kept) == whole


def test_a_run_whose_process_was_killed_goes_on_to_the_same_rows(tmp_path: Path) -> None:
    split, model = split_of(samples(100)), LetterModel()
    whole = made(tmp_path / "whole", split, model)
    run(whole, split, model)
    kept = made(tmp_path / "killed", split, model)
    program = [sys.executable, str(Path(__file__).with_name("made_runs.py")), str(kept.folder)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])}
    for hangs_at, num_kept in ((19, 16), (90, 88)):
        with subprocess.Popen(
            [*program, str(hangs_at)], stdout=subprocess.PIPE, text=True, env=environment
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "here\n"
            assert kept.state().state == RUNNING
            with pytest.raises(ConflictError, match="running already"):
                run(kept, split, model)
            process.kill()
        assert (kept.state().state, kept.state().num_done) == (PAUSED, num_kept)
    run(kept, split, model)
    assert rows_file(kept) == rows_file(whole)


class FailingModel(LetterModel):
    """Refuses texts with a word in them."""

    def __init__(self, word: str) -> None:
        super().__init__()
        self.word = word

    def on_text(self, text: str) -> None:
        if self.word in text:
            raise BadRequestError(f"The text is too long for {self.name}.")


def test_a_sample_that_fails_is_a_row_with_a_problem(tmp_path: Path) -> None:
    rows: list[Any] = samples(12)
    rows[2] = BrokenSample("x.jsonl, line 3", "this is no JSON.")
    split, model = split_of(rows), FailingModel("Tale 5 ")
    kept = made(tmp_path, split, model)
    run(kept, split, model)
    found = {row.index: row for row in kept.rows()}
    assert "line 3" in found[2].problem
    assert "too long" in found[5].problem
    assert [at for at, row in found.items() if row.problem] == [2, 5]
    assert kept.state().state == DONE


def test_what_fails_for_all_samples_ends_the_run_until_it_is_mended(tmp_path: Path) -> None:
    split, model = split_of(samples(24)), FailingModel("Tale 1")
    kept = made(tmp_path, split, model)
    model.word = "sea"
    with pytest.raises(StorygenError, match="too long"):
        run(kept, split, model)
    state = kept.state()
    assert (state.state, state.num_done) == (FAILED, 0)
    assert "too long" in state.problem
    model.word = "nothing like this"
    run(kept, split, model)
    assert kept.state().state == DONE


def test_another_model_or_changed_data_is_not_gone_on_with(tmp_path: Path) -> None:
    split, model = split_of(samples(16)), LetterModel()
    kept = made(tmp_path, split, model)
    with pytest.raises(ConflictError, match="has changed"):
        run(kept, split_of(samples(17)), model)

    class Other(LetterModel):
        def score(self, before: str, text: str, **more: Any) -> list[ScoredToken]:
            return super().score("other", text)

    with pytest.raises(ConflictError, match="another model"):
        run(kept, split, Other())

    class Mute(LetterModel):
        abilities = frozenset({Ability.TOKENS})

    with pytest.raises(BadRequestError, match="can't write"):
        run(kept, split, Mute())
    run(kept, split, model)


def test_models_that_take_several_texts_get_a_chunk_at_once(tmp_path: Path, whole: bytes) -> None:
    batches: list[int] = []

    class Batches(LetterModel):
        def generate_batch(
            self,
            texts: Sequence[str],
            params: Params,
            *,
            seeds: Sequence[int],
            num_top: int,
            job: Job,
        ) -> list[Generated]:
            batches.append(len(texts))
            assert num_top == 0  # no metric asks for ranks
            job.progress(3, len(texts), "inside")
            return [
                self.generate(text, params, seeds=[seed])[0]
                for text, seed in zip(texts, seeds, strict=True)
            ]

    split, model = split_of(samples()), Batches()
    kept = made(tmp_path, split, model)
    told: list[tuple[int, int]] = []
    run(kept, split, model, Job(lambda done, total, note: told.append((done, total))))
    assert batches == [8] * 5
    assert told[:2] == [(0, 40), (3, 40)]
    assert told[-1] == (40, 40)
    assert rows_file(kept) == whole
    with pytest.raises(AssertionError):
        run(made(tmp_path / "ranks", split, model, metrics=("mean_rank",)), split, model)


def test_a_plan_is_written_down_and_read_back() -> None:
    plan = plan_of(split_of(samples(3)), LetterModel(), draw_seed=5, functions={"to_text": "ab"})
    assert RunPlan.from_json(plan.to_json()) == plan
    for wrong in (None, {}, {**plan.to_json(), "more": 1}, {**plan.to_json(), "roles": 5}):
        with pytest.raises(BadRequestError):
            RunPlan.from_json(wrong)


def test_a_changed_function_has_another_digest() -> None:
    one = digests(Functions(to_text=lambda sample: sample["a"]))
    other = digests(Functions(to_text=lambda sample: sample["b"]))
    assert set(one) == {"to_text"}
    assert one != other
