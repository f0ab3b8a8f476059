"""Which model a name leads to, how it is loaded, and what is said when it can't be."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from storygen.errors import ModelError, NotFoundError
from storygen.workbench.jobs import CancelledError, Job
from storygen.workbench.models.base import Ability
from storygen.workbench.models.local import LocalModel
from tests.tiny_models import make_tiny_model

ROOT = Path(__file__).parents[4]


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STORYGEN_DATA_DIR", str(tmp_path / "data"))
    folder = tmp_path / "models"
    make_tiny_model("gpt2", folder / "my-tune")
    make_tiny_model("llama", folder / "talks", chat=True)
    (tmp_path / "config.js").write_text(
        'var ModelConfig = {continuationModels: {"My tune": '
        '{source: "my-tune", precision: "fp32", context: 32}}, promptModels: {}};'
    )
    return folder


def test_a_path_is_loaded_when_it_is_first_asked(models: Path) -> None:
    model = LocalModel(str(models / "talks"), precision="fp32")
    assert not model.is_loaded and model.name == "talks" and model.can(Ability.CHAT)
    assert model.next_tokens("Hello").tokens
    assert model.is_loaded
    model.close()
    assert not model.is_loaded and model.tokens("Hello")


def test_a_name_of_the_registry_brings_its_settings(models: Path) -> None:
    places = {"models_dir": models, "config": models.parent / "config.js"}
    for name in ("My tune", "my-tune", "continue:My tune"):
        model = LocalModel.from_registry(name, **places)
        assert model.name == "My tune" and not model.can(Ability.CHAT)
    reading = model.load()
    assert reading.writing.window == 32 and reading.info.precision == "fp32"
    assert LocalModel("My tune", **places).name == "My tune"
    assert LocalModel("talks", **places, context=50).load().writing.window == 50


def test_a_name_that_leads_nowhere_is_answered_with_those_that_there_are(models: Path) -> None:
    places = {"models_dir": models, "config": models.parent / "config.js"}
    with pytest.raises(NotFoundError, match="no model “nothing”; there are “My tune”, “talks”"):
        LocalModel("nothing", **places)
    with pytest.raises(NotFoundError):
        LocalModel.from_registry(str(models / "my-tune"), **places)
    (models / "talks" / "model.safetensors").unlink()
    with pytest.raises(ModelError):
        LocalModel("talks", **places)


def test_how_far_loading_is_is_told_and_it_can_be_given_up(models: Path) -> None:
    notes: list[str] = []
    model = LocalModel(models / "my-tune", precision="fp32")
    job = Job(lambda done, total, note: notes.append(note))
    job.cancel()
    with pytest.raises(CancelledError):
        model.load(job)
    assert not model.is_loaded
    model.load(Job(lambda done, total, note: notes.append(note)))
    assert notes[0] == "my-tune: loading" and len(notes) > 2


def test_what_is_no_model_or_has_no_tokenizer_is_refused_in_words() -> None:
    with pytest.raises(ModelError, match="needs its tokenizer"):
        LocalModel(object())
    with pytest.raises(ModelError, match="no language model of transformers"):
        LocalModel(object(), object()).tokens("Hello")


def test_a_model_that_is_not_asked_loads_no_torch() -> None:
    code = (
        "from storygen.workbench.models.local import LocalModel\n"
        "LocalModel('smollm2-135m-instruct') if __import__('pathlib').Path("
        "'models/smollm2-135m-instruct').exists() else None\n"
        "import sys; print('torch' in sys.modules, 'transformers' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.stdout.split() == ["False", "False"], done.stderr
