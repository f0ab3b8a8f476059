"""Keys that were entered for servers, kept in the data folder in a file that its owner alone can read.

A key belongs to a scheme, host and port. It is handed to the client that calls there and to nobody else:
a page only learns whether one is set. A variable of the environment wins over what was entered.
"""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

from ...errors import BadRequestError
from ...web.kept_secrets import keep_out_of_git, keep_to_owner, write_secret
from .remote_address import read_address

FILE = "keys.json"
MOST_CHARACTERS = 4096
_LOCK = threading.Lock()


class Keys:
    """The keys kept in one data folder."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / FILE

    def __repr__(self) -> str:
        return f"Keys({str(self._path)!r})"

    def get(self, url: str, *, key_env: str = "") -> str | None:
        """The key for the server at `url`, None if it has none.

        Raises: BadRequestError for a URL that is none.
        """
        origin = read_address(url).origin
        if key_env and os.environ.get(key_env):
            return os.environ[key_env]
        with _LOCK:
            return self._read().get(origin)

    def is_set(self, url: str) -> bool:
        """Whether a key was entered for the server at `url`."""
        return self.get(url) is not None

    def put(self, url: str, key: str) -> None:
        """Keep `key` for the server at `url`; a blank one takes away what was kept.

        Raises: BadRequestError for what can't be a key.
        """
        origin, key = read_address(url).origin, key.strip()
        if len(key) > MOST_CHARACTERS or not key.isascii() or not key.isprintable() or " " in key:
            raise BadRequestError("That is no key: it holds spaces or letters that no key has.")
        with _LOCK:
            keys = self._read()
            if key:
                keys[origin] = key
            else:
                keys.pop(origin, None)
            self._path.parent.mkdir(parents=True, exist_ok=True)
            keep_out_of_git(self._path.parent)
            write_secret(self._path, json.dumps(keys, indent=1))
            keep_to_owner(self._path)

    def forget(self, url: str) -> None:
        """Take away the key that was kept for the server at `url`."""
        self.put(url, "")

    def _read(self) -> dict[str, str]:
        """What is kept. A file that is broken holds nothing: the keys can be entered again."""
        try:
            keep_to_owner(self._path)
            told = json.loads(self._path.read_text("utf-8"))
        except (FileNotFoundError, ValueError, RecursionError):
            return {}
        if not isinstance(told, dict):
            return {}
        return {origin: key for origin, key in told.items() if isinstance(key, str)}
