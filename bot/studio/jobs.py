"""The studio's jobs. The server adds and reads them, the renders move them on.

Invariant: jobs start in the order of their creation, and what a job needs besides its row (its
source) is needed as long as any job that may still be made or remixed names it.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, fields
from enum import StrEnum

from bot.studio.script import Script


class Status(StrEnum):
    """The protocol's four; there is no cancelled."""

    QUEUED = "queued"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"


class Kind(StrEnum):
    """What was asked for: something new, or something made from another video."""

    VIDEO = "video"
    REMIX = "remix"
    EDIT = "edit"
    EXTENSION = "extension"


class QueueFull(Exception):
    """As many jobs wait as the studio takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One video asked for. Times are Unix seconds, as the protocol has them."""

    id: str
    status: Status = Status.QUEUED
    model: str
    #: What this request said; the script holds what was said before it, too.
    prompt: str
    size: str
    script: Script
    kind: Kind = Kind.VIDEO
    #: The id of the video it was made from, which may be gone.
    parent: str | None = None
    created_at: int
    completed_at: int | None = None
    expires_at: int | None = None
    error_code: str | None = None
    error_message: str | None = None


class Jobs:
    """The table."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def add(self, job: Job, *, at_most: int) -> None:
        """Queue a job. Raises QueueFull when `at_most` are waiting already."""
        if self._rows("SELECT count(*) FROM job WHERE status = 'queued'")[0][0] >= at_most:
            raise QueueFull
        self._rows(
            "INSERT INTO job (id, status, model, prompt, size, seconds, script, source, kind,"
            " parent, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            job.id,
            job.status,
            job.model,
            job.prompt,
            job.size,
            job.script.seconds,
            job.script.to_json(),
            job.script.source,
            job.kind,
            job.parent,
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
        """It has no files, and nothing can be made from it."""
        self._rows(
            "UPDATE job SET status = 'failed', error_code = ?, error_message = ?,"
            " files_dropped = 1 WHERE id = ?",
            code,
            message,
            job_id,
        )

    def requeue_interrupted(self) -> None:
        """Queue again, at their old places, the jobs that a killed studio left in progress."""
        self._rows("UPDATE job SET status = 'queued' WHERE status = 'in_progress'")

    def remove(self, job_id: str) -> Job | None:
        """Forget and return a finished job; None when it is not finished, or not there."""
        return self._one(
            "DELETE FROM job WHERE id = ? AND status IN ('completed', 'failed') RETURNING *",
            job_id,
        )

    def drop_expired(self, now: int) -> list[Job]:
        """The jobs whose clips are due to be deleted; each is named by one call only."""
        rows = self._rows(
            "UPDATE job SET files_dropped = 1 WHERE expires_at <= ? AND NOT files_dropped"
            " RETURNING *",
            now,
        )
        return [_job(row) for row in rows]

    def with_files(self) -> set[str]:
        """The jobs that may own files."""
        return {job_id for (job_id,) in self._rows("SELECT id FROM job WHERE NOT files_dropped")}

    def sources(self) -> set[str]:
        """The files that jobs may still be made from."""
        rows = self._rows(
            "SELECT DISTINCT source FROM job WHERE source IS NOT NULL AND NOT files_dropped"
        )
        return {source for (source,) in rows}

    def unneeded(self, sources: Iterable[str | None]) -> set[str]:
        """Those of `sources` that no job needs any more; none will again."""
        return {source for source in sources if source and not self.has_source(source)}

    def has_source(self, source: str) -> bool:
        sql = "SELECT 1 FROM job WHERE source = ? AND NOT files_dropped LIMIT 1"
        return bool(self._rows(sql, source))

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
    values |= {"status": Status(row["status"]), "kind": Kind(row["kind"])}
    return Job(**values | {"script": Script.from_json(row["script"])})
