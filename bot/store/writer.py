"""The one thread that writes, with group commit.

A commit costs a sync of the disk, however much it holds. So whatever is waiting when the thread
is free goes into one transaction; each piece keeps its own savepoint, so that a refused one
undoes only itself. A piece that was handed over is done even if nobody waits for it any more.
"""

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

from bot.errors import BotError

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    work: Callable[[Connection], Any]
    future: asyncio.Future[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    result: Any = None
    error: Exception | None = None


class Writer:
    """Runs pieces of work in transactions, in the order they come, at most *group* in one."""

    def __init__(self, engine: Engine, *, group: int) -> None:
        self._engine = engine
        self._group = group
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    async def do(self, work: Callable[[Connection], T]) -> T:
        """Return what *work* returned, once that is on disk; or raise what it raised.

        *work* may run twice, so it does nothing but read and write through the connection.
        """
        job = _Job(work=work, future=asyncio.get_running_loop().create_future())
        self._queue.put(job)
        result: T = await job.future
        return result

    def close(self) -> None:
        """Finish what was handed over, then stop; what is handed over later is never done."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        last = False
        while not last:
            jobs, last = self._take()
            if jobs:
                self._commit(jobs)

    def _take(self) -> tuple[list[_Job], bool]:
        """Return the jobs that wait, at least one, and whether they are the last."""
        jobs: list[_Job] = []
        waiting = True
        while waiting and len(jobs) < self._group:
            try:
                job = self._queue.get(block=not jobs)
            except queue.Empty:
                waiting = False
            else:
                if job is None:
                    return jobs, True
                jobs.append(job)
        return jobs, False

    def _commit(self, jobs: Sequence[_Job]) -> None:
        done: list[_Outcome] = []
        try:
            with self._engine.begin() as connection:
                done.extend(self._attempt(connection, job, alone=len(jobs) == 1) for job in jobs)
        except Exception as error:  # noqa: BLE001 - whoever waits gets it; the thread must live
            if len(jobs) > 1 and len(done) < len(jobs):
                # One broke the transaction for all: alone, each has its own.
                for job in jobs:
                    self._commit([job])
                return
            done = [_Outcome(error=error)] * len(jobs)
        _resolve(jobs, done)

    @staticmethod
    def _attempt(connection: Connection, job: _Job, *, alone: bool) -> _Outcome:
        if alone:
            return _Outcome(result=job.work(connection))
        try:
            with connection.begin_nested():
                return _Outcome(result=job.work(connection))
        except BotError as error:
            return _Outcome(error=error)


def _resolve(jobs: Sequence[_Job], outcomes: Sequence[_Outcome]) -> None:
    for job, outcome in zip(jobs, outcomes, strict=True):
        with suppress(RuntimeError):  # The loop was closed: nobody waits.
            job.future.get_loop().call_soon_threadsafe(_settle, job.future, outcome)


def _settle(future: asyncio.Future[Any], outcome: _Outcome) -> None:
    if future.done():
        return
    if outcome.error is not None:
        future.set_exception(outcome.error)
    else:
        future.set_result(outcome.result)
