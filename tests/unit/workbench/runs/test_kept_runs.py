"""Runs are listed, removed into a bin, sorted, compared and exported."""

from __future__ import annotations

import csv
import io
import json
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from letter_model import LetterModel
from made_runs import made, plan_of, run, samples, split_of

from storygen.errors import ConflictError, NotFoundError
from storygen.workbench.datasets.split import BrokenSample
from storygen.workbench.jobs import Job
from storygen.workbench.metrics import Measured, chosen
from storygen.workbench.runs.exporting import as_csv, as_jsonl
from storygen.workbench.runs.keeping import KeptRun, RunShelf
from storygen.workbench.runs.lock import FileLock, is_held
from storygen.workbench.runs.rows import Row, from_line, joined, to_line
from storygen.workbench.runs.running import Running, RunningRun
from storygen.workbench.runs.table import RunTable, compared, differing

(F1, WORDS, PERPLEXITY) = chosen(("f1", "words", "perplexity"))


@pytest.fixture
def kept(tmp_path: Path) -> KeptRun:
    rows: list[Any] = [*samples(20), BrokenSample("x, line 21", "no")]
    split, model = split_of(rows), LetterModel()
    kept = made(tmp_path / "runs", split, model)
    run(kept, split, model)
    return kept


def test_the_newest_run_comes_first_and_what_is_no_run_is_passed_over(tmp_path: Path) -> None:
    shelf = RunShelf(tmp_path / "runs")
    assert shelf.runs() == []
    split, model = split_of(samples(3)), LetterModel()
    for name, made_at in (("a", 1.0), ("b", 3.0), ("c", 2.0)):
        shelf.create(plan_of(split, model, run=name, made=made_at))
    (shelf.folder / "other").mkdir()
    (shelf.folder / "notes.txt").write_text("x")
    assert [one.plan.run for one in shelf.runs()] == ["b", "c", "a"]
    shelf.remove("b")
    assert [one.plan.run for one in shelf.runs()] == ["c", "a"]
    assert (shelf.folder / ".bin" / "b" / "run.json").is_file()
    for name in ("b", "..", ".bin", "../runs/a", "", "other"):
        with pytest.raises(NotFoundError):
            shelf.open(name)


def test_a_run_that_runs_is_not_removed(kept: KeptRun) -> None:
    with kept.lock(), pytest.raises(ConflictError):
        RunShelf(kept.folder.parent).remove("r1")
    assert kept.folder.is_dir()


