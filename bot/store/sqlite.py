"""A SQLite file as a `Database`: WAL, every commit synced, foreign keys checked."""

import sqlite3
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from bot.errors import DatabaseUnusable
from bot.store.database import Database
from bot.store.lock import FileLock

#: How long to wait for another process (the CLI beside the engine) to finish its commit.
_BUSY_SECONDS = 10.0
#: Enough that one sync serves all who wait, few enough that none waits long.
_GROUP = 256


def open_sqlite(path: Path, *, create: bool) -> Database:
    """Return the database in the file *path*; makes the file only with *create*."""
    _must_know_returning()
    if create:
        path.parent.mkdir(parents=True, exist_ok=True)
    elif not path.exists():
        raise DatabaseUnusable(
            f"There is no database {path}.", hint="Start the engine once: `reelbot run`."
        )
    writing = _engine(path, create=create)
    event.listen(writing, "begin", _begin_immediate)
    return Database(
        name=str(path),
        writing=writing,
        reading=_engine(path, create=create),
        lock=FileLock(path.with_name(path.name + ".lock")),
        group=_GROUP,
    )


def _must_know_returning() -> None:
    """Refuse a SQLite that lacks RETURNING (before 3.35, https://sqlite.org/lang_returning.html).

    The Pythons of some long-lived distributions are built with one.
    """
    if sqlite3.sqlite_version_info < (3, 35):
        raise DatabaseUnusable(
            f"This Python has SQLite {sqlite3.sqlite_version}; reelbot needs 3.35 or newer.",
            hint="Run reelbot with another Python (uv and the image bring one), or use PostgreSQL.",
        )


def use_wal(database: Database) -> None:
    """Let readers and the writer not wait for one another; stays with the file."""
    with database.reading.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode = WAL")


def _engine(path: Path, *, create: bool) -> Engine:
    address = f"{path.absolute().as_uri()}?mode={'rwc' if create else 'rw'}"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            address,
            uri=True,
            timeout=_BUSY_SECONDS,
            isolation_level=None,  # The driver begins nothing by itself.
            check_same_thread=False,  # One thread at a time has it: the pool sees to that.
        )
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")
        return connection

    return create_engine(
        "sqlite+pysqlite://", creator=connect, poolclass=QueuePool, pool_size=1, max_overflow=0
    )


def _begin_immediate(connection: Connection) -> None:
    # A transaction that reads first and writes later may find the file locked half-way.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
