"""One looker per provider: it turns the looks of many jobs into few requests.

`videos_api` calls `look` once per observation. Looks that fall due are gathered on a grid of
instants; three or more are answered from pages of the listing, and then everybody whose job is
over on those pages hears of it, due or not. Fewer, and whatever the pages lack, are got singly.
A run that is parked between two looks finds what the pages showed of its job meanwhile.

Invariants: what answers a look was asked for when the look was due or later, unless the job is
over; and while nobody waits there is no task, so nothing has to be closed.
"""

import asyncio
import heapq
import itertools
import math
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bot.errors import ProviderError, RateLimited
from bot.ports import Clock
from bot.providers.answers import Item, Page, read_id, read_status
from bot.providers.listing import ListingFailed
from bot.providers.sight import Sight

#: Fewer due looks than this are cheaper got one by one.
WORTH_A_PAGE = 3
#: Jobs on a page.
PAGE = 100
#: Single requests in the air at once.
ABREAST = 8
#: Seconds for which a look at once waits for company: one event often pokes several runs.
GATHERING = timedelta(seconds=0.02)
#: Seconds without a look after which a job counts as nobody's any more.
FORGOTTEN = timedelta(hours=1)
#: Seconds of silence after 429, when the server does not say how many it wants.
SILENCE = 5.0


@dataclass(eq=False, slots=True)
class _Wait:
    job_id: str
    #: When it is to be asked for.
    at: datetime
    seen: asyncio.Future[Sight]
    #: The ring of the alarm that it was asked for at; 0 before. What a request shows that left
    #: after that ring answers it. Not told by time: clocks are set back, and timers ring early.
    ring: int = field(default=0)

    def is_asked(self, ring: int) -> bool:
        """Whether a request that left at *ring* or later was for this one."""
        return 0 < self.ring <= ring

    def answer(self, sight: Sight) -> None:
        if not self.seen.done():
            self.seen.set_result(sight)

    def fail(self, error: Exception) -> None:
        if not self.seen.done():
            self.seen.set_exception(error)


