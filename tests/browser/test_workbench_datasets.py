"""The page of datasets in a browser: samples, tokens, search, columns chosen by hand, files added."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.data_pages import DataPage, data_studio, dataset

__all__ = ["data_studio", "dataset"]

pytestmark = pytest.mark.browser


def open_tales(page: DataPage) -> None:
    page.field("Dataset").select_option("tales.jsonl")
    expect(page.here.get_by_text("Tale 0 of the sea", exact=True).last).to_be_visible()


def test_a_sample_is_read_token_by_token(dataset: DataPage) -> None:
    open_tales(dataset)
    expect(dataset.here.get_by_text("5 tokens, 8 with the target")).to_be_visible()
    expect(dataset.element("tokens")).to_contain_text("Tale·0·of·the·sea")
    told = "Guessed by their names: prompt is the text, completion is the target."
    expect(dataset.here.get_by_text(told)).to_be_visible()


def test_one_steps_by_keys_over_a_broken_line_and_markup(dataset: DataPage) -> None:
    open_tales(dataset)
    dataset.page.keyboard.press("Alt+n")
    expect(dataset.here.get_by_role("heading", name="Sample 2", exact=True)).to_be_visible()
    dataset.page.keyboard.press("Alt+n")
    expect(
        dataset.here.get_by_text(re.compile(r"^This sample can't be read.*line 3"))
    ).to_be_visible()
    dataset.page.keyboard.press("Alt+n")
    expect(dataset.here.get_by_text("<b>bold</b> 👩‍🚀", exact=True).last).to_be_visible()
    assert dataset.here.locator("b").count() == 0
    dataset.page.keyboard.press("Alt+p")
    dataset.page.keyboard.press("Alt+p")
    expect(dataset.here.get_by_role("heading", name="Sample 2", exact=True)).to_be_visible()


def test_rows_and_found_samples_are_picked(dataset: DataPage) -> None:
    open_tales(dataset)
    expect(dataset.rows("completion")).to_have_count(20)
    dataset.rows("completion").nth(6).click()
    expect(dataset.here.get_by_role("heading", name="Sample 7", exact=True)).to_be_visible()
    dataset.field("Search").fill("tale 11")
    dataset.page.keyboard.press("Enter")
    expect(dataset.here.get_by_text("11 found in 120")).to_be_visible()
    dataset.rows("Found").nth(1).click()
    expect(dataset.here.get_by_role("heading", name="Sample 111", exact=True)).to_be_visible()


def test_columns_are_chosen_and_remembered(dataset: DataPage) -> None:
    open_tales(dataset)
    dataset.here.get_by_text("Text and target", exact=True).click()
    dataset.here.get_by_role("checkbox", name="id", exact=True).check()
    expect(dataset.here.get_by_text("Tale 0 of the sea\n\n0").last).to_be_visible()
    dataset.page.reload()
    dataset.go("dataset")
    open_tales(dataset)
    chosen = "Chosen: prompt and id are the text, completion is the target."
    expect(dataset.here.get_by_text(chosen)).to_be_visible()


def test_splits_of_a_folder_are_chosen(dataset: DataPage) -> None:
    dataset.field("Dataset").select_option("parts")
    expect(dataset.here.get_by_text("One train text").last).to_be_visible()
    dataset.field("Split").select_option("test")
    expect(dataset.here.get_by_text("One test text").last).to_be_visible()


def test_a_file_is_added_and_its_lengths_measured(dataset: DataPage, tmp_path: Path) -> None:
    path = tmp_path / "more.jsonl"
    rows = [{"text": "word " * (at % 50)} for at in range(5000)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    dataset.here.get_by_text("Add or remove", exact=True).click()
    dataset.here.locator('input[type="file"]').set_input_files(path)
    expect(dataset.field("Dataset")).to_have_value("more.jsonl")
    dataset.here.get_by_text("Lengths", exact=True).click()
    dataset.click("Measure")
    expect(dataset.here.get_by_text("Of 2,000 samples")).to_be_visible()
    expect(dataset.rows("median")).to_have_count(2)
    dataset.click("Move to the bin")
    expect(dataset.field("Dataset").locator("option", has_text="more")).to_have_count(0)


def test_the_library_without_stories_says_so(dataset: DataPage) -> None:
    dataset.field("Dataset").select_option("Your stories")
    expect(dataset.here.get_by_text(re.compile("There are no stories"))).to_be_visible()
