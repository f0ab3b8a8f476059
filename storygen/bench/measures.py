"""What is measured. Each function returns plain numbers; `run.py` puts them beside each other."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil

from .writer import Writer

OPENING = (
    "The old lighthouse keeper climbed the stairs one last time. The lamp had been dark for a year, and "
    "the village below had learned to live without it, as one learns to live without an old song.\n\n"
)
GREEDY = {
    "temperature": 0.0,
    "min_p": 0.0,
    "repetition_penalty": 1.0,  # the other side has none of it either
    "at_end_of_text": "go_on",
    "limit": "endless",
}
SAMPLED = {"temperature": 0.8, "min_p": 0.05, "at_end_of_text": "go_on"}
NUM_CANDIDATES = 5


class Bare:
    """The bare process, asked one thing at a time."""

    def __init__(
        self, source: str, precision: str, threads: int, environment: dict[str, str]
    ) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "storygen.bench.bare", source, precision, str(threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            text=True,
        )
        self._line()

    def ask(self, verb: str, text: str, tokens: int) -> dict[str, float]:
        """Seconds and tokens of one measurement."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"do": verb, "text": text, "tokens": tokens}) + "\n")
        self._process.stdin.flush()
        return self._line()

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()

    def _line(self) -> dict[str, float]:
        assert self._process.stdout
        answer: dict[str, float] = json.loads(self._process.stdout.readline())
        return answer


def delivered_rate(writer: Writer, model: str, num_tokens: int) -> float:
    """Tokens/s as they arrive at the client, from the first to the last of `num_tokens`."""
    writer.open(OPENING)
    writer.start(model, **GREEDY)
    writer.wait(lambda: len(writer.came) > num_tokens)
    first, last = writer.came[0], writer.came[num_tokens]
    writer.command("run_stop")
    return num_tokens / (last - first)


def edit_latency(writer: Writer, model: str, text: str, edits: int) -> dict[str, float]:
    """Milliseconds from an edit 20 tokens before the end to the first token that knows it."""
    writer.open(text)
    start = time.perf_counter()
    writer.start(model, **GREEDY)
    writer.wait(lambda: len(writer.came) > 24)
    first_token_s = writer.came[0] - start
    latencies, steps = [], []
    for _ in range(edits):
        count = len(writer.came)
        writer.wait(lambda: len(writer.came) >= count + 12)  # noqa: B023 - used before the next round
        gaps = [writer.came[i + 1] - writer.came[i] for i in range(count, count + 11)]
        steps.append(statistics.median(gaps))
        latencies.append(_one_edit(writer))
    writer.command("run_stop")
    return {
        "edit_to_token_ms": statistics.median(latencies) * 1000,
        "step_ms": statistics.median(steps) * 1000,
        "start_to_first_token_ms": first_token_s * 1000,
    }


def _one_edit(writer: Writer) -> float:
    """Type a letter into the word 20 tokens back; seconds until a token of that revision arrives."""
    index = writer.run["next_index"]
    before = writer.run["revision"]
    tail = "".join(t["text"] for t in writer.tokens_from(max(0, index - 20), index))
    at = len(writer.text) - len(tail.encode())
    sent = writer.type(at + 1, "x")
    seen = index
    while True:
        writer.wait(lambda: writer.run["next_index"] > seen)  # noqa: B023 - used before it changes
        for token in writer.tokens_from(seen, writer.run["next_index"]):
            seen = token["index"] + 1
            if token["revision"] > before:
                return writer.came[token["index"]] - sent


def candidate_rates(
    writer: Writer, model: str, text: str, num_tokens: int, rounds: int
) -> dict[str, float]:
    """`NUM_CANDIDATES` written together after `text`, which was read before, against one alone and against as
    many one after the other; tokens/s and the median of the ratios of each round.
    """
    writer.open(text)
    writer.ask(model, 1, 2, **SAMPLED)
    found: dict[str, list[float]] = {"together": [], "alone": [], "in_turn": [], "first": []}
    for _ in range(rounds):
        asked = writer.ask(model, NUM_CANDIDATES, num_tokens, **SAMPLED)
        found["first"].append((writer.cards_came[0] - asked) * 1000)
        found["together"].append(_rate(writer.cards_came, NUM_CANDIDATES))
        writer.ask(model, 1, num_tokens, **SAMPLED)
        found["alone"].append(_rate(writer.cards_came, 1))
        begun = time.perf_counter()
        for _ in range(NUM_CANDIDATES):
            writer.ask(model, 1, num_tokens, **SAMPLED)
        found["in_turn"].append(NUM_CANDIDATES * num_tokens / (time.perf_counter() - begun))
    together = found["together"]
    return {
        "candidates_tokens_per_s": statistics.median(together),
        "one_candidate_tokens_per_s": statistics.median(found["alone"]),
        "candidates_to_one": _ratio(together, found["alone"]),
        "candidates_to_in_turn": _ratio(together, found["in_turn"]),
        "candidates_first_token_ms": statistics.median(found["first"]),
    }


def _rate(came: list[float], at_once: int) -> float:
    """Tokens/s after the first of each row."""
    return (len(came) - at_once) / max(1e-9, came[-1] - came[at_once - 1])


def _ratio(ones: list[float], others: list[float]) -> float:
    return statistics.median(one / other for one, other in zip(ones, others, strict=True))


def pause_overrun(writer: Writer, model: str, times: int) -> list[int]:
    """How many tokens arrive after the click on Pause, each of `times` times."""
    writer.open(OPENING)
    writer.start(model, **GREEDY)
    overruns = []
    for _ in range(times):
        count = len(writer.came)
        writer.wait(lambda: len(writer.came) >= count + 8)  # noqa: B023 - used before the next round
        clicked = len(writer.came)
        writer.command("run_pause")
        time.sleep(0.4)  # anything still under way would arrive within this time
        overruns.append(len(writer.came) - clicked)
        writer.command("run_resume")
    writer.command("run_stop")
    return overruns


def ping_ms(writer: Writer, model: str, times: int) -> dict[str, float]:
    """Milliseconds from a call to its answer while a run writes."""
    writer.open(OPENING)
    writer.start(model, **GREEDY)
    writer.wait(lambda: len(writer.came) > 4)
    took = []
    for _ in range(times):
        start = time.perf_counter()
        writer.call("caret", story=writer.story, anchor=None, head=None)
        took.append((time.perf_counter() - start) * 1000)
        time.sleep(0.02)
    writer.command("run_stop")
    took.sort()
    return {"p50": took[len(took) // 2], "p99": took[int(len(took) * 0.99)]}


def memory_mb(pid: int) -> float:
    """Resident memory of a process, in MB."""
    return float(psutil.Process(pid).memory_info().rss) / 1e6


def story_of(num_tokens: int, source: Path) -> str:
    """A text of about `num_tokens` tokens of this model's tokenizer."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(source / "tokenizer.json"))
    text = OPENING
    while len(tokenizer.encode(text).ids) < num_tokens:
        text += OPENING
    encoded = tokenizer.encode(text)
    end: Any = encoded.offsets[num_tokens - 1][1]
    return text[:end]
