"""The screen: a moving line on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import io

from storygen.launch.screen import QUIET_S, Screen, duration, size


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_what_takes_under_a_second_moves_nothing() -> None:
    stream, clock = Terminal(), Clock()
    progress = Screen(stream, clock).begin("Working")
    clock.now += 0.9
    progress.show("half")
    assert stream.getvalue() == ""


def test_a_terminal_sees_one_line_rewritten_and_wiped_before_the_next() -> None:
    stream, clock = Terminal(), Clock()
    screen = Screen(stream, clock)
    progress = screen.begin("Working")
    clock.now += 2
    progress.show("a long detail")
    clock.now += 2
    progress.show("short")
    screen.say("next")
    first, second, wiped = stream.getvalue().split("\r")[1:4]
    assert first == "  Working … a long detail, 2 s"
    assert second.rstrip() == "  Working … short, 4 s"
    assert len(second) == len(first)
    assert wiped.strip() == ""
    assert stream.getvalue().endswith("\rnext\n")


def test_a_file_gets_a_line_only_now_and_then() -> None:
    stream, clock = io.StringIO(), Clock()
    progress = Screen(stream, clock).begin("Working")
    for _ in range(25):
        clock.now += 1
        progress.show()
    assert len(stream.getvalue().splitlines()) == int(25 // QUIET_S)


def test_letters_that_the_terminal_cannot_show_become_question_marks() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="cp1252", newline="")
    Screen(stream).say("é → 小")
    assert raw.getvalue() == b"\xe9 ? ?\n"


def test_times_and_sizes_read_as_a_person_would_say_them() -> None:
    assert [duration(4.7), duration(125)] == ["4 s", "2 min 05 s"]
    assert [size(740_000), size(12_340_000), size(1.2e9)] == ["740 KB", "12.3 MB", "1.20 GB"]
