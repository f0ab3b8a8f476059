"""What a developer gave is called by its own name, and pages are built without opening anything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from storygen.workbench import Workbench
from storygen.workbench.bench import Bench, Functions, Offer
from storygen.workbench.component import Component
from storygen.workbench.jobs import Job
from storygen.workbench.pages import built_in_pages
from tests.unit.workbench.pages.writing_models import WordModel


def test_datasets_keep_the_names_that_they_were_given(tmp_path: Path) -> None:
    bench = Workbench(datasets={"rows": [{"text": "a"}]}, data_dir=tmp_path).bench
    assert bench.datasets.get("rows", Job()).name == "rows"


def test_of_a_model_that_is_there_it_is_known_whether_it_chats(tmp_path: Path) -> None:
    bench = Workbench(models={"w": WordModel(), "file": "some/folder"}, data_dir=tmp_path).bench
    assert [one.chats for one in bench.models.offers()] == [False, None]


class Unopened:
    """A source that may be listed, but not asked."""

    def offers(self) -> list[Offer]:
        return [Offer("large")]

    def get(self, name: str, job: Job) -> Any:
        raise AssertionError("it was opened while the page was built")


@pytest.mark.parametrize("page", built_in_pages(), ids=lambda page: page.title)
def test_building_a_page_opens_no_model_and_no_data(page: Component, tmp_path: Path) -> None:
    class Desk:
        job = Job()

    bench = Bench(Unopened(), Unopened(), Functions(), tmp_path)
    page.opened(bench, Desk()).build()  # type: ignore[arg-type]
