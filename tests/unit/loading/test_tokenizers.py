"""Tokenizers: always fast, also from the vocabularies of old folders."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from models_made import loaded
from transformers import AutoTokenizer

from storygen.errors import ModelError
from tests.tiny_models import CORPUS

Tiny = Callable[..., Path]


def copied(folder: Path, target: Path) -> Path:
    return Path(shutil.copytree(folder, target))


def test_a_gpt2_folder_of_2020_with_only_vocabulary_and_merges_works(
    tiny: Tiny, tmp_path: Path
) -> None:
    folder = copied(tiny("gpt2"), tmp_path / "m")
    parts = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))["model"]
    (folder / "vocab.json").write_text(json.dumps(parts["vocab"]), encoding="utf-8")
    merges = "\n".join(" ".join(pair) for pair in parts["merges"])
    (folder / "merges.txt").write_text(f"#version: 0.2\n{merges}\n", encoding="utf-8")
    (folder / "tokenizer.json").unlink()
    (folder / "tokenizer_config.json").unlink()
    tokenizer = loaded(folder).tokenizer
    expected = AutoTokenizer.from_pretrained(tiny("gpt2"))
    for line in CORPUS:
        assert tokenizer(line).input_ids == expected(line).input_ids
    assert tokenizer.is_fast


@pytest.mark.parametrize("configured", [True, False])
def test_a_llama_folder_with_only_a_sentencepiece_model_works(
    tiny: Tiny, tmp_path: Path, configured: bool
) -> None:
    import sentencepiece

    out = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(line for line in CORPUS * 4 if line.isascii()),
        model_writer=out,
        vocab_size=360,
        model_type="bpe",
        byte_fallback=True,
        hard_vocab_limit=False,
        remove_extra_whitespaces=False,
        minloglevel=2,
    )
    folder = copied(tiny("llama"), tmp_path / "m")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).unlink()
    (folder / "tokenizer.model").write_bytes(out.getvalue())
    if configured:
        text = '{"tokenizer_class": "LlamaTokenizer", "add_bos_token": true, "bos_token": "<s>"}'
        (folder / "tokenizer_config.json").write_text(text)
    tokenizer = loaded(folder).tokenizer
    expected = sentencepiece.SentencePieceProcessor(model_proto=out.getvalue())
    for text in ("Once upon a time", "She said  hello to the sea.", "é 猫"):
        assert tokenizer(text).input_ids == [expected.bos_id(), *expected.encode(text)]
    assert tokenizer.is_fast


def test_a_folder_without_a_tokenizer_says_which_files_it_needs(tiny: Tiny, tmp_path: Path) -> None:
    folder = copied(tiny("gpt2"), tmp_path / "m")
    (folder / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match="no tokenizer") as caught:
        loaded(folder)
    assert "merges.txt" in caught.value.mend


@pytest.mark.parametrize("name", ["tokenizer.json", "tokenizer_config.json"])
def test_a_broken_tokenizer_file_is_named_with_the_place(
    tiny: Tiny, tmp_path: Path, name: str
) -> None:
    folder = copied(tiny("gpt2"), tmp_path / "m")
    (folder / name).write_text('{\n  "a": ,\n}')
    with pytest.raises(ModelError, match=rf"{name} in m is broken at line 2, column 8"):
        loaded(folder)


@pytest.mark.parametrize("text", ["{}", '{"model": {"type": "Martian"}}', "[]"])
def test_a_tokenizer_that_is_json_but_no_tokenizer_is_refused(
    tiny: Tiny, tmp_path: Path, text: str
) -> None:
    folder = copied(tiny("gpt2"), tmp_path / "m")
    (folder / "tokenizer.json").write_text(text)
    with pytest.raises(ModelError) as caught:
        loaded(folder)
    assert caught.value.mend


def test_a_tokenizer_with_more_tokens_than_the_model_is_noted(tiny: Tiny, tmp_path: Path) -> None:
    folder = copied(tiny("gpt2"), tmp_path / "m")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.add_special_tokens({"pad_token": "[PAD]"})
    tokenizer.save_pretrained(folder)
    assert any("never used" in note for note in loaded(folder).info.notes)


def test_code_that_a_tokenizer_brings_does_not_run(tiny: Tiny, tmp_path: Path) -> None:
    folder = copied(tiny("gpt2"), tmp_path / "m")
    path = folder / "tokenizer_config.json"
    config = json.loads(path.read_text())
    config["auto_map"] = {"AutoTokenizer": ["evil.Tokenizer", "evil.Tokenizer"]}
    config["tokenizer_class"] = "EvilTokenizer"
    path.write_text(json.dumps(config))
    (folder / "evil.py").write_text("raise SystemExit('this must not run')")
    try:
        assert type(loaded(folder).tokenizer).__module__.startswith("transformers.")
    except ModelError as error:
        assert "tokenizer" in error.message
