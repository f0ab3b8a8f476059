"""docs/THEMES.md: the variables that a user may set are the page's own, and its example can be read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
THEMES = (ROOT / "docs" / "THEMES.md").read_text("utf-8")
BASE = (ROOT / "static" / "css" / "base.css").read_text("utf-8")
EXAMPLE = re.findall(r"```css\n(.*?)```", THEMES, re.S)[0]
DECLARED = re.compile(r"^\s*(--[\w-]+):\s*([^;]+);", re.M)
LEAST = 4.5
PAIRS = (
    *(("ink", ground) for ground in ("paper", "raised", "sunk")),
    *(("soft", ground) for ground in ("paper", "raised", "sunk")),
    ("model", "paper"),
    ("on-accent", "accent"),
    ("on-accent", "accent-hover"),
)


def test_every_variable_that_the_document_names_is_the_pages_and_every_one_of_the_page_is_named() -> (
    None
):
    page = {name for name, _ in DECLARED.findall(BASE)}
    named = set(re.findall(r"`(--[\w-]+)`", THEMES))
    assert named == page
    assert {name for name, _ in DECLARED.findall(EXAMPLE)} <= page


def blocks() -> list[dict[str, str]]:
    """The example's rules, each as a theme over the page's own."""
    found = re.findall(r":root[^{]*\{([^}]*)\}", EXAMPLE)
    return [dict(DECLARED.findall(block)) for block in found]


def test_the_example_says_the_same_of_dark_wherever_it_comes_from() -> None:
    light, dark, by_system = blocks()
    assert dark == by_system
    assert set(dark) <= set(light)


@pytest.mark.parametrize("side", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_the_examples_text_can_be_read(side: int, text: str, ground: str) -> None:
    theme = blocks()[side]
    light, dark = sorted(
        (luminance(theme[f"--{text}"]), luminance(theme[f"--{ground}"])), reverse=True
    )
    assert (light + 0.05) / (dark + 0.05) >= LEAST


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb. Source: WCAG 2.2."""
    shares = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
