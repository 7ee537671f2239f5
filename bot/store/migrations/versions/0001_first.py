"""Create all tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Spelled out and not taken from `tables`: a migration must not change with the program.
_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_INSTANT = _USD = _COUNT = sa.BigInteger
_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create all tables in an empty database."""
    _runs()
    _effects()
    _money()
    _schedules()
    _commands()


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", _KEY, primary_key=True),
        sa.Column("key", _KEY, nullable=False, unique=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("wake_at", _INSTANT),
        sa.Column("rev", _COUNT, nullable=False, server_default="0"),
        sa.Column("owner", sa.Text),
        sa.Column("lease_until", _INSTANT),
        sa.Column("pokes", _COUNT, nullable=False, server_default="0"),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("format", sa.Integer, nullable=False),
        sa.Column("doc", sa.Text, nullable=False),
    )
    op.create_index("runs_newest", "runs", ["created_at", "id"])
    op.create_index("runs_by_state", "runs", ["state", "created_at", "id"])
    op.create_index("runs_due", "runs", ["state", "wake_at"])
    stopped = sa.text("reason = 'stopped'")
    op.create_index("runs_stopped", "runs", ["id"], sqlite_where=stopped, postgresql_where=stopped)


def _effects() -> None:
    op.create_table(
        "effects",
        sa.Column("key", _KEY, primary_key=True),
        sa.Column("run_id", _KEY, sa.ForeignKey("runs.id"), nullable=False),
        sa.Column("kind", _KEY, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("fingerprint", _KEY),
        sa.Column("handle", sa.Text, nullable=False),
        sa.Column("result", sa.Text),
        sa.Column("remote_id", sa.Text),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("started_at", _INSTANT, nullable=False),
        sa.Column("detail", sa.Text),
    )
    op.create_index("effects_of_run", "effects", ["run_id"])
    op.create_index("effects_by_kind", "effects", ["kind", "started_at"])
    in_the_air = sa.text("state = 'sending' AND fingerprint IS NOT NULL")
    op.create_index(
        "effects_in_the_air",
        "effects",
        ["fingerprint"],
        unique=True,
        sqlite_where=in_the_air,
        postgresql_where=in_the_air,
    )


def _money() -> None:
    op.create_table(
        "spends",
        sa.Column("key", _KEY, primary_key=True),
        sa.Column("run_id", _KEY, sa.ForeignKey("runs.id"), nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("vendor", sa.Text, nullable=False),
        sa.Column("usd", _USD, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
    )
    op.create_index("spends_of_run", "spends", ["run_id"])
    op.create_table(
        "days",
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("usd", _USD, nullable=False),
    )


def _schedules() -> None:
    run = sa.ForeignKey("runs.id", deferrable=True, initially="DEFERRED")
    op.create_table(
        "fires",
        sa.Column("key", _KEY, primary_key=True),
        sa.Column("schedule_id", _KEY, nullable=False),
        sa.Column("due", _INSTANT, nullable=False),
        sa.Column("run_id", _KEY, run, nullable=False),
    )
    op.create_table(
        "cursors",
        sa.Column("schedule_id", _KEY, primary_key=True),
        sa.Column("at", _INSTANT, nullable=False),
    )


def _commands() -> None:
    op.create_table(
        "commands",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("run_id", _KEY, sa.ForeignKey("runs.id"), nullable=False),
        sa.Column("args", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("answer", sa.Text),
        sqlite_autoincrement=True,
    )
    pending = sa.text("state = 'pending'")
    op.create_index(
        "commands_pending", "commands", ["id"], sqlite_where=pending, postgresql_where=pending
    )
    op.create_table(
        "control",
        sa.Column("name", _KEY, primary_key=True),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("why", sa.Text),
    )
