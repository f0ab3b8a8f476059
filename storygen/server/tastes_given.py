"""Preferences for a story that is written from the command line: one's own library's, a file's or a server's.

A server is asked over http or https alone, without following it elsewhere, and one on this machine without
a proxy, so that the token goes nowhere else and stands in no message; what it answered last is kept and used
while it is away.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import SplitResult, parse_qs, urlsplit, urlunsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

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
_MOVED = (301, 302, 303, 307, 308)
_HERE = ("localhost", "127.0.0.1", "::1")


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

    The address with which a browser opens a server will do; the token in it is used where `token` is "".
    Raises: BadRequestError, NotFoundError when it is away and was never asked before.
    """
    asked = _asked(url, token)
    kept = data_dir / KEPT_IN / f"{hashlib.sha256(asked.address.encode()).hexdigest()[:16]}.json"
    try:
        raw = _fetched(asked)
        found = _read(raw, asked.shown)
    except (URLError, OSError, HTTPException, ValueError, StorygenError) as error:
        why = f"{asked.shown} gave no preferences: {_words(error)}"
        if not kept.exists():
            raise NotFoundError(why) from error
        tell(f"{why} Going by what it said last.")
        return from_file(kept)
    kept.parent.mkdir(parents=True, exist_ok=True)
    draft = kept.with_suffix(".part")
    draft.write_bytes(raw)
    draft.replace(kept)
    return found


def is_here(url: str) -> bool:
    """Whether the address is of this machine. Raises: BadRequestError when it is none of the web."""
    return _parts(url).hostname in _HERE


@dataclass(frozen=True, slots=True)
class _Asked:
    """`shown`: the address as it may be told, without what could be secret in it."""

    address: str
    shown: str
    token: str
    is_here: bool


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        found = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        found = False
    if not found:
        raise BadRequestError("--preferences takes own, a file, or an address of http or https.")
    if "@" in parts.netloc:
        raise BadRequestError("Leave the name and password out of the address; give --token.")
    return parts


def _asked(url: str, token: str) -> _Asked:
    parts = _parts(url)
    is_page = not parts.path.strip("/")
    in_it = parse_qs(parts.query).get("t", [""])[0] if is_page else ""
    path, query = (STEPS, "") if is_page else (parts.path, parts.query)
    address, shown = (urlunsplit((parts.scheme, parts.netloc, path, q, "")) for q in (query, ""))
    return _Asked(address, shown, token or in_it, is_here(url))


def _words(error: Exception) -> str:
    """A sentence."""
    if isinstance(error, StorygenError):
        return error.message
    if isinstance(error, HTTPError):
        if error.code in (401, 403):
            return f"it wants another token ({error.code}); give that server's with --token."
        if error.code in _MOVED:
            return (
                f"it sends elsewhere ({error.code}), where nobody follows; give the other address."
            )
        return f"it answered {error.code}; is it StoryGen's address?"
    if isinstance(error, ValueError):  # its own words may hold the token
        return "the address or the token holds what can't be sent; copy them anew."
    reason = error.reason if isinstance(error, URLError) else error
    return f"{reason or type(error).__name__}. Is the server running, and the address right?"


def _reads_nothing(work: Callable[[Store], Any]) -> Any:
    raise AssertionError("what was given is all that is known")


class _Stays(HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None  # which makes it an error


def _fetched(asked: _Asked) -> bytes:
    headers = {"Accept": "application/json"}
    if asked.token:
        headers["Authorization"] = f"Bearer {asked.token}"
    through = [ProxyHandler({})] if asked.is_here else []
    opener = build_opener(_Stays, *through)
    with opener.open(Request(asked.address, headers=headers), timeout=WITHIN_S) as answer:
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
