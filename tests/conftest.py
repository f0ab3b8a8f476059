"""What a machine lacks is skipped, loudly; under CI=true a skipped test fails the run."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
DEFAULT_MODEL = ROOT / "models" / "smollm2-135m-instruct"
BROWSERS = (
    "chromium-headless-shell",  # the same page for half of the work
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge"),
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
IN_CI = os.environ.get("CI", "").lower() in ("true", "1")


def pytest_configure() -> None:
    """Tells the browser tests, in STORYGEN_CHROMIUM, which browser to drive."""
    found = os.environ.get("STORYGEN_CHROMIUM") or next(
        filter(None, map(shutil.which, BROWSERS)), ""
    )
    os.environ["STORYGEN_CHROMIUM"] = found


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("browser") and not os.environ["STORYGEN_CHROMIUM"]:
        pytest.skip("no Chromium, Chrome or Edge was found")
    if item.get_closest_marker("model") and not (DEFAULT_MODEL / "config.json").is_file():
        pytest.skip(f"{DEFAULT_MODEL} is not there")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The browser that STORYGEN_CHROMIUM names; one for all, since only one driver can run at a time."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # Drawing as a graphics card would, without one, takes a fifth of what the browser takes.
        browser = playwright.chromium.launch(
            executable_path=os.environ["STORYGEN_CHROMIUM"],
            args=["--no-sandbox", "--disable-gpu", "--disable-software-rasterizer"],
        )
        yield browser
        browser.close()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    skipped = skipped_tests(session.config)
    if skipped and IN_CI and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = skipped_tests(terminalreporter.config)
    if skipped:
        consequence = "here nothing may be skipped, so the run fails" if IN_CI else "not tried here"
        terminalreporter.section(f"{skipped} SKIPPED: {consequence}", red=IN_CI, yellow=not IN_CI)


def skipped_tests(config: pytest.Config) -> int:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    return len(reporter.stats.get("skipped", [])) if reporter else 0
