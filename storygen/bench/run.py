"""The benchmark's command line: starts a server of its own, measures, prints a table and JSON."""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil

from ..registry.registry import Registry
from . import looks, measures, page
from .writer import Writer

ROOT = Path(__file__).resolve().parents[2]
URL = re.compile(r"(http://\S+?)/\?t=(\S+)")
NUM_STEPS = 32  # of the page of next tokens, a round


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; returns the exit code."""
    options = argparse.ArgumentParser("python -m storygen bench", description=__doc__)
    options.add_argument("--model", help="registry key (default: the registry's first model)")
    options.add_argument(
        "--precision",
        choices=("fp32", "bf16", "fp16"),
        help="of its numbers (default: what its line in config.js says)",
    )
    options.add_argument("--tokens", type=int, default=128, help="tokens a round (default 128)")
    options.add_argument(
        "--rounds", type=int, default=5, help="rounds, sides taking turns (default 5)"
    )
    options.add_argument("--no-page", action="store_true", help="leave out what needs a browser")
    options.add_argument(
        "--workbench",
        action="store_true",
        help="measure the workbench instead: a run over a dataset, a step of next tokens",
    )
    options.add_argument("--texts", type=int, default=64, help="of that dataset (default 64)")
    options.add_argument("--json", type=Path, help="write the numbers here too")
    given = options.parse_args(arguments)
    if given.workbench:
        numbers = _workbench(given)
    else:
        with tempfile.TemporaryDirectory() as folder:
            numbers = _measure(given, Path(folder))
    print(_table(numbers))
    print(json.dumps(numbers, indent=1))
    if given.json:
        given.json.write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")
    return 0


def _workbench(given: argparse.Namespace) -> dict[str, Any]:
    """The workbench's own numbers; in this process, since nothing but a model is measured."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # read when torch is imported
    from ..workbench.models.local import LocalModel
    from .dataset_runs import dataset_rates
    from .workbench_next import next_token_numbers

    registry = Registry(ROOT / "static" / "config.js", _models(), ROOT)
    entry = registry.get(given.model or registry.default_key() or "")
    if entry is None:
        raise SystemExit(f"There is no model {given.model or ''}.")
    threads = max(1, (os.cpu_count() or 2) - 1)
    rates = dataset_rates(
        str(_source(entry.source)),
        given.precision or "fp32",
        threads,
        num_texts=given.texts,
        num_tokens=given.tokens,
        rounds=given.rounds,
        say=_say,
    )
    model = LocalModel(str(_source(entry.source)), precision=given.precision or "fp32")
    rates |= next_token_numbers(model, NUM_STEPS, given.rounds)
    return {
        "model": entry.name,
        "precision": given.precision or "fp32",
        "threads": threads,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        **rates,
    }


def _measure(given: argparse.Namespace, folder: Path) -> dict[str, Any]:
    begun = time.perf_counter()
    command = [
        sys.executable,
        str(ROOT / "server.py"),
        "--port",
        "0",
        "--no-browser",
        "--data-dir",
        str(folder),
    ]
    if given.precision:
        command += ["--config", str(_config(given, folder / "config.js"))]
        given.model = None  # the only one there is
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ)
    try:
        assert server.stdout
        found = URL.search(server.stdout.readline())
        assert found, "the server did not start"
        numbers: dict[str, Any] = {"start_to_answer_s": time.perf_counter() - begun}
        writer = Writer(*found.groups())
        _fill(numbers, given, writer, server.pid, begun)
        if not given.no_page:
            _page(numbers, writer, found.group(0), numbers["key"])
        del numbers["key"]
        writer.close()
        return numbers
    finally:
        server.terminate()
        server.wait(20)


