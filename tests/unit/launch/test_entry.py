"""The entry: which Pythons it takes, and that an old one can read it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from storygen.launch import entry
from storygen.launch.entry import unfit_reason

WIDE = 2**63 - 1


@pytest.mark.parametrize("minor", [11, 12, 13, 14])
def test_every_python_with_pytorch_packages_is_fit(minor: int) -> None:
    assert unfit_reason((3, minor, 1), WIDE, "Windows", "AMD64") == ""


@pytest.mark.parametrize(
    ("version", "max_int", "system", "machine", "words"),
    [
        ((3, 10, 13), WIDE, "Linux", "x86_64", "Python 3.10.13 is too old"),
        ((2, 7, 18), WIDE, "Linux", "x86_64", "too old"),
        ((3, 15, 0), WIDE, "Linux", "x86_64", "too new"),
        ((3, 12, 0), 2**31 - 1, "Windows", "x86", "32-bit"),
        ((3, 12, 0), WIDE, "Darwin", "x86_64", "Intel Mac"),
    ],
)
def test_an_unfit_python_is_told_why(
    version: tuple[int, int, int], max_int: int, system: str, machine: str, words: str
) -> None:
    assert words in unfit_reason(version, max_int, system, machine)


def test_an_old_python_can_read_the_entry_far_enough_to_refuse() -> None:
    ast.parse(Path(entry.__file__).read_text("utf-8"), feature_version=(3, 4))


def test_a_python_without_venv_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "apt install python3-venv" in entry.check_python()


def test_the_check_is_silent_on_a_fit_python(capsys: pytest.CaptureFixture[str]) -> None:
    assert entry.main(["--check-python"]) == 0
    assert capsys.readouterr().out == ""


def test_the_check_names_the_reason_and_fails_on_an_unfit_python(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(entry, "check_python", lambda: "Python 3.9 is too old")
    assert entry.main(["--check-python"]) == entry.UNFIT
    assert capsys.readouterr().out == "Python 3.9 is too old\n"


def test_the_batch_file_has_windows_line_ends_and_no_letter_that_a_code_page_could_change() -> None:
    text = (Path(__file__).resolve().parents[3] / "run_local.bat").read_bytes()
    assert text.count(b"\n") == text.count(b"\r\n") > 10
    assert text.isascii()
