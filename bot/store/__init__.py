"""The store: what the bot remembers, in SQLite or PostgreSQL.

`bot.app` opens it and hands it to the rest as the `Store` port. Its one invariant: what a write
returned from is on disk, whole, and nobody without the lease has changed a run.

    store ── writer (one thread, group commit) ──┐
      │                                          ├── run, effect, budget, schedule, command
      └──── reader (one thread) ─────────────────┘            over tables
    schema ── migrations          lock ── one engine per database
"""

from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from bot.errors import ConfigError
from bot.store import schema
from bot.store.database import Database, translated
from bot.store.postgres import open_postgres
from bot.store.sqlite import open_sqlite, use_wal
from bot.store.store import SqlStore

__all__ = ["SqlStore", "open_store"]

_EXAMPLES = "sqlite:////srv/reelbot/reelbot.db or postgresql://user@host/reelbot"


def open_store(url: str, *, migrate: bool) -> SqlStore:
    """Return the store at *url*, `sqlite:///path` or `postgresql://…`.

    With *migrate*, the engine's way, a missing database is created and an older one upgraded.
    Without, the way of everybody beside the engine, either is refused and nothing is written.
    Raises `DatabaseUnusable`, leaving the database as it was, if it is newer than this program,
    damaged, another program's or out of reach; `EngineRunning` if an engine runs on a database
    that has to be upgraded; `ConfigError` for another kind of URL.
    """
    database = _open(url, create=migrate)
    try:
        with translated(database.name):
            _prepare(database, migrate=migrate)
    except BaseException:
        database.close()
        raise
    return SqlStore(database)


def _open(url: str, *, create: bool) -> Database:
    if url.startswith(("postgresql://", "postgres://")):
        return open_postgres(_parse(url))
    # Not parsed: what follows is the path as it stands, whatever signs it is made of.
    scheme, slashes, path = url.partition("sqlite:///")
    if scheme or not slashes or path in {"", ":memory:"}:
        raise _misnamed()
    with translated(path):
        return open_sqlite(Path(path), create=create)


def _parse(url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        # The cause would show the URL, and with it a password.
        raise _misnamed() from None


def _misnamed() -> ConfigError:
    return ConfigError(
        "REELBOT_DATABASE_URL names neither a SQLite file nor a PostgreSQL database.",
        hint=f"It looks like {_EXAMPLES}.",
    )


def _prepare(database: Database, *, migrate: bool) -> None:
    if not migrate:
        schema.check(database)
        return
    schema.bring_up(database)
    if database.writing.dialect.name == "sqlite":
        use_wal(database)