def _fill(
    numbers: dict[str, Any], given: argparse.Namespace, writer: Writer, pid: int, begun: float
) -> None:
    hello = writer.call("hello")
    model = given.model or hello["default_model"]
    writer.open(measures.OPENING)
    _say("loading the model")
    asked = time.perf_counter()
    writer.start(model, **measures.GREEDY)
    writer.wait(lambda: len(writer.came) > 0)
    numbers["ask_to_first_token_cold_s"] = time.perf_counter() - asked
    numbers["start_to_first_token_s"] = time.perf_counter() - begun
    writer.command("run_stop")
    (entry,) = [m for m in writer.call("models")["models"] if m["key"] == model]
    info = entry["info"]
    numbers |= {
        "key": model,
        "model": entry["name"],
        "precision": info["precision"],
        "threads": info["threads"],
    }
    numbers["machine"] = f"{platform.machine()}, {os.cpu_count()} cores"
    source = _source(entry["source"])
    environment = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE"}
    bare = measures.Bare(str(source), info["precision"], info["threads"], environment)
    _rates(numbers, given, writer, model, bare)
    _edits(numbers, writer, model, bare, measures.story_of(2000, source))
    _say("looking inside 2,000 tokens")
    numbers |= looks.look_latency(writer, model, bare, measures.story_of(2000, source), 3)
    numbers |= looks.score_time(writer, model, bare, measures.story_of(2000, source), 3)
    bare.close()
    _say(f"writing {measures.NUM_CANDIDATES} candidates after 2,000 tokens")
    text = measures.story_of(2000, source)
    numbers |= measures.candidate_rates(writer, model, text, given.tokens // 4, 3)
    _say("pausing")
    overruns = measures.pause_overrun(writer, model, 10)
    numbers["tokens_after_pause_most"] = max(overruns)
    _say("pinging")
    ping = measures.ping_ms(writer, model, 200)
    numbers |= {"ping_p50_ms": ping["p50"], "ping_p99_ms": ping["p99"]}
    numbers["server_memory_mb"] = measures.memory_mb(pid)
    children = psutil.Process(pid).children()
    numbers["worker_memory_mb"] = sum(measures.memory_mb(child.pid) for child in children)


def _rates(
    numbers: dict[str, Any],
    given: argparse.Namespace,
    writer: Writer,
    model: str,
    bare: measures.Bare,
) -> None:
    rates: dict[str, list[float]] = {"bare": [], "generate": [], "delivered": []}
    for round_ in range(given.rounds):
        _say(f"writing, round {round_ + 1} of {given.rounds}")
        for verb, name in (("loop", "bare"), ("generate", "generate")):
            answer = bare.ask(verb, measures.OPENING, given.tokens)
            rates[name].append(answer["tokens"] / answer["seconds"])
        rates["delivered"].append(measures.delivered_rate(writer, model, given.tokens))
    numbers |= {f"{name}_tokens_per_s": statistics.median(found) for name, found in rates.items()}
    ratios = [d / b for d, b in zip(rates["delivered"], rates["bare"], strict=True)]
    numbers["delivered_to_bare"] = statistics.median(ratios)


def _edits(
    numbers: dict[str, Any], writer: Writer, model: str, bare: measures.Bare, text: str
) -> None:
    _say("editing in 2,000 tokens")
    numbers |= measures.edit_latency(writer, model, text, 7)
    read = statistics.median(bare.ask("read", text, 2000)["seconds"] for _ in range(3))
    numbers["reread_2000_ms"] = read * 1000
    numbers["edit_in_steps"] = numbers["edit_to_token_ms"] / max(1e-3, numbers["step_ms"])
    numbers["reread_to_edit"] = numbers["reread_2000_ms"] / numbers["edit_to_token_ms"]


def _page(numbers: dict[str, Any], writer: Writer, url: str, model: str) -> None:
    """The page's own numbers: an ordinary visit, then a story of 100,000 words while a run writes in it."""
    try:
        import playwright  # noqa: F401 - only whether it is there
    except ImportError:
        _say("left out what needs a browser: the package playwright is not installed")
        return
    if page.executable() is None:
        _say("left out what needs a browser: there is no Chromium, Chrome or Edge")
        return
    _say("opening the page")
    with page.opened(url) as (_, seconds):
        numbers["page_usable_s"] = seconds
    _say("typing into 100,000 words")
    words = measures.OPENING * (100_000 // len(measures.OPENING.split()) + 1)
    writer.open(words)
    with page.opened(url) as (opened, seconds):
        numbers["page_usable_100k_words_s"] = seconds
        writer.start(model, **measures.GREEDY)
        writer.wait(lambda: len(writer.came) > 4)
        numbers |= page.key_times_ms(opened)
    writer.command("run_stop")


def _config(given: argparse.Namespace, path: Path) -> Path:
    """A config.js with the model alone, in the precision that was asked for."""
    registry = Registry(ROOT / "static" / "config.js", _models(), ROOT)
    entry = registry.get(given.model or registry.default_key() or "")
    if entry is None:
        raise SystemExit(f"There is no model {given.model or ''}.")
    line = {entry.name: {"source": entry.source, "precision": given.precision}}
    text = f"var ModelConfig = {{continuationModels: {json.dumps(line)}, promptModels: {{}}}};\n"
    path.write_text(text, encoding="utf-8")
    return path


def _source(value: str) -> Path:
    path = Path(value)
    return path if path.is_absolute() else _models() / value


def _models() -> Path:
    return Path(os.environ.get("STORYGEN_MODELS_DIR") or ROOT / "models")


def _table(numbers: dict[str, Any]) -> str:
    width = max(len(name) for name in numbers)
    rows = []
    for name, value in numbers.items():
        shown = f"{value:.3g}" if isinstance(value, float) else str(value)
        rows.append(f"{name.ljust(width)}  {shown}")
    return "\n".join(rows)


def _say(what: str) -> None:
    print(f"… {what}", file=sys.stderr, flush=True)
