"""Hub ids, without any network: what is fetched, how it is said, and what happens when it cannot be."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from huggingface_hub import constants
from huggingface_hub.errors import GatedRepoError, HTTPError, RepositoryNotFoundError
from models_made import ids_of, loaded, logits, reference, stages

from storygen.engine.loading import hub
from storygen.errors import ModelError

Tiny = Callable[..., Path]


class FakeHub:
    """The two calls that the loader makes of the hub, answered from a folder."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.fetched: list[str] = []
        self.breaks_at: str | None = None
        monkeypatch.setattr(hub, "HfApi", lambda: self)
        monkeypatch.setattr(hub, "hf_hub_download", self.download)

    def model_info(self, hub_id: str, files_metadata: bool) -> Any:
        assert files_metadata
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        return SimpleNamespace(
            siblings=[
                SimpleNamespace(
                    rfilename=path.relative_to(self.folder).as_posix(), size=path.stat().st_size
                )
                for path in files
            ]
        )

    def download(self, hub_id: str, name: str, *, local_dir: Path) -> None:
        if name == self.breaks_at:
            raise HTTPError("connection reset")
        self.fetched.append(name)
        shutil.copy(self.folder / name, local_dir / name)


@pytest.fixture
def fake(tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeHub:
    folder = Path(shutil.copytree(tiny("gpt2"), tmp_path / "on the hub"))
    for name in ("pytorch_model.bin", "evil.py", "README.md", "onnx/model.onnx", "x/a.safetensors"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("not wanted")
    return FakeHub(folder, monkeypatch)


def test_a_hub_model_is_fetched_once_and_then_is_a_folder(
    fake: FakeHub, tiny: Tiny, tmp_path: Path
) -> None:
    settings = {"models_dir": str(tmp_path / "models")}
    found = loaded("org/Some-model", "hub", **settings)
    ids = ids_of(tiny("gpt2"))
    assert torch.equal(logits(found.model, ids), logits(reference(tiny("gpt2")), ids))
    assert [path.name for path in (tmp_path / "models").glob("[!.]*")] == ["org--Some-model"]
    fetched = len(fake.fetched)
    loaded("org/Some-model", "hub", **settings)
    assert len(fake.fetched) == fetched


def test_only_weights_json_and_tokenizer_files_of_the_top_folder_are_fetched(
    fake: FakeHub, tiny: Tiny, tmp_path: Path
) -> None:
    loaded("org/m", "hub", models_dir=str(tmp_path / "models"))
    assert sorted(fake.fetched) == sorted(path.name for path in tiny("gpt2").iterdir())
    assert fake.fetched[-1] == "model.safetensors"


def test_downloading_tells_bytes(fake: FakeHub, tmp_path: Path) -> None:
    said = stages(Path("org/m"), "hub", models_dir=str(tmp_path / "models"))
    last = [step for step in said if step.stage == "downloading"][-1]
    assert last.done == last.total > 0
    assert last.unit == "bytes"


def test_a_download_that_broke_leaves_no_model_and_goes_on_next_time(
    fake: FakeHub, tmp_path: Path
) -> None:
    fake.breaks_at = "model.safetensors"
    with pytest.raises(ModelError) as caught:
        loaded("org/m", "hub", models_dir=str(tmp_path / "models"))
    assert caught.value.code == "offline"
    assert not (tmp_path / "models" / "org--m").exists()
    fake.breaks_at = None
    loaded("org/m", "hub", models_dir=str(tmp_path / "models"))


def test_a_model_without_safetensors_is_not_fetched(fake: FakeHub, tmp_path: Path) -> None:
    (fake.folder / "model.safetensors").unlink()
    with pytest.raises(ModelError, match=r"no \.safetensors"):
        loaded("org/m", "hub", models_dir=str(tmp_path / "models"))
    assert fake.fetched == []


def test_a_disk_that_is_too_full_is_noticed_before(
    fake: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1000))
    with pytest.raises(ModelError, match="more than is free"):
        loaded("org/m", "hub", models_dir=str(tmp_path / "models"))
    assert fake.fetched == []


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (GatedRepoError, "gated", "accepted its licence"),
        (RepositoryNotFoundError, "model", "no public model"),
    ],
)
def test_refusals_of_the_hub_are_put_in_words(
    fake: FakeHub,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: type[Exception],
    code: str,
    words: str,
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise error.__new__(error)

    monkeypatch.setattr(fake, "model_info", refuse)
    with pytest.raises(ModelError, match=words) as caught:
        loaded("org/m", "hub", models_dir=str(tmp_path / "models"))
    assert caught.value.code == code
    assert caught.value.mend


def test_offline_it_says_that_the_model_is_not_here_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)  # the real client, which asks nobody now
    with pytest.raises(ModelError, match=r"org/m is not in models/ yet") as caught:
        loaded("org/m", "hub", models_dir=str(tmp_path / "models"))
    assert caught.value.code == "offline"
    assert "internet" in caught.value.mend


@pytest.mark.parametrize("hub_id", ["", "../x", "a/b/c", "a/../b", "a", "https://x/y", "a/.b"])
def test_what_is_no_hub_id_is_never_asked_for(fake: FakeHub, tmp_path: Path, hub_id: str) -> None:
    with pytest.raises(ModelError, match="no hub id"):
        loaded(hub_id, "hub", models_dir=str(tmp_path / "models"))
    assert fake.fetched == []
