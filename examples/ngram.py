"""A model of a few lines behind the smallest door: word trigrams of a small text, gone through word by word.

python examples/ngram.py
python server.py --workbench examples/ngram.py  # beside the writing room
flask --app examples/ngram.py run
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from storygen.workbench import DatasetViewer, Generation, NextToken, SteppedModel, Workbench

DATA = Path(__file__).parent / "data" / "harbour.txt"
WORD = re.compile(r" ?[A-Za-z]+|[^A-Za-z]")
SHARES = (0.7, 0.25, 0.05)
"""How much two words before, one word before, and none have to say of the next."""


class Trigrams(SteppedModel):
    """Says what followed the last two words in its text, less of what followed the last one, and so on."""

    name = "Trigrams of the harbour"
    end = "\n"

    def __init__(self, text: str) -> None:
        words = WORD.findall(text)
        self.words = sorted(set(words))
        self.followed: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
        for place, word in enumerate(words):
            for size in (2, 1, 0):
                if size <= place:
                    self.followed[tuple(words[place - size : place])][word] += 1

    def vocabulary(self) -> Sequence[str]:
        return self.words

    def split(self, text: str) -> list[str]:
        return WORD.findall(text)

    def next_token_distribution(self, text: str) -> dict[str, float]:
        before = tuple(self.split(text or "\n")[-2:])
        told = [before, before[-1:], ()]
        told = [self.followed[one] for one in told if one in self.followed]
        weights = SHARES[len(SHARES) - len(told) :]
        found: Counter[str] = Counter()
        for counter, weight in zip(told, weights, strict=True):
            for word, times in counter.items():
                found[word] += weight / sum(weights) * times / counter.total()
        return found


LINES = DATA.read_text("utf-8").splitlines()
TRAINED, HELD_OUT = LINES[:-6], LINES[-6:]


def sample_of(line: str) -> dict[str, str]:
    """A line, cut after its third word."""
    words = WORD.findall(line)
    return {"beginning": "".join(words[:3]), "rest": "".join(words[3:])}


def to_text(sample: Any) -> str:
    """What the model begins with."""
    return str(sample["beginning"])


def to_target(sample: Any) -> str:
    """What should come."""
    return str(sample["rest"])


def create_app() -> Any:
    """What `flask run` asks for."""
    return bench.app


bench = Workbench(
    model=Trigrams("\n".join(TRAINED) + "\n"),
    datasets={
        "the last lines": [sample_of(line) for line in HELD_OUT],
        "lines of the text": [sample_of(line) for line in TRAINED],
    },
    to_text=to_text,
    to_target=to_target,
    pages=[NextToken(), Generation(), DatasetViewer()],
    title="Trigrams",
)

if __name__ == "__main__":
    bench.run()
