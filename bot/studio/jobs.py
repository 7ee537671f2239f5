"""The studio's jobs, in one SQLite file. The server adds and reads them, the renders move them on.

Invariant: a change is on disk when its call returns (WAL, synchronous=FULL), and one process at a
time holds the file (exclusive locking mode: the lock dies with the process, so a kill leaves none).
"""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from bot.studio.problem import closed

Answer = TypeVar("Answer")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS job (
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
);
CREATE INDEX IF NOT EXISTS job_queued ON job (number) WHERE status = 'queued';
CREATE INDEX IF NOT EXISTS job_expiring ON job (expires_at)
    WHERE expires_at IS NOT NULL AND NOT files_dropped;
"""

#: Seconds to wait for a process that is just leaving the folder.
_LOCK_TIMEOUT = 1.0


class Status(StrEnum):
    """The protocol's four; there is no cancelled."""

    QUEUED = "queued"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"


class FolderInUse(Exception):
    """Another studio is open on this folder."""


class QueueFull(Exception):
    """As many jobs wait as the studio takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One video asked for. Times are Unix seconds, as the protocol has them."""

    id: str
    status: Status = Status.QUEUED
    model: str
    prompt: str
    size: str
    seconds: int
    seed: int
    has_reference: bool
    created_at: int
    completed_at: int | None = None
    expires_at: int | None = None
    error_code: str | None = None
    error_message: str | None = None


class Jobs:
    """The table. Its calls block, so the event loop reaches it through `JobsThread`."""

    def __init__(self, path: Path) -> None:
        """Open or create the file. Raises FolderInUse when another process has it open."""
        self._db = sqlite3.connect(
            path, timeout=_LOCK_TIMEOUT, isolation_level=None, check_same_thread=False
        )
        self._db.row_factory = sqlite3.Row
        try:
            self._db.execute("PRAGMA locking_mode=EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.executescript(_SCHEMA)
        except sqlite3.OperationalError as error:
            self._db.close()
            if "locked" not in str(error):
                raise
            raise FolderInUse(f"Another studio is using {path.parent}.") from error

    def close(self) -> None:
        self._db.close()

    def add(self, job: Job, *, at_most: int) -> None:
        """Queue a job. Raises QueueFull when `at_most` are waiting already."""
        if self._rows("SELECT count(*) FROM job WHERE status = 'queued'")[0][0] >= at_most:
            raise QueueFull
        self._rows(
            "INSERT INTO job (id, status, model, prompt, size, seconds, seed, has_reference,"
            " created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            job.id,
            job.status,
            job.model,
            job.prompt,
            job.size,
            job.seconds,
            job.seed,
            job.has_reference,
            job.created_at,
        )

    def get(self, job_id: str) -> Job | None:
        return self._one("SELECT * FROM job WHERE id = ?", job_id)

    def page(self, *, limit: int, after: str | None, newest_first: bool) -> list[Job]:
        """Up to `limit` jobs in order of creation. Raises KeyError when `after` is no job."""
        sign, order = ("<", "DESC") if newest_first else (">", "ASC")
        if after is None:
            where, number = "1 OR ?", 0
        else:
            where, number = f"number {sign} ?", self._number(after)
        rows = self._rows(
            f"SELECT * FROM job WHERE {where} ORDER BY number {order} LIMIT ?",  # noqa: S608 - no outside text
            number,
            limit,
        )
        return [_job(row) for row in rows]

    def start_next(self) -> Job | None:
        """Move the job that has waited longest to in_progress."""
        return self._one(
            "UPDATE job SET status = 'in_progress' WHERE number ="
            " (SELECT min(number) FROM job WHERE status = 'queued') RETURNING *"
        )

    def complete(self, job_id: str, *, at: int, expires_at: int) -> None:
        self._rows(
            "UPDATE job SET status = 'completed', completed_at = ?, expires_at = ? WHERE id = ?",
            at,
            expires_at,
            job_id,
        )

    def fail(self, job_id: str, *, code: str, message: str) -> None:
        self._rows(
            "UPDATE job SET status = 'failed', error_code = ?, error_message = ? WHERE id = ?",
            code,
            message,
            job_id,
        )

    def requeue_interrupted(self) -> None:
        """Queue again, at their old places, the jobs that a killed studio left in progress."""
        self._rows("UPDATE job SET status = 'queued' WHERE status = 'in_progress'")

    def remove(self, job_id: str) -> bool:
        """Forget a finished job; False when it is not finished, or not there."""
        return bool(
            self._rows(
                "DELETE FROM job WHERE id = ? AND status IN ('completed', 'failed') RETURNING id",
                job_id,
            )
        )

    def drop_expired(self, now: int) -> list[str]:
        """The jobs whose clips are due to be deleted; each is named by one call only."""
        rows = self._rows(
            "UPDATE job SET files_dropped = 1 WHERE expires_at <= ? AND NOT files_dropped"
            " RETURNING id",
            now,
        )
        return [job_id for (job_id,) in rows]

    def with_files(self) -> set[str]:
        """The jobs that may own files."""
        return {job_id for (job_id,) in self._rows("SELECT id FROM job WHERE NOT files_dropped")}

    def _number(self, job_id: str) -> int:
        rows = self._rows("SELECT number FROM job WHERE id = ?", job_id)
        if not rows:
            raise KeyError(job_id)
        number: int = rows[0][0]
        return number

    def _one(self, sql: str, *values: object) -> Job | None:
        rows = self._rows(sql, *values)
        return _job(rows[0]) if rows else None

    def _rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        # fetchall, also where one row is expected: an unfinished statement would not commit.
        return self._db.execute(sql, values).fetchall()


def _job(row: sqlite3.Row) -> Job:
    values = {field.name: row[field.name] for field in fields(Job)}
    values |= {"status": Status(row["status"]), "has_reference": bool(row["has_reference"])}
    return Job(**values)


class JobsThread:
    """The jobs, asked from the event loop, which must never wait for a disk.

    One thread of its own serialises all calls, which costs some 0.1 ms each.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread: ThreadPoolExecutor | None = None
        self._jobs: Jobs | None = None

    async def open(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="studio-jobs")
        loop = asyncio.get_running_loop()
        self._jobs = await loop.run_in_executor(self._thread, Jobs, self._path)

    async def close(self) -> None:
        """Repeatable. Calls made before it still finish."""
        if self._thread is None:
            return
        if self._jobs is not None:
            await self.ask(Jobs.close)
        self._thread.shutdown()
        self._thread = self._jobs = None

    async def ask(self, question: Callable[[Jobs], Answer]) -> Answer:
        """Raises a Problem (503) when the studio is not open."""
        if self._thread is None or self._jobs is None:
            raise closed()
        return await asyncio.get_running_loop().run_in_executor(self._thread, question, self._jobs)
