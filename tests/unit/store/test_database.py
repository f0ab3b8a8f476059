"""Opening, migrating, and what is said when the disk or another program is in the way."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import records_made as made
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

import storygen.store.migrations
from storygen.errors import BadRequestError
from storygen.store.store import Store, StoreError, file_url
from storygen.store.tables import REVISION, metadata


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "stories.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    store = Store(file_url(path), busy_timeout_s=0.02)
    store.commit([made.story()])
    yield store
    store.close()


def test_the_migrations_make_the_tables_that_the_program_uses(tmp_path: Path) -> None:
    Store(file_url(tmp_path / "migrated.db")).close()
    engines = [create_engine(file_url(tmp_path / name)) for name in ("migrated.db", "made.db")]
    metadata.create_all(engines[1])
    described = []
    for engine in engines:
        with engine.connect() as connection:
            differences = compare_metadata(
                MigrationContext.configure(connection, opts={"compare_type": True}), metadata
            )
            assert differences == []
            query = text(
                "SELECT name, sql LIKE '%WITHOUT ROWID%' FROM sqlite_master WHERE name != 'alembic_version'"
            )
            rows = {row.name: tuple(row) for row in connection.execute(query)}
            rows = {name: row for name, row in rows.items() if "alembic" not in name}
        described.append(rows)
        engine.dispose()
    assert described[0] == described[1]


def test_the_newest_migration_is_the_revision_that_opens_without_migrating() -> None:
    [folder] = storygen.store.migrations.__path__
    assert ScriptDirectory(folder).get_heads() == [REVISION]


def test_a_database_that_is_up_to_date_opens_without_the_migration_library(path: Path) -> None:
    script = (
        "import sys; from storygen.store.store import Store, file_url; Store(file_url(sys.argv[1])).close();"
        "print('alembic' in sys.modules)"
    )
    loaded = [
        subprocess.run(
            [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True
        )
        for _ in range(2)
    ]
    assert [run.stdout.strip() for run in loaded] == ["True", "False"]
    assert [run.stderr for run in loaded] == ["", ""]


def test_the_records_are_imported_without_a_database_library() -> None:
    script = "import sys, storygen.store.records; print('sqlalchemy' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


def test_a_database_of_a_newer_program_is_left_alone(path: Path) -> None:
    Store(file_url(path)).close()
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE alembic_version SET version_num = '9999'")
        db.commit()
    with pytest.raises(StoreError, match="newer"):
        Store(file_url(path))


def test_the_disk_is_told_to_keep_every_commit(store: Store) -> None:
    for connection in (store._writer, store._reader):
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "fullfsync", "busy_timeout")
        }
        connection.rollback()
        assert found == {
            "journal_mode": "wal",
            "synchronous": 2,
            "foreign_keys": 1,
            "fullfsync": 1,
            "busy_timeout": 20,
        }


def test_a_full_disk_is_named_and_nothing_of_the_commit_is_kept(store: Store) -> None:
    pages = store._writer.exec_driver_sql("PRAGMA page_count").scalar()
    store._writer.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    store._writer.rollback()
    with pytest.raises(StoreError, match="disk is full"):
        store.commit([made.story(title="Changed"), made.update(0, b"x" * 1_000_000)])
    assert [found.title for found in store.stories()] == ["A title"]
    store._writer.exec_driver_sql("PRAGMA max_page_count = 100000")
    store._writer.rollback()
    store.commit([made.update(0, b"x" * 1_000_000)])
    found = store.open_story("s1")
    assert found is not None and found.updates == (made.update(0, b"x" * 1_000_000),)


def test_a_database_that_another_program_holds_is_named_and_can_be_written_afterwards(
    store: Store, path: Path
) -> None:
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="Another program"):
            store.commit([made.update(0)])
        other.rollback()
    store.commit([made.update(0)])


def test_a_database_that_may_only_be_read_is_named(path: Path) -> None:
    Store(file_url(path)).close()
    with pytest.raises(StoreError, match="only be read"):
        Store(f"sqlite:///file:{path}?immutable=1&uri=true").commit([made.story()])


def test_a_file_that_is_no_database_is_named_and_left_as_it_is(path: Path) -> None:
    path.write_bytes(b"a letter to the editor" * 100)
    with pytest.raises(StoreError, match="no database"):
        Store(file_url(path))
    assert path.read_bytes() == b"a letter to the editor" * 100


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be opened"):
        Store(file_url(tmp_path / "nowhere" / "stories.db"))


def test_postgres_without_its_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreError, match="psycopg"):
        Store("postgresql://writer@nowhere/stories")


@pytest.mark.parametrize(
    "url", ["", "stories.db", "sqlite://", "sqlite:///:memory:", "mysql://host/db"]
)
def test_a_url_that_keeps_nothing_is_refused(url: str) -> None:
    with pytest.raises(BadRequestError):
        Store(url)