class Looker:
    """Gathers looks. Two of the same job share one request."""

    def __init__(
        self,
        *,
        one: Callable[[str], Awaitable[Sight]],
        page: Callable[[str | None], Awaitable[Page]],
        clock: Clock,
        grid: float,
        on_over: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Make a looker.

        Args:
            one: gets one job by id; raises a `ProviderError` for a failed look.
            page: gets the page of the listing after an id, newest first. `ListingFailed` sends
                the looks to *one*, and `ListingMissing` those of all time.
            clock: the time.
            grid: seconds between the instants at which due looks are gathered.
            on_over: told once the id of a known job that a page showed to be over while nobody
                waited for it; the look that follows costs no request.
        """
        self._one, self._page, self._clock, self._grid = one, page, clock, grid
        self._on_over = on_over
        #: By job.
        self._waits: dict[str, list[_Wait]] = {}
        #: What nobody has asked for yet, the earliest first.
        self._queue: list[tuple[datetime, int, _Wait]] = []
        self._order = itertools.count()
        self._tasks: set[asyncio.Task[None]] = set()
        self._alarm: asyncio.Task[None] | None = None
        self._alarm_at: datetime | None = None
        self._rings = 0
        self._abreast = asyncio.Semaphore(ABREAST)
        self._leafing = asyncio.Lock()
        self._lists = True
        self._silent_until = datetime.min.replace(tzinfo=UTC)
        #: When each job that is not over was last looked at.
        self._known: dict[str, datetime] = {}
        #: What pages showed of known jobs that nobody waited for, and when they were asked for.
        self._passed: dict[str, tuple[datetime, Sight]] = {}

    @property
    def crowd(self) -> int:
        """How many jobs share their looks; 1 where each has to be looked at by itself."""
        return max(len(self._known), 1) if self._lists else 1

    async def look(self, job_id: str, due: datetime | None) -> Sight:
        """Return what is seen of the job at *due*, at once without it; earlier if it is over.

        Raises the `ProviderError` that made the look fail. Cancelling it disturbs no other look.
        """
        sight = self._overtaken(job_id, due) or await self._wait(job_id, due)
        if sight.is_last:
            self._known.pop(job_id, None)
        return sight

    def _overtaken(self, job_id: str, due: datetime | None) -> Sight | None:
        """Return what a page showed of the job since *due*."""
        self._known[job_id] = self._clock.now()
        at, sight = self._passed.pop(job_id, (None, None))
        if sight and at and (sight.is_last or (due and at >= due)):
            return sight
        return None

    async def _wait(self, job_id: str, due: datetime | None) -> Sight:
        now = self._clock.now()
        at = self._on_grid(max(due, now)) if due else now + GATHERING
        seen: asyncio.Future[Sight] = asyncio.get_running_loop().create_future()
        wait = _Wait(job_id, max(at, self._silent_until), seen)
        self._waits.setdefault(job_id, []).append(wait)
        heapq.heappush(self._queue, (wait.at, next(self._order), wait))
        self._set_alarm()
        try:
            return await seen
        finally:
            self._leave(wait)

    def _leave(self, wait: _Wait) -> None:
        waits = self._waits[wait.job_id]
        waits.remove(wait)
        if not waits:
            del self._waits[wait.job_id]
        if not self._waits:
            self._rest()

    def _rest(self) -> None:
        """Stop everything: nobody waits any more."""
        for task in self._tasks:
            task.cancel()
        self._queue.clear()
        self._alarm = self._alarm_at = None

    def _start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _set_alarm(self) -> None:
        """Have the alarm ring for the earliest look that nobody has asked for."""
        while self._queue and self._queue[0][2].seen.done():
            heapq.heappop(self._queue)
        if not self._queue:
            return
        at = self._queue[0][0]
        if self._alarm_at is not None and self._alarm_at <= at:
            return
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm_at = at
        self._alarm = self._start(self._ring(at))

    def _on_grid(self, at: datetime) -> datetime:
        return datetime.fromtimestamp(math.ceil(at.timestamp() / self._grid) * self._grid, UTC)

    async def _ring(self, at: datetime) -> None:
        await self._clock.sleep((at - self._clock.now()).total_seconds())
        while (rest := (self._silent_until - self._clock.now()).total_seconds()) > 0:
            await self._clock.sleep(rest)
        now = max(self._clock.now(), at)  # timers may be a little early
        self._alarm = self._alarm_at = None
        self._rings += 1
        due = []
        while self._queue and self._queue[0][0] <= now:
            wait = heapq.heappop(self._queue)[2]
            if not wait.seen.done():
                wait.ring = self._rings
                due.append(wait)
        if due:
            self._start(self._sweep(due))
        self._set_alarm()

    async def _sweep(self, due: list[_Wait]) -> None:
        """Answer every look in *due*, with a sight or an error."""
        try:
            if self._worth_leafing(due):
                async with self._leafing:
                    if self._worth_leafing(_open(due)):  # the sweep before may have seen ours
                        await self._leaf(due)
            ids = {wait.job_id for wait in _open(due)}
            await asyncio.gather(*(self._get(job_id) for job_id in ids))
        except Exception as error:  # noqa: BLE001 - raised by `look` in whoever waits for it
            self._heed(error)
            for wait in due:
                wait.fail(error)

    def _worth_leafing(self, due: list[_Wait]) -> bool:
        """Whether pages are fewer than single requests, if the listing holds only our jobs."""
        jobs = len({wait.job_id for wait in due})
        return self._lists and jobs >= max(WORTH_A_PAGE, len(self._known) / PAGE)

    async def _leaf(self, due: list[_Wait]) -> None:
        """Go through the listing as far as our jobs reach and its pages are full of them."""
        self._forget()
        after: str | None = None
        unseen = len(self._known)
        for _ in range(len(due)):
            if unseen < WORTH_A_PAGE and not _open(due):
                return
            at, ring = self._clock.now(), self._rings
            try:
                page = await self._page(after)
            except ListingFailed as error:
                self._lists = not error.missing
                return
            ours = self._tell(page.items, at, ring)
            unseen -= ours
            last = read_id(page.items[-1]) if page.items else None
            if ours < WORTH_A_PAGE or not page.more or last == after:
                return
            after = last

    def _tell(self, items: Iterable[Item], at: datetime, ring: int) -> int:
        """Answer who waits for one of *items*, asked for at *at*; return how many are ours."""
        ours = 0
        for item in items:
            job_id = read_id(item)
            if job_id is None or job_id not in self._known:
                continue
            ours += 1
            waits = self._waits.get(job_id)
            if not waits:
                self._pass_by(job_id, at, Sight(item=item))
                continue
            over = read_status(item).is_terminal
            for wait in waits:
                if over or wait.is_asked(ring):
                    wait.answer(Sight(item=item))
        return ours

    def _pass_by(self, job_id: str, at: datetime, sight: Sight) -> None:
        """Keep what was seen of a job that nobody waits for just now."""
        _, before = self._passed.get(job_id, (at, None))
        self._passed[job_id] = (at, sight)
        if sight.is_last and not (before and before.is_last):
            self._on_over(job_id)

    async def _get(self, job_id: str) -> None:
        async with self._abreast:
            ring = self._rings
            asked = [w for w in self._waits.get(job_id, ()) if w.is_asked(ring)]
            try:
                sight = await self._one(job_id)
            except ProviderError as error:
                self._heed(error)
                for wait in asked:
                    wait.fail(error)
            else:
                for wait in asked:
                    wait.answer(sight)

    def _heed(self, error: Exception) -> None:
        """Leave a server alone that asks for it; looks to come wait as well."""
        if isinstance(error, RateLimited):
            silence = timedelta(seconds=error.retry_after or SILENCE)
            self._silent_until = max(self._silent_until, self._clock.now() + silence)

    def _forget(self) -> None:
        """Forget jobs that nobody looks at any more: their runs were cancelled."""
        before = self._clock.now() - FORGOTTEN
        for job_id in [i for i, at in self._known.items() if at < before and i not in self._waits]:
            del self._known[job_id]
            self._passed.pop(job_id, None)


def _open(waits: Iterable[_Wait]) -> list[_Wait]:
    return [wait for wait in waits if not wait.seen.done()]
