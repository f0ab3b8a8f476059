"""A program beside the page, to see what the server knows."""

from __future__ import annotations

from typing import Any

from tests.browser.room import Room
from tests.protocol.studio_client import StudioClient


def client(room: Room) -> StudioClient:
    """Speaks to the server as the page does."""
    url, _, token = room.studio.url.partition("/?t=")
    return StudioClient(url, token)


def only_run(room: Room) -> dict[str, Any]:
    """The run of the only story, as the server has it."""
    with client(room) as program:
        (story,) = program.ok("stories")["stories"]
        (run,) = program.ok("story_open", story=story["id"])["runs"]
        return dict(run)


def only_text(room: Room) -> str:
    """The text of the only story, as the server has it."""
    with client(room) as program:
        (story,) = program.ok("stories")["stories"]
        return str(program.open(story["id"]))
