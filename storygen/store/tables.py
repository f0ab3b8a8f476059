"""The database's tables, for SQLite and Postgres alike.

`id` columns hold the ids that the rest of the program knows; `key` columns are small integers that rows
refer to each other by, since a token's row would otherwise be mostly its run's id. Times are seconds
since the epoch. The migrations make these tables; a test compares the two.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

REVISION = "0004"  # of the newest migration; a database at this revision is opened as it is

metadata = MetaData()


def _story() -> Column[int]:
    return Column("story", Integer, ForeignKey("stories.key", ondelete="CASCADE"), nullable=False)


def _key_of_story() -> Column[int]:
    return Column("story", Integer, ForeignKey("stories.key", ondelete="CASCADE"), primary_key=True)


stories = Table(
    "stories",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("title", Text, nullable=False),
    Column("created", Double, nullable=False),
    Column("changed", Double, nullable=False),
    Column("settings", Text, nullable=False),
    Column("binned", Double),
    Column("document", Text, nullable=False),
    Column("num_words", Integer, nullable=False),
    Column("opening", Text, nullable=False),
)

# Small rows that are read in the order of their key live in the key's tree: `sqlite_with_rowid=False`.
server_clients = Table(
    "server_clients",
    metadata,
    _key_of_story(),
    Column("client", BigInteger, primary_key=True, autoincrement=False),
    Column("opened", Double, nullable=False),
    sqlite_with_rowid=False,
)

updates = Table(
    "updates",
    metadata,
    _key_of_story(),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("origin", Text, nullable=False),
    Column("time", Double, nullable=False),
    Column("data", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

snapshots = Table(
    "snapshots",
    metadata,
    _key_of_story(),
    Column("seq", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("spans", LargeBinary, nullable=False),
)

aliases = Table(
    "aliases",
    metadata,
    Column("key", Integer, primary_key=True),
    _story(),
    Column("client", BigInteger, nullable=False),
    Column("clock", BigInteger, nullable=False),
    Column("units", BigInteger, nullable=False),
    Column("original_client", BigInteger),
    Column("original_clock", BigInteger, nullable=False),
    Index("aliases_by_story", "story"),
)

# A version is a row of its own, since a lorebook may be large and a key of the story must not rewrite it.
memories = Table(
    "memories",
    metadata,
    _key_of_story(),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("time", Double, nullable=False),
    Column("data", LargeBinary, nullable=False),  # compressed JSON
)

runs = Table(
    "runs",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    _story(),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("model_name", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("prompt", Text, nullable=False),
    Column("params", Text, nullable=False),
    Column("seed", Text, nullable=False),  # any integer: wider than a column in some seeds
    Column("next_index", Integer, nullable=False),
    Column("continues", Text),
    Column("started", Double, nullable=False),
    Column("ended", Double),
    Column("left_client", BigInteger),
    Column("left_clock", BigInteger),
    Column("memory_version", Integer),
    Index("runs_by_story", "story"),
)

# One row is a block of consecutive tokens of a run, `[first, first + num_tokens)`.
token_blocks = Table(
    "token_blocks",
    metadata,
    Column("run", Integer, ForeignKey("runs.key", ondelete="CASCADE"), primary_key=True),
    Column("first", Integer, primary_key=True, autoincrement=False),
    Column("num_tokens", Integer, nullable=False),
    Column("ranges", LargeBinary, nullable=False),  # before `details`: read without them
    Column("details", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

models = Table(
    "models",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
)

vocabulary = Table(
    "vocabulary",
    metadata,
    Column("model", Integer, ForeignKey("models.key"), primary_key=True),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False),
    sqlite_with_rowid=False,
)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    _story(),
    Column("parent", Text),
    Column("kind", Text, nullable=False),
    Column("time", Double, nullable=False),
    Column("run", Text),
    Column("label", Text, nullable=False),
    Column("num_words", Integer, nullable=False),
    Column("excerpt", Text, nullable=False),
    Column("base", Integer),  # key of the checkpoint that `data` is a difference to; null: whole
    Column("depth", Integer, nullable=False),  # differences between here and the last whole copy
    Column("data", LargeBinary, nullable=False),
    Index("checkpoints_by_story", "story"),
)

candidate_sets = Table(
    "candidate_sets",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    _story(),
    Column("time", Double, nullable=False),
    Column("origin", Text, nullable=False),
    Column("checkpoint", Text, nullable=False),
    Column("offset", Integer, nullable=False),
    Column("left_client", BigInteger),
    Column("left_clock", BigInteger),
    Column("sets_left", Integer, nullable=False),
    Column("stale", Boolean, nullable=False),
    Column("cleared", Double),
    Column("memory_version", Integer),
    Column("input_ids", LargeBinary),
    Column("fate", Text),  # JSON: how its parameters were drawn; null: the writer set them
    Index("candidate_sets_by_story", "story"),
)

candidates = Table(
    "candidates",
    metadata,
    Column("run", Integer, ForeignKey("runs.key", ondelete="CASCADE"), primary_key=True),
    Column(
        "candidate_set",
        Integer,
        ForeignKey("candidate_sets.key", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("number", Integer, nullable=False),
    Column("client", BigInteger, nullable=False),
    Column("clock", BigInteger, nullable=False),
    Column("text", Text),
    Column("pinned", Boolean, nullable=False),
    Column("dismissed", Boolean, nullable=False),
    Column("taken", Integer, nullable=False),
    Column("log_density", Double),
    Index("candidates_by_set", "candidate_set"),
)

choices = Table(
    "choices",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    _story(),
    Column("candidate_set", Text, nullable=False),
    Column("candidate", Text, nullable=False),
    Column("time", Double, nullable=False),
    Column("units", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("shown", Text, nullable=False),
    Column("by", Text, nullable=False, server_default="human"),
    Column("seconds", Double),
    Index("choices_by_story", "story"),
)

settings = Table(
    "settings",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
