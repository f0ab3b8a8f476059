"""A real Chromium against the real server with a scripted worker.

`studio` is a server of its own for each test, `room` the page in it. Whatever a test does, the page may
not break its Content-Security-Policy nor throw: `room` checks that at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.browser.bench import BenchPage, demo
from tests.browser.room import Room, Studio, make_models, watch
from tests.browser.staged import Stage
from tests.browser.staged_context import stage_context
from tests.browser.token_stub import answer_in_the_page

PHONE = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}


@pytest.fixture
def studio(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Studio]:
    """A running server; `@pytest.mark.parametrize("studio", [{...}], indirect=True)` sets its environment."""
    made = Studio(
        tmp_path / "data", make_models(tmp_path / "models"), getattr(request, "param", {})
    )
    made.start()
    yield made
    if made.process:
        made.stop()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """A browser profile of its own, as wide as a laptop."""
    made = chromium.new_context(viewport={"width": 1280, "height": 800})
    made.grant_permissions(["clipboard-read", "clipboard-write"])
    made.set_default_timeout(15_000)
    yield made
    made.close()


@pytest.fixture
def room(context: BrowserContext, studio: Studio) -> Iterator[Room]:
    """The open page of a first visit."""
    made = Room(context.new_page(), studio)
    watch(made.page, made)
    made.open()
    yield made
    assert made.broken == []


@pytest.fixture
def second(context: BrowserContext, room: Room) -> Iterator[Room]:
    """A second window on the same story."""
    made = Room(context.new_page(), room.studio)
    watch(made.page, made)
    made.open()
    yield made
    assert made.broken == []


@pytest.fixture
def phone(chromium: Browser, studio: Studio) -> Iterator[Room]:
    """The page on a phone."""
    context = chromium.new_context(**PHONE)  # type: ignore[arg-type]
    context.set_default_timeout(15_000)
    made = Room(context.new_page(), studio)
    watch(made.page, made)
    made.open()
    yield made
    context.close()
    assert made.broken == []


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """What the worker of `staged_studio` does is in the test's hands."""
    return Stage(tmp_path / "stage")


@pytest.fixture
def staged_studio(tmp_path: Path, stage: Stage) -> Iterator[Studio]:
    """A running server whose worker does what `stage` says."""
    environ = {"STORYGEN_STAGE": str(stage.folder)}
    models = make_models(tmp_path / "models")
    made = Studio(tmp_path / "data", models, environ, module="tests.browser.staged")
    made.start()
    yield made
    if made.process:
        made.stop()


@pytest.fixture
def staged(
    context: BrowserContext, staged_studio: Studio, stage: Stage
) -> Iterator[tuple[Room, Stage]]:
    """The page, and the worker in the test's hands."""
    made = Room(context.new_page(), staged_studio)
    watch(made.page, made)
    made.open()
    yield made, stage
    assert [one for one in made.broken if "401" not in one] == []  # what is refused, is told


@pytest.fixture
def staged_phone(
    chromium: Browser, staged_studio: Studio, stage: Stage
) -> Iterator[tuple[Room, Stage]]:
    """The page on a phone, and the worker in the test's hands."""
    context = chromium.new_context(**PHONE)  # type: ignore[arg-type]
    context.set_default_timeout(15_000)
    made = Room(context.new_page(), staged_studio)
    watch(made.page, made)
    made.open()
    yield made, stage
    context.close()
    assert made.broken == []


@pytest.fixture
def staged_contexts(context: BrowserContext) -> None:
    """What the model would read, in every page of the test."""
    stage_context(context)


@pytest.fixture
def pocket(chromium: Browser, studio: Studio) -> Iterator[Room]:
    """The page on a phone; what the model would read is `staged_context`'s."""
    context = chromium.new_context(**PHONE)  # type: ignore[arg-type]
    context.set_default_timeout(15_000)
    stage_context(context)
    made = Room(context.new_page(), studio)
    watch(made.page, made)
    made.open()
    yield made
    context.close()
    assert made.broken == []


@pytest.fixture
def tokens(context: BrowserContext, studio: Studio) -> Iterator[Room]:
    """The page of a first visit, with tokens answered in it."""
    made = Room(context.new_page(), studio)
    watch(made.page, made)
    answer_in_the_page(made.page)
    made.open()
    yield made
    assert made.broken == []


@pytest.fixture
def tokens_phone(chromium: Browser, studio: Studio) -> Iterator[Room]:
    """The page on a phone, with tokens answered in it."""
    context = chromium.new_context(**PHONE)  # type: ignore[arg-type]
    context.set_default_timeout(15_000)
    made = Room(context.new_page(), studio)
    watch(made.page, made)
    answer_in_the_page(made.page)
    made.open()
    yield made
    context.close()
    assert made.broken == []


@pytest.fixture(scope="session")
def demo_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A workbench with every element on it, for all tests that leave its server alone."""
    made = demo(tmp_path_factory.mktemp("demo"))
    made.start()
    yield made
    made.stop()


@pytest.fixture
def bench(context: BrowserContext, demo_studio: Studio) -> Iterator[BenchPage]:
    """The workbench in a browser profile of its own, and so with pages of its own."""
    made = BenchPage.opened(context, demo_studio)
    yield made
    assert made.broken == []


@pytest.fixture
def bench_phone(chromium: Browser, demo_studio: Studio) -> Iterator[BenchPage]:
    """The workbench on a phone."""
    context = chromium.new_context(**PHONE)  # type: ignore[arg-type]
    context.set_default_timeout(15_000)
    made = BenchPage.opened(context, demo_studio)
    yield made
    context.close()
    assert made.broken == []
