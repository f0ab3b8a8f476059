"""Memory, note and lore of a story, version after version, and which of them a run or a set read."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the table and the columns."""
    op.create_table(
        "memories",
        sa.Column("story", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("time", sa.Double(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["story"], ["stories.key"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("story", "version"),
    )
    op.add_column("runs", sa.Column("memory_version", sa.Integer(), nullable=True))
    op.add_column("candidate_sets", sa.Column("memory_version", sa.Integer(), nullable=True))
