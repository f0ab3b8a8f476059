"""What a worker without a model says when it is asked to look inside: always the same of the same text.

The next word is one of `WORDS`, the likelier the earlier it stands there; where one of them completes the
last word, those that do. A text is scored word by word. A text that ends in "SLOW" is never read to its end:
the answer comes when the question is given up.
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Iterator

from storygen.link.messages import (
    CancelRequest,
    Command,
    EmbedTexts,
    Event,
    ListNext,
    NextListed,
    NextToken,
    ScoreText,
    ShowScored,
    TextsEmbedded,
    TokensScored,
)

WORDS = (
    *(
        " the",
        " a",
        ",",
        ".",
        " and",
        " sea",
        " light",
        " was",
        "\n",
        " she",
        " keeper",
        " old",
        " hello",
    ),
    *(
        " water",
        " “",
        "  ",
        " naïve",
        " 猫",
        " 🙂",
        " boat",
        " help",
        " held",
        " door",
        " night",
        " over",
    ),
)
END_ID, HALF_ID = 1, 2
FIRST_ID = 100
PART_TOKENS = 40
SLOW = "SLOW"


def hidden_state(text: str) -> tuple[float, ...]:
    """Three numbers from -1 to 1 that no measure of the text tells; none for an empty text."""
    if not text:
        return ()
    return tuple(zlib.crc32(f"{at} {text}".encode()) % 2001 / 1000 - 1 for at in range(3))


class ScriptedLooks:
    """Remembers the last texts that were scored."""

    def __init__(self) -> None:
        self._texts: dict[str, list[str]] = {}
        self._slow: dict[str, Event] = {}

    def handle(self, command: Command) -> list[Event] | None:
        """What is answered; None when the command is about something else."""
        if isinstance(command, ListNext):
            return self._list(command)
        if isinstance(command, ScoreText):
            return self._score(command)
        if isinstance(command, EmbedTexts):
            vectors = tuple(hidden_state(text) for text in command.texts)
            return [TextsEmbedded(command.request, vectors)]
        if isinstance(command, ShowScored):
            return [self._show(command)]
        if isinstance(command, CancelRequest):
            answer = self._slow.pop(command.request, None)
            return [] if answer is None else [answer]
        return None

    def _list(self, command: ListNext) -> list[Event]:
        if command.text.endswith(SLOW):
            self._slow[command.request] = NextListed(command.request, error="This was given up.")
            return []
        healed = _healed(command.text) if command.heal else ""
        return [_listed(command.request, healed, command)]

    def _score(self, command: ScoreText) -> list[Event]:
        words = re.findall(r"\s*\S+|\s+", command.text)
        self._texts[command.request] = words
        self._texts = dict(list(self._texts.items())[-2:])
        slow = command.text.endswith(SLOW)
        parts = list(_parts(command.request, words, whole=not slow))
        if slow:
            part = parts[-1]
            self._slow[command.request] = TokensScored(
                command.request, part.done, part.total, partial=False, error="This was given up."
            )
        return list(parts)

    def _show(self, command: ShowScored) -> NextListed:
        words = self._texts.get(command.scored)
        if words is None or command.index >= len(words):
            return NextListed(
                command.request, error="This text was scored too long ago; score it again."
            )
        listed = _listed(command.request, "", ListNext(command.request, "", {}, num=10, draws=0))
        word = words[command.index]
        own = NextToken(_id(word), word, word, _logprob(word), math.exp(_logprob(word)), 0)
        others = [token for token in listed.tokens if token.text != word]
        tokens = sorted([own, *others], key=lambda token: -token.logprob)
        return NextListed(command.request, tuple(tokens), listed.entropy, listed.entropy_after)


def _healed(text: str) -> str:
    typed = re.search(r"\w*$", text)
    word = typed[0] if typed else ""
    completes = any(" " + word < other and other[1:].startswith(word) for other in WORDS)
    return word if word and completes else ""


def _listed(request: str, healed: str, command: ListNext) -> NextListed:
    words = [word for word in WORDS if not healed or word.startswith(" " + healed)]
    rows: list[tuple[int, str | None, str]] = [
        (FIRST_ID + WORDS.index(word), word[len(healed) + 1 :] if healed else word, word)
        for word in words
    ]
    if not healed:
        rows[5:5] = [(END_ID, None, "<|end|>"), (HALF_ID, None, "\ufffd")]
    before = [0.8**number for number in range(len(rows))]
    before = [part / sum(before) for part in before]
    heat = float(command.params.get("temperature", 1.0)) or 0.01
    after = [part ** (1 / heat) for part in before]
    least = float(command.params.get("min_p", 0.0)) * max(after)
    after = [part if part >= least else 0.0 for part in after]
    after = [part / sum(after) for part in after]
    tokens = [
        NextToken(id_, text or None, shown, math.log(p), later, round(later * command.draws))
        for (id_, text, shown), p, later in zip(rows, before, after, strict=True)
    ]
    shown = tokens[: command.num] + [token for token in tokens[command.num :] if token.num]
    used = len(command.text.split())
    return NextListed(request, tuple(shown), _entropy(before), _entropy(after), healed, used, 1.0)


def _parts(request: str, words: list[str], *, whole: bool) -> Iterator[TokensScored]:
    at = 0
    for first in range(0, max(1, len(words)), PART_TOKENS):
        part = words[first : first + PART_TOKENS]
        ends = []
        for word in part:
            at += len(word)
            ends.append(at)
        done = first + len(part)
        logprobs = [None if not first + n else _logprob(word) for n, word in enumerate(part)]
        known = [logprob or 0.0 for logprob in logprobs]
        yield TokensScored(
            request,
            done,
            len(words),
            tuple(ends),
            tuple(logprobs),
            tuple(0 if p is None else 1 + int(-4 * p) for p in logprobs),
            tuple(round(1.0 - p / 3, 4) for p in known),
            tuple(round(math.exp(p), 6) for p in known),
            partial=not whole or done < len(words),
        )


def _logprob(word: str) -> float:
    """From 0 to -8."""
    return -(zlib.crc32(word.strip().lower().encode()) % 81) / 10


def _id(word: str) -> int:
    return (
        FIRST_ID + WORDS.index(word) if word in WORDS else 1000 + zlib.crc32(word.encode()) % 9000
    )


def _entropy(parts: list[float]) -> float:
    return -sum(part * math.log(part) for part in parts if part)
