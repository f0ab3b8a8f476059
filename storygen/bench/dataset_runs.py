"""A run of the workbench over a dataset beside a bare batch loop over the same texts and weights.

Both take the texts sorted by length, in batches of sixteen, greedily; the run also measures its metrics and
keeps its rows on the disk. The bare side is what somebody would write with transformers alone.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..workbench.bench import Functions
from ..workbench.datasets.keys import fingerprint
from ..workbench.datasets.opening import open_dataset
from ..workbench.datasets.reading import SampleReader
from ..workbench.datasets.roles import Roles
from ..workbench.jobs import Job
from ..workbench.metrics import chosen
from ..workbench.models.local import LocalModel
from ..workbench.runs.evaluating import evaluate
from ..workbench.runs.keeping import RunShelf
from ..workbench.runs.plan import SCORE, WRITE, RunPlan, probe
from .measures import GREEDY, OPENING

ROWS_AT_ONCE = 16
METRICS = ("f1", "repetition", "words", "perplexity", "bits_per_byte")
ROLES = Roles(("text",), "target")

Say = Callable[[str], None]


def dataset_rates(
    source: str,
    precision: str,
    threads: int,
    *,
    num_texts: int,
    num_tokens: int,
    rounds: int,
    say: Say,
) -> dict[str, Any]:
    """Tokens/s of writing and of scoring, of both sides, and the ratios; rounds take turns."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.set_num_threads(threads)
    dtype = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[precision]
    maker: Any = AutoModelForCausalLM
    model = maker.from_pretrained(source, dtype=dtype).eval()
    reader: Any = AutoTokenizer
    tokenizer = reader.from_pretrained(source)
    samples = texts(num_texts)
    bare = BareBatches(model, tokenizer, samples)
    local = LocalModel(model, tokenizer, name="model")
    found: dict[str, list[float]] = {}
    for round_ in range(rounds + 1):
        say(f"round {round_} of {rounds}" if round_ else "warming up")
        sides: dict[str, Callable[[], float]] = {
            "bare_written": lambda: bare.write(num_tokens),
            "run_written": lambda: run_rate(local, samples, WRITE, num_tokens),
            "bare_scored": bare.score,
            "run_scored": lambda: run_rate(local, samples, SCORE, num_tokens),
        }
        for name, measure in sides.items():
            rate = measure()
            if round_:
                found.setdefault(name, []).append(rate)
    return _told(found, num_texts, num_tokens)


def _told(found: dict[str, list[float]], num_texts: int, num_tokens: int) -> dict[str, Any]:
    numbers: dict[str, Any] = {"texts": num_texts, "tokens_each": num_tokens}
    numbers |= {f"{name}_tokens_per_s": statistics.median(one) for name, one in found.items()}
    for what in ("written", "scored"):
        pairs = zip(found[f"run_{what}"], found[f"bare_{what}"], strict=True)
        numbers[f"{what}_run_to_bare"] = statistics.median(run / bare for run, bare in pairs)
    return numbers


def texts(num: int) -> list[dict[str, str]]:
    """Samples whose texts have many lengths, the same each time."""
    words = (OPENING * 4).split()
    samples = []
    for at in range(num):
        length = 8 + 37 * at % 90
        begin = 11 * at % len(words)
        own = (words * 2)[begin : begin + length + 24]
        target = " " + " ".join(own[length:])
        samples.append({"text": " ".join(own[:length]), "target": target})
    return samples


def run_rate(
    model: LocalModel, samples: Sequence[dict[str, str]], task: str, num_tokens: int
) -> float:
    """Tokens/s of a whole run, from its beginning to its last row on the disk."""
    split = open_dataset(list(samples)).splits["train"]
    plan = RunPlan(
        run="bench",
        made=0.0,
        model=model.name,
        dataset="texts",
        split="train",
        fingerprint=fingerprint(split),
        num_in_split=len(split),
        num=len(split),
        draw_seed=None,
        task=task,
        roles=ROLES,
        functions={},
        params={**GREEDY, "max_tokens": num_tokens},
        num_texts=1,
        seed=1,
        metrics=METRICS,
        probe=probe(model),
    )
    with tempfile.TemporaryDirectory() as folder:
        kept = RunShelf(Path(folder)).create(plan)
        reader = SampleReader(Functions(), ROLES, "")
        start = time.perf_counter()
        evaluate(kept, split, reader, model, chosen(METRICS), Job())
        seconds = time.perf_counter() - start
        num = sum(len(one.tokens) for row in kept.rows() for one in row.written)
    return num / seconds


class BareBatches:
    """Transformers alone."""

    def __init__(self, model: Any, tokenizer: Any, samples: Sequence[dict[str, str]]) -> None:
        self._model, self._tokenizer = model, tokenizer
        self._samples = sorted(samples, key=lambda one: -len(one["text"]) - len(one["target"]))

    def _batches(self) -> list[Sequence[dict[str, str]]]:
        starts = range(0, len(self._samples), ROWS_AT_ONCE)
        return [self._samples[at : at + ROWS_AT_ONCE] for at in starts]

    def write(self, num_tokens: int) -> float:
        """Tokens/s of greedy continuations, the beginnings' reading included."""
        import torch

        start = time.perf_counter()
        for batch in self._batches():
            ids = [self._tokenizer(one["text"]).input_ids for one in batch]
            width = max(map(len, ids))
            tokens = torch.tensor([[0] * (width - len(own)) + own for own in ids])
            mask = torch.tensor([[0] * (width - len(own)) + [1] * len(own) for own in ids])
            with torch.inference_mode():
                written = self._loop(tokens, mask, num_tokens)
            self._tokenizer.batch_decode(written)
        return len(self._samples) * num_tokens / (time.perf_counter() - start)

    def _loop(self, tokens: Any, mask: Any, num_tokens: int) -> Any:
        import torch

        cache, written = None, []
        places = (mask.cumsum(-1) - 1).clamp(min=0)
        for _ in range(num_tokens):
            out = self._model(
                tokens,
                attention_mask=mask,
                position_ids=places,
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=1,
            )
            cache = out.past_key_values
            tokens = out.logits[:, -1].argmax(-1, keepdim=True)
            written.append(tokens)
            mask = torch.cat([mask, torch.ones_like(tokens)], -1)
            places = places[:, -1:] + 1
        return torch.cat(written, -1)

    def score(self) -> float:
        """Tokens/s of the targets' log-probabilities, their texts' reading included."""
        import torch

        num = 0
        start = time.perf_counter()
        for batch in self._batches():
            before = [self._tokenizer(one["text"]).input_ids for one in batch]
            after = [
                self._tokenizer(one["target"], add_special_tokens=False).input_ids for one in batch
            ]
            ids = [one + other for one, other in zip(before, after, strict=True)]
            width = max(map(len, ids))
            padded = torch.tensor([own + [0] * (width - len(own)) for own in ids])
            first = min(map(len, before)) - 1
            with torch.inference_mode():
                keep = torch.arange(first, width - 1)
                logits = self._model(padded, use_cache=False, logits_to_keep=keep).logits
                logprobs = logits.float().log_softmax(-1)
                found = logprobs.gather(-1, padded[:, first + 1 :, None])[..., 0]
            for row, own, head in zip(found, ids, before, strict=True):
                row[len(head) - 1 - first : len(own) - 1 - first].sum().item()
            num += sum(map(len, after))
        return num / (time.perf_counter() - start)
