"""Let spends say what was charged beside a post, and what an account costs without a run."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Spelled out and not taken from `tables`: a migration must not change with the program.
_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Let `run_id` be empty. SQLite cannot change a column: there the table is made anew."""
    with op.batch_alter_table("spends", copy_from=_spends()) as spends:
        spends.alter_column("run_id", existing_type=_KEY, nullable=True)
        spends.add_column(sa.Column("item", sa.Text))
    if op.get_context().dialect.name == "sqlite":  # its index went with the old table
        op.create_index("spends_of_run", "spends", ["run_id"])


def _spends() -> sa.Table:
    """Return the table as 0001 made it."""
    return sa.Table(
        "spends",
        sa.MetaData(),
        sa.Column("key", _KEY, primary_key=True),
        sa.Column("run_id", _KEY, sa.ForeignKey("runs.id"), nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("vendor", sa.Text, nullable=False),
        sa.Column("usd", sa.BigInteger, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
    )
