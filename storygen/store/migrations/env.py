"""Runs migrations on the connection that the store hands over, inside the transaction that it began."""

from alembic import context

from storygen.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes most things about a table only by making it anew
)
context.run_migrations()
