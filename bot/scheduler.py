"""Fires schedules: `schedules.yaml` in, `start(schedule, due)` out.

`bot.app` runs it. APScheduler only wakes us; what is due is worked out anew at every wake-up from
the moments between the schedule's cursor and now, so a late wake-up, a blocked loop and an hour of
downtime are one case. Invariant: the cursor moves past a moment only after it was started or left
out on purpose. `start` must absorb a moment that comes twice; its key does.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import islice, takewhile
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from apscheduler.executors.debug import (  # type: ignore[import-untyped]  # ships no types
    DebugExecutor,
)
from apscheduler.schedulers.asyncio import (  # type: ignore[import-untyped]  # ships no types
    AsyncIOScheduler,
)
from apscheduler.triggers.base import (  # type: ignore[import-untyped]  # ships no types
    BaseTrigger,
)
from apscheduler.triggers.cron import (  # type: ignore[import-untyped]  # ships no types
    CronTrigger,
)

from bot.domain.schedule import Missed, Plan, Schedule
from bot.errors import ConfigError
from bot.ports import Clock, Store

#: A moment no older than this is on time and fires whatever `missed` says.
ON_TIME = timedelta(seconds=60)
#: Seconds between two looks at the file, at the wall clock, and at what failed.
CHECK_EVERY = 5.0
#: Seconds that what is being started gets when the scheduler is left.
GRACE = 5.0

# It tells every job it adds and runs.
logging.getLogger("apscheduler").setLevel(logging.WARNING)


def moments(
    schedule: Schedule,
    after: datetime,
    *,
    count: int | None = None,
    until: datetime | None = None,
) -> list[datetime]:
    """Return when *schedule* is due: UTC, strictly increasing, later than *after*.

    Give *count*, *until* (included) or both. The fields are matched against the wall clock of the
    schedule's zone; day of month and weekday must both match. A time that spring skips comes as
    much later as the clocks jump (02:30 at 03:30). Of a time that autumn repeats the first one
    counts, unless the hour field has a `*`: what runs by the hour runs in every hour. Raises
    `ConfigError` for a cron or zone that cannot be read.
    """
    found = _Cron(schedule).after(after)
    if until is not None:
        found = takewhile(lambda moment: moment <= until, found)
    return list(islice(found, count))


class _Cron(BaseTrigger):  # type: ignore[misc]  # ships no types
    """The moments of one schedule, for APScheduler to wake us at.

    APScheduler's own cron trigger counts in the schedule's zone and gets lost where its clocks
    change: in Berlin `0 0 * * *` leaves out the day after they went forward, `0 0 1 * *` all of
    April (agronholm/apscheduler#606, still so in 3.11.3). So it only tells us which wall times
    match, on a calendar without a zone; the instants of a wall time are worked out here.
    """

    def __init__(self, schedule: Schedule) -> None:
        try:
            self._walls: Any = CronTrigger.from_crontab(schedule.cron, timezone=UTC)
            self._zone = ZoneInfo(schedule.timezone)
        except (ValueError, KeyError) as error:  # KeyError: no such zone
            raise ConfigError(
                f"Schedule {schedule.id}: {schedule.cron!r} in {schedule.timezone!r} is no time.",
                hint="Five crontab fields and a zone, such as `0 9 * * mon` in Europe/Berlin.",
            ) from error
        self._by_the_hour = "*" in schedule.cron.split()[1]

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:
        """Return when to wake up next, for APScheduler; what was slept through wakes nobody."""
        return next(self.after(max(previous or now, now)), None)

    def after(self, after: datetime) -> Iterator[datetime]:
        """Yield the moments later than *after*, in order."""
        after = after.astimezone(UTC)
        found: list[datetime] = []
        for wall in self._walls_after(after + min(self._offsets(after))):
            for instant in self._instants(wall):
                heappush(found, instant)
            # The instants of later walls are later than this.
            settled = wall - max(self._offsets(wall))
            while found and found[0] <= settled:
                moment = heappop(found)
                if moment > after:
                    yield moment
                    after = moment

    def _walls_after(self, wall: datetime) -> Iterator[datetime]:
        """Yield the matching wall times later than *wall*, all of them dressed up as UTC."""
        while wall := self._walls.get_next_fire_time(None, wall + timedelta.resolution):
            yield wall

    def _instants(self, wall: datetime) -> list[datetime]:
        local = wall.replace(tzinfo=self._zone)
        first, second = (local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
        # In spring's gap fold 0 stands for the offset before it, which is the later instant.
        return [first, second] if self._by_the_hour and first < second else [first]

    def _offsets(self, around: datetime) -> list[timedelta]:
        """Return the zone's offsets from UTC a day before, at and a day after an instant."""
        day = timedelta(days=1)
        instants = (around - day, around, around + day)
        return [instant.astimezone(self._zone).utcoffset() or timedelta(0) for instant in instants]


class Scheduler:
    """Keeps the schedules of a file, and calls *start* for every moment that is due.

    *start* may be called again for a moment that it has had. *on_reloaded* hears the ids that
    were added, changed and removed, if any; *on_broken* why a file was not taken, once; *on_error*
    what *start* or the store raised, once until the schedule works again.
    """

    def __init__(
        self,
        *,
        file: Path,
        load: Callable[[], Plan],
        start: Callable[[Schedule, datetime], Awaitable[None]],
        store: Store,
        clock: Clock,
        on_reloaded: Callable[[Sequence[str], Sequence[str], Sequence[str]], None],
        on_broken: Callable[[Exception], None],
        on_error: Callable[[Schedule, Exception], None],
    ) -> None:
        self._file = file
        self._load = load
        self._start = start
        self._store = store
        self._clock = clock
        self._on_reloaded = on_reloaded
        self._on_broken = on_broken
        self._on_error = on_error
        self._schedules: dict[str, Schedule] = {}
        #: What the file was when its content was taken.
        self._taken: tuple[int, ...] | None = None
        #: What was last told about a broken file.
        self._told: str | None = None
        #: Ids of schedules whose last look failed.
        self._failed: set[str] = set()
        self._looks: set[asyncio.Task[None]] = set()
        self._reloading = asyncio.Lock()
        # The debug executor calls the job at once in the loop's thread, where it only makes a
        # task. A job later than a second would be dropped by default.
        self._wakes = AsyncIOScheduler(
            timezone=UTC,
            executors={"default": DebugExecutor()},
            job_defaults={"misfire_grace_time": None, "coalesce": True},
        )

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Fire schedules while the context is open, beginning with what was missed.

        Raises `ConfigError` for a file that is broken now.
        """
        self._taken, self._schedules = _identity(self._file), self._read()
        self._wakes.start()
        watch = asyncio.create_task(self._watch())
        try:
            await self._look_anew()
            yield
        finally:
            watch.cancel()
            self._wakes.shutdown()
            _, late = await asyncio.wait({watch, *self._looks}, timeout=GRACE)
            for look in late:
                look.cancel()

    async def look(self) -> None:
        """Start what is due now, of every schedule."""
        await asyncio.gather(*map(self._look, self._schedules.values()))

    async def reload(self) -> None:
        """Read the file again and touch what differs; a broken file changes nothing."""
        async with self._reloading:
            identity = _identity(self._file)
            try:
                await self._take(self._read())
            except Exception as error:  # noqa: BLE001  # whatever it is, the old set goes on
                if str(error) != self._told:
                    self._on_broken(error)
                self._told = str(error)
            else:
                self._taken, self._told = identity, None

    def _read(self) -> dict[str, Schedule]:
        schedules = {schedule.id: schedule for schedule in self._load().schedules}
        for schedule in schedules.values():
            if not moments(schedule, self._clock.now(), count=1):
                raise ConfigError(
                    f"Schedule {schedule.id}: {schedule.cron!r} never comes.",
                    hint="Look for a day that its months do not have.",
                )
        return schedules

    async def _take(self, new: dict[str, Schedule]) -> None:
        old = self._schedules
        added = [name for name in new if name not in old]
        changed = [name for name in new if name in old and new[name] != old[name]]
        removed = [name for name in old if name not in new]
        for name in changed:
            await self._look(old[name])
        for name in added + changed:  # what its new times would have been before now is past
            await self._store.move_cursor(name, self._clock.now())
        self._schedules = new
        for name in removed:
            self._wakes.remove_job(name)
        for name in added + changed:
            self._wake(new[name])
        self._on_reloaded(added, changed, removed)

    async def _watch(self) -> None:
        before = self._clock.now()
        while True:
            await self._clock.sleep(CHECK_EVERY)
            now = self._clock.now()
            # APScheduler sleeps by a clock that nobody can set, towards a time of one that was.
            if not timedelta(0) <= now - before <= timedelta(seconds=2 * CHECK_EVERY):
                await self._look_anew()
            before = now
            for schedule in [s for s in self._schedules.values() if s.id in self._failed]:
                await self._look(schedule)
            if _identity(self._file) != self._taken:
                await self.reload()

    async def _look_anew(self) -> None:
        for schedule in self._schedules.values():
            self._wake(schedule)
        await self.look()

    def _wake(self, schedule: Schedule) -> None:
        self._wakes.add_job(
            self._woken, _Cron(schedule), args=(schedule,), id=schedule.id, replace_existing=True
        )

    def _woken(self, schedule: Schedule) -> None:
        look = asyncio.get_running_loop().create_task(self._look(schedule))
        self._looks.add(look)
        look.add_done_callback(self._looks.discard)

    async def _look(self, schedule: Schedule) -> None:
        try:
            await self._start_due(schedule)
        except Exception as error:  # noqa: BLE001  # the other schedules must not suffer for it
            if schedule.id not in self._failed:
                self._on_error(schedule, error)
            self._failed.add(schedule.id)
        else:
            self._failed.discard(schedule.id)

    async def _start_due(self, schedule: Schedule) -> None:
        now = self._clock.now()
        cursor = await self._store.cursor(schedule.id)
        if cursor is None:
            await self._store.move_cursor(schedule.id, now)
            return
        due = moments(schedule, _since(schedule, cursor, now), until=now)
        held = schedule.id in await self._store.paused() if due else False
        for moment in [] if held else _chosen(schedule, due, now):
            await self._start(schedule, moment)
        if due:
            await self._store.move_cursor(schedule.id, due[-1])


def _since(schedule: Schedule, cursor: datetime, now: datetime) -> datetime:
    """Return the instant after which a moment may be of interest."""
    back = cursor > now  # The clock was set back. What comes again has its key already.
    missed = timedelta(seconds=schedule.missed_within)
    reach = ON_TIME if back or schedule.missed is Missed.SKIP else max(ON_TIME, missed)
    oldest = now - reach - timedelta.resolution
    return oldest if back else max(cursor, oldest)


def _chosen(schedule: Schedule, due: Sequence[datetime], now: datetime) -> list[datetime]:
    """Return those of the *due* moments that are to be started, oldest first."""
    on_time = [moment for moment in due if now - moment <= ON_TIME]
    missed = list(due[: len(due) - len(on_time)])
    if not schedule.enabled:
        return []
    if schedule.missed is Missed.ALL:
        return missed + on_time
    if schedule.missed is Missed.LAST:
        return on_time or missed[-1:]
    return on_time


def _identity(file: Path) -> tuple[int, ...] | None:
    """Return what changes when the file does, None if there is none."""
    try:
        stat = file.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino
