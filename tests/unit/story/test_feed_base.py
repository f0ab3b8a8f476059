"""Where the text begins that a worker is given: far enough back, at a line's start, and seldom elsewhere."""

from __future__ import annotations

import pytest

from storygen.story.feed import feed_base

WANTED = 4000


@pytest.mark.parametrize(
    "line", ["She went down to the sea.\n", "猫は海を見ていた。\n", "x" * 9000 + "\n"]
)
def test_it_moves_in_large_steps_while_a_story_grows(line: str) -> None:
    text = bytearray((line * 4000)[:60_000].encode())
    points = range(0, 60_000, 200)
    bases = [feed_base(text, point, WANTED) for point in points]
    assert len(set(bases)) <= 60_000 // (WANTED // 2) + 1
    for point, base in zip(points, bases, strict=True):
        assert base <= point - WANTED * 3 // 4 or base == 0
        assert point - base <= WANTED * 3 // 2 + 1
        assert text[base] & 0xC0 != 0x80
        assert base == 0 or len(line) > WANTED or text[base - 1 : base] == b"\n"
