"""The page of runs in a browser: watched, paused, gone on with after a power cut, compared, saved."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.data_pages import DataPage, data_studio, runs

__all__ = ["data_studio", "runs"]

pytestmark = pytest.mark.browser


def begin(page: DataPage, *, seed: int = 1) -> None:
    """A run over all tales."""
    if not page.field("Dataset").is_visible():
        page.here.get_by_text("New run", exact=True).click()
    page.field("Dataset").select_option("tales.jsonl")
    expect(page.here.get_by_text("Guessed by their names").first).to_be_visible()
    page.field("Samples at most").fill("120")
    page.field("Most tokens").fill("5")
    page.field("Seed").fill(str(seed))
    page.click("Start")


def state(page: DataPage, at: int, words: str) -> None:
    expect(page.rows("Begun").nth(at)).to_contain_text(words, timeout=30_000)


def test_a_run_is_watched_and_its_worst_samples_looked_at(runs: DataPage) -> None:
    begin(runs)
    state(runs, 0, "done")
    expect(runs.rows("95 % interval")).to_have_count(3)
    expect(runs.rows("Written")).to_have_count(20)
    numbers = runs.rows("Written").locator("td:nth-child(4)").all_text_contents()
    shares = [float(number.rstrip("%")) for number in numbers]
    assert shares == sorted(shares)
    runs.rows("Written").nth(0).click()
    expect(runs.element("tokens")).to_be_visible()
    runs.table("Written").get_by_role("columnheader", name=re.compile("Perplexity")).get_by_role(
        "button"
    ).click()
    expect(runs.field("Look at")).to_have_value("perplexity")
    with runs.page.expect_download() as download:
        runs.click("Download CSV")
    assert download.value.path().read_text("utf-8").startswith("index,key,text,target,written")


def test_a_run_is_paused_and_gone_on_with(runs: DataPage) -> None:
    hold = runs.studio.data_dir / "hold"
    hold.write_text("Tale 70 ")
    begin(runs)
    state(runs, 0, "64 of 120")
    runs.click("Pause")
    hold.unlink()
    state(runs, 0, "paused")
    runs.click("Go on")
    state(runs, 0, "120 of 120")


def test_after_a_power_cut_a_run_goes_on_to_the_same_rows(runs: DataPage) -> None:
    begin(runs)
    state(runs, 0, "done")
    hold = runs.studio.data_dir / "hold"
    hold.write_text("Tale 70 ")
    begin(runs)
    expect(runs.rows("Begun")).to_have_count(2)
    state(runs, 0, "64 of 120")
    runs.studio.kill()
    hold.unlink()
    runs.studio.start()
    runs.page.goto(runs.studio.url.replace("/?t=", "/workbench?t="))
    runs.go("runs")
    state(runs, 0, "paused")
    runs.rows("Begun").nth(0).click()
    runs.click("Go on")
    state(runs, 0, "120 of 120")
    kept = [
        (folder / "rows.jsonl").read_bytes()
        for folder in (runs.studio.data_dir / "workbench" / "runs").iterdir()
    ]
    assert kept[0] == kept[1]


def test_two_runs_are_compared(runs: DataPage) -> None:
    begin(runs)
    state(runs, 0, "done")
    begin(runs, seed=2)
    expect(runs.rows("Begun")).to_have_count(2)
    state(runs, 0, "done")
    runs.here.get_by_text("Compare", exact=True).click()
    runs.field("With").select_option(index=1)
    expect(runs.rows("Higher, lower, same")).to_have_count(3)
    expect(runs.rows("Higher, lower, same").first).to_contain_text("119")
    most = runs.here.locator("table:visible").last
    most.locator("tbody tr").first.click()
    expect(runs.here.get_by_role("heading", name=re.compile("^This: Sample"))).to_be_visible()
    expect(runs.here.get_by_role("heading", name=re.compile("^Other: Sample"))).to_be_visible()
