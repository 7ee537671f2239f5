"""The `Store` port over a SQL database.

Reads have a thread and a connection of their own and see whatever was committed before they were
asked for. Documents are made and read here, not in the writer's thread.
"""

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection

from bot.domain.budget import Spend
from bot.domain.command import Command
from bot.domain.effect import Effect, EffectState
from bot.domain.run import Run, RunState
from bot.domain.schedule import Fire, Pause
from bot.domain.video import VideoStatus
from bot.errors import StoreError
from bot.ports import (
    Change,
    FinishCommand,
    Intend,
    Lease,
    Release,
    Reserve,
    SaveRun,
    Settle,
    SettleEffect,
    Spent,
    Stop,
)
from bot.store import budget, files, schedule
from bot.store import command as commands
from bot.store import effect as ledger
from bot.store import run as runs
from bot.store.database import Database, translated
from bot.store.writer import Writer

T = TypeVar("T")

#: Rows are locked in this order by everybody, so that two nodes cannot wait for one another.
_RANK: Mapping[type[Change], int] = {
    SaveRun: 0,
    Reserve: 1,
    Spent: 1,
    Settle: 1,
    Release: 1,
    Intend: 2,
    SettleEffect: 2,
    FinishCommand: 3,
}


class SqlStore:
    """Remembers runs, effects, money, fires and commands. Belongs to one event loop."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._writer = Writer(database.writing, group=database.group)
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="store-reader")
        self._closed = False

    async def close(self) -> None:
        """Finish what was handed over, then let go of the database. Repeatable.

        Whoever asks for something later gets a `StoreError`.
        """
        self._closed = True
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._writer.close()
        self._reader.shutdown()
        self._database.close()

    @contextmanager
    def engine_lock(self) -> Iterator[None]:
        """Be the one engine while the context is open; `EngineRunning` if there is another."""
        with ExitStack() as stack:
            with translated(self._database.name):
                stack.enter_context(self._database.lock.hold())
            yield

    def engine_running(self) -> bool:
        """Return whether an engine holds the lock now."""
        with translated(self._database.name):
            return self._database.lock.is_held()

    async def commit(self, *changes: Change) -> None:
        """Do all *changes* or none; on disk before it returns."""
        ordered = sorted(changes, key=lambda change: _RANK[type(change)])
        await self._write(partial(_do_all, [_work(change) for change in ordered]))

    # runs

    async def add_run(self, run: Run, *, fire: Fire | None = None) -> Run:
        """Add *run*, or return the one that already has its request's or its fire's key."""
        needed = [asset.path for asset in run.files]
        found = await self._write(partial(runs.add, new=runs.row(run), needed=needed, fire=fire))
        return found or run

    async def get_run(self, run_id: str) -> Run:
        """Return the run; `NotFound` without one."""
        return await self._read(partial(runs.get, run_id=run_id))

    async def find_runs(self, prefix: str) -> Sequence[Run]:
        """Return the runs whose id starts with *prefix*, newest first, at most 20."""
        return await self._read(partial(runs.find, prefix=prefix))

    async def list_runs(
        self, *, states: Collection[RunState] = (), limit: int = 20
    ) -> Sequence[Run]:
        """Return the newest runs first; all states if none is named."""
        return await self._read(partial(runs.newest, states=states, limit=limit))

    async def videos(
        self,
        *,
        provider: str | None = None,
        statuses: Collection[VideoStatus] = (),
        limit: int = 20,
    ) -> Sequence[Run]:
        """Return the newest runs whose video was asked for; see `Store.videos`."""
        return await self._read(
            partial(runs.videos, provider=provider, statuses=statuses, limit=limit)
        )

    async def derived_from(self, run_id: str) -> Sequence[Run]:
        """Return the runs whose video grows out of that of *run_id*, oldest first."""
        return await self._read(partial(runs.derived_from, run_id=run_id))

    async def shared_files(self, run: Run) -> Collection[str]:
        """Return the paths of those files of *run* that another run needs, too."""
        paths = [asset.path for asset in run.files]
        return await self._read(partial(files.shared, run_id=run.id, paths=paths))

    async def unfinished(self) -> Sequence[tuple[str, datetime | None]]:
        """Return (id, wake_at) of every run that may go on."""
        return await self._read(runs.unfinished)

    async def overdue(self, before: datetime) -> Sequence[str]:
        """Return the runs somebody should have advanced by *before*."""
        return await self._read(partial(runs.overdue, before=before))

    async def count_asked(self, source: str, since: datetime) -> int:
        """Return how many requests of the person *source* were taken since then."""
        return await self._read(partial(runs.count_asked, source=source, since=since))

    async def stopped_runs(self) -> Sequence[str]:
        """Return the runs that wait for a stop to be lifted."""
        return await self._read(runs.stopped)

    async def count_runs(self) -> Mapping[RunState, int]:
        """Return how many runs stand in each state, zeros included."""
        return await self._read(runs.count)

    async def claim(
        self, run_id: str, *, owner: str, until: datetime, now: datetime
    ) -> tuple[Run, Lease] | None:
        """Take the lease; None while another owner's has not run out. `NotFound` without a run.

        The same owner may take it again; then the lease it had is lost.
        """
        return await self._write(
            partial(runs.claim, run_id=run_id, owner=owner, until=until, now=now)
        )

    async def renew(self, lease: Lease, until: datetime) -> None:
        """Hold the lease longer; `LeaseLost` if it is no longer ours."""
        await self._write(partial(runs.renew, lease=lease, until=until))

    async def release(self, lease: Lease) -> bool:
        """Give the lease back; True when somebody poked since it was taken. Silent if lost."""
        return await self._write(partial(runs.release, lease=lease))

    async def release_all(self) -> None:
        """Give back the leases of dead owners. Only for the one engine, at its start."""
        await self._write(runs.release_all)

    async def poke(self, run_id: str) -> None:
        """Count a poke on the row; `NotFound` without a run."""
        await self._write(partial(runs.poke, run_id=run_id))

    # the ledger

    async def get_effect(self, key: str) -> Effect | None:
        """Return the effect of that key."""
        return await self._read(partial(ledger.get, key=key))

    async def effects(self, run_id: str) -> Sequence[Effect]:
        """Return all effects of a run, oldest first."""
        return await self._read(partial(ledger.of_run, run_id=run_id))

    async def effects_since(
        self, moment: datetime, *, kinds: Collection[str], states: Collection[EffectState]
    ) -> Sequence[Effect]:
        """Return the effects of those kinds and states that were sent since then, oldest first."""
        return await self._read(partial(ledger.since, moment=moment, kinds=kinds, states=states))

    async def claimed_ids(self, provider: str) -> frozenset[str]:
        """Return the ids of all videos at *provider* that belong to some run, for ever."""
        return await self._read(partial(ledger.claimed_ids, provider=provider))

    async def run_of_video(self, provider: str, video_id: str) -> str | None:
        """Return the id of the run that created the video, None if none of ours did."""
        return await self._read(partial(ledger.run_of_video, provider=provider, video_id=video_id))

    # money

    async def spends(self, run_id: str) -> Sequence[Spend]:
        """Return the spends of a run, oldest first."""
        return await self._read(partial(budget.of_run, run_id=run_id))

    async def spent(self, day: date) -> Decimal:
        """Return what is reserved and settled for *day*, USD."""
        return await self._read(partial(budget.spent, day=day))

    # schedules

    async def cursor(self, schedule_id: str) -> datetime | None:
        """Return up to which instant the schedule's moments are dealt with; None if never seen."""
        return await self._read(partial(schedule.cursor, schedule_id=schedule_id))

    async def move_cursor(self, schedule_id: str, to: datetime) -> None:
        """Deal with everything up to *to*; never moves back."""
        await self._write(partial(schedule.move_cursor, schedule_id=schedule_id, to=to))

    async def paused(self) -> Mapping[str, Pause]:
        """Return the schedules that a person holds back, by id."""
        return await self._read(schedule.paused)

    async def pause(self, schedule_id: str, pause: Pause) -> None:
        """Hold the schedule back; the first pause stays."""
        await self._write(partial(schedule.pause, schedule_id=schedule_id, pause=pause))

    async def unpause(self, schedule_id: str) -> None:
        """Let the schedule fire again; silent if it was not paused."""
        await self._write(partial(schedule.unpause, schedule_id=schedule_id))

    # commands and the stop gate

    async def add_command(self, command: Command) -> Command:
        """Append *command*; `NotFound` without its run; returns it with its id."""
        return await self._write(partial(commands.add, command=command))

    async def get_command(self, command_id: int) -> Command:
        """Return the command; `NotFound` without one."""
        return await self._read(partial(commands.get, command_id=command_id))

    async def pending_commands(self, run_id: str | None = None) -> Sequence[Command]:
        """Return pending commands in order; of one run if *run_id* is given."""
        return await self._read(partial(commands.pending, run_id=run_id))

    async def stopped(self) -> Stop | None:
        """Return who stopped everything, None if nobody has."""
        return await self._read(commands.stopped)

    async def set_stopped(self, stop: Stop | None) -> None:
        """Stop or start; survives restarts."""
        await self._write(partial(commands.set_stopped, stop=stop))

    async def _write(self, work: Callable[[Connection], T]) -> T:
        self._must_be_open()
        with translated(self._database.name):
            return await self._writer.do(work)

    async def _read(self, work: Callable[[Connection], T]) -> T:
        self._must_be_open()
        with translated(self._database.name):
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._reader, self._look, work)

    def _must_be_open(self) -> None:
        if self._closed:
            raise StoreError("The store is closed.")

    def _look(self, work: Callable[[Connection], T]) -> T:
        with self._database.reading.connect() as connection:
            return work(connection)


def _do_all(work: Sequence[Callable[[Connection], None]], connection: Connection) -> None:
    for do in work:
        do(connection)


def _work(change: Change) -> Callable[[Connection], None]:
    """Return what writes *change*, its document made already."""
    do: Callable[[Connection], None]
    match change:
        case SaveRun(run=run, lease=lease, release=release):
            assert run.id == lease.run_id, "a lease is for its own run"
            changed = runs.changing(run) | (dict(runs.FREE) if release else {})
            needed = None if run.removed else [asset.path for asset in run.files]
            do = partial(runs.save, changed=changed, needed=needed, lease=lease)
        case Reserve(spends=spends, cap=cap):
            do = partial(budget.reserve, promised=spends, cap=cap)
        case Spent(spend=spend):
            do = partial(budget.count, spend=spend)
        case Settle(key=key, usd=usd):
            do = partial(budget.settle, key=key, usd=usd)
        case Release(key=key):
            do = partial(budget.release, key=key)
        case Intend(effect=effect):
            do = partial(ledger.intend, effect=effect)
        case SettleEffect(effect=effect, was=was):
            do = partial(ledger.settle, effect=effect, was=was)
        case FinishCommand(command=command):
            do = partial(commands.finish, command=command)
    return do
