"""Text that runs from the right."""

from __future__ import annotations

import pytest

from tests.browser.room import Room

pytestmark = pytest.mark.browser

SIDES = """() => [...document.querySelectorAll(".cm-line")].map((line) => {
  const range = document.createRange();
  range.selectNodeContents(line);
  const [text, whole] = [range.getBoundingClientRect(), line.getBoundingClientRect()];
  return text.left - whole.left < 2 ? "left" : whole.right - text.right < 2 ? "right" : "between";
})"""


def test_each_paragraph_runs_from_the_side_where_its_letters_begin(room: Room) -> None:
    room.write("Ada came home.\n«كان الفانوس» Ada.\n… שלום.\n1. One.")
    assert room.page.evaluate(SIDES) == ["left", "right", "right", "left"]
