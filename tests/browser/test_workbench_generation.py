"""The page of generations in a browser: texts that stream, models that go wrong, numbers, files."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

ROOT = Path(__file__).resolve().parents[2]
SHADED = re.compile(r"\bheat-\d")

pytestmark = pytest.mark.browser


class Playground:
    """The page as one who trains models uses it."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.broken, self.rounds = page, list[str](), 0
        page.on("pageerror", lambda error: self.broken.append(str(error)))
        page.on(
            "console",
            lambda said: self.broken.append(said.text) if said.type == "error" else None,
        )
        page.goto(url)
        self.button("Generate").wait_for()

    def button(self, name: str) -> Locator:
        return self.page.locator("#pages").get_by_role("button", name=name)

    def number(self, label: str, value: int) -> None:
        field = self.page.get_by_role("spinbutton", name=label, exact=True)
        field.fill(str(value))
        field.press("Tab")

    def choose(self, *names: str) -> None:
        for box in (
            self.page.get_by_role("group", name="Models, side by side")
            .get_by_role("checkbox")
            .all()
        ):
            box.uncheck()
        for name in names:
            self.page.get_by_role("checkbox", name=name, exact=True).check()

    def column(self, title: str) -> Locator:
        heading = self.page.get_by_role("heading", name=title, exact=True)
        return self.page.locator(".wb-panel").filter(has=heading)

    def texts(self, title: str) -> Locator:
        return self.column(title).locator(".wb-token-text:visible")

    def generate(self) -> None:
        """Press Generate, and wait until all models are done."""
        self.rounds += 1
        self.button("Generate").click()
        expect(self.page.get_by_text(re.compile(rf"^{self.rounds}\. "))).to_be_visible()
        expect(self.button("Generate")).to_be_visible(timeout=120_000)


@contextmanager
def served(tmp_path: Path, *options: str) -> Iterator[str]:
    """The program's address; it ends with the block."""
    command = [sys.executable, "-m", "tests.workbench_writers", "--data-dir", str(tmp_path)]
    with subprocess.Popen([*command, *options], cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout
        try:
            yield next(
                found.group()
                for line in process.stdout
                if (found := re.search(r"http://\S+", line.decode()))
            )
        finally:
            process.terminate()


@contextmanager
def opened(chromium: Browser, url: str) -> Iterator[Playground]:
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    try:
        context.set_default_timeout(20_000)
        made = Playground(context.new_page(), url)
        made.number("Most tokens", 8)
        yield made
        assert made.broken == []
    finally:
        context.close()


@pytest.fixture(scope="module")
def writers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("writers")) as url:
        yield url


@pytest.fixture
def playground(chromium: Browser, writers: str) -> Iterator[Playground]:
    with opened(chromium, writers) as made:
        yield made


def test_two_models_write_beside_the_target_and_are_compared(playground: Playground) -> None:
    playground.choose("tiny", "words")
    playground.number("Texts", 2)
    playground.generate()
    expect(playground.column("Target")).to_contain_text(" there was a <b>house</b>.")
    for name in ("tiny", "words"):
        expect(playground.texts(name)).to_have_count(3)  # two texts, and the target as it sees it
        expect(playground.texts(name).last).to_have_text("there was a <b>house</b>.")
        expect(playground.texts(name).first.locator(".wb-token")).to_have_count(8)
    table = playground.page.get_by_role("table")
    expect(table.get_by_role("columnheader", name="Letters")).to_be_visible()
    expect(table.get_by_role("row")).to_have_count(1 + 2 * 3)
    expect(table.get_by_role("row").nth(1)).to_contain_text(re.compile(r"tiny.*\d+ letters"))
    bars = playground.page.locator(".wb-bar")
    expect(bars).to_have_count(4)  # the mean, two texts, the target
    playground.page.get_by_label("Compare by").select_option("F1")
    expect(bars).to_have_count(3)
    expect(bars.first).to_contain_text("%")


