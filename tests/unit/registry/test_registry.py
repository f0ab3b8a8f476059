"""The registry: what a writer can choose, and why some of it cannot be used."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from registry_made import CONFIG, Project, adapter_folder, model_folder, write_safetensors

from storygen.registry import ModelEntry, Registry, load_spec
from storygen.registry.reading import _key_text


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def only(registry: Registry) -> ModelEntry:
    (entry,) = registry.entries()
    return entry


def test_a_folder_name_leads_into_models_first_and_then_to_the_projects_root(
    project: Project,
) -> None:
    model_folder(project.root / "old_style")
    project.listed("old_style")
    registry = project.registry()
    assert only(registry).source == str((project.root / "old_style").resolve())
    assert only(registry).usable

    model_folder(project.models / "old_style")
    registry.refresh()
    assert only(registry).source == str((project.models / "old_style").resolve())


def test_a_model_without_a_line_is_found_by_its_folder(project: Project) -> None:
    model_folder(project.models / "Mine")
    (project.models / "notes").mkdir()
    model_folder(project.models / ".converted" / "hidden")
    entry = only(project.registry())
    assert (entry.key, entry.name, entry.modes) == ("found:Mine", "Mine", ("continue", "prompt"))
    assert entry.usable
    assert entry.value == "Mine"


def test_gguf_files_are_found_but_not_their_later_parts_or_projectors(project: Project) -> None:
    for name in ("a.gguf", "big-00001-of-00002.gguf", "big-00002-of-00002.gguf", "mmproj-a.gguf"):
        (project.models / name).write_bytes(b"GGUF" + bytes(20))
    (project.models / "web.gguf").write_bytes(b"<html>")
    found = {entry.key: entry for entry in project.registry().entries()}
    assert set(found) == {"found:a.gguf", "found:big-00001-of-00002.gguf", "found:web.gguf"}
    assert found["found:a.gguf"].usable
    assert found["found:a.gguf"].kind == "gguf"
    assert "2 parts" in found["found:big-00001-of-00002.gguf"].reason
    assert "not a GGUF file" in found["found:web.gguf"].reason


def test_a_model_with_a_line_is_not_listed_a_second_time(project: Project) -> None:
    model_folder(project.models / "mine")
    project.listed("mine", name="My model")
    assert [entry.key for entry in project.registry().entries()] == ["continue:My model"]


def test_the_same_line_in_both_modes_is_one_entry_under_both_keys(project: Project) -> None:
    model_folder(project.models / "mine", template=True)
    project.write_config("{continuationModels: {M: 'mine'}, promptModels: {M: 'mine'}}")
    registry = project.registry()
    assert only(registry).modes == ("continue", "prompt")
    assert registry.get("continue:M") is registry.get("prompt:M") is only(registry)


def test_a_prompt_model_without_a_chat_template_gets_the_originals_prompt_format(
    project: Project,
) -> None:
    model_folder(project.models / "old")
    model_folder(project.models / "new", template=True)
    project.write_config("{continuationModels: {C: 'old'}, promptModels: {P: 'old', Q: 'new'}}")
    formats = {entry.name: entry.format for entry in project.registry().entries()}
    assert formats == {"C": "auto", "P": "wp", "Q": "auto"}


def test_an_object_brings_its_settings_along(project: Project) -> None:
    model_folder(project.models / "mine")
    settings = {
        "source": "mine",
        "format": "Q: {prompt}\nA: {story}",
        "context": 512,
        "precision": "bf16",
        "preset": "Balanced",
        "device": "cpu",
        "threads": 3,
    }
    project.listed(settings)
    registry = project.registry()
    entry = only(registry)
    assert entry.usable
    assert entry.preset == "Balanced"
    assert registry.by_value(settings) is entry
    spec = load_spec(entry, project.root / "data")
    assert spec.source == str((project.models / "mine").resolve())
    assert (spec.format, spec.context, spec.precision) == ("Q: {prompt}\nA: {story}", 512, "bf16")
    assert (spec.device, spec.threads, spec.models_dir) == ("cpu", 3, str(project.models))
    assert spec.profile_path == str(project.root / "data" / "measured.json")


@pytest.mark.parametrize(
    ("value", "word"),
    [
        (7, "folder's name"),
        ({}, "source"),
        ({"source": " "}, "source"),
        ({"source": "m", "contxt": 5}, "contxt"),
        ({"source": "m", "context": "5"}, "context"),
        ({"source": "m", "context": True}, "context"),
        ({"source": "m", "format": "markdown"}, "format"),
        ({"source": "m", "precision": "int3"}, "precision"),
        ({"source": "m", "device": []}, "device"),
        ({"source": "m", "preset": 1}, "preset"),
    ],
)
def test_a_wrong_setting_makes_the_entry_unusable_and_is_named(
    project: Project, value: object, word: str
) -> None:
    model_folder(project.models / "m")
    project.listed(value)
    entry = project.registry().get("continue:M")
    assert entry is not None
    assert not entry.usable
    assert word in entry.reason
    assert entry.mend


@pytest.mark.parametrize("value", ["org/model", "gpt2"])
def test_a_hub_id_is_usable_before_it_is_fetched(project: Project, value: str) -> None:
    project.listed(value)
    entry = only(project.registry())
    assert entry.usable
    assert entry.kind == "hub"
    assert entry.source == {"gpt2": "openai-community/gpt2"}.get(value, value)


def test_a_fetched_hub_model_is_its_folder(project: Project) -> None:
    project.listed("org/model")
    registry = project.registry()
    model_folder(project.models / "org--model")
    assert registry.refresh()
    assert only(registry).kind == "folder"


def test_a_missing_folder_is_listed_with_reason_and_mend(project: Project) -> None:
    project.listed("nowhere")
    entry = only(project.registry())
    assert not entry.usable
    assert "“nowhere”" in entry.reason
    assert "config.js" in entry.mend


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda f: (f / "config.json").unlink(), "no config.json"),
        (lambda f: (f / "config.json").write_text('{\n "a": 1\n "b": 2}'), "line 3, column 2"),
        (lambda f: (f / "config.json").write_text("[]"), "no JSON object"),
        (lambda f: (f / "config.json").write_bytes(b"\xff\xfe\x00"), "cannot be read"),
        (lambda f: (f / "model.safetensors").unlink(), "no weights"),
        (lambda f: (f / "model.safetensors").write_bytes(b"\x08"), "damaged"),
        (
            lambda f: (f / "model.safetensors").write_bytes(
                (f / "model.safetensors").read_bytes()[:-1]
            ),
            "shorter than its header",
        ),
        (lambda f: (f / "tokenizer.json").unlink(), "no tokenizer"),
        (
            lambda f: (f / "config.json").write_text('{"architectures": ["BertForMaskedLM"]}'),
            "BertForMaskedLM",
        ),
        (
            lambda f: (f / "config.json").write_text('{"auto_map": {"AutoModel": "x.Y"}}'),
            "Python code",
        ),
    ],
)
def test_a_bad_folder_is_listed_with_its_reason(project: Project, spoil, reason: str) -> None:  # type: ignore[no-untyped-def]
    spoil(model_folder(project.models / "m"))
    model_folder(project.models / "good")
    project.listed("m")
    entries = {entry.name: entry for entry in project.registry().entries()}
    assert reason in entries["M"].reason
    assert entries["M"].mend
    assert not entries["M"].usable
    assert entries["good"].usable


def test_code_beside_a_known_architecture_does_not_matter(project: Project) -> None:
    model_folder(project.models / "m", config={**CONFIG, "auto_map": {"AutoModel": "code.Model"}})
    assert only(project.registry()).usable


def test_missing_shards_are_counted_and_the_first_is_named(project: Project) -> None:
    folder = model_folder(project.models / "m")
    names = [f"model-0000{i}-of-00003.safetensors" for i in (1, 2, 3)]
    (folder / "model.safetensors").rename(folder / names[0])
    index = {"weight_map": {f"w{i}": name for i, name in enumerate(names)}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    assert f"2 of 3 weight files are missing in m, the first being {names[1]}" in (
        only(project.registry()).reason
    )
    for name in names[1:]:
        write_safetensors(folder / name)
    assert only(project.registry()).usable


def test_an_index_that_points_outside_its_folder_is_refused(project: Project) -> None:
    folder = model_folder(project.models / "m")
    (folder / "model.safetensors").unlink()
    index = {"weight_map": {"w": "../../secret.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    assert "outside" in only(project.registry()).reason


@pytest.mark.parametrize("stated", ["base", "some/where/base", "C:\\models\\base", "org/base"])
def test_an_adapters_base_is_found_in_models_by_its_name(project: Project, stated: str) -> None:
    adapter_folder(project.models / "lora", stated)
    registry = project.registry()
    assert not only(registry).usable
    assert "base" in only(registry).reason

    model_folder(project.models / ("org--base" if stated == "org/base" else "base"))
    registry.refresh()
    entry = registry.get("found:lora")
    assert entry is not None
    assert entry.usable
    assert entry.kind == "adapter"
    assert Path(str(entry.base)).name in ("base", "org--base")


def test_config_js_may_name_an_adapters_base(project: Project) -> None:
    adapter_folder(project.models / "lora", "unknown/thing")
    model_folder(project.models / "mine")
    project.listed({"source": "lora", "base": "mine"})
    entry = project.registry().get("continue:M")
    assert entry is not None
    assert entry.base == str((project.models / "mine").resolve())


def test_a_broken_config_keeps_the_last_good_lines_and_finds_models_still(project: Project) -> None:
    model_folder(project.models / "mine")
    project.listed("mine")
    registry = project.registry()
    project.write_raw("var ModelConfig = {\n  continuationModels: {\n")
    model_folder(project.models / "another")
    assert registry.refresh()
    assert [entry.key for entry in registry.entries()] == ["continue:M", "found:another"]
    (problem,) = registry.problems
    assert problem.line >= 1

    project.listed("mine", name="Renamed")
    assert registry.refresh()
    assert registry.problems == ()
    assert registry.get("continue:Renamed") is not None


@pytest.mark.parametrize("data", [b"\xff\xfev\x00a\x00r\x00", b"x" * 2_000_001])
def test_a_config_that_is_no_text_or_too_large_is_a_problem(project: Project, data: bytes) -> None:
    project.write_raw(data)
    model_folder(project.models / "mine")
    registry = project.registry()
    assert len(registry.problems) == 1
    assert only(registry).key == "found:mine"


def test_a_missing_config_is_a_problem_and_found_models_remain(project: Project) -> None:
    project.config.unlink()
    model_folder(project.models / "mine")
    registry = project.registry()
    assert "cannot be read" in registry.problems[0].message
    assert only(registry).usable


def test_refresh_says_whether_anything_changed_and_reads_nothing_if_not(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    model_folder(project.models / "mine")
    project.listed("mine")
    registry = project.registry()
    registry.refresh()
    before = registry.entries()
    monkeypatch.setattr(
        "storygen.registry.registry.read_entries", lambda *_: pytest.fail("read without a change")
    )
    assert not registry.refresh()
    assert registry.entries() is before


def test_a_change_inside_a_models_folder_is_seen(project: Project) -> None:
    folder = model_folder(project.models / "mine")
    registry = project.registry()
    assert only(registry).usable
    (folder / "tokenizer.json").unlink()
    assert registry.refresh()
    assert not only(registry).usable


def test_a_model_of_the_command_line_is_added_and_selected(
    project: Project, tmp_path: Path
) -> None:
    model_folder(project.models / "mine")
    elsewhere = model_folder(tmp_path / "some where" / "tuned")
    registry = project.registry(str(elsewhere))
    assert registry.default_key() == "opened:tuned"
    entry = registry.get("opened:tuned")
    assert entry is not None
    assert entry.source == str(elsewhere.resolve())
    assert len(registry.entries()) == 2


def test_a_model_of_the_command_line_that_is_listed_already_is_only_selected(
    project: Project,
) -> None:
    folder = model_folder(project.models / "mine")
    model_folder(project.models / "aaa")
    registry = project.registry(str(folder))
    assert registry.default_key() == "found:mine"
    assert len(registry.entries()) == 2


@pytest.mark.parametrize(("value", "usable"), [("org/model", True), ("no such thing", False)])
def test_a_hub_id_or_a_mistake_on_the_command_line_is_an_entry_too(
    project: Project, value: str, usable: bool
) -> None:
    registry = project.registry(value)
    entry = only(registry)
    assert registry.default_key() == entry.key
    assert entry.usable is usable


def test_the_default_is_the_first_usable_model_that_is_here(project: Project) -> None:
    model_folder(project.models / "p")
    model_folder(project.models / "c")
    project.write_config(
        "{continuationModels: {Gone: 'gone', Hub: 'org/m', C: 'c'}, promptModels: {P: 'p'}}"
    )
    assert project.registry().default_key() == "continue:C"


def test_without_models_there_is_no_default(project: Project) -> None:
    assert project.registry().default_key() is None


def test_only_listed_values_are_known_by_value(project: Project) -> None:
    model_folder(project.models / "mine")
    project.listed("mine")
    registry = project.registry()
    assert registry.by_value("mine") is only(registry)
    for other in ("M", "mine/", str(project.models / "mine"), None, 1, True, ["mine"], {}):
        assert registry.by_value(other) is None


def test_names_are_kept_as_text_and_keys_are_never_paths(project: Project) -> None:
    model_folder(project.models / "mine")
    evil = "<img src=x onerror=alert(1)>"
    project.write_config(
        json.dumps(
            {"continuationModels": {evil: "mine", "../../etc/passwd": "mine", "a\nb": "mine"}}
        )
    )
    entries = project.registry().entries()
    assert [entry.name for entry in entries] == [evil, "../../etc/passwd", "a\nb"]
    for entry in entries:
        assert "/" not in entry.key
        assert "\\" not in entry.key
        assert entry.key.isprintable()


def test_names_that_become_alike_still_have_keys_of_their_own(project: Project) -> None:
    model_folder(project.models / "mine")
    project.write_config(
        json.dumps({"continuationModels": {"a b": "mine", "a\tb": "x", "a  b": "y"}})
    )
    entries = [entry for entry in project.registry().entries() if entry.key.startswith("continue:")]
    assert len({entry.key for entry in entries}) == 3


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_name_makes_a_short_printable_key(name: str) -> None:
    key = _key_text(name)
    assert len(key) <= 200
    assert not key or key.isprintable()
    assert "/" not in key
    assert "\\" not in key


def test_the_registry_imports_neither_torch_nor_transformers() -> None:
    code = (
        "import sys, storygen.registry; "
        "sys.exit(any(m.split('.')[0] in ('torch','transformers','numpy') for m in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
