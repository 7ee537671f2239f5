"""Remember which schedules a person holds back."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Spelled out and not taken from `tables`: a migration must not change with the program.
_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the table of pauses."""
    op.create_table(
        "pauses",
        sa.Column("schedule_id", _KEY, primary_key=True),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
