"""Opening a database: connections, their settings, migrations, and errors in words.

SQLite's own transactions are used (`BEGIN IMMEDIATE` for the writer), not the Python driver's, so that
everything between a begin and a commit, table changes included, happens whole or not at all.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    NullPool,
    create_engine,
    event,
    exc,
    inspect,
    make_url,
)

from ..errors import BadRequestError, ConflictError, StorygenError
from .tables import REVISION

_MIGRATIONS = Path(__file__).parent / "migrations"
_KNOWN = ("0001", "0002", "0003")  # every revision that this program can bring up to date

_NEWER = "The stories here were kept by a newer StoryGen. Start that one, or update this one."


class StoreError(StorygenError):
    """The database cannot be used just now; what was to be written was not written at all."""

    code = "store"


def file_url(path: Path) -> URL:
    """The URL of an SQLite database in a file, whatever characters its path has."""
    return URL.create("sqlite", database=str(path))


def engine_for(url: str | URL, *, writes: bool, busy_timeout_s: float) -> Engine:
    """An engine whose connections are set up for writing, or for reading beside a writer.

    Raises: BadRequestError when the URL is none, or names a database of another kind or none on disk.
    """
    parsed = _parsed(url)
    if parsed.get_backend_name() == "postgresql":
        return _postgres_engine(parsed, writes)
    # One thread at a time uses a connection, but which thread opens and closes it is the caller's matter.
    engine = create_engine(
        parsed,
        poolclass=NullPool,
        connect_args={"check_same_thread": False, "timeout": busy_timeout_s},
    )
    event.listen(engine, "connect", _set_up_sqlite)
    begin = "BEGIN IMMEDIATE" if writes else "BEGIN"
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


def asking_engine(url: str | URL, busy_timeout_s: float) -> Engine:
    """An engine whose connections can change nothing of a database, which must be there.

    Raises: StoreError when there is none; BadRequestError as `engine_for`.
    """
    parsed = _parsed(url)
    engine = engine_for(parsed, writes=False, busy_timeout_s=busy_timeout_s)
    if parsed.get_backend_name() == "postgresql":
        return engine.execution_options(postgresql_readonly=True)
    if not Path(parsed.database or "").is_file():
        raise StoreError(f"There are no stories in {parsed.database}. Write one first.")

    def refuse_writing(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA query_only=ON")

    event.listen(engine, "connect", refuse_writing)
    return engine


def check_revision(connection: Connection) -> None:
    """Nothing, if the tables are those that this program reads. Raises: StoreError."""
    with connection.begin():
        revision = _revision(connection)
    if revision in _KNOWN or revision is None:
        raise StoreError("The stories were kept by an older StoryGen. Start the server once.")
    if revision != REVISION:
        raise StoreError(_NEWER)


def _postgres_engine(url: URL, writes: bool) -> Engine:
    level: Any = "READ COMMITTED" if writes else "REPEATABLE READ"
    try:
        return create_engine(url, poolclass=NullPool, isolation_level=level)
    except ImportError as error:
        raise StoreError(
            "Postgres needs a Python package that is not installed. Run: pip install 'psycopg[binary]'"
        ) from error


def migrate(connection: Connection) -> None:
    """Brings the database to the newest tables, in one transaction. Quick when it has them already.

    Raises: StoreError when a newer StoryGen made it.
    """
    with connection.begin():
        revision = _revision(connection)
        if revision == REVISION:
            return
        if revision is not None and revision not in _KNOWN:
            raise StoreError(_NEWER)
        _upgrade(connection)


@contextlib.contextmanager
def in_words() -> Iterator[None]:
    """Turns the database's errors into ours.

    Raises: ConflictError when a record is there already; StoreError for a full, locked, read-only or
    broken database; BadRequestError for text that cannot be stored.
    """
    try:
        yield
    except exc.IntegrityError as error:
        raise ConflictError(
            f"This is stored already, or belongs to nothing: {error.orig}"
        ) from error
    except (exc.DataError, UnicodeEncodeError, OverflowError) as error:
        raise BadRequestError(f"This cannot be stored: {error}") from error
    except (exc.DBAPIError, sqlite3.Error) as error:
        raise StoreError(_words_for(getattr(error, "orig", error))) from error


_WORDS = {
    "SQLITE_FULL": "The disk is full. Free some space; everything up to the last save is safe.",
    "SQLITE_BUSY": "Another program holds the stories' database. Close it and try again.",
    "SQLITE_LOCKED": "Another program holds the stories' database. Close it and try again.",
    "SQLITE_READONLY": "The stories' database may only be read. Allow writing to its file and folder.",
    "SQLITE_CANTOPEN": "The stories' database cannot be opened. Check that its folder allows writing.",
    "SQLITE_CORRUPT": "The stories' database is damaged. Put a backup in its place.",
    "SQLITE_NOTADB": "The stories' database file is no database. Move it away, or name another data folder.",
    "SQLITE_IOERR": "The disk refuses to write or read the stories' database. Check the disk and its space.",
}


def _words_for(error: object) -> str:
    name = str(getattr(error, "sqlite_errorname", ""))
    for start, words in _WORDS.items():
        if name.startswith(start):
            return words
    return f"The stories' database cannot be used: {error}"


def _parsed(url: str | URL) -> URL:
    try:
        parsed = make_url(url)
    except exc.ArgumentError as error:
        raise BadRequestError("Not the URL of a database; try sqlite:///stories.db") from error
    backend = parsed.get_backend_name()
    if parsed.drivername in ("postgres", "postgresql"):
        return parsed.set(drivername="postgresql+psycopg")
    if backend == "postgres":
        return parsed.set(drivername=parsed.drivername.replace("postgres", "postgresql", 1))
    if backend == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise BadRequestError("A database in memory keeps nothing; name a file.")
    if backend not in ("sqlite", "postgresql"):
        raise BadRequestError(f"Stories are kept in SQLite or Postgres, not in {backend}.")
    return parsed


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun by the listener of `engine_for`
    for setting in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "fullfsync=ON",  # macOS: a plain fsync there leaves data in the disk's cache
        "checkpoint_fullfsync=ON",
        "journal_size_limit=67108864",
    ):
        connection.execute(f"PRAGMA {setting}")


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return None if found is None else str(found)


def _upgrade(connection: Connection) -> None:
    """Imported here, since a database that is up to date needs none of it and a start is to be quick."""
    from alembic import command
    from alembic.config import Config

    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
