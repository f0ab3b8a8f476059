"""`python -m storygen write`: a story written by the automatic writer, without a browser.

The story is written in a library of its own, in a temporary folder that goes away at the end: a server may be
running on the ordinary one. What is kept is what is written to stdout, `--out` and `--annotations`. From the
ordinary data folder come the speeds measured for the models, and with `--preferences own` the choices.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from ..errors import BadRequestError, NotFoundError, StorygenError
from ..preferences.learned import POLICIES
from ..registry import Registry
from ..store.store import Store, file_url
from ..story.automatic import ENDED, PAUSED, Plan
from ..story.story import Story
from . import presets, tastes_given
from .annotations import annotated, stretches
from .app import ROOT
from .automatic import AutomaticWriter
from .calls.auto_calls import MOST_STEPS, plan_from
from .calls.checks import MAX_SEED, Fields
from .house import House
from .loop import Empty, make_loop
from .room import Room
from .tastes import Tastes
from .workers.process import Spawn, worker_command

LOOK_S = 0.25
EXIT_FAILED, EXIT_USAGE = 1, 2


def parser() -> argparse.ArgumentParser:
    """The options."""
    options = argparse.ArgumentParser("python -m storygen write", description=__doc__)
    options.add_argument("--prompt", default="", help="what the story is about")
    options.add_argument("--story", type=Path, metavar="FILE", help="a text to go on from")
    options.add_argument(
        "--steps", type=int, default=10, help=f"1 to {MOST_STEPS} (default 10); 0: until Ctrl+C"
    )
    options.add_argument(
        "--cards", type=int, default=3, help="candidates a step, 2 to 9 (default 3)"
    )
    options.add_argument("--policy", choices=POLICIES, help="who draws the parameters")
    options.add_argument("--picker", default="logprob", help="who picks: logprob (default), random")
    options.add_argument(
        "--model", help="a key of the registry, a folder, a .gguf file or a hub id"
    )
    options.add_argument("--seed", type=int, help="the same seed writes the same")
    options.add_argument("--out", type=Path, metavar="FILE", help="write the story here too")
    options.add_argument(
        "--annotations", type=Path, metavar="FILE", help="the story by spans, as JSON"
    )
    options.add_argument(
        "--preferences", metavar="own|FILE|URL", help="whose taste draws: counted choices"
    )
    options.add_argument(
        "--token", help="of the server of --preferences (on this machine: or STORYGEN_TOKEN)"
    )
    options.add_argument("--data-dir", type=Path, help="the ordinary data folder (default: data)")
    options.add_argument("--models-dir", type=Path, help="where models are (default: models)")
    return options


def main(
    arguments: Sequence[str] | None = None,
    command: Spawn = worker_command,
) -> int:
    """Write one story; returns the exit code. `command` starts workers: tests give their own."""
    given = parser().parse_args(arguments)
    logging.basicConfig(level=logging.ERROR)
    try:
        return _write(given, command)
    except (StorygenError, OSError) as error:
        say(f"StoryGen can't write: {error}")
        return EXIT_USAGE
    except KeyboardInterrupt:
        say("Interrupted before anything was written.")
        return EXIT_FAILED


def say(words: str) -> None:
    """To the person, not into the story."""
    print(words, file=sys.stderr, flush=True)


def _write(given: argparse.Namespace, command: Spawn) -> int:
    environ = os.environ
    data_dir = (given.data_dir or Path(environ.get("STORYGEN_DATA_DIR") or ROOT / "data")).resolve()
    models = (
        given.models_dir or Path(environ.get("STORYGEN_MODELS_DIR") or ROOT / "models")
    ).resolve()
    text = _text_of(given.story)
    if not text and not given.prompt.strip():
        raise BadRequestError("Give it something to begin with: --prompt TEXT or --story FILE.")
    for path in (given.out, given.annotations):
        if path is not None and not path.absolute().parent.is_dir():
            raise NotFoundError(f"There is no folder {path.absolute().parent} to write into.")
    with ExitStack() as rooms:
        tastes = _tastes(given, data_dir, rooms)
        folder = rooms.enter_context(tempfile.TemporaryDirectory(prefix="storygen-"))
        loop = make_loop("threading")
        registry = Registry(ROOT / "static" / "config.js", models, ROOT)
        key = given.model or registry.default_key()
        if given.model and registry.get(given.model) is None:
            registry = Registry(ROOT / "static" / "config.js", models, ROOT, extra=given.model)
            key = registry.default_key()
        if key is None:
            raise NotFoundError("There is no model; put one into the models folder.")
        store = Store(file_url(Path(folder) / "storygen.db"))
        house = House(loop, store, registry, data_dir, lambda message: None, command)
        rooms.callback(house.close)
        house.tastes = tastes or house.tastes
        prompted = bool(given.prompt) and "prompt" in house.model(key).modes
        if given.prompt and not prompted:
            text = f"{given.prompt}\n\n{text}" if text else given.prompt
        plan = plan_from(house, _fields(given, key, prompted))
        return _tell(house, plan, text, given)


def _text_of(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadRequestError(f"{path} is no text in UTF-8.") from error


def _fields(given: argparse.Namespace, key: str, prompted: bool) -> Fields:
    """What a browser would have sent."""
    policy = given.policy or ("steps" if given.preferences else "random")
    fields: dict[str, Any] = {"model": key, "cards": given.cards, "policy": policy}
    fields |= {"picker": given.picker, "params": presets.default_params()}
    if given.steps:
        fields["steps"] = given.steps
    if given.seed is not None:
        fields["seed"] = given.seed % MAX_SEED
    if prompted:
        fields |= {"mode": "prompt", "prompt": given.prompt}
    return Fields(fields, tuple(fields))


def _tastes(given: argparse.Namespace, data_dir: Path, rooms: ExitStack) -> Tastes | None:
    """Who knows what is liked. Raises: NotFoundError, BadRequestError."""
    wanted = given.preferences
    if not wanted:
        return None
    if "://" in wanted:
        here = os.environ.get("STORYGEN_TOKEN", "") if tastes_given.is_here(wanted) else ""
        token = given.token or here  # this machine's token is no other's business
        return tastes_given.GivenTastes(tastes_given.from_url(wanted, token, data_dir, say))
    if wanted != "own":
        return tastes_given.GivenTastes(tastes_given.from_file(Path(wanted)))
    database = data_dir / "storygen.db"
    url = os.environ.get("STORYGEN_DATABASE_URL", "")
    if not url and not database.exists():
        raise NotFoundError(f"There are no choices yet: {database} is not there.")
    store = Store(url or file_url(database))
    rooms.callback(store.close)
    return _Own(store)


class _Own(Tastes):
    """The ordinary library's choices, read once."""

    def __init__(self, store: Store) -> None:
        super().__init__(lambda work: work(store))

    def changed(self, story: str) -> None:
        """The story that is being written is in no library."""


