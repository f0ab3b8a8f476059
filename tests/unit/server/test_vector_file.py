"""Hidden states in their file: found again, of one model, of the text as it is, and never without bound."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from storygen.server.vector_file import VectorFile


def test_what_was_put_is_found_again_also_by_another(tmp_path: Path) -> None:
    path = tmp_path / "vectors"
    one = VectorFile(path)
    one.put("m", [("a", "text", (0.5, -1.25)), ("b", "other", (2.0, 1e9))])
    for file in (one, VectorFile(path)):
        assert file.get("m", "a", "text") == [0.5, -1.25]
        assert file.get("m", "b", "other") == [2.0, 65504.0]
        assert file.get("m", "c", "text") is None


def test_another_text_or_another_model_is_not_known(tmp_path: Path) -> None:
    file = VectorFile(tmp_path / "vectors")
    file.put("m", [("a", "text", (0.5,))])
    assert file.get("m", "a", "text that was written on") is None
    assert file.get("n", "a", "text") is None
    assert file.get("m", "a", "text") == [0.5]
    file.put("m", [("a", "text that was written on", (0.25,))])
    assert VectorFile(tmp_path / "vectors").get("m", "a", "text that was written on") == [0.25]


@pytest.mark.parametrize("vector", [(), (math.nan, 1.0), (math.inf,)])
def test_what_holds_no_numbers_is_left_out(tmp_path: Path, vector: tuple[float, ...]) -> None:
    file = VectorFile(tmp_path / "vectors")
    file.put("m", [("a", "text", vector)])
    assert file.get("m", "a", "text") is None


def test_broken_lines_count_as_none(tmp_path: Path) -> None:
    path = tmp_path / "vectors"
    VectorFile(path).put("m", [("a", "text", (0.5,))])
    path.write_bytes(b"[" * 5000 + b'\n{"model": "m"}\n\xff\n' + path.read_bytes() + b'{"model"')
    assert VectorFile(path).get("m", "a", "text") == [0.5]


def test_a_file_that_is_too_long_keeps_its_newer_half(tmp_path: Path) -> None:
    path = tmp_path / "vectors"
    file = VectorFile(path, most_bytes=4000)
    for number in range(100):
        file.put("m", [(str(number), "text", (1.0, 2.0))])
        assert path.stat().st_size <= 4200
    assert file.get("m", "99", "text") == [1.0, 2.0]
    assert file.get("m", "0", "text") is None
