"""Wakes runs inside this process: APScheduler `date` jobs, a queue, a pool of workers.

`bot.app` builds it when no cluster is configured. It remembers nothing: appointments are made
again from the table of runs at every start. Invariant: no run is advanced twice at once.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

from apscheduler.executors.debug import (  # type: ignore[import-untyped]  # ships no types
    DebugExecutor,
)
from apscheduler.jobstores.base import (  # type: ignore[import-untyped]  # ships no types
    JobLookupError,
)
from apscheduler.schedulers.asyncio import (  # type: ignore[import-untyped]  # ships no types
    AsyncIOScheduler,
)
from apscheduler.triggers.date import (  # type: ignore[import-untyped]  # ships no types
    DateTrigger,
)

from bot.ports import Clock

#: Seconds that a cancelled run gets to clean up before it is left behind.
CLEAN_UP = 2.0

# It tells every appointment it makes, fires and drops.
logging.getLogger("apscheduler").setLevel(logging.WARNING)


class EmbeddedWaker:
    """A `Waker` for one process on one event loop; can be run once.

    *on_error* hears what escapes from `advance`; the worker goes on with the next run.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        on_error: Callable[[str, BaseException], None],
        workers: int = 8,
        grace: float = 8.0,
    ) -> None:
        self._clock = clock
        self._on_error = on_error
        self._workers = workers
        #: Seconds for what is being advanced when the context is left.
        self._grace = grace
        self._taking = True
        self._queue: asyncio.Queue[str] = asyncio.Queue()
        #: The ids in the queue.
        self._queued: set[str] = set()
        self._advancing: dict[str, asyncio.Task[None]] = {}
        #: Ids woken while they were being advanced: what woke them may have come too late to be
        #: seen, so they are advanced once more.
        self._again: set[str] = set()
        # The debug executor calls the job at once in the loop's thread: no task, no thread, and
        # nothing that a second job of the same id could collide with.
        self._appointments = AsyncIOScheduler(
            timezone=UTC,
            executors={"default": DebugExecutor()},
            job_defaults={"misfire_grace_time": None},
        )

    async def at(self, run_id: str, when: datetime) -> None:
        """Advance the run at *when*, at once if that is past; replaces its last appointment."""
        delay = when - self._clock.now()
        if delay <= timedelta(0):
            await self.poke(run_id)
        else:
            self._appoint(run_id, delay)

    def _appoint(self, run_id: str, delay: timedelta) -> None:
        # APScheduler reads the machine's clock, whatever the injected one shows.
        trigger = DateTrigger(datetime.now(UTC) + delay, timezone=UTC)
        self._appointments.add_job(
            self._enqueue, trigger, args=(run_id,), id=run_id, replace_existing=True
        )

    async def poke(self, run_id: str) -> None:
        """Advance the run as soon as a worker is free, instead of at its appointment."""
        if self._appointments.running:
            with suppress(JobLookupError):
                self._appointments.remove_job(run_id)
        self._enqueue(run_id)

    def is_crowded(self) -> bool:
        """Whether runs are queued and every worker is busy."""
        return not self._queue.empty() and len(self._advancing) >= self._workers

    @asynccontextmanager
    async def run(self, advance: Callable[[str], Awaitable[None]]) -> AsyncIterator[None]:
        """Call *advance* for every wake-up while the context is open."""
        self._appointments.start()
        pool = [asyncio.create_task(self._work(advance)) for _ in range(self._workers)]
        try:
            yield
        finally:
            self._taking = False
            self._appointments.shutdown()
            await self._close(pool)

    async def _close(self, pool: list[asyncio.Task[None]]) -> None:
        for idle in set(pool).difference(self._advancing.values()):
            idle.cancel()
        try:
            await asyncio.wait(pool, timeout=self._grace)
        finally:
            for worker in pool:
                worker.cancel()
            await asyncio.wait(pool, timeout=CLEAN_UP)

    def _enqueue(self, run_id: str) -> None:
        if run_id in self._advancing:
            self._again.add(run_id)
        elif run_id not in self._queued:
            self._queued.add(run_id)
            self._queue.put_nowait(run_id)

    async def _work(self, advance: Callable[[str], Awaitable[None]]) -> None:
        worker = asyncio.current_task()
        assert worker
        while self._taking:
            run_id = await self._queue.get()
            self._queued.discard(run_id)
            self._advancing[run_id] = worker
            try:
                await advance(run_id)
            except asyncio.CancelledError as error:
                if worker.cancelling():
                    raise
                self._on_error(run_id, error)  # something that the run awaited was cancelled
            except Exception as error:  # noqa: BLE001  # the next run must not suffer for it
                self._on_error(run_id, error)
            finally:
                del self._advancing[run_id]
                if run_id in self._again:
                    self._again.remove(run_id)
                    self._enqueue(run_id)