def _tell(house: House, plan: Plan, text: str, given: argparse.Namespace) -> int:
    story = house.create("", text, {"keep_writing": True})
    room = house.room(story["id"])
    told = house.loop.queue()
    room.watchers.append(told.put)
    turn = room.ask(lambda story, now: story.automatic.start(plan, now))
    house.loop.spawn(AutomaticWriter(house, room, turn).run)
    printed = 0
    view: dict[str, Any] = {}
    with _noted_interrupts() as interrupts:
        while view.get("state") not in (ENDED, PAUSED) and not interrupts:
            view, printed = _tell_news(room, printed)
            _wait(told.get)
        if interrupts:
            room.ask(_stop)
        view, printed = _tell_news(room, printed)
    print(flush=True)
    _keep(house, room, given)
    return _outcome(view)


@contextmanager
def _noted_interrupts() -> Iterator[list[int]]:
    """Ctrl+C is put on the list: raised anywhere, it could come between printing and remembering what was.

    A second one is raised as usual.
    """
    noted: list[int] = []
    usual = signal.getsignal(signal.SIGINT)

    def note(number: int, _: object) -> None:
        noted.append(number)
        signal.signal(signal.SIGINT, usual)

    signal.signal(signal.SIGINT, note)
    try:
        yield noted
    finally:
        signal.signal(signal.SIGINT, usual)


def _stop(story: Story, now: float) -> None:
    if story.automatic.live:
        story.automatic.stop(now)


def _wait(get: Callable[..., Any]) -> None:
    """For news, in pieces: a signal's handler must get its turn on Windows too."""
    try:
        get(timeout=LOOK_S)
    except Empty:
        time.sleep(0)


def _tell_news(room: Room, printed: int) -> tuple[dict[str, Any], int]:
    """Print what stands beyond the first `printed` characters."""
    view, text = room.ask(
        lambda story, now: (story.automatic.view() or {}, story.page.document.text.decode())
    )
    sys.stdout.write(text[printed:])
    sys.stdout.flush()
    return view, len(text)


def _keep(house: House, room: Room, given: argparse.Namespace) -> None:
    pieces = room.ask(lambda story, now: stretches(story))
    if given.out is not None:
        given.out.write_text("".join(text for text, _ in pieces), "utf-8", newline="\n")
    if given.annotations is not None:
        found = house.read(lambda store: annotated(store, room.id, pieces))
        given.annotations.write_text(
            json.dumps(found, ensure_ascii=False, indent=1) + "\n", "utf-8"
        )


def _outcome(view: dict[str, Any]) -> int:
    if view["reason"] == "failed":
        say(f"It could not go on: {view['message']}")
        return EXIT_FAILED
    if view["state"] == PAUSED:
        say(f"It paused: {view['message']}")
        return EXIT_FAILED
    if view["reason"] == "stopped":
        say("Stopped; what was written is kept.")
    elif view["message"]:
        say(view["message"])
    return 0
