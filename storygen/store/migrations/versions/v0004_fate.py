"""What was read before a set's cards, how parameters were drawn, who chose from it and how long that took."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Makes the columns; choices of before were a person's."""
    op.add_column("candidate_sets", sa.Column("input_ids", sa.LargeBinary(), nullable=True))
    op.add_column("candidate_sets", sa.Column("fate", sa.Text(), nullable=True))
    op.add_column("candidates", sa.Column("log_density", sa.Double(), nullable=True))
    op.add_column("choices", sa.Column("by", sa.Text(), nullable=False, server_default="human"))
    op.add_column("choices", sa.Column("seconds", sa.Double(), nullable=True))
