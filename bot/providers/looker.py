"""One looker per provider: it turns the looks of many jobs into few requests.

`videos_api` calls `look` once per observation. Looks that fall due are gathered on a grid of
instants; three or more are answered from pages of the listing, and then everybody who waits for a
job on those pages hears of it, due or not. Fewer, and whatever the pages lack, are got singly.
The invariant: while nobody waits there is no task, so nothing has to be closed.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.errors import ProviderError
from bot.ports import Clock
from bot.providers.answers import Item, Page, read_id
from bot.providers.listing import ListingFailed

#: Fewer due looks than this are cheaper got one by one.
WORTH_A_PAGE = 3
#: Single requests in the air at once.
ABREAST = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What a look saw."""

    #: None when the provider does not know the job.
    item: Item | None
    #: Why not, in the provider's words.
    words: str = ""
    #: Seconds until the server wants to be asked again, if it says so.
    look_after: float | None = None


@dataclass(eq=False, slots=True)
class _Wait:
    job_id: str
    due: datetime
    seen: asyncio.Future[Sight]
    asked: bool = field(default=False)

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
    ) -> None:
        """Make a looker.

        Args:
            one: gets one job by id; raises a `ProviderError` for a failed look.
            page: gets the page of the listing after an id, newest first. `ListingFailed` sends
                the looks to *one*, and `ListingMissing` those of all time.
            clock: the time.
            grid: seconds between the instants at which due looks are gathered.
        """
        self._one, self._page, self._clock, self._grid = one, page, clock, grid
        self._waits: set[_Wait] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._alarm: asyncio.Task[None] | None = None
        self._alarm_at: datetime | None = None
        self._abreast = asyncio.Semaphore(ABREAST)
        self._lists = True

    async def look(self, job_id: str, due: datetime) -> Sight:
        """Return what is seen of the job at *due*, or earlier when it comes for free.

        Raises the `ProviderError` that made the look fail. Cancelling it disturbs no other look.
        """
        wait = _Wait(job_id, due, asyncio.get_running_loop().create_future())
        self._waits.add(wait)
        self._set_alarm()
        try:
            return await wait.seen
        finally:
            self._waits.discard(wait)
            if not self._waits:
                self._rest()

    def _rest(self) -> None:
        """Stop everything: nobody waits any more."""
        for task in self._tasks:
            task.cancel()
        self._alarm = self._alarm_at = None

    def _start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _set_alarm(self) -> None:
        """Have the alarm ring at the grid instant of the earliest look nobody has asked for."""
        earliest = min((wait.due for wait in self._waits if not wait.asked), default=None)
        if earliest is None:
            return
        at = self._on_grid(max(earliest, self._clock.now()))
        if self._alarm_at is not None and self._alarm_at <= at:
            return
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm_at = at
        self._alarm = self._start(self._ring())

    def _on_grid(self, at: datetime) -> datetime:
        return datetime.fromtimestamp(math.ceil(at.timestamp() / self._grid) * self._grid, UTC)

    async def _ring(self) -> None:
        assert self._alarm_at is not None
        await self._clock.sleep((self._alarm_at - self._clock.now()).total_seconds())
        now = self._clock.now()
        self._alarm = self._alarm_at = None
        due = [wait for wait in self._waits if wait.due <= now and not wait.asked]
        for wait in due:
            wait.asked = True
        if due:
            self._start(self._sweep(due))
        self._set_alarm()

    async def _sweep(self, due: list[_Wait]) -> None:
        """Answer every look in *due*, with a sight or an error."""
        try:
            if self._lists and len({wait.job_id for wait in due}) >= WORTH_A_PAGE:
                await self._leaf(due)
            ids = {wait.job_id for wait in _open(due)}
            await asyncio.gather(*(self._get(job_id) for job_id in ids))
        except Exception as error:  # noqa: BLE001 - raised by `look` in whoever waits for it
            for wait in due:
                wait.fail(error)

    async def _leaf(self, due: list[_Wait]) -> None:
        """Go through the listing while a page is worth more than single requests."""
        after: str | None = None
        while len(_open(due)) >= WORTH_A_PAGE:
            try:
                page = await self._page(after)
            except ListingFailed as error:
                self._lists = not error.missing
                return
            hits = self._tell(page.items)
            last = read_id(page.items[-1]) if page.items else None
            if hits < WORTH_A_PAGE or not page.more or last == after:
                return
            after = last

    def _tell(self, items: Iterable[Item]) -> int:
        """Answer everybody who waits for one of *items*; return how many of them there were."""
        seen = {read_id(item): item for item in items}
        hits = [wait for wait in _open(self._waits) if wait.job_id in seen]
        for wait in hits:
            wait.answer(Sight(item=seen[wait.job_id]))
        return len(hits)

    async def _get(self, job_id: str) -> None:
        async with self._abreast:
            try:
                sight = await self._one(job_id)
            except ProviderError as error:
                for wait in self._asked(job_id):
                    wait.fail(error)
            else:
                for wait in self._asked(job_id):
                    wait.answer(sight)

    def _asked(self, job_id: str) -> list[_Wait]:
        return [wait for wait in _open(self._waits) if wait.job_id == job_id and wait.asked]


def _open(waits: Iterable[_Wait]) -> list[_Wait]:
    return [wait for wait in waits if not wait.seen.done()]
