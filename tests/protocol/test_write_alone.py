"""`python -m storygen write`: streamed, kept, annotated, stopped by Ctrl+C, and refused with a reason."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from storygen.errors import BadRequestError, NotFoundError
from storygen.preferences import statistics_json
from storygen.preferences.ranges import DEFAULTS
from storygen.preferences.statistics import Statistics, gather
from storygen.server import tastes_given, write_alone
from storygen.server.tastes_given import GivenTastes, from_file, from_url
from tests.server_process import ROOT, ServerProcess, free_port
from tests.unit.registry.registry_made import model_folder

DEADLINE_S = 90


def begun(home: Path, *options: str, script: str = "named") -> subprocess.Popen[str]:
    if not (home / "models").exists():
        model_folder(home / "models" / "test")
    environment = {**os.environ, "STORYGEN_SCRIPT": script, "STORYGEN_TOKEN_MS": "2"}
    places = ["--models-dir", str(home / "models"), "--data-dir", str(home / "data")]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.write", *places, *options],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wrote(home: Path, *options: str, **more: str) -> tuple[int, str, str]:
    process = begun(home, *options, **more)
    out, errors = process.communicate(timeout=DEADLINE_S)
    return process.returncode, out, errors


def test_it_writes_and_says_of_each_span_who_wrote_it_with_what(tmp_path: Path) -> None:
    story, out, notes = (tmp_path / name for name in ("story.txt", "out.txt", "notes.json"))
    story.write_text("Once 🙂", "utf-8")
    files = ["--story", str(story), "--out", str(out), "--annotations", str(notes)]
    code, told, errors = wrote(tmp_path, *files, "--steps", "2", "--cards", "2", "--seed", "5")
    assert (code, errors) == (0, "")
    text = out.read_text("utf-8")
    assert told == text + "\n" and text.startswith("Once 🙂 w0:")
    found: dict[str, Any] = json.loads(notes.read_text("utf-8"))
    assert found["text"] == text == "".join(span["text"] for span in found["spans"])
    person, *steps = found["spans"]
    assert person == {"text": "Once 🙂", "author": "person"}
    assert [(one["author"], one["step"], one["picker"]) for one in steps] == [
        ("model", 1, "logprob"),
        ("model", 2, "logprob"),
    ]
    for one in steps:
        assert one["policy"] == "random" and 0.5 <= one["params"]["temperature"] <= 1.3
        assert "".join(token for token, _ in one["logprobs"]) == one["text"]
        (other,) = one["passed_over"]
        assert other["text"] and other["text"] != one["text"] and other["logprobs"]


def test_it_streams_and_ctrl_c_keeps_what_is_there(tmp_path: Path) -> None:
    out = tmp_path / "out.txt"
    process = begun(tmp_path, "--prompt", "Once", "--steps", "0", "--out", str(out))
    assert process.stdout is not None and process.stderr is not None
    with process:
        seen = process.stdout.read(60)
        assert seen.startswith(" w0:")
        process.send_signal(signal.SIGINT)
        rest, errors = process.stdout.read(), process.stderr.read()
        assert process.wait(DEADLINE_S) == 0
    assert "Stopped" in errors and "Traceback" not in errors
    assert out.read_text("utf-8") + "\n" == seen + rest


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "something to begin with"),
        (["--prompt", "x", "--model", "found:none"], "found:none"),
        (["--prompt", "x", "--cards", "1"], "2 to 9"),
        (["--prompt", "x", "--picker", "magic"], "picker"),
        (["--prompt", "x", "--steps", "2000"], "steps"),
        (["--prompt", "x", "--preferences", "own"], "no choices yet"),
        (["--prompt", "x", "--preferences", "nowhere.json"], "nowhere.json"),
        (["--prompt", "x", "--preferences", "ftp://a.b/c"], "http or https"),
        (["--prompt", "x", "--out", "/nowhere/at/all.txt"], "no folder"),
        (["--story", "/nowhere.txt"], "nowhere.txt"),
    ],
)
def test_what_it_can_not_do_it_says(tmp_path: Path, options: list[str], words: str) -> None:
    code, told, errors = wrote(tmp_path, *options)
    assert code != 0 and words in errors and "Traceback" not in errors
    assert told == ""


def test_a_story_that_goes_nowhere_ends_with_a_failure(tmp_path: Path) -> None:
    code, told, errors = wrote(tmp_path, "--prompt", "Once", "--steps", "50", script="count")
    assert code == 1 and "did not help" in errors and told.startswith(" w0 w1")


# ---------------------------------------------------------------- preferences from elsewhere


def test_a_servers_preferences_are_kept_for_when_it_is_away(
    server: ServerProcess, tmp_path: Path
) -> None:
    said: list[str] = []
    found = from_url(server.url, server.token, tmp_path, said.append)
    (kept,) = (tmp_path / "preferences").iterdir()
    assert from_file(kept) == found and said == []
    away = f"http://127.0.0.1:{free_port()}/api/preferences/steps"
    with pytest.raises(NotFoundError):
        from_url(away, "", tmp_path, said.append)
    with pytest.raises(NotFoundError, match="401"):
        from_url(server.url + "/api/preferences/steps", "wrong", tmp_path / "new", said.append)
    assert from_url(server.url, "wrong", tmp_path, said.append) == found
    assert len(said) == 1 and "said last" in said[0]


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://a.b/", "https:///x"])
def test_only_addresses_of_the_web_are_asked(url: str, tmp_path: Path) -> None:
    with pytest.raises(BadRequestError):
        from_url(url, "", tmp_path, lambda words: None)


@pytest.mark.parametrize("url", ["http://[::1", "http://h:port/", "http://a:b@127.0.0.1:1/x"])
def test_an_address_that_can_not_be_is_refused_with_a_sentence(url: str, tmp_path: Path) -> None:
    with pytest.raises(BadRequestError) as caught:
        from_url(url, "", tmp_path, lambda words: None)
    assert "a:b" not in caught.value.message


def test_the_address_that_opens_the_room_will_do(server: ServerProcess, tmp_path: Path) -> None:
    found = from_url(f"{server.url}/?t={server.token}", "", tmp_path, lambda words: None)
    assert found == from_url(server.url, server.token, tmp_path, lambda words: None)


def test_no_message_tells_a_token(server: ServerProcess, tmp_path: Path) -> None:
    for url, token in (
        (f"{server.url}/?t=secret", ""),
        (f"{server.url}/api/preferences/steps?key=secret", "x"),
        (f"http://127.0.0.1:{free_port()}/a?t=secret", "x"),
        (server.url, "secret\nsecret"),
        (server.url, "secret\u20ac"),
    ):
        with pytest.raises(NotFoundError) as caught:
            from_url(url, token, tmp_path, lambda words: None)
        assert "secret" not in caught.value.message and caught.value.message[-1] in ".?"
        assert "127.0.0.1" in caught.value.message


def test_of_this_machine_no_proxy_is_told_the_token(
    server: ServerProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert from_url(server.url, server.token, tmp_path, lambda words: None)


def test_this_machines_token_is_sent_to_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = []

    def asked(url: str, token: str, *_: object) -> Statistics:
        sent.append(token)
        return gather([])

    monkeypatch.setattr(tastes_given, "from_url", asked)
    monkeypatch.setenv("STORYGEN_TOKEN", "ours")
    for wanted, more in (
        ("http://127.0.0.1:1/", []),
        ("https://localhost/", []),
        ("http://elsewhere.example/", []),
        ("http://127.0.0.1.elsewhere.example/", []),
        ("http://elsewhere.example/", ["--token", "theirs"]),
    ):
        given = write_alone.parser().parse_args(["--preferences", wanted, *more])
        with ExitStack() as rooms:
            write_alone._tastes(given, tmp_path, rooms)
    assert sent == ["ours", "ours", "", "", "theirs"]


def test_counts_make_some_policies_and_say_which_they_do_not(tmp_path: Path) -> None:
    path = tmp_path / "steps.json"
    path.write_text(json.dumps(statistics_json.to_json(gather([]))), "utf-8")
    tastes = GivenTastes(from_file(path))
    for name in ("random", "fixed", "steps"):
        assert tastes.dealer(name, DEFAULTS).ranges == DEFAULTS
    with pytest.raises(BadRequestError, match="bandit"):
        tastes.dealer("bandit", DEFAULTS)
    path.write_text("[]", "utf-8")
    with pytest.raises(BadRequestError):
        from_file(path)
