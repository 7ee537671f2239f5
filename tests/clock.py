"""A clock that tests turn by hand, or that jumps by itself when nobody has anything to do.

    clock = FakeClock()
    await clock.advance(30)        # wakes every sleeper due within 30 s, in order

    async with clock.auto():       # or: jump to the next sleeper whenever the loop is idle
        result = await something_that_sleeps_for_hours(clock)

Idle means that this event loop has nothing ready, which is exact for code, servers and sockets
of the same loop. What happens in a thread or another process is invisible to it: give `quiet`
(real seconds the loop must be silent before time moves), or wrap the work in `clock.hold()`.
"""

import asyncio
import heapq
import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime, timedelta

#: Passes of the loop in a row with nothing ready, before it counts as idle: bytes that cross a
#: loopback socket show up one or two passes after they were written.
PASSES = 5


class FakeClock:
    """A `Clock` whose time only moves in `advance` and `auto`."""

    def __init__(self, now: datetime | None = None, *, quiet: float = 0.0) -> None:
        self.start = self._now = now or datetime(2027, 1, 1, 12, tzinfo=UTC)
        self._quiet = quiet
        self._order = itertools.count()
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._slept = asyncio.Event()
        self._holds = 0
        self._released = asyncio.Event()
        self._released.set()

    def now(self) -> datetime:
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Return when the clock has moved by *seconds*; at the next pass of the loop if <= 0."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        future = asyncio.get_running_loop().create_future()
        due = self._now + timedelta(seconds=seconds)
        heapq.heappush(self._sleepers, (due, next(self._order), future))
        self._slept.set()
        await future

    @property
    def elapsed(self) -> float:
        """Seconds since the clock was made."""
        return (self._now - self.start).total_seconds()

    @property
    def sleepers(self) -> int:
        """How many coroutines sleep now."""
        return sum(not future.done() for _, _, future in self._sleepers)

    async def advance(self, seconds: float) -> None:
        """Move *seconds* on; every sleeper wakes at its own instant, and runs until it is idle."""
        until = self._now + timedelta(seconds=seconds)
        await self.idle()
        while (due := self._next()) and due <= until:
            self._wake(due)
            await self.idle()
        self._now = max(self._now, until)

    @asynccontextmanager
    async def auto(self, *, limit: float = 30 * 86400) -> AsyncIterator[None]:
        """Jump to the next sleeper whenever the loop is idle.

        After *limit* seconds of this clock every sleeper raises `TimeoutError`: something waits
        for ever.
        """
        end = self._now + timedelta(seconds=limit)
        task = asyncio.create_task(self._run(end))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Let no time go by while the context is open: work goes on where the loop cannot see."""
        self._holds += 1
        self._released.clear()
        try:
            yield
        finally:
            self._holds -= 1
            if not self._holds:
                self._released.set()

    async def idle(self) -> None:
        """Return when the loop has nothing to do and nobody holds the clock."""
        await self._passes()
        if self._quiet:
            await asyncio.sleep(self._quiet)
            await self._passes()
        while self._holds:
            await self._released.wait()
            await self._passes()

    async def _passes(self) -> None:
        ready = asyncio.get_running_loop()._ready  # type: ignore[attr-defined]  # the only witness
        silent = 0
        while silent < PASSES:
            await asyncio.sleep(0)
            silent = 0 if ready else silent + 1

    async def _run(self, end: datetime) -> None:
        while True:
            await self.idle()
            if (due := self._next()) is None:
                self._slept.clear()
                await self._slept.wait()
            elif due > end:
                self._fail(f"still asleep after {end - self.start} of the clock's time")
            else:
                self._wake(due)

    def _next(self) -> datetime | None:
        while self._sleepers and self._sleepers[0][2].done():  # cancelled meanwhile
            heapq.heappop(self._sleepers)
        return self._sleepers[0][0] if self._sleepers else None

    def _wake(self, due: datetime) -> None:
        self._now = max(self._now, due)
        while self._sleepers and self._sleepers[0][0] <= self._now:
            future = heapq.heappop(self._sleepers)[2]
            if not future.done():
                future.set_result(None)

    def _fail(self, why: str) -> None:
        for _, _, future in self._sleepers:
            if not future.done():
                future.set_exception(TimeoutError(why))
        self._sleepers.clear()
