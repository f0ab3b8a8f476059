"""Preferences for a story that is written from the command line: one's own library's, a file's or a server's.

A server is asked over http or https alone, without following it elsewhere, so that the token goes nowhere
else; what it answered last is kept and used while it is away.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from ..errors import BadRequestError, NotFoundError, StorygenError
from ..preferences import statistics_json
from ..preferences.kernels import PerStepPolicy
from ..preferences.learned import AROUND_AVERAGES
from ..preferences.policies import FixedPolicy, Policy, RandomPolicy
from ..preferences.ranges import Ranges
from ..preferences.statistics import Statistics
from ..store.store import Store
from .tastes import Tastes

STEPS = "/api/preferences/steps"
MOST_BYTES = 8 * 1024 * 1024
WITHIN_S = 5.0
KEPT_IN = "preferences"  # a folder in the data folder


class GivenTastes(Tastes):
    """Draws by statistics that came from elsewhere; learns nothing more."""

    def __init__(self, statistics: Statistics) -> None:
        super().__init__(_reads_nothing)
        self._given = statistics

    def dealer(self, name: str, ranges: Ranges) -> Policy:
        """Raises: BadRequestError for a policy that counts alone do not make."""
        if name == "random":
            return RandomPolicy(ranges)
        if name == "fixed":
            fixed = FixedPolicy.learned(ranges, self._given, AROUND_AVERAGES)
            return fixed if fixed.steps else RandomPolicy(ranges)
        if name == "steps":
            return PerStepPolicy.from_statistics(ranges, self._given)
        raise BadRequestError(
            "The policy bandit learns from single choices: use --preferences own, or the policy steps."
        )


def from_file(path: Path) -> Statistics:
    """What a file holds. Raises: NotFoundError, BadRequestError."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise NotFoundError(f"{path} can't be read: {error.strerror}.") from error
    return _read(raw, str(path))


def from_url(url: str, token: str, data_dir: Path, tell: Callable[[str], None]) -> Statistics:
    """What the server at `url` counts, or said last while it is away, which `tell` is told.

    Raises: BadRequestError, NotFoundError when it is away and was never asked before.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise BadRequestError("--preferences takes own, a file, or an address of http or https.")
    address = url if parts.path.strip("/") else f"{parts.scheme}://{parts.netloc}{STEPS}"
    kept = data_dir / KEPT_IN / f"{hashlib.sha256(address.encode()).hexdigest()[:16]}.json"
    try:
        raw = _fetched(address, token)
        found = _read(raw, address)
    except (URLError, OSError, StorygenError) as error:
        if not kept.exists():
            raise NotFoundError(f"{address} gave no preferences: {error}") from error
        tell(f"{address} gave no preferences ({error}); going by what it said last.")
        return from_file(kept)
    kept.parent.mkdir(parents=True, exist_ok=True)
    draft = kept.with_suffix(".part")
    draft.write_bytes(raw)
    draft.replace(kept)
    return found


def _reads_nothing(work: Callable[[Store], Any]) -> Any:
    raise AssertionError("what was given is all that is known")


class _Stays(HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None  # which makes it an error


def _fetched(address: str, token: str) -> bytes:
    headers = {"Accept": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    with build_opener(_Stays).open(Request(address, headers=headers), timeout=WITHIN_S) as answer:
        raw: bytes = answer.read(MOST_BYTES + 1)
    return raw


def _read(raw: bytes, where: str) -> Statistics:
    if len(raw) > MOST_BYTES:
        raise BadRequestError(f"{where} is too long for statistics.")
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise BadRequestError(f"{where} is no JSON.") from error
    return statistics_json.from_json(data)
