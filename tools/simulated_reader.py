"""A reader of known taste plays stories through the real server, to see whether the program finds out.

    python tools/simulated_reader.py --stories 200 --steps 5 --seeds 3 --json FILE

A tiny model is made on the spot and served by `server.py` itself; a client speaks the browser's protocol:
it has cards dealt by a policy, takes one up to a letter or nothing, and goes on. Each policy and seed has a
server and a library of its own. Printed are the mean fraction accepted by tenths of the stories, with
intervals over the seeds, and what the statistics say of the taste. With `--json`, what was played is kept
after each policy and seed, and a run that was broken off goes on from it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

os.environ.setdefault("STORYGEN_TESTS_WAIT_S", "600")  # other programs may take the machine

import requests  # noqa: E402

from storygen.preferences import ranges as ranges_json  # noqa: E402
from storygen.preferences import simulation, statistics_json  # noqa: E402
from storygen.preferences.observations import Situation  # noqa: E402
from storygen.preferences.readers import Reader  # noqa: E402
from tests.protocol.studio_client import OpenStory, StudioClient  # noqa: E402
from tests.server_process import free_port, wait_until  # noqa: E402
from tests.tiny_models import make_tiny_model  # noqa: E402

OPENING = "Once upon a time there was a small house by the sea."
RANGES = ranges_json.from_json(
    {
        "ranges": {
            "temperature": {"scale": "uniform", "low": 0.5, "high": 1.5},
            "top_p": {"scale": "uniform", "low": 0.5, "high": 1.0},
            "top_k": {"scale": "log", "low": 5, "high": 200},
        },
        "couplings": [],
    }
)
TASTE = {"temperature": 0.25, "top_k": 0.7}
"""Positions that the reader likes; of top_p they feel nothing."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Play, print and write what came of it."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--stories", type=int, default=200)
    options.add_argument("--steps", type=int, default=5)
    options.add_argument("--cards", type=int, default=3)
    options.add_argument("--tokens", type=int, default=8, help="of a card")
    options.add_argument("--seeds", type=int, default=3)
    options.add_argument("--policies", nargs="+", default=["random", "fixed", "steps", "bandit"])
    options.add_argument("--json", type=Path)
    given = options.parse_args(arguments)
    played = _kept(given)
    with tempfile.TemporaryDirectory() as folder:
        models = Path(folder) / "models"
        make_tiny_model("llama", models / "tiny")
        for seed in range(given.seeds):
            for policy in given.policies:
                if f"{policy} {seed}" in played:
                    continue
                with Server(models, Path(folder) / f"{policy}-{seed}") as server:
                    curve, statistics = play(server, policy, seed, given)
                played[f"{policy} {seed}"] = {"curve": curve, "found": _found(statistics)}
                if given.json:
                    whole = {"asked": _asked(given), "played": played}
                    given.json.write_text(json.dumps(whole) + "\n", "utf-8")
                print(f"seed {seed}, {policy}: {_mean(curve):.3f}", file=sys.stderr, flush=True)
    seeds = range(given.seeds)
    curves = {
        name: [played[f"{name} {seed}"]["curve"] for seed in seeds] for name in given.policies
    }
    print(_table(curves))
    if "random" in curves:
        print(json.dumps([played[f"random {seed}"]["found"] for seed in seeds], indent=1))
    return 0


def _asked(given: argparse.Namespace) -> dict[str, Any]:
    return {name: getattr(given, name) for name in ("stories", "steps", "cards", "tokens")}


def _kept(given: argparse.Namespace) -> dict[str, Any]:
    """What was played before, of the same kind; by policy and seed."""
    if not given.json or not given.json.exists():
        return {}
    kept = json.loads(given.json.read_text("utf-8"))
    if kept["asked"] != _asked(given):
        raise SystemExit(f"{given.json} holds another kind of game: {kept['asked']}")
    played: dict[str, Any] = kept["played"]
    return played


class Server:
    """`server.py` with the tiny model, on a port of its own."""

    def __init__(self, models: Path, home: Path) -> None:
        self.port, self._home = free_port(), home
        self._command = [sys.executable, str(ROOT / "server.py"), "--port", str(self.port)]
        self._command += ["--data-dir", str(home), "--models-dir", str(models), "--no-browser"]

    def __enter__(self) -> Server:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        wait_until(lambda: (self._home / "token").exists() and self._answers(), "the server", 60)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(120)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def token(self) -> str:
        """What opens it."""
        return (self._home / "token").read_text("utf-8").strip()

    def statistics(self) -> dict[str, Any]:
        """What it has learned."""
        headers = {"Authorization": f"Bearer {self.token}"}
        address = f"{self.url}/api/preferences/steps"
        answer: dict[str, Any] = requests.get(address, headers=headers, timeout=60).json()
        return answer

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/healthz", timeout=5).ok
        except requests.ConnectionError:
            return False


