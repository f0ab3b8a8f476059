"""Servers that were added on a page: their addresses in a file, their keys apart from it (see `keys`).

`WithServers` offers their models beside those that there are already.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import BadRequestError
from ..bench import Bench, Offer, Source
from ..jobs import Job
from .base import Model
from .keys import Keys
from .remote_address import read_address

if TYPE_CHECKING:
    from .remote import RemoteModel

FILE = "servers.json"
MOST_SERVERS = 200
MOST_CHARACTERS = 500
_LOCK = threading.Lock()


@dataclass(frozen=True, slots=True)
class ServerEntry:
    """A model of a server. `url` is the one under which its calls stand."""

    url: str
    model: str

    @property
    def name(self) -> str:
        """How it is called on pages."""
        return f"{self.model} at {read_address(self.url).authority}"


class Servers:
    """The servers kept in one data folder."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / FILE
        self.keys = Keys(data_dir)

    def entries(self) -> list[ServerEntry]:
        """All, in the order in which they were added. A broken file holds none."""
        try:
            rows = json.loads(self._path.read_text("utf-8"))
        except (OSError, ValueError, RecursionError):
            return []
        return [entry for row in rows if (entry := _entry(row))] if isinstance(rows, list) else []

    def add(self, url: str, model: str, key: str = "") -> ServerEntry:
        """Keep a server's model, and its key unless that is blank.

        Raises: BadRequestError for what is no address, key or name.
        """
        entry = ServerEntry(str(read_address(url)), model.strip())
        if not 0 < len(entry.model) <= MOST_CHARACTERS or len(entry.url) > MOST_CHARACTERS:
            raise BadRequestError("Choose the model first.")
        if key.strip():
            self.keys.put(url, key)
        with _LOCK:
            kept = [one for one in self.entries() if one != entry]
            if len(kept) >= MOST_SERVERS:
                raise BadRequestError("There are too many servers. Remove some.")
            self._write([*kept, entry])
        return entry

    def remove(self, entry: ServerEntry) -> None:
        """Forget a server's model; its key too, if no other model of that server is kept."""
        with _LOCK:
            kept = [one for one in self.entries() if one != entry]
            self._write(kept)
        origins = {read_address(one.url).origin for one in kept}
        if read_address(entry.url).origin not in origins:
            self.keys.forget(entry.url)

    def _write(self, entries: Sequence[ServerEntry]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        rows = [{"url": one.url, "model": one.model} for one in entries]
        draft = self._path.with_suffix(".draft")
        draft.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
        draft.replace(self._path)


class WithServers:
    """A `bench.Source` of models: those of another source, then those of servers."""

    def __init__(self, source: Source[Model], servers: Servers) -> None:
        self._source, self.servers = source, servers
        self._made: dict[ServerEntry, tuple[str | None, RemoteModel]] = {}
        self._lock = threading.Lock()

    def offers(self) -> Sequence[Offer]:
        """See `bench.Source.offers`."""
        return [*self._source.offers(), *(Offer(name, "a server") for name in self._by_name())]

    def get(self, name: str, job: Job) -> Model:
        """See `bench.Source.get`. A server is asked what it can do, if that is not known yet."""
        entry = self._by_name().get(name)
        if entry is None:
            return self._source.get(name, job)
        from .remote import RemoteModel

        key = self.servers.keys.get(entry.url)
        with self._lock:
            known = self._made.get(entry)
            if known is None or known[0] != key:
                known = (key, RemoteModel(entry.url, entry.model, key=key, name=name))
                self._made[entry] = known
        known[1].connect(job)
        return known[1]

    def _by_name(self) -> dict[str, ServerEntry]:
        own = {offer.name for offer in self._source.offers()}
        return {one.name: one for one in self.servers.entries() if one.name not in own}


def with_servers(bench: Bench) -> WithServers:
    """The models of `bench` and those of servers that were added."""
    if isinstance(bench.models, WithServers):
        return bench.models
    return WithServers(bench.models, Servers(bench.data_dir))


def _entry(row: Any) -> ServerEntry | None:
    match row:
        case {"url": str(url), "model": str(model)}:
            try:
                return ServerEntry(str(read_address(url)), model)
            except BadRequestError:
                return None
    return None
