"""What lies in a model's folder: whatever the files hold, the answer is a reason and never a crash."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storygen.errors import ModelError
from storygen.modelfiles import (
    first_line,
    is_whole_folder,
    read_json,
    safetensors_sizes,
    weight_files,
)

reused = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def written(path: Path, header: object, num_bytes: int) -> Path:
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(num_bytes))
    return path


def test_sizes_are_summed_over_all_files_and_metadata_is_no_tensor(tmp_path: Path) -> None:
    one = {"dtype": "BF16", "shape": [2, 3], "data_offsets": [0, 12]}
    two = {"dtype": "F32", "shape": [], "data_offsets": [12, 16]}
    a = written(tmp_path / "a", {"__metadata__": {"format": "pt"}, "w": one, "s": two}, 16)
    b = written(tmp_path / "b", {"w": one}, 12)
    sizes = safetensors_sizes([a, b])
    assert (sizes.num_parameters, sizes.num_bytes) == (13, 28)


@pytest.mark.parametrize(
    "header", [[], 7, {"w": 1}, {"w": {"shape": [2]}}, {"w": {"shape": 2, "data_offsets": [0]}}]
)
def test_a_header_of_another_form_is_damage(tmp_path: Path, header: object) -> None:
    with pytest.raises(ModelError, match="damaged"):
        safetensors_sizes([written(tmp_path / "w", header, 8)])


@reused
@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_called_damaged(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "w"
    path.write_bytes(data)
    try:
        safetensors_sizes([path])
    except ModelError as error:
        assert error.mend


@reused
@given(st.binary(max_size=60))
def test_any_json_file_is_an_object_or_a_reason(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "config.json"
    path.write_bytes(data)
    try:
        assert isinstance(read_json(path), dict)
    except ModelError as error:
        assert "config.json" in error.message


@pytest.mark.parametrize(
    "index", ["[]", "{}", '{"weight_map": 3}', '{"weight_map": {"w": 3}}', "{"]
)
def test_an_index_that_is_no_table_is_a_reason(tmp_path: Path, index: str) -> None:
    (tmp_path / "model.safetensors.index.json").write_text(index)
    with pytest.raises(ModelError):
        weight_files(tmp_path)


def test_safetensors_are_preferred_to_bin(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(b"x")
    assert weight_files(tmp_path).form == "bin"
    (tmp_path / "model.safetensors").write_bytes(b"xyz")
    assert weight_files(tmp_path).form == "safetensors"
    assert weight_files(tmp_path).num_bytes == 3


def test_a_folder_is_whole_only_with_config_tokenizer_and_all_weights(tmp_path: Path) -> None:
    assert not is_whole_folder(tmp_path)
    for name in ("config.json", "tokenizer.json"):
        (tmp_path / name).write_text("{}")
    assert not is_whole_folder(tmp_path)
    one = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
    written(tmp_path / "model.safetensors", {"w": one}, 7)
    assert not is_whole_folder(tmp_path)
    written(tmp_path / "model.safetensors", {"w": one}, 8)
    assert is_whole_folder(tmp_path)


def test_an_errors_first_line_says_something() -> None:
    assert first_line(ValueError("one\ntwo")) == "one"
    assert first_line(ValueError("field 'x':\n  wrong")) == "field 'x': wrong"
    assert first_line(KeyError()) == "KeyError"
    assert len(first_line(ValueError("x" * 1000))) == 300