def test_a_lock_is_let_go(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert not is_held(path)
    with FileLock(path, "held"):
        assert is_held(path)
        with pytest.raises(ConflictError, match="held"), FileLock(path, "held", looks=2):
            pass
    assert not is_held(path)


def test_rows_are_sorted_the_worst_first(kept: KeptRun) -> None:
    table = RunTable(kept)
    for metric, sign in ((F1, 1), (PERPLEXITY, -1), (WORDS, -1)):
        ordered = table.worst_first(metric)
        numbers = [one.number(metric.name) for one in ordered]
        assert numbers[-1] is None  # the broken sample
        known = [sign * number for number in numbers if number is not None]
        assert len(known) == 20
        assert known == sorted(known)
    assert table.ordered("f1", down=True)[0].number("f1") == max(table.numbers("f1"))
    row = table.row(ordered[0])
    assert row.index == ordered[0].index
    [f1, words, _] = table.estimates([F1, WORDS, PERPLEXITY])
    assert f1.number == pytest.approx(sum(table.numbers("f1")) / 20)
    assert (words.num, f1.low is not None) == (20, True)


def test_a_table_takes_in_what_came_since(tmp_path: Path) -> None:
    split, model = split_of(samples(24)), LetterModel()
    kept = made(tmp_path, split, model)
    table = RunTable(kept)
    seen: list[int] = []

    def look(num: int) -> None:
        table.more()
        seen.append(len(table.entries))

    run(kept, split, model, on_rows=look)
    assert seen == [0, 8, 16, 24]
    assert [one.index for one in table.entries] == list(range(24))
    assert table.entries == RunTable(kept).entries


def test_two_runs_are_compared_on_the_samples_that_both_have(tmp_path: Path) -> None:
    model = LetterModel()
    rows = samples(30)
    one_split = split_of(rows)
    changed = split_of([{**rows[0], "completion": " x"}, *rows[1:20]])
    first = made(tmp_path / "1", one_split, model)
    second = made(tmp_path / "2", changed, model, seed=8)
    run(first, one_split, model)
    run(second, changed, model)
    tables = RunTable(first), RunTable(second)
    found = compared(*tables, F1)
    assert found is not None
    assert found.num == 19  # one sample was changed, ten are missing
    assert found.low is not None and found.high is not None
    assert found.low <= found.difference <= found.high
    pairs = differing(*tables, "f1")
    assert len(pairs) == 19
    sizes = [abs(pair.difference) for pair in pairs]
    assert sizes == sorted(sizes, reverse=True) and sizes[0] > 0
    assert sum(pair.difference for pair in pairs) / 19 == pytest.approx(found.difference)
    same = compared(tables[0], tables[0], F1)
    assert same is not None and (same.difference, same.ties) == (0, 30)
    assert compared(*tables, chosen(["bleu"])[0]) is None


def test_runs_are_exported(kept: KeptRun) -> None:
    lines = [json.loads(line) for line in as_jsonl(kept)]
    assert lines[0]["plan"]["model"] == "letters"
    assert len(lines) == 22
    assert lines[1]["written"][0]["text"] == next(kept.rows()).written[0].text
    table = list(csv.DictReader(io.StringIO("".join(as_csv(kept)))))
    assert len(table) == 21
    assert table[0]["text"] == "Tale 0 of the sea"
    assert float(table[0]["perplexity"]) == lines[1]["measured"]["perplexity"]
    assert "line 21" in table[20]["problem"]


def test_no_cell_is_a_formula(tmp_path: Path) -> None:
    split = split_of([{"prompt": "=1+1", "completion": "-x"}])
    model = LetterModel()
    kept = made(tmp_path, split, model)
    run(kept, split, model)
    [row] = csv.DictReader(io.StringIO("".join(as_csv(kept))))
    assert (row["text"], row["target"]) == ("'=1+1", "'-x")


def test_a_row_keeps_any_text() -> None:
    row = Row(1, "k", "a\nb\ud800\u2028", ("ü",), measured={"m": Measured("m", silent="No.")})
    assert from_line(to_line(row)) == row
    assert to_line(row).count(b"\n") == 1
    for wrong in (b"", b"[]", b"5", b'{"index": 1}', b'{"index":1,"key":"k","written":[1]}'):
        with pytest.raises(ValueError):
            from_line(wrong)


def test_several_texts_of_a_sample_count_as_their_mean() -> None:
    one, two = Measured("m", 1.0, sums=(2.0, 1.0)), Measured("m", 3.0, sums=(6.0, 3.0))
    silent = Measured("m", silent="No.")
    assert joined([one, silent, two]) == Measured("m", 2.0, sums=(8.0, 4.0))
    assert joined([silent, one]) == one
    assert joined([silent]) == silent


def test_a_model_that_ends_the_program_ends_its_run_alone(tmp_path: Path) -> None:
    running = Running()
    run = running.start(tmp_path, lambda _: sys.exit("no memory"))
    with running.news:
        assert running.news.wait_for(lambda: run.over, 30)
    assert run.problem == "SystemExit: no memory"


def test_runs_go_on_beside_the_pages(tmp_path: Path) -> None:
    running = Running()
    go_on = threading.Event()

    def work(run: RunningRun) -> None:
        run.job.progress(1, 2, "half")
        go_on.wait(30)
        run.job.check()
        raise ConflictError("It went wrong.")

    run = running.start(tmp_path, work)
    with running.news:
        assert running.news.wait_for(lambda: run.note == "half", 30)
    assert running.of(tmp_path) is run and running
    with pytest.raises(ConflictError, match="already"):
        running.start(tmp_path, work)
    go_on.set()
    with running.news:
        assert running.news.wait_for(lambda: run.over, 30)
    assert run.problem == "It went wrong."
    assert running.of(tmp_path) is None and not running
    again = running.start(tmp_path, lambda run: run.job.check())
    again.pause()
    with running.news:
        assert running.news.wait_for(lambda: again.over, 30)


def test_a_job_of_a_run_can_be_given_up_from_any_thread() -> None:
    run = RunningRun(Job())
    run.pause()
    assert run.job.cancelled
