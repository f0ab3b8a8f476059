"""What browser tests of datasets and runs hold in their hands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator

from tests.browser.bench import BenchPage
from tests.browser.room import Studio


class DataPage(BenchPage):
    """The page of a dataset, or of runs."""

    def table(self, title: str) -> Locator:
        """The table in sight that has a column of this name."""
        header = self.page.get_by_role("columnheader", name=title)
        return self.here.locator("table:visible").filter(has=header).first

    def rows(self, title: str) -> Locator:
        """Its rows, without that of the titles."""
        return self.table(title).locator("tbody tr")


@pytest.fixture
def data_studio(tmp_path: Path) -> Iterator[Studio]:
    """A server of `tests/workbench_data.py`."""
    made = Studio(tmp_path / "data", tmp_path / "models", module="tests.workbench_data")
    made.start()
    yield made
    if made.process:
        made.stop()


@pytest.fixture
def dataset(context: BrowserContext, data_studio: Studio) -> Iterator[DataPage]:
    """The page of datasets."""
    made = DataPage.opened(context, data_studio, "dataset")
    assert isinstance(made, DataPage)
    yield made
    assert made.broken == []


@pytest.fixture
def runs(context: BrowserContext, data_studio: Studio) -> Iterator[DataPage]:
    """The page of runs."""
    made = DataPage.opened(context, data_studio, "runs")
    assert isinstance(made, DataPage)
    yield made
    assert [one for one in made.broken if "ERR_CONNECTION" not in one] == []
