"""The same store on Postgres: a cluster of its own, made for these tests and thrown away after them."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import records_made as made
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from storygen.errors import BadRequestError, ConflictError, NotFoundError
from storygen.store.records import (
    AliasRecord,
    MemoryRecord,
    ServerClientRecord,
    SnapshotRecord,
    Span,
)
from storygen.store.store import Store
from storygen.store.tables import metadata

pytest.importorskip("psycopg", reason="Postgres is not tested: the package psycopg is missing")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    initdb, postgres = _program("initdb"), _program("postgres")
    if initdb is None or postgres is None:
        pytest.skip("Postgres is not tested: its programs initdb and postgres were not found")
    as_user: dict[str, Any] = {"user": "postgres"} if os.geteuid() == 0 else {}
    with tempfile.TemporaryDirectory(prefix="pg-") as folder:
        cluster = Path(folder)
        if as_user:
            shutil.chown(cluster, "postgres")
        options = ["-D", folder + "/data", "-U", "writer", "-A", "trust", "-E", "UTF8", "--no-sync"]
        subprocess.run([initdb, *options], check=True, capture_output=True, cwd="/", **as_user)
        command = [postgres, "-D", folder + "/data", "-k", folder, "-c", "listen_addresses="]
        log = cluster / "log"
        with (
            log.open("wb") as file,
            subprocess.Popen(command, stderr=file, stdout=file, cwd="/", **as_user) as server,
        ):
            try:
                url = f"postgresql://writer@/postgres?host={folder}"
                _wait_for(url, server, log)
                yield url
            finally:
                server.terminate()


def _program(name: str) -> str | None:
    """On the path, or where Debian keeps it."""
    debian = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return shutil.which(name) or (str(debian[-1]) if debian else None)


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    import psycopg

    while True:
        assert server.poll() is None, log.read_text()
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(url).close()
            return


def test_everything_that_is_committed_comes_back(url: str) -> None:
    checkpoints = [
        made.checkpoint("c1", "Once 👩‍👩‍👧\n" * 50),
        made.checkpoint("c2", "Once 👩‍👩‍👧\n" * 51, "c1"),
    ]
    tokens = [made.token(index, text=" 物語", id=index) for index in range(3)]
    spans = (Span(made.CLIENT, 0, 4, 12),)
    store = Store(url)
    store.commit(
        [
            made.story(settings={"é": 1}),
            ServerClientRecord("s1", made.CLIENT, 1.0),
            made.update(0),
            made.update(1),
            SnapshotRecord("s1", 0, b"\x00", spans),
            AliasRecord("s1", made.CLIENT, 1, 2, None, 0),
            MemoryRecord("s1", 1, 2.0, {"text": "typ"}),
            MemoryRecord("s1", 2, 3.0, {"text": "猫"}, replaces=1),
            made.run(memory_version=2),
            *tokens,
            *checkpoints,
        ]
    )
    store.set_setting("presets", [1])
    store.set_setting("presets", [2])
    store.close()
    store = Store(url)
    found = store.open_story("s1")
    assert found is not None
    assert (found.record, found.updates, found.runs) == (
        made.story(settings={"é": 1}),
        (made.update(1),),
        (made.run(memory_version=2),),
    )
    assert found.memories == (MemoryRecord("s1", 2, 3.0, {"text": "猫"}),)
    assert store.memories("s1") == list(found.memories)
    assert found.snapshot == SnapshotRecord("s1", 0, b"\x00", spans)
    assert (found.clients, found.head, len(found.tokens)) == ((made.CLIENT,), "c2", 3)
    assert store.token_details("r1", 0, 9) == tokens
    assert [store.checkpoint(record.checkpoint) for record in checkpoints] == checkpoints
    assert store.setting("presets") == [2]
    assert store.runs_to_interrupt() == [made.run(memory_version=2)]
    with pytest.raises(ConflictError):
        store.commit([made.story(title="Changed"), made.update(1)])
    with pytest.raises(BadRequestError):
        store.commit([made.story(title="nul \x00")])
    assert [story.title for story in store.stories()] == ["A title"]
    store.commit([made.story(binned=1.0)])
    store.delete_story("s1")
    with pytest.raises(NotFoundError):
        store.commit([made.update(2)])
    assert store.stories(binned=True) == []
    store.close()


def test_the_migrations_make_the_tables_that_the_program_uses(url: str) -> None:
    store = Store(url)
    context = MigrationContext.configure(store._writer, opts={"compare_type": True})
    assert compare_metadata(context, metadata) == []
    store.close()
