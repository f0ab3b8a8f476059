"""An error in the middle of an update: memory is thrown away, the log is not, and everybody goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pycrdt import Text

from tests.protocol.faulty_server import MENDED, TRIGGER
from tests.protocol.studio_client import ServerAwayError, StudioClient
from tests.server_process import ServerProcess


@pytest.fixture(params=["eventlet", "threading"])
def server(
    tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ServerProcess]:
    monkeypatch.setenv("STORYGEN_FAULT_DIR", str(tmp_path))
    module = "tests.protocol.faulty_server"
    process = ServerProcess(tmp_path, async_mode=request.param, token_ms=5, module=module).start()
    yield process
    process.stop()


def _type_what_breaks(root: Text) -> None:
    """Two structs: the one to the left goes in before the other fails."""
    root.insert(0, "half done ")
    root.insert(len(str(root)), TRIGGER)


def _refused_as_broken(browser: StudioClient, story: str, update: bytes) -> None:
    """The answer says so; under load the hanging up may overtake it."""
    try:
        answer = browser.call("doc_update", {"story": story, "update": update})
    except ServerAwayError:
        return
    assert answer["error"]["code"] == "internal" and "opened again" in answer["error"]["message"]


def test_an_error_in_the_middle_of_an_update_costs_nothing_that_is_stored(
    server: ServerProcess, tmp_path: Path
) -> None:
    with (
        StudioClient(server.url, server.token) as browser,
        StudioClient(server.url, server.token) as other,
        StudioClient(server.url, server.token) as elsewhere,
    ):
        untouched = elsewhere.create("Another story")
        story = browser.create("Once")
        watching = other.open(story.id)
        run = story.start()
        story.wait_tokens(5, run)
        watching.wait_tokens(5, run)
        lost = story.edit(_type_what_breaks)
        answer = browser.call("doc_update", {"story": story.id, "update": lost})
        assert (
            answer["error"]["code"] == "internal" and "opened again" in answer["error"]["message"]
        )
        browser.wait(lambda: not browser.connected, "the writer is sent away")
        other.wait(lambda: not other.connected, "and so is the other window")
        untouched.append("!")
        assert str(untouched) == "Another story!"
    with (
        StudioClient(server.url, server.token) as browser,
        StudioClient(server.url, server.token) as other,
    ):
        # Both come back with the copies that they had; what they were told is what is stored.
        again = browser.open(story.id)
        assert "half done" not in str(again) and TRIGGER not in str(again)
        written = str(again).removeprefix("Once").split()
        assert written == [f"w{index}" for index in range(len(written))] and len(written) >= 5
        assert str(watching) == str(again)[: len(str(watching))]
        assert again.runs[run]["reason"] == "interrupted"
        (tmp_path / MENDED).touch()
        again.send(story.doc.get_update(again.doc.get_state()))
        assert TRIGGER in str(other.open(story.id)) and "half done" in str(other.open(story.id))
        resumed = browser.ok("run_resume", run=run)["run"]["id"]
        again.wait_tokens(len(written) + 10)
        browser.ok("run_stop", run=resumed)
        again.wait_state(resumed, "ended", "stopped")
        assert "a fault put in" in server.log()


def test_a_story_that_breaks_each_time_still_answers_and_can_be_read(
    server: ServerProcess,
) -> None:
    with StudioClient(server.url, server.token) as browser:
        story = browser.create("Once")
        lost = story.edit(_type_what_breaks)
    for _ in range(3):
        with StudioClient(server.url, server.token) as browser:
            assert str(browser.open(story.id)) == "Once"
            _refused_as_broken(browser, story.id, lost)
    with StudioClient(server.url, server.token) as browser:
        browser.ok("story_bin", story=story.id)
        browser.ok("story_delete", story=story.id)
