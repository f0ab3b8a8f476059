"""What was measured about models on this machine, kept in one JSON file so that it is measured once."""

from __future__ import annotations

import contextlib
import json
import os
import platform
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
import torch

WAYS = "plain or packed"  # what was compared; with other ways all is measured anew


@dataclass(frozen=True, slots=True)
class Measured:
    """The choice for one model on one machine. Speeds in tokens per second; 0: not measured."""

    precision: str
    threads: int
    fp32_decode: float
    bf16_decode: float
    fp32_prefill: float
    bf16_prefill: float
    packed: bool = False  # the weights are laid out for the processor

    def sentence(self) -> str:
        """What was measured and chosen, for the user."""
        speeds = [
            f"{name} {decode:.0f} tokens/s writing and {prefill:.0f} reading"
            for name, decode, prefill in (
                ("fp32", self.fp32_decode, self.fp32_prefill),
                ("bf16", self.bf16_decode, self.bf16_prefill),
            )
            if decode
        ]
        threads = "1 thread" if self.threads == 1 else f"{self.threads} threads"
        layout = ", laid out for this processor" if self.packed else ""
        used = f"{self.precision} is used{layout}"
        return f"Measured here with {threads}: {', '.join(speeds)}; {used}."


def recall(path: str | None, model: str) -> Measured | None:
    """What is remembered of `model` on this machine; None when nothing (readable) is."""
    if path is None:
        return None
    found = _read(Path(path)).get(_key(model))
    try:
        return Measured(**found) if isinstance(found, dict) else None
    except TypeError:  # written by another version
        return None


def remember(path: str | None, model: str, measured: Measured) -> None:
    """Adds a measurement to the file; a file that cannot be written is only a slower next start."""
    if path is None:
        return
    target = Path(path)
    everything = _read(target)
    everything[_key(model)] = asdict(measured)
    work = target.with_name(f"{target.name}.{os.getpid()}")
    with contextlib.suppress(OSError):
        target.parent.mkdir(parents=True, exist_ok=True)
        work.write_text(json.dumps(everything, indent=2) + "\n", encoding="utf-8")
        work.replace(target)


def _key(model: str) -> str:
    machine = f"{platform.machine()} {_cpu_name()}, {psutil.cpu_count()} cores"
    return f"{machine}, torch {torch.__version__}, {WAYS}: {model}"


def _cpu_name() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()


def _read(path: Path) -> dict[str, object]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
