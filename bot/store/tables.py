"""The tables, as the newest migration leaves them.

Columns decide queries. A run's `doc` is the run itself; the columns beside it repeat what
queries ask for. Rows are never deleted, except those of stops and
pauses that are over, and those of `files`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.base import Executable

from bot.domain.budget import Item, SpendState
from bot.domain.command import CommandKind, CommandState
from bot.domain.effect import EffectState
from bot.domain.run import RunState
from bot.domain.video import VideoStatus
from bot.store.columns import KEY, Instant, Texts, Usd, Word

metadata = MetaData()

runs = Table(
    "runs",
    metadata,
    Column("id", KEY, primary_key=True),
    Column("key", KEY, nullable=False, unique=True),
    Column("state", Word(RunState), nullable=False),
    Column("reason", Text),
    Column("wake_at", Instant),
    #: The fence: every claim raises it.
    Column("rev", BigInteger, nullable=False, server_default="0"),
    Column("owner", Text),
    Column("lease_until", Instant),
    Column("pokes", BigInteger, nullable=False, server_default="0"),
    Column("created_at", Instant, nullable=False),
    Column("format", Integer, nullable=False),
    Column("doc", Text, nullable=False),
    Column("provider", KEY),
    #: Null until the video was asked for.
    Column("video_status", Word(VideoStatus)),
    #: The run whose video this one's grows out of.
    Column("origin", KEY),
    Index("runs_newest", "created_at", "id"),
    Index("runs_by_state", "state", "created_at", "id"),
    #: What is due is asked for every second, beside ten thousand runs that are not.
    Index("runs_due", "state", "wake_at"),
    Index(
        "runs_with_video",
        "created_at",
        "id",
        sqlite_where=text("video_status IS NOT NULL"),
        postgresql_where=text("video_status IS NOT NULL"),
    ),
    Index(
        "runs_by_origin",
        "origin",
        sqlite_where=text("origin IS NOT NULL"),
        postgresql_where=text("origin IS NOT NULL"),
    ),
    Index(
        "runs_stopped",
        "id",
        sqlite_where=text("reason = 'stopped'"),
        postgresql_where=text("reason = 'stopped'"),
    ),
)

#: Which runs need which file of the media library; no row once a run's files are deleted.
files = Table(
    "files",
    metadata,
    Column("path", KEY, primary_key=True),
    Column("run_id", KEY, ForeignKey("runs.id"), primary_key=True),
)

effects = Table(
    "effects",
    metadata,
    Column("key", KEY, primary_key=True),
    #: Null for what the control room says of no run.
    Column("run_id", KEY, ForeignKey("runs.id")),
    #: The second part of the key: `create`, `publish`.
    Column("kind", KEY, nullable=False),
    Column("state", Word(EffectState), nullable=False),
    Column("fingerprint", KEY),
    Column("handle", Texts, nullable=False),
    Column("result", Text),
    Column("remote_id", Text),
    Column("attempts", Integer, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("detail", Text),
    Index("effects_of_run", "run_id"),
    Index("effects_by_kind", "kind", "started_at"),
    #: A webhook names nothing but the video.
    Index(
        "effects_of_video",
        "remote_id",
        sqlite_where=text("kind = 'create'"),
        postgresql_where=text("kind = 'create'"),
    ),
    #: Two equal writes in the air could not be told apart afterwards.
    Index(
        "effects_in_the_air",
        "fingerprint",
        unique=True,
        sqlite_where=text("state = 'sending' AND fingerprint IS NOT NULL"),
        postgresql_where=text("state = 'sending' AND fingerprint IS NOT NULL"),
    ),
)

spends = Table(
    "spends",
    metadata,
    Column("key", KEY, primary_key=True),
    #: Null for what an account costs whatever is posted.
    Column("run_id", KEY, ForeignKey("runs.id")),
    Column("what", Text, nullable=False),
    Column("vendor", Text, nullable=False),
    Column("usd", Usd, nullable=False),
    Column("day", Date, nullable=False),
    Column("at", Instant, nullable=False),
    Column("state", Word(SpendState), nullable=False),
    Column("item", Word(Item)),
    Index("spends_of_run", "run_id"),
)

#: Reserved and settled money of a day: the one row two nodes meet on when both want the rest.
days = Table(
    "days",
    metadata,
    Column("day", Date, primary_key=True),
    Column("usd", Usd, nullable=False),
)

fires = Table(
    "fires",
    metadata,
    Column("key", KEY, primary_key=True),
    Column("schedule_id", KEY, nullable=False),
    Column("due", Instant, nullable=False),
    # Deferred: the fire is written first, and the run only if the fire was new.
    Column(
        "run_id",
        KEY,
        ForeignKey("runs.id", deferrable=True, initially="DEFERRED"),
        nullable=False,
    ),
)

cursors = Table(
    "cursors",
    metadata,
    Column("schedule_id", KEY, primary_key=True),
    Column("at", Instant, nullable=False),
)

#: A row is a schedule that a person holds back.
pauses = Table(
    "pauses",
    metadata,
    Column("schedule_id", KEY, primary_key=True),
    Column("by", Text, nullable=False),
    Column("at", Instant, nullable=False),
)

commands = Table(
    "commands",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("kind", Word(CommandKind), nullable=False),
    Column("run_id", KEY, ForeignKey("runs.id"), nullable=False),
    Column("args", Texts, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("state", Word(CommandState), nullable=False),
    Column("answer", Text),
    Index(
        "commands_pending",
        "id",
        sqlite_where=text("state = 'pending'"),
        postgresql_where=text("state = 'pending'"),
    ),
    # Ids of a person's commands are never given twice, even if rows were lost.
    sqlite_autoincrement=True,
)

#: One row at most: everything is stopped.
control = Table(
    "control",
    metadata,
    Column("name", KEY, primary_key=True),
    Column("by", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("why", Text),
)


def upsert(table: Table, build: Callable[[Any], Executable]) -> Mapping[str, Executable]:
    """Return by dialect what *build* makes of an insert that knows ON CONFLICT.

    SQLAlchemy has one such insert per database, though the SQL is the same.
    """
    return {
        "sqlite": build(sqlite.insert(table)),
        "postgresql": build(postgresql.insert(table)),
    }
