"""Servers that were added on a page: kept in the data folder, offered beside the other models."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import openai_server
import pytest

from storygen.errors import BadRequestError, NotFoundError, StorygenError
from storygen.workbench.bench import Given
from storygen.workbench.jobs import Job
from storygen.workbench.models.base import Ability, Model
from storygen.workbench.models.servers import FILE, ServerEntry, Servers, WithServers, with_servers
from tests.workbench_page import make_bench


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with openai_server.running() as address:
        yield address


def none_else() -> Given[Model]:
    return Given({})


def test_servers_are_kept_in_the_data_folder(tmp_path: Path) -> None:
    servers = Servers(tmp_path / "new")
    one = servers.add("127.0.0.1:8080", "words")
    two = servers.add("https://api.example/v1/", "gpt", "key-1")
    assert Servers(tmp_path / "new").entries() == [one, two]
    assert one == ServerEntry("http://127.0.0.1:8080/v1", "words")
    assert two.name == "gpt at api.example"
    assert "key-1" not in (tmp_path / "new" / FILE).read_text()
    assert servers.keys.get(two.url) == "key-1"


def test_the_same_model_is_kept_once(tmp_path: Path) -> None:
    servers = Servers(tmp_path)
    servers.add("http://host/v1", "a", "key-1")
    servers.add("http://host", "a")
    assert len(servers.entries()) == 1
    assert servers.keys.get("http://host") == "key-1"


def test_a_key_is_forgotten_with_the_last_model_of_its_server(tmp_path: Path) -> None:
    servers = Servers(tmp_path)
    one, two = servers.add("http://host", "a", "key-1"), servers.add("http://host", "b")
    servers.remove(one)
    assert servers.keys.is_set("http://host")
    servers.remove(two)
    assert not servers.keys.is_set("http://host")
    assert servers.entries() == []


@pytest.mark.parametrize("content", ["{", "{}", '[5, {"url": "ftp://x", "model": "a"}]'])
def test_a_broken_file_holds_no_servers(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    assert Servers(tmp_path).entries() == []


def test_a_model_must_be_chosen(tmp_path: Path) -> None:
    with pytest.raises(BadRequestError, match="Choose the model"):
        Servers(tmp_path).add("http://host", " ", "key-1")
    assert not Servers(tmp_path).keys.is_set("http://host")


def test_models_of_servers_are_offered_after_the_others(tmp_path: Path, url: str) -> None:
    servers = Servers(tmp_path)
    models = WithServers(Given({"own": lambda job: None}), servers)  # type: ignore[dict-item, return-value]
    entry = servers.add(f"{url}/vllm/v1", "words")
    assert [offer.name for offer in models.offers()] == ["own", entry.name]
    model = models.get(entry.name, Job())
    assert model.name == entry.name
    assert model.can(Ability.SCORE)
    assert models.get(entry.name, Job()) is model
    assert models.get("own", Job()) is None
    servers.remove(entry)
    with pytest.raises(NotFoundError):
        models.get(entry.name, Job())


def test_another_key_is_used_at_once(tmp_path: Path, url: str) -> None:
    servers = Servers(tmp_path)
    models = WithServers(none_else(), servers)
    entry = servers.add(f"{url}/keyed/v1", "words", "wrong")
    with pytest.raises(StorygenError, match="refused the key"):
        models.get(entry.name, Job())
    servers.add(entry.url, entry.model, openai_server.KEY)
    assert models.get(entry.name, Job()).can(Ability.GENERATE)


def test_a_bench_that_has_servers_has_them_once(tmp_path: Path) -> None:
    bench = make_bench(data_dir=tmp_path)
    found = with_servers(bench)
    assert found is not bench.models
    with_them = WithServers(none_else(), Servers(tmp_path))
    object.__setattr__(bench, "models", with_them)
    assert with_servers(bench) is with_them
