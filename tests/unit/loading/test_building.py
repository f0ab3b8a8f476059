"""Folders that appear whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from storygen.engine.loading.building import built_folder


def test_a_folder_appears_only_when_it_is_finished(tmp_path: Path) -> None:
    target = tmp_path / "models" / "m"
    with built_folder(target) as work:
        (work / "a").write_text("1")
        assert not target.exists()
    assert (target / "a").read_text() == "1"
    assert [path.name for path in target.parent.iterdir()] == ["m"]


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    target = tmp_path / "m"
    with pytest.raises(ZeroDivisionError), built_folder(target) as work:
        (work / "a").write_text("1")
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_what_an_interruption_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / ".partial-m[1]-4").mkdir()
    (tmp_path / ".partial-m1-4").mkdir()
    with built_folder(tmp_path / "m[1]"):
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == [".partial-m1-4", "m[1]"]


def test_a_folder_that_another_process_made_meanwhile_stays(tmp_path: Path) -> None:
    target = tmp_path / "m"
    with built_folder(target) as work:
        (work / "mine").write_text("")
        target.mkdir()
        (target / "theirs").write_text("")
    assert [path.name for path in target.iterdir()] == ["theirs"]
    assert [path.name for path in tmp_path.iterdir()] == ["m"]
