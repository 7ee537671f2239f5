"""The flow, and nothing but the flow: triggers start Runs, wakers advance them.

    RunRequest ─> Run: render > reserve > create > wait > download > inspect > fit
                       > approve > publish > notify

Called by the triggers (`start`, `ask`, `watch`) and by `app` (`run`). The one
invariant: every outside write that matters goes through `ledger`, and nobody but
the holder of the lease writes a Run.
"""

import asyncio
import secrets
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from bot.domain.command import Command, CommandState
from bot.domain.run import Run, RunRequest, RunState, WaitReason
from bot.domain.schedule import Fire
from bot.errors import StoreError
from bot.pipeline.gate import Gate
from bot.pipeline.runner import Runner
from bot.pipeline.work import Ports
from bot.ports import Stop

__all__ = ["Gate", "Pipeline", "Ports"]

#: Other processes' commands and runs are seen within this; seconds.
_LISTEN_SECONDS = 0.5
#: Runs whose wake-up got lost are found again within this; seconds.
_SWEEP_SECONDS = 60.0


class Pipeline:
    """Takes requests, returns Runs, and moves them while `run` is open."""

    def __init__(self, ports: Ports, *, on_error: Callable[[Exception], None]) -> None:
        self._ports = ports
        #: Told about failures outside of any run (the database went away); we go on.
        self._on_error = on_error
        self._watchers: dict[str, set[asyncio.Queue[Run]]] = {}
        self._runner = Runner(ports, owner=f"engine-{secrets.token_hex(4)}", show=self._show)
        self._running = False

    # --- for triggers --------------------------------------------------------------------------

    async def start(self, request: RunRequest, *, fire: Fire | None = None) -> Run:
        """Record *request* as a Run and wake it; the same key twice is the same Run."""
        now = self._ports.clock.now()
        run = Run(id=new_id(now), request=request, created_at=now, updated_at=now)
        run = await self._ports.store.add_run(run, fire=fire)
        if self._running and run.state is RunState.RUNNING:
            await self._ports.waker.poke(run.id)
        return run

    async def ask(self, command: Command) -> Command:
        """Append *command* and return it answered; waits for the engine to see it."""
        command = await self._ports.store.add_command(command)
        while command.state is CommandState.PENDING:
            if self._running:
                await self._heed(command.run_id)
            await asyncio.sleep(0.05)
            command = await self._ports.store.get_command(command.id)
        return command

    async def stop(self, stop: Stop) -> None:
        """Let no paid or public request leave any more; jobs in flight are kept."""
        await self._ports.gate.stop(stop)

    async def resume(self) -> None:
        """Let requests leave again; the engine wakes what was held back."""
        await self._ports.gate.start()

    async def watch(self, run_id: str) -> AsyncGenerator[Run]:
        """Yield the Run now and at every change until it is over or needs a person.

        May be left at any yield. Follows runs of this process as they move, those of another
        process by looking at the row.
        """
        queue: asyncio.Queue[Run] = asyncio.Queue()
        self._watchers.setdefault(run_id, set()).add(queue)
        try:
            seen = run = await self._ports.store.get_run(run_id)
            yield run
            while not _rests(run):
                try:
                    run = await asyncio.wait_for(queue.get(), _LISTEN_SECONDS)
                except TimeoutError:
                    row = await self._ports.store.get_run(run_id)
                    run = row if row.updated_at > run.updated_at or _rests(row) else run
                if run != seen:
                    seen = run
                    yield run
        finally:
            self._watchers[run_id].discard(queue)
            if not self._watchers[run_id]:
                del self._watchers[run_id]

    def _show(self, run: Run) -> None:
        for queue in self._watchers.get(run.id, ()):
            queue.put_nowait(run)

    # --- for the engine ------------------------------------------------------------------------

    @asynccontextmanager
    async def run(self, *, only: str | None = None) -> AsyncGenerator[None]:
        """Move Runs while the context is open: all of them, or the one named *only*.

        The caller holds the engine lock: leases found here belong to the dead. Leaving parks
        what waits and gives what is in flight a few seconds.
        """
        await self._ports.store.release_all()
        async with self._ports.waker.run(self._advance):
            self._running = True
            for run_id, wake_at in await self._ports.store.unfinished():
                if only in {None, run_id}:
                    await self._wake(run_id, wake_at)
                    await asyncio.sleep(0)  # ten thousand appointments must not block the loop
            listener = asyncio.create_task(self._listen(only))
            try:
                yield
            finally:
                self._running = False
                self._runner.interrupt()
                listener.cancel()
                await asyncio.gather(listener, return_exceptions=True)

    async def _advance(self, run_id: str) -> None:
        await self._runner.advance(run_id)

    async def _wake(self, run_id: str, wake_at: datetime | None) -> None:
        if wake_at and wake_at > self._ports.clock.now():
            await self._ports.waker.at(run_id, wake_at)
        else:
            await self._ports.waker.poke(run_id)

    async def _heed(self, run_id: str) -> None:
        """Have the run look at its commands now."""
        self._runner.interrupt(run_id)
        await self._ports.waker.poke(run_id)

    async def _listen(self, only: str | None) -> None:
        """See what other processes wrote: commands, new runs, a stop lifted; sweep now and then."""
        stopped, swept = True, self._ports.clock.now()
        while True:
            try:
                for command in await self._ports.store.pending_commands():
                    if only in {None, command.run_id}:
                        await self._heed(command.run_id)
                now = self._ports.clock.now()
                before = now - timedelta(seconds=_SWEEP_SECONDS)
                sweep = swept <= before
                if only is None:
                    for run_id in await self._ports.store.overdue(before if sweep else _NEVER):
                        await self._ports.waker.poke(run_id)
                swept = now if sweep else swept
                was, stopped = stopped, await self._ports.gate.stopped() is not None
                if was and not stopped:
                    await self._wake_stopped(only)
            except StoreError as e:
                self._on_error(e)
            await asyncio.sleep(_LISTEN_SECONDS)

    async def _wake_stopped(self, only: str | None) -> None:
        for run in await self._ports.store.list_runs(states=[RunState.WAITING], limit=1_000_000):
            if run.reason == WaitReason.STOPPED and only in {None, run.id}:
                await self._ports.waker.poke(run.id)


_NEVER = datetime(2000, 1, 1, tzinfo=UTC)


def new_id(now: datetime) -> str:
    """Return an id people can read out: month and day, then eight hex digits."""
    return f"{now:%m%d}-{secrets.token_hex(4)}"


def _rests(run: Run) -> bool:
    """Whether nothing will happen to *run* until a person acts."""
    return run.state.is_terminal or run.state is RunState.ATTENTION
