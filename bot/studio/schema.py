"""The studio's tables, and how an older file becomes a newer one.

Called by `store` when it opens the file. Each migration raises `PRAGMA user_version` by one, in one
transaction with what it changes. Invariant: a file is either as it was, or wholly of this version.
"""

import json
import sqlite3
from collections.abc import Callable
from typing import Final


def _jobs(db: sqlite3.Connection) -> None:
    """The first table; files of that time have no version, so it may be there already."""
    db.execute(
        """CREATE TABLE IF NOT EXISTS job (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            status TEXT NOT NULL,
            model TEXT NOT NULL,
            prompt TEXT NOT NULL,
            size TEXT NOT NULL,
            seconds INTEGER NOT NULL,
            seed INTEGER NOT NULL,
            has_reference INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            completed_at INTEGER,
            expires_at INTEGER,
            error_code TEXT,
            error_message TEXT,
            files_dropped INTEGER NOT NULL DEFAULT 0
        )"""
    )
    db.execute(
        "CREATE INDEX IF NOT EXISTS job_queued ON job (number) WHERE status = 'queued'",
    )
    db.execute(
        "CREATE INDEX IF NOT EXISTS job_expiring ON job (expires_at)"
        " WHERE expires_at IS NOT NULL AND NOT files_dropped",
    )


def _scripts(db: sqlite3.Connection) -> None:
    """Videos grow out of one another: the script takes the place of the seed and the reference."""
    for column in (
        "script TEXT NOT NULL DEFAULT ''",
        "kind TEXT NOT NULL DEFAULT 'video'",
        "parent TEXT",
        "source TEXT",
    ):
        db.execute(f"ALTER TABLE job ADD COLUMN {column}")
    found = db.execute("SELECT number, id, prompt, seed, size, seconds, has_reference FROM job")
    for number, job_id, prompt, seed, size, seconds, has_reference in found.fetchall():
        width, height = map(int, size.split("x"))
        source = job_id if has_reference else None
        script = {
            "prompt": prompt,
            "seed": seed,
            "width": width,
            "height": height,
            "acts": [{"seconds": seconds, "changes": []}],
            "characters": [],
            "reference": source,
            "footage": None,
        }
        db.execute(
            "UPDATE job SET script = ?, source = ? WHERE number = ?",
            (json.dumps(script), source, number),
        )
    db.execute("UPDATE job SET files_dropped = 1 WHERE status = 'failed'")
    db.execute("ALTER TABLE job DROP COLUMN seed")
    db.execute("ALTER TABLE job DROP COLUMN has_reference")
    db.execute("CREATE INDEX job_source ON job (source) WHERE source IS NOT NULL")


def _characters(db: sqlite3.Connection) -> None:
    db.execute(
        """CREATE TABLE character (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            coat TEXT NOT NULL,
            accent TEXT NOT NULL,
            created_at INTEGER NOT NULL
        )"""
    )


def _deliveries(db: sqlite3.Connection) -> None:
    db.execute(
        """CREATE TABLE delivery (
            id TEXT PRIMARY KEY,
            type TEXT NOT NULL,
            video_id TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0,
            due_at INTEGER NOT NULL
        )"""
    )
    db.execute("CREATE INDEX delivery_due ON delivery (due_at)")


MIGRATIONS: Final[tuple[Callable[[sqlite3.Connection], None], ...]] = (
    _jobs,
    _scripts,
    _characters,
    _deliveries,
)


class NewerFile(Exception):
    """The file was written by a later version."""


def migrate(db: sqlite3.Connection) -> None:
    """Bring the file to this version; `db` is in autocommit. Raises NewerFile."""
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        raise NewerFile
    for number, change in enumerate(MIGRATIONS[version:], version + 1):
        db.execute("BEGIN IMMEDIATE")
        try:
            change(db)
            db.execute(f"PRAGMA user_version = {number}")
            db.execute("COMMIT")
        except BaseException:
            db.execute("ROLLBACK")
            raise