def test_the_same_seed_writes_the_same(playground: Playground) -> None:
    playground.choose("tiny")
    playground.generate()
    first = playground.texts("tiny").first.inner_text()
    playground.generate()
    assert playground.texts("tiny").first.inner_text() == first
    playground.number("Seed", 77)
    playground.generate()
    assert playground.texts("tiny").first.inner_text() != first


def test_a_text_streams_and_can_be_stopped(playground: Playground) -> None:
    playground.choose("held")
    playground.button("Generate").click()
    expect(playground.texts("held").first.locator(".wb-token")).to_have_count(1)
    expect(playground.column("held")).to_contain_text("writing")
    expect(playground.button("Generate")).to_be_hidden()
    playground.button("Stop").click()
    expect(playground.column("held")).to_contain_text("1 token · stopped")
    expect(playground.button("Generate")).to_be_visible()


def test_what_goes_wrong_stands_beside_its_own_column(playground: Playground) -> None:
    playground.choose("raising", "nan", "words")
    playground.generate()
    raising = playground.column("raising")
    expect(raising).to_contain_text("ValueError: bad <weights>")
    raising.get_by_text("Where it happened").click()
    expect(raising).to_contain_text("in before_token")
    expect(playground.column("nan")).to_contain_text("no numbers (NaN)")
    expect(playground.texts("words").first.locator(".wb-token")).to_have_count(8)


def test_shades_say_how_probable_a_token_was(playground: Playground) -> None:
    playground.choose("words")
    playground.generate()
    rare = playground.texts("words").first.locator(".wb-token").nth(4)
    expect(rare).to_have_class(SHADED)
    expect(rare).to_have_attribute("data-hint", re.compile("^0.1 % · rank 5 · entropy 1.00 nats"))
    playground.page.get_by_label("Colour tokens by probability").uncheck()
    expect(rare).not_to_have_class(SHADED)


def test_what_was_written_outlives_a_reload_and_can_be_taken_away(playground: Playground) -> None:
    playground.choose("words")
    playground.generate()
    text = playground.texts("words").first.inner_text()
    playground.page.reload()
    expect(playground.texts("words").first).to_have_text(text, use_inner_text=True)
    with playground.page.expect_download() as coming:
        playground.button("Download").click()
    (line,) = coming.value.path().read_text("utf-8").splitlines()
    record = json.loads(line)
    assert (record["model"], record["seed"], len(record["tokens"])) == ("words", 1, 8)
    assert record["targets"] == [" there was a <b>house</b>."]
    playground.button("Clear").click()
    expect(playground.texts("words")).to_have_count(0)
    expect(playground.button("Download")).to_be_hidden()


def test_a_parameter_that_is_wrong_says_so_and_nothing_starts(playground: Playground) -> None:
    playground.page.get_by_text("More sampling parameters").click()
    playground.page.get_by_label("Token bias").fill("nonsense")
    playground.page.get_by_label("Token bias").press("Tab")
    expect(playground.page.get_by_text("token = bias")).to_be_visible()
    expect(playground.page.get_by_text("More sampling parameters (1 changed)")).to_be_visible()


@pytest.mark.model
@pytest.mark.slow
def test_the_default_model_writes_and_tells_its_probabilities(
    chromium: Browser, tmp_path: Path
) -> None:
    with served(tmp_path, "--default-model") as url, opened(chromium, url) as playground:
        playground.choose("Default", "words")
        playground.generate()
        text = playground.texts("Default").first
        expect(text.locator(".wb-token")).to_have_count(8)
        second = text.locator(".wb-token").nth(1)
        expect(second).to_have_attribute("data-hint", re.compile(r"rank \d.* entropy \d"))
        rows = playground.page.get_by_role("table").get_by_role("row")
        expect(rows.nth(1)).to_contain_text(re.compile(r"Default.*\d+ letters.*\d\.\d\d"))
