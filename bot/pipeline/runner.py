"""Moves Runs: claim, step, save, back off, park. Retries live here and nowhere else.

`advance` is what a waker calls. It may be called at any time, for any Run, by
anybody: the lease lets one in, the Run's own results say where to go on, and a
call that finds nothing to do writes nothing.
"""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from bot.domain.run import Failure, Run, RunState, Step, WaitReason
from bot.errors import BotError, BudgetExceeded, InTheAir, LeaseLost, Settling, StoreError
from bot.pipeline.ledger import Ledger
from bot.pipeline.obey import obey
from bot.pipeline.steps import STEPS
from bot.pipeline.steps.approve import close
from bot.pipeline.work import MAX_ATTEMPTS, Park, Ports, Work
from bot.ports import Lease

#: A lease nobody renews is free after this; seconds.
LEASE_SECONDS = 120.0
#: A paused target is tried again after this; seconds.
_PAUSED_SECONDS = 15 * 60.0
#: The longest pause between two tries; seconds.
_BACKOFF_LIMIT_SECONDS = 300.0


class Runner:
    """Advances one Run at a time per call; any number of calls at once."""

    def __init__(self, ports: Ports, *, owner: str, show: Callable[[Run], None]) -> None:
        self._ports = ports
        self._owner = owner
        self._show = show
        self._ledger = Ledger(ports.store, ports.gate, ports.clock)
        self._in_hand: dict[str, asyncio.Event] = {}
        self._stopping = False

    def interrupt(self, run_id: str | None = None) -> None:
        """Ask for a run back (all of them, and no more, without an id): it parks at once."""
        self._stopping = self._stopping or run_id is None
        for held, event in self._in_hand.items():
            if run_id in {None, held}:
                event.set()

    async def advance(self, run_id: str) -> None:
        """Move the run as far as it goes without waiting long."""
        now = self._ports.clock.now()
        until = now + timedelta(seconds=LEASE_SECONDS)
        claimed = await self._ports.store.claim(run_id, owner=self._owner, until=until, now=now)
        if claimed is None:
            return
        work = self._work(*claimed)
        poked = False
        try:
            async with self._holding(work):
                await self._go(work)
        except LeaseLost:
            return
        finally:
            if not work.released:
                poked = await asyncio.shield(self._ports.store.release(work.lease))
        if poked:
            await self._ports.waker.poke(run_id)
        elif work.run.wake_at and not work.run.state.is_terminal:
            await self._ports.waker.at(run_id, work.run.wake_at)

    def _work(self, run: Run, lease: Lease) -> Work:
        return Work(
            run=run,
            lease=lease,
            ports=self._ports,
            ledger=self._ledger,
            interrupted=asyncio.Event(),
            show=self._show,
        )

    @asynccontextmanager
    async def _holding(self, work: Work) -> AsyncGenerator[None]:
        """Keep the lease alive, and let `interrupt` find the run, while the context is open."""
        self._in_hand[work.run.id] = work.interrupted
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
            work.interrupted.clear()
            await obey(work)
            run = work.run
            step = run.step
            if run.state.is_terminal or run.state is RunState.ATTENTION or step is None:
                self._show(run)
                return
            if self._stopping:
                return
            if not await self._step(work, step) or work.released:
                return

    async def _step(self, work: Work, step: Step) -> bool:
        """Do one step; True when the next may follow at once."""
        started = time.monotonic()
        work.stage(state=RunState.RUNNING, reason=None, wake_at=None)
        try:
            await STEPS[step](work)
        except Park as park:
            await self._park(work, park.reason, park.until)
            return work.interrupted.is_set()
        except StoreError:
            raise
        except Exception as e:  # noqa: BLE001  # a bug in a plugin must end in words, not in a loop
            return await self._recover(work, step, e)
        self._ports.observer.stepped(work.run, step, time.monotonic() - started)
        if work.run.attempts:
            work.stage(attempts=0)
        await self._finish(work)
        return True

    async def _finish(self, work: Work) -> None:
        if work.run.state.is_terminal:
            await work.save(release=True)
            self._ports.observer.parked(work.run)

    # --- when a step does not give its result --------------------------------------------------

    async def _recover(self, work: Work, step: Step, error: Exception) -> bool:
        """Decide what comes of an error; True when the run may go on at once."""
        if isinstance(error, BudgetExceeded):
            work.drop_staged()
            work.stage(price=None)
        code = error.code if isinstance(error, BotError) else "internal"
        if code == "stopped":
            await self._park(work, WaitReason.STOPPED, None)
        elif code == "uncertain":
            await self._ask(work, step, error)
        elif code == "target_paused":
            await self._park(work, WaitReason.TARGET_PAUSED, work.later(_PAUSED_SECONDS))
        elif isinstance(error, (Settling, InTheAir)):
            await self._park(work, WaitReason.BACKOFF, work.later(error.retry_after or 1.0))
        elif _may_retry(work.run, error):
            self._ports.observer.failed(work.run, step, error)
            work.stage(attempts=work.run.attempts + 1)
            await self._park(work, WaitReason.BACKOFF, work.later(_pause(work.run, error)))
        else:
            await self._fail(work, step, error)
        return False

    async def _park(self, work: Work, reason: WaitReason, until: datetime | None) -> None:
        """Leave the run as a row that wakes at *until*."""
        saved = work.saved
        looked = (
            reason is WaitReason.PROVIDER
            and saved.reason == reason
            and saved.job is not None
            and work.run.job is not None
            and saved.job.status == work.run.job.status
        )
        work.stage(state=RunState.WAITING, reason=reason.value, wake_at=until)
        if not looked:  # a look that changed nothing writes nothing
            await work.save()
            self._ports.observer.parked(work.run)

    async def _ask(self, work: Work, step: Step, error: Exception) -> None:
        """Park until a person resolves what no machine can know."""
        await work.save(
            state=RunState.ATTENTION,
            reason=None,
            wake_at=None,
            failure=_failure(step, error, work.now()),
        )
        self._ports.observer.failed(work.run, step, error)
        self._ports.observer.parked(work.run)
        await self._ports.notifier.notify(work.run)

    async def _fail(self, work: Work, step: Step, error: Exception) -> None:
        work.stage(failure=_failure(step, error, work.now()))
        await close(work, RunState.FAILED)
        self._ports.observer.failed(work.run, step, error)
        self._ports.observer.parked(work.run)
        await self._ports.notifier.notify(work.run)


def _may_retry(run: Run, error: Exception) -> bool:
    """Return whether the same step may be tried again without a person.

    An error nobody foresaw is tried again too: if a write was in the air, the ledger looks for
    it before anything is sent again.
    """
    foreseen = isinstance(error, BotError)
    limit = MAX_ATTEMPTS if foreseen else 3
    return run.attempts < limit and (not foreseen or getattr(error, "retryable", False))


def _pause(run: Run, error: Exception) -> float:
    """Return the seconds until the next try: doubling, with jitter; longer if we were asked."""
    asked = getattr(error, "retry_after", None) or 0.0
    backoff = min(2.0 ** min(run.attempts, 10), _BACKOFF_LIMIT_SECONDS)
    return max(asked, backoff * random.uniform(0.7, 1.3))  # noqa: S311  # spreads load, guards nothing


def _failure(step: Step, error: Exception, now: datetime) -> Failure:
    if isinstance(error, BotError):
        return Failure(code=error.code, message=str(error), hint=error.hint, step=step, at=now)
    return Failure(
        code="internal",
        message=f"An internal error stopped the run: {type(error).__name__}.",
        hint="The log has the details; `reelbot runs retry` tries again.",
        step=step,
        at=now,
    )
