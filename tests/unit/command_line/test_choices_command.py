"""`python -m storygen choices`: listed, counted, and exported where the writer allowed it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from chosen_story import fill

from storygen.command_line.choices import SALT, main
from storygen.preferences import statistics_json
from storygen.preferences.dataset.reading import read_raw
from storygen.store.store import Store, file_url


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    store = Store(file_url(folder / "storygen.db"))
    fill(store, "shared", shared=True)
    fill(store, "mine", shared=False)
    store.close()
    return folder


def run(data_dir: Path, *arguments: str) -> int:
    return main(["--data-dir", str(data_dir), *arguments])


def test_stories_are_listed_with_what_is_allowed(
    data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(data_dir, "list") == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.split() == ["shared", "1", "allowed", "About", "shared"]
    assert second.split() == ["mine", "1", "kept", "here", "About", "mine"]


def test_only_what_the_writer_allowed_is_exported(
    data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(data_dir, "export", str(tmp_path / "dataset")) == 0
    assert "2 of raw, 1 of dpo" in capsys.readouterr().out
    (seen,) = read_raw(tmp_path / "dataset")
    assert [one.taken for one in seen.candidates] == [0.0, 0.6]
    assert (seen.before, seen.situation.step, seen.seconds, seen.blind) == ("Once", 1, 2.0, True)
    assert "shared" not in (seen.story, seen.set)
    assert run(data_dir, "export", str(tmp_path / "dataset")) == 1


def test_a_story_that_is_named_is_allowed_and_keeps_its_pseudonym(
    data_dir: Path, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        assert run(data_dir, "export", str(tmp_path / name), "--story", "mine") == 0
    stories = [{seen.story for seen in read_raw(tmp_path / name)} for name in ("one", "two")]
    assert len(stories[0]) == 2 and stories[0] == stories[1]
    store = Store(file_url(data_dir / "storygen.db"))
    assert len(store.setting(SALT)) == 32
    store.close()


def test_statistics_of_the_library_and_of_a_dataset_of_it_are_the_same(
    data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(data_dir, "export", str(tmp_path / "dataset"), "--story", "mine") == 0
    assert run(data_dir, "statistics", str(tmp_path / "own.json")) == 0
    capsys.readouterr()
    assert run(data_dir, "statistics", "--from", str(tmp_path / "dataset")) == 0
    theirs = statistics_json.from_json(json.loads(capsys.readouterr().out))
    own = statistics_json.from_json(json.loads((tmp_path / "own.json").read_text("utf-8")))
    own_ones = own.everything.parameters["temperature"]
    assert theirs.everything.num_sets == own.everything.num_sets == 2
    assert theirs.everything.parameters["temperature"] == replace(own_ones)


def test_what_can_not_be_is_said(
    data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(data_dir, "export", str(tmp_path / "x"), "--story", "nothing") == 1
    assert "nothing" in capsys.readouterr().err
    assert main(["--data-dir", str(tmp_path / "away"), "list"]) == 1
    assert "There is no library" in capsys.readouterr().err