def play(
    server: Server, policy: str, seed: int, given: argparse.Namespace
) -> tuple[list[float], dict[str, Any]]:
    """The mean fraction accepted in each story, and the statistics at the end."""
    reader, random = Reader(RANGES, TASTE), Random(f"{seed} reader")
    curve = []
    with StudioClient(server.url, server.token) as browser:
        models = browser.ok("models")["models"]
        model = next(one["key"] for one in models if one["state"] != "unusable")
        for number in range(given.stories):
            story = browser.create(OPENING)
            taken = [
                _step(browser, story, model, policy, reader, random, given, f"{seed} {number} {n}")
                for n in range(given.steps)
            ]
            curve.append(_mean(taken))
            browser.ok("story_close", story=story.id)
            browser.stories.pop(story.id)
    return curve, server.statistics()


def _step(
    browser: StudioClient,
    story: OpenStory,
    model: str,
    policy: str,
    reader: Reader,
    random: Random,
    given: argparse.Namespace,
    name: str,
) -> float:
    asked = browser.ok(
        "candidates_ask",
        story=story.id,
        model=model,
        at="end",
        num=given.cards,
        seed=Random(name).randrange(1 << 30),
        params={"limit": "tokens", "max_tokens": given.tokens, "min_tokens": given.tokens},
        fate={"policy": policy, "ranges": ranges_json.to_json(RANGES)},
    )["set"]
    found = story.wait_set(asked["id"])
    fate = found["fate"]
    known = Situation(fate["step"], fate["num_words"], fate["repetition"], fate["entropy"])
    fractions = reader.taken(known, [card["params"] for card in found["cards"]], random)
    best = max(range(len(fractions)), key=fractions.__getitem__)
    if fractions[best]:
        _take(browser, story, found["cards"][best], fractions[best], found["cards"])
    return fractions[best]


def _take(
    browser: StudioClient,
    story: OpenStory,
    card: dict[str, Any],
    fraction: float,
    shown: list[dict[str, Any]],
) -> None:
    """Put the card's beginning into the story as a page does, then tell."""
    from tests.protocol.test_candidates_protocol import own_place

    text = story.card_text(card["id"])
    text = text[: max(1, round(len(text) * fraction))]
    units = len(text.encode("utf-16-le")) // 2
    if not units:
        return
    client, clock = own_place(story)
    update = story.edit(lambda root: root.insert(len(str(root).encode()), text))
    story.send(update, aliases=[[client, clock, units, card["client"], card["clock"]]])
    lengths = {one["id"]: len(story.card_text(one["id"]).encode("utf-16-le")) // 2 for one in shown}
    browser.ok("candidate_taken", candidate=card["id"], units=units, shown=lengths, seconds=1.0)


def _found(statistics: dict[str, Any]) -> dict[str, Any]:
    """Where liking is highest, as positions, beside the truth."""
    read = statistics_json.from_json(statistics).everything
    found = {}
    for one in RANGES.drawn:
        parameter = read.parameters.get(one.name)
        if parameter is None:
            continue
        best = parameter.best
        where = [best.value, best.low, best.high] if best else []
        found[one.name] = {
            "truth": TASTE.get(one.name),
            "best": [None if value is None else round(one.position(value), 3) for value in where],
            "difference": None if parameter.difference is None else parameter.difference.value,
        }
    return found


def _table(curves: dict[str, list[list[float]]]) -> str:
    """Mean accepted fraction by tenths of the stories, and the last half against chance."""
    rows = []
    for policy, seeds in curves.items():
        num = len(seeds[0])
        tenths = [
            _mean([_mean(curve[num * at // 10 : max(num * at // 10 + 1, num * (at + 1) // 10)])
                   for curve in seeds])
            for at in range(10)
        ]  # fmt: skip
        rows.append(f"{policy:8} " + " ".join(f"{value:.2f}" for value in tenths))
        if policy != "random" and "random" in curves:
            halves = [[_mean(c[num // 2 :]) for c in curves[name]] for name in (policy, "random")]
            gain = simulation.paired_difference(*halves)
            rows.append(f"         last half against chance: {gain}")
    return "\n".join(rows)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


if __name__ == "__main__":
    sys.exit(main())
