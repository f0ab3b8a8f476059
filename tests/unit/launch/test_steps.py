"""Stamps and steps: what is done stays done, what was interrupted is done again."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from storygen.launch.errors import LaunchError, mend_for
from storygen.launch.screen import Progress, Screen
from storygen.launch.stamps import Stamps, digest_of
from storygen.launch.steps import Step, carry_out


@pytest.fixture
def stamps(tmp_path: Path) -> Stamps:
    return Stamps(tmp_path / "stamps")


def attempt(stamps: Stamps, *steps: Step) -> tuple[LaunchError, ...]:
    return carry_out(steps, stamps, Screen(io.StringIO()))


def make_step(done: list[str], *, digest: str = "1", there: bool = True, without: str = "") -> Step:
    return Step("a", "A", digest, lambda: there, lambda progress: done.append(digest), without)


def fail(progress: Progress) -> None:
    raise LaunchError("no")


def test_a_step_is_carried_out_once(stamps: Stamps) -> None:
    done: list[str] = []
    attempt(stamps, make_step(done))
    attempt(stamps, make_step(done))
    assert done == ["1"]


def test_a_step_is_carried_out_again_when_what_it_depends_on_changes(stamps: Stamps) -> None:
    done: list[str] = []
    attempt(stamps, make_step(done, digest="1"))
    attempt(stamps, make_step(done, digest="2"))
    assert done == ["1", "2"]


def test_a_step_is_carried_out_again_when_its_result_is_gone(stamps: Stamps) -> None:
    done: list[str] = []
    attempt(stamps, make_step(done))
    attempt(stamps, make_step(done, there=False))
    assert done == ["1", "1"]


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, LaunchError("no"), SystemExit])
def test_a_step_that_did_not_end_leaves_no_stamp_not_even_its_old_one(
    stamps: Stamps, interruption: BaseException
) -> None:
    def interrupted(progress: Progress) -> None:
        raise interruption

    attempt(stamps, make_step([], digest="1"))
    with pytest.raises((KeyboardInterrupt, LaunchError, SystemExit)):
        attempt(stamps, Step("a", "A", "2", lambda: True, interrupted))
    assert not stamps.exists("a")


def test_a_failed_step_stops_those_after_it(stamps: Stamps) -> None:
    done: list[str] = []
    with pytest.raises(LaunchError):
        attempt(stamps, Step("b", "B", "1", lambda: True, fail), make_step(done))
    assert done == []


def test_a_step_that_can_be_done_without_is_reported_and_tried_again_next_time(
    stamps: Stamps,
) -> None:
    done: list[str] = []
    optional = Step("b", "B", "1", lambda: True, fail, without="It goes without.")
    assert [error.message for error in attempt(stamps, optional, make_step(done))] == ["no"]
    assert done == ["1"]
    assert not stamps.exists("b")


def test_a_damaged_stamp_counts_as_none(stamps: Stamps) -> None:
    stamps.write("a", "1")
    (stamps.folder / "a").write_bytes(b"\xff\xfe")
    assert not stamps.holds("a", "1")


def test_a_digest_sees_contents_names_and_missing_files_but_not_line_ends(tmp_path: Path) -> None:
    file, other = tmp_path / "file", tmp_path / "other"
    file.write_bytes(b"a\nb\n")
    first = digest_of(["x", file])
    assert digest_of(["x", file]) == first
    assert digest_of(["y", file]) != first
    assert digest_of(["x", other]) != first
    other.write_bytes(b"a\nb\n")
    assert digest_of(["x", other]) != first
    file.write_bytes(b"a\r\nb\r\n")
    assert digest_of(["x", file]) == first
    file.write_bytes(b"c\n")
    assert digest_of(["x", file]) != first


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("SSLError(CERTIFICATE_VERIFY_FAILED)", "PIP_CERT"),
        ("npm error code ENOTFOUND", "internet connection"),
        (
            "Failed to establish a new connection: [Errno -3] Temporary failure in name resolution",
            "proxy",
        ),
        ("PermissionError: [WinError 5] Access is denied", "Close other StoryGen windows"),
        ("[WinError 206] The filename or extension is too long", "shorter"),
        ("Segmentation fault", "Start again"),
    ],
)
def test_a_failure_comes_with_what_to_do_about_it(output: str, words: str) -> None:
    assert words in mend_for(output)
