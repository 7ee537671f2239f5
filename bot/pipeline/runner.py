"""Moves Runs: claim, step, save, back off, park. Retries live here and nowhere else.

`advance` is what a waker calls. It may be called at any time, for any Run, by
anybody: the lease lets one in, the Run's own results say where to go on, and a
call that finds nothing to do writes nothing.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.effect import Effect, EffectState
from bot.domain.run import Failure, Run, RunState, Step, WaitReason
from bot.errors import BotError, BudgetExceeded, LeaseLost, StoreError, Uncertain
from bot.pipeline.backoff import wait_after
from bot.pipeline.cards import put_up
from bot.pipeline.failure import failure
from bot.pipeline.ledger import Ledger
from bot.pipeline.obey import obey
from bot.pipeline.steps import STEPS
from bot.pipeline.steps.approve import ending
from bot.pipeline.steps.wait import is_waiting
from bot.pipeline.work import Park, Ports, Work
from bot.ports import Lease

#: A lease nobody renews is free after this; seconds.
LEASE_SECONDS = 120.0
#: How much later than its row says a run may wake; the sweep comes after as long. Seconds.
_ROW_LAG_SECONDS = 60.0


class Runner:
    """Advances one Run at a time per call; any number of calls at once."""

    def __init__(self, ports: Ports, *, owner: str, show: Callable[[Run], None]) -> None:
        self._ports = ports
        self._owner = owner
        self._show = show
        self.ledger = Ledger(ports.store, ports.gate, ports.clock)
        self._in_hand: dict[str, Work] = {}
        #: Runs to look at once when they are next taken in hand; only hints, so only in memory.
        self._nudged: set[str] = set()
        self._stopping = False

    def interrupt(self, run_id: str | None = None) -> None:
        """Ask for a run back (all of them, and no more, without an id): it parks at once."""
        self._stopping = self._stopping or run_id is None
        for held, work in self._in_hand.items():
            if run_id in {None, held}:
                work.called = run_id is not None
                work.interrupted.set()

    def make_room(self) -> None:
        """Ask for the runs back that only wait in memory: others are queued for their workers."""
        if self._ports.waker.is_crowded():
            now = self._ports.clock.now()
            for work in self._in_hand.values():
                again = work.run.job.look_again_at if work.run.job else None
                if again and again > now:  # a look that is due is let finish
                    work.interrupted.set()

    async def nudge(self, run_id: str) -> None:
        """Have the run's provider looked at now: by whoever has the run in hand, or wake it."""
        if work := self._in_hand.get(run_id):
            work.nudged.set()
        else:
            self._nudged.add(run_id)
            await self._ports.waker.poke(run_id)

    async def advance(self, run_id: str) -> None:
        """Move the run as far as it goes without waiting long."""
        now = self._ports.clock.now()
        until = now + timedelta(seconds=LEASE_SECONDS)
        claimed = await self._ports.store.claim(run_id, owner=self._owner, until=until, now=now)
        nudged = run_id in self._nudged
        self._nudged.discard(run_id)
        if claimed is None:
            return
        work = self._work(*claimed)
        if nudged:
            work.nudged.set()
        poked = False
        try:
            async with self._holding(work):
                await self._go(work)
        except LeaseLost:
            return
        finally:
            if not work.released:
                poked = await asyncio.shield(self._ports.store.release(work.lease))
        if work.nudged.is_set() and is_waiting(work.run):
            await self.nudge(run_id)  # it came after the last look
        elif poked:
            await self._ports.waker.poke(run_id)
        elif work.run.wake_at and not work.run.state.is_terminal:
            await self._ports.waker.at(run_id, work.run.wake_at)

    def _work(self, run: Run, lease: Lease) -> Work:
        return Work(
            run=run,
            lease=lease,
            ports=self._ports,
            ledger=self.ledger,
            interrupted=asyncio.Event(),
            nudged=asyncio.Event(),
            show=self._show,
        )

    @asynccontextmanager
    async def _holding(self, work: Work) -> AsyncGenerator[None]:
        """Keep the lease alive, and let `interrupt` find the run, while the context is open."""
        self._in_hand[work.run.id] = work
        renewal = asyncio.create_task(self._renew(work.lease))
        try:
            yield
        finally:
            self._in_hand.pop(work.run.id, None)
            renewal.cancel()
            await asyncio.gather(renewal, return_exceptions=True)

    async def _renew(self, lease: Lease) -> None:
        """Hold the lease while steps take their time. A lost one shows at the next save."""
        while True:
            await asyncio.sleep(LEASE_SECONDS / 3)
            until = self._ports.clock.now() + timedelta(seconds=LEASE_SECONDS)
            await self._ports.store.renew(lease, until)

    async def _go(self, work: Work) -> None:
        while True:
            work.called = False
            work.interrupted.clear()
            await obey(work)
            if not self._stopping:
                await put_up(work)
            run = work.run
            step = run.step
            if run.state.is_terminal or run.state is RunState.ATTENTION or step is None:
                self._show(run)
                return
            if self._stopping:
                return
            if not await self._step(work, step):
                await put_up(work)  # what became of it may have to be told
                return
            if work.released:
                return

    async def _step(self, work: Work, step: Step) -> bool:
        """Do one step; True when the next may follow at once."""
        try:
            return await self._attempt(work, step)
        except BudgetExceeded as e:
            # The promise is committed with whatever is saved next, so any save may say no to it.
            work.drop_staged()
            work.stage(price=None)
            await self._fail(work, Step.RESERVE, e)
            return False

    async def _attempt(self, work: Work, step: Step) -> bool:
        started = time.monotonic()
        work.stage(state=RunState.RUNNING, reason=None, wake_at=None)
        try:
            await STEPS[step](work)
        except Park as park:
            await self._park(work, park.reason, park.until)
            return work.interrupted.is_set()
        except (BudgetExceeded, StoreError):
            raise
        except Uncertain as e:
            await self._ask(work, step, e)
            return False
        except Exception as e:  # noqa: BLE001  # a bug in a plugin must end in words, not in a loop
            await self._recover(work, step, e)
            return False
        self._ports.observer.stepped(work.run, step, time.monotonic() - started)
        if work.run.state.is_terminal:
            await put_up(work)
            await work.save(release=True)
            self._ports.observer.parked(work.run)
        elif _is_past(work.run.failure, step):
            work.stage(attempts=0, failure=None)
        return True

    # --- when a step does not give its result --------------------------------------------------

    async def _recover(self, work: Work, step: Step, error: Exception) -> None:
        """Wait after an error where that helps, fail where it does not."""
        wait = wait_after(work.run, error)
        if wait is None:
            await self._fail(work, step, error)
            return
        bug = error.__cause__
        if isinstance(bug, Exception) and not isinstance(bug, BotError):
            self._ports.observer.failed(work.run, step, bug)  # the wait must not hide it
        elif wait.counts:
            self._ports.observer.failed(work.run, step, error)
        if wait.counts:
            work.stage(attempts=work.run.attempts + 1)
        if wait.reason is not WaitReason.STOPPED:
            work.stage(failure=_why(work, step, error))
        until = None if wait.seconds is None else work.later(wait.seconds)
        await self._park(work, wait.reason, until)

    async def _park(self, work: Work, reason: WaitReason, until: datetime | None) -> None:
        """Leave the run as a row that wakes at *until*."""
        saved = work.saved
        work.stage(state=RunState.WAITING, reason=reason.value, wake_at=until)
        if _only_looked(saved, work.run):
            return  # a look that changed nothing writes nothing
        if reason is WaitReason.TARGET_PAUSED and work.found.reason != reason:
            await work.tell(work.run)
        await work.save()
        self._ports.observer.parked(work.run)

    async def _ask(self, work: Work, step: Step, error: Exception) -> None:
        """Park until a person resolves what no machine can know."""
        work.stage(
            state=RunState.ATTENTION,
            reason=None,
            wake_at=None,
            failure=failure(step, error, work.now()),
        )
        await work.tell(work.run)  # first: rather told twice than never
        await work.save()
        self._ports.observer.failed(work.run, step, error)
        self._ports.observer.parked(work.run)

    async def _fail(self, work: Work, step: Step, error: Exception) -> None:
        effects = await self._ports.store.effects(work.run.id)
        if any(_is_open(work.run, e) for e in effects):
            await self._ask(work, step, error)  # nothing ends while a write is in the air
            return
        work.stage(failure=failure(step, error, work.now()))
        releases = await ending(work, RunState.FAILED)
        await work.tell(work.run)
        await work.save(*releases)
        self._ports.observer.failed(work.run, step, error)
        self._ports.observer.parked(work.run)


