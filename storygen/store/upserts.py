"""Inserting what may be there already, which SQLite and Postgres both can but SQLAlchemy spells apart."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

Insert = sqlite.Insert | postgresql.Insert


def insert_if_new(connection: Connection, table: Table) -> Insert:
    """An insert that leaves a row that is there as it is."""
    return _if_new(connection.dialect.name, table)


def insert_or_replace(connection: Connection, table: Table, by: str) -> Any:
    """An insert that overwrites the row with the same `by`; it returns the row's key."""
    return _or_replace(connection.dialect.name, table, by)


@cache
def _if_new(dialect: str, table: Table) -> Insert:
    return _insert(dialect, table).on_conflict_do_nothing()


@cache
def _or_replace(dialect: str, table: Table, by: str) -> Any:
    insert = _insert(dialect, table)
    kept = {"key", by}
    changed = {name: insert.excluded[name] for name in table.c.keys() if name not in kept}  # noqa: SIM118
    statement = insert.on_conflict_do_update(index_elements=[by], set_=changed)
    return statement.returning(table.c.key) if "key" in table.c else statement


def _insert(dialect: str, table: Table) -> Insert:
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
