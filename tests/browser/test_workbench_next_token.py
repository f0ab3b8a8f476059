"""The page that goes through a text, in a browser: by clicks and by keys, with trigrams and a tiny model."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from tests.browser.bench import BenchPage
from tests.browser.room import Studio

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def trigrams(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    folder = tmp_path_factory.mktemp("next")
    made = Studio(folder / "data", folder / "models", module="tests.next_token_demo")
    made.start()
    yield made
    made.stop()


@pytest.fixture
def stepping(context: BrowserContext, trigrams: Studio) -> Iterator[BenchPage]:
    made = BenchPage.opened(context, trigrams, "next-token")
    made.click("Begin")
    expect(bars(made).first).to_be_visible()
    yield made
    assert made.broken == []


def bars(page: BenchPage, at: int = 0) -> Locator:
    return page.element("bars", at).get_by_role("option")


def so_far(page: BenchPage) -> Locator:
    return page.element("tokens", 0)


def fact(page: BenchPage, name: str) -> Locator:
    return page.here.locator(".wb-facts").get_by_text(name, exact=True).locator("xpath=..")


def test_the_true_token_is_marked_and_gone_on_with_by_its_key(stepping: BenchPage) -> None:
    expect(bars(stepping).first).to_contain_text("came")
    expect(fact(stepping, "Should come")).to_contain_text("' came'")
    stepping.page.keyboard.press("Alt+t")
    expect(so_far(stepping)).to_contain_text("came")
    expect(fact(stepping, "Should come")).to_contain_text("' over'")
    stepping.page.keyboard.press("Alt+b")
    expect(fact(stepping, "Should come")).to_contain_text("' came'")


def test_a_bar_is_clicked_and_the_page_goes_on_from_there(stepping: BenchPage) -> None:
    bars(stepping).nth(1).click()
    expect(fact(stepping, "Tokens chosen")).to_contain_text("1")
    expect(so_far(stepping)).not_to_contain_text("came")
    stepping.field("Go on with").fill(" over the sea")
    stepping.page.keyboard.press("Enter")
    expect(so_far(stepping)).to_contain_text("over the sea")
    expect(fact(stepping, "Tokens chosen")).to_contain_text("4")


def test_a_click_on_the_most_surprising_place_goes_there(stepping: BenchPage) -> None:
    worst = stepping.element("table").get_by_role("row").nth(1)
    expect(worst).to_contain_text("keeper")
    worst.click()
    expect(so_far(stepping)).to_contain_text("came over the harbour, and the")
    expect(fact(stepping, "Should come")).to_contain_text("' keeper'")


def test_a_real_model_is_explained_where_it_stands(stepping: BenchPage) -> None:
    stepping.field("Model").select_option("tiny")
    expect(stepping.here.get_by_text("Something else stands above now.")).to_be_visible()
    stepping.click("Begin")
    expect(fact(stepping, "Vocabulary")).to_contain_text("480")
    opened(stepping, "Layers").get_by_role("button", name=re.compile("^Show layers")).click()
    expect(stepping.here.get_by_text("What the model would say next")).to_be_visible()
    expect(opened(stepping, "Layers")).to_contain_text("layer 2")
    opened(stepping, "Attention").get_by_role("button", name=re.compile("^Show att")).click()
    expect(opened(stepping, "Attention")).to_contain_text("every layer, mean of its heads")
    words = opened(stepping, "Words")
    words.get_by_role("button", name=re.compile("^Leave words out")).click()
    expect(words).to_contain_text("nats")
    stepping.page.keyboard.press("Alt+t")
    expect(stepping.here.get_by_text("What the model would say next")).to_be_hidden()


def opened(page: BenchPage, title: str) -> Any:
    part = page.here.locator(".wb-collapsible", has_text=re.compile(f"^{title}:")).last
    if part.get_attribute("open") is None:
        part.locator("summary").first.click()
    return part