def _is_open(run: Run, effect: Effect) -> bool:
    """Whether *run* must not end yet: a write is in the air, or made what the run lacks."""
    if effect.kind == "card":
        return False
    if effect.state is EffectState.SENDING:
        return True
    lacks = run.job is None and effect.key == f"{run.id}:create:{run.generation}"
    return lacks and effect.state is not EffectState.NOT_SENT


def _is_past(why: Failure | None, step: Step) -> bool:
    """Whether *step* gets the run beyond what it waited for; only then its tries count anew."""
    order = list(Step)
    return why is not None and order.index(step) >= order.index(why.step)


def _why(work: Work, step: Step, error: Exception) -> Failure:
    """Return why the run waits; the same words again keep their time, and so write nothing."""
    why, before = failure(step, error, work.now()), work.saved.failure
    return before if before is not None and replace(why, at=before.at) == before else why


def _only_looked(saved: Run, run: Run) -> bool:
    """Whether *run* parks for its provider again, having seen nothing new and waking soon."""
    if not (saved.reason == run.reason == WaitReason.PROVIDER and saved.job and run.job):
        return False
    if not (saved.wake_at and run.wake_at and saved.job.status == run.job.status):
        return False
    # The sweep goes by the row: one that wakes much later than it says would be woken in vain.
    return (run.wake_at - saved.wake_at).total_seconds() < _ROW_LAG_SECONDS
