"""Let the ledger hold writes that belong to no run: what the control room says."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Spelled out and not taken from `tables`: a migration must not change with the program.
_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Let `run_id` be empty. SQLite cannot change a column: there the table is made anew."""
    with op.batch_alter_table("effects", copy_from=_effects()) as effects:
        effects.alter_column("run_id", existing_type=_KEY, nullable=True)
    if op.get_context().dialect.name == "sqlite":
        _index()


def _effects() -> sa.Table:
    """Return the table as 0001 made it."""
    return sa.Table(
        "effects",
        sa.MetaData(),
        sa.Column("key", _KEY, primary_key=True),
        sa.Column("run_id", _KEY, sa.ForeignKey("runs.id"), nullable=False),
        sa.Column("kind", _KEY, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("fingerprint", _KEY),
        sa.Column("handle", sa.Text, nullable=False),
        sa.Column("result", sa.Text),
        sa.Column("remote_id", sa.Text),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("detail", sa.Text),
    )


def _index() -> None:
    """Make the indexes again that went with the old table, in their old order.

    Of two that serve a query as well SQLite takes the newer one.
    """
    op.create_index("effects_of_run", "effects", ["run_id"])
    op.create_index("effects_by_kind", "effects", ["kind", "started_at"])
    in_the_air = sa.text("state = 'sending' AND fingerprint IS NOT NULL")
    op.create_index(
        "effects_in_the_air", "effects", ["fingerprint"], unique=True, sqlite_where=in_the_air
    )
    created = sa.text("kind = 'create'")
    op.create_index("effects_of_video", "effects", ["remote_id"], sqlite_where=created)
