"""Keys for servers: kept for their owner alone, given to nobody but the client."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from storygen.errors import BadRequestError
from storygen.web.kept_secrets import load_token
from storygen.workbench.models.keys import FILE, Keys

posix_only = pytest.mark.skipif(os.name == "nt", reason="Windows has no mode bits")


def test_a_key_belongs_to_a_server_and_to_no_other(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    keys.put("https://one.example/v1", "key-1")
    keys.put("https://two.example/v1", "key-2")
    assert keys.get("https://one.example/v1/models") == "key-1"
    assert keys.get("https://one.example:8443/v1") is None
    assert keys.get("http://one.example/v1") is None
    assert Keys(tmp_path).is_set("https://two.example")


def test_keys_in_somebodys_project_are_not_added_to_git(tmp_path: Path) -> None:
    git = shutil.which("git")
    if git is None:
        pytest.skip("no git here")
    subprocess.run([git, "init", "-q", tmp_path], check=True)
    Keys(tmp_path / ".storygen").put("https://one.example/v1", "key-1")
    load_token(tmp_path / ".storygen")
    subprocess.run([git, "add", "."], cwd=tmp_path, check=True)
    added = subprocess.run([git, "ls-files"], cwd=tmp_path, check=True, capture_output=True)
    assert added.stdout.decode().split() == [".storygen/.gitignore"]

    (tmp_path / ".storygen" / ".gitignore").write_text("/mine\n")
    Keys(tmp_path / ".storygen").put("https://one.example/v1", "key-2")
    assert (tmp_path / ".storygen" / ".gitignore").read_text() == "/mine\n"


def test_a_key_can_be_taken_away(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    keys.put("https://one.example", "key-1")
    keys.put("https://two.example", "key-2")
    keys.forget("https://one.example")
    assert keys.get("https://one.example") is None
    assert "key-1" not in (tmp_path / FILE).read_text()
    assert keys.get("https://two.example") == "key-2"


@posix_only
def test_nobody_else_can_read_the_file_not_even_at_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes: list[int] = []
    replace = Path.replace

    def noting(path: Path, target: Path) -> Path:
        modes.append(stat.S_IMODE(path.stat().st_mode))
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", noting)
    Keys(tmp_path).put("https://one.example", "key-1")
    assert modes == [0o600]
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


@posix_only
def test_a_file_that_others_can_read_is_closed_to_them(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('{"https://one.example": "key-1"}')
    (tmp_path / FILE).chmod(0o644)
    assert Keys(tmp_path).get("https://one.example") == "key-1"
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


@pytest.mark.parametrize("content", ["", "{", "[]", '{"https://one.example": 5}', "\x00"])
def test_a_broken_file_holds_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    assert Keys(tmp_path).get("https://one.example") is None
    Keys(tmp_path).put("https://one.example", "key-1")
    assert Keys(tmp_path).get("https://one.example") == "key-1"


def test_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = Keys(tmp_path)
    keys.put("https://one.example", "key-1")
    monkeypatch.setenv("MY_KEY", "key-9")
    assert keys.get("https://one.example", key_env="MY_KEY") == "key-9"
    monkeypatch.delenv("MY_KEY")
    assert keys.get("https://one.example", key_env="MY_KEY") == "key-1"


@pytest.mark.parametrize("key", ["two words", "kéy", "line\nend", "x" * 5000])
def test_what_is_no_key_is_refused_and_not_repeated(tmp_path: Path, key: str) -> None:
    with pytest.raises(BadRequestError) as caught:
        Keys(tmp_path).put("https://one.example", key)
    assert key not in str(caught.value)
    assert not (tmp_path / FILE).exists()


def test_a_key_is_in_no_repr(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    keys.put("https://one.example", "key-1")
    assert "key-1" not in repr(keys)
