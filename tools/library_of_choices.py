"""Fills a server's library with a reader's choices, for pictures: cards dealt by fate, some taken.

The reader likes a temperature of about 0.8, a low top-k early in a story and a higher one later, and what
is spoken; so that there is something to be seen, and nothing is seen that is not there.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.protocol.studio_client import OpenStory, StudioClient  # noqa: E402
from tests.protocol.test_candidates_protocol import take  # noqa: E402

OPENINGS = (
    "The lamp in the harbourmaster’s window had been dark for eleven years, and tonight it was lit.",
    "“You never told me about the island,” she said, and put the letter back on the table.",
    "On the last ferry of October there were two passengers, and neither of them looked at the sea.",
    "The clockmaker had three rules, and he broke the second one on a Sunday.",
    "Nobody in the village remembered who had planted the pear tree.",
    "It rained for nine days. On the tenth, the road to the mill was gone.",
    "The dog came home alone, and it was carrying a glove.",
    "My grandmother kept the key to the attic on a string around her neck.",
    "There was a piano in the station, and every evening at six somebody played it badly.",
    "The letter had been posted forty years ago.",
    "He counted the boats twice, and both times there was one too many.",
    "In the winter that the river froze, we walked to school across it.",
)
PATIENT_S = 300.0


def fill(
    browser: StudioClient,
    model: str,
    *,
    num_stories: int = len(OPENINGS),
    num_steps: int = 5,
    tokens: tuple[int, int] = (10, 40),
    seed: int = 1,
) -> int:
    """The number of choices made. `tokens`: of each card, at least and at most."""
    random = Random(seed)
    num_chosen = 0
    ranges = browser.ok("hello")["fate_ranges"]
    ranges["ranges"]["max_tokens"] = {"scale": "log", "low": tokens[0], "high": tokens[1]}
    for number in range(num_stories):
        story = browser.create(OPENINGS[number % len(OPENINGS)])
        browser.ok("story_rename", story=story.id, title=title_of(number))
        for step in range(1, num_steps + 1):
            num_chosen += _step(browser, story, model, step, ranges, random)
        browser.ok("story_close", story=story.id)
        browser.stories.pop(story.id)
    return num_chosen


def title_of(number: int) -> str:
    """What the story of that number is called."""
    words = OPENINGS[number % len(OPENINGS)].strip("“”").split()
    return " ".join(words[:5]).rstrip(",.")


def _step(
    browser: StudioClient,
    story: OpenStory,
    model: str,
    step: int,
    ranges: dict[str, Any],
    random: Random,
) -> bool:
    asked = browser.ok(
        "candidates_ask",
        story=story.id,
        model=model,
        at="end",
        num=3,
        fate={"ranges": ranges},
        seed=random.randrange(1 << 30),
    )["set"]
    cards = story.wait_set(asked["id"], PATIENT_S)["cards"]
    shown = {card["id"]: story.card_text(card["id"]) for card in cards}
    likings = [_liking(shown[card["id"]], card["params"], step, random) for card in cards]
    best = cards[max(range(len(cards)), key=likings.__getitem__)]
    text = shown[best["id"]]
    if max(likings) < -1.2 or not text.strip():
        return False  # the next hand, please
    part = text if random.random() < 0.6 else text[: max(1, text.rfind(" ", 0, len(text) * 2 // 3))]
    units = len(part.encode("utf-16-le")) // 2
    take(story, best, part)
    readable = {name: len(one.encode("utf-16-le")) // 2 for name, one in shown.items()}
    seconds = round(random.uniform(3, 20), 1)
    browser.ok(
        "candidate_taken", candidate=best["id"], units=units, shown=readable, seconds=seconds
    )
    return True


def _liking(text: str, params: dict[str, Any], step: int, random: Random) -> float:
    wished_k = 30 if step <= 2 else 90
    heat = abs(float(params["temperature"]) - 0.8)
    breadth = abs(float(params["top_k"]) - wished_k) / 150
    spoken = 0.8 * any(mark in text for mark in '“”"')
    return -2.5 * heat - breadth + spoken + random.gauss(0, 0.35)


def main(arguments: Sequence[str]) -> int:
    """`python tools/library_of_choices.py URL TOKEN MODEL [stories]`: into a server that runs."""
    url, token, model, *rest = arguments
    with StudioClient(url, token) as browser:
        num = fill(browser, model, num_stories=int(rest[0]) if rest else len(OPENINGS))
    print(f"{num} choices")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
