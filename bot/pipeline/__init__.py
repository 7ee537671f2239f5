"""The flow, and nothing but the flow: triggers start Runs, wakers advance them.

    RunRequest ─> Run: render > reserve > create > wait > download > inspect > fit
                       > approve > publish > notify

Called by the triggers (`start`, `ask`, `watch`) and by `app` (`run`). The one
invariant: every outside write that matters goes through `ledger`, and nobody but
the holder of the lease writes a Run.
"""

import asyncio
import math
import secrets
import time
from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar

from bot.domain.command import Command, CommandState
from bot.domain.run import Run, RunRequest, RunState
from bot.domain.schedule import Fire
from bot.errors import NotFound, StoreError
from bot.pipeline.bill import Bill
from bot.pipeline.gate import Gate
from bot.pipeline.ledger import Write
from bot.pipeline.runner import Runner
from bot.pipeline.steps.wait import is_waiting
from bot.pipeline.work import Ports
from bot.ports import Stop

__all__ = ["Bill", "Gate", "Pipeline", "Ports"]

T = TypeVar("T")

#: Other processes' commands and runs are seen within this; seconds.
_LISTEN_SECONDS = 0.5
#: An answer is looked for this often; seconds.
_ASK_SECONDS = 0.05
#: A run that could not obey yet is reminded this often; seconds.
_REMIND_SECONDS = 5.0
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
        #: What providers saw by the way, on its way to the runs.
        self._hints: set[asyncio.Task[None]] = set()
        #: The runs that are moved; None for all.
        self._only: Collection[str] | None = None

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
        if self._running and self._moves(command.run_id):
            await self._heed(command.run_id)
        while command.state is CommandState.PENDING:
            await asyncio.sleep(_ASK_SECONDS)
            command = await self._ports.store.get_command(command.id)
        return command

    async def nudge(self, run_id: str) -> None:
        """Have a run that waits for its provider look there at once; any other stays as it is.

        A hint and no more: nothing is written down, and one that comes while no engine runs here
        is lost. Repeatable. Raises `StoreError` when the run cannot be read.
        """
        if not self._running or not self._moves(run_id):
            return
        with suppress(NotFound):
            if is_waiting(await self._ports.store.get_run(run_id)):
                await self._runner.nudge(run_id)

    async def remind(self, run_id: str) -> None:
        """Have the run looked at now, whatever it waits for or came to: it may lack a card.

        Repeatable; lost where no engine runs here.
        """
        if self._running and self._moves(run_id):
            await self._heed(run_id)

    async def stop(self, stop: Stop) -> None:
        """Let no paid or public request leave any more; jobs in flight are kept."""
        await self._ports.gate.stop(stop)

    async def resume(self) -> None:
        """Let requests leave again; the engine wakes what was held back."""
        await self._ports.gate.start()

    async def once(self, write: Write[T]) -> T:
        """Send what belongs to no run, at most once; raises as `Ledger.once` does."""
        return await self._runner.ledger.once(write)

    async def watch(self, run_id: str) -> AsyncGenerator[Run]:
        """Yield the Run now and at every change until it is over or needs a person.

        May be left at any yield. Follows runs of this process as they move, those of another
        process by looking at the row.
        """
        queue: asyncio.Queue[Run] = asyncio.Queue()
        self._watchers.setdefault(run_id, set()).add(queue)
        try:
            run = row = await self._ports.store.get_run(run_id)
            yield run
            while not _rests(run):
                try:
                    seen = await asyncio.wait_for(queue.get(), _LISTEN_SECONDS)
                except TimeoutError:
                    seen = fresh = await self._look(row)
                    if fresh == row or fresh.updated_at == run.updated_at:
                        continue  # nothing new, or what was shown here already
                    row = fresh
                if seen != run:
                    run = seen
                    yield run
        finally:
            self._watchers[run_id].discard(queue)
            if not self._watchers[run_id]:
                del self._watchers[run_id]

    async def _look(self, row: Run) -> Run:
        """Return the row as it stands; as it was while the database cannot be read."""
        try:
            return await self._ports.store.get_run(row.id)
        except StoreError as e:
            self._on_error(e)
            return row

    def _show(self, run: Run) -> None:
        if self._ports.board:
            self._ports.board.show(run)
        for queue in self._watchers.get(run.id, ()):
            queue.put_nowait(run)

    # --- for the engine ------------------------------------------------------------------------

    @asynccontextmanager
    async def run(self, *, only: Collection[str] | None = None) -> AsyncGenerator[None]:
        """Move Runs while the context is open: all of them, or those named in *only*. Once.

        The caller holds the engine lock: leases found here belong to the dead. Leaving parks
        what waits and gives what is in flight a few seconds.
        """
        await self._ports.store.release_all()
        async with self._ports.waker.run(self._advance):
            self._running, self._only = True, only
            self._overhear()
            listener = asyncio.create_task(self._listen())
            try:
                for run_id, wake_at in await self._ports.store.unfinished():
                    await self._wake(run_id, wake_at)
                    await asyncio.sleep(0)  # ten thousand appointments must not block the loop
                yield
            finally:
                self._running = False
                self._runner.interrupt()
                for task in (listener, *self._hints):
                    task.cancel()
                await asyncio.gather(listener, *self._hints, return_exceptions=True)

    def _overhear(self) -> None:
        """Have every provider say what it sees to be over while nobody watches."""
        for name, provider in self._ports.providers.items():
            provider.on_over = partial(self._hint, name)

    def _hint(self, provider: str, video_id: str) -> None:
        hint = asyncio.get_running_loop().create_task(self._pass_on(provider, video_id))
        self._hints.add(hint)
        hint.add_done_callback(self._hints.discard)

    async def _pass_on(self, provider: str, video_id: str) -> None:
        try:
            if run_id := await self._ports.store.run_of_video(provider, video_id):
                await self.nudge(run_id)
        except StoreError as e:  # its own look finds it
            self._on_error(e)

    async def _advance(self, run_id: str) -> None:
        if self._moves(run_id):
            await self._runner.advance(run_id)

    def _moves(self, run_id: str) -> bool:
        return self._only is None or run_id in self._only

    async def _wake(self, run_id: str, wake_at: datetime | None) -> None:
        if not self._moves(run_id):
            return
        if wake_at and wake_at > self._ports.clock.now():
            await self._ports.waker.at(run_id, wake_at)
        else:
            await self._ports.waker.poke(run_id)

    async def _heed(self, run_id: str) -> None:
        """Have the run look at its commands now."""
        self._runner.interrupt(run_id)
        await self._ports.waker.poke(run_id)

    async def _listen(self) -> None:
        """See what other processes wrote, and find what got lost, for as long as we run."""
        ears = _Ears()
        while True:
            try:
                await self._hear(ears)
            except Exception as e:  # noqa: BLE001  # deaf to commands and stops we would be no use
                self._on_error(e)
            await asyncio.sleep(_LISTEN_SECONDS)

    async def _hear(self, ears: "_Ears") -> None:
        self._runner.make_room()
        for command in ears.news(await self._ports.store.pending_commands()):
            if self._moves(command.run_id):
                await self._heed(command.run_id)
        before = self._ports.clock.now() - timedelta(seconds=_SWEEP_SECONDS)
        for run_id in await self._ports.store.overdue(before if ears.sweep() else _NEVER):
            await self._wake(run_id, None)
            await asyncio.sleep(0)  # a burst of new runs must not block the loop
        if await self._ports.gate.stopped() is None:
            for run_id in await self._ports.store.stopped_runs():
                await self._wake(run_id, None)


class _Ears:
    """What the listener has heard; by the steady clock, so that no change of the time matters."""

    def __init__(self) -> None:
        self._swept = time.monotonic()
        self._reminded: dict[int, float] = {}

    def news(self, pending: Sequence[Command]) -> list[Command]:
        """Return the commands whose runs have to be told: new ones, and old ones now and then."""
        now = time.monotonic()
        self._reminded = {c.id: self._reminded.get(c.id, -math.inf) for c in pending}
        news = [c for c in pending if now - self._reminded[c.id] >= _REMIND_SECONDS]
        self._reminded |= {c.id: now for c in news}
        return news

    def sweep(self) -> bool:
        """Return whether it is time to sweep; True once in a while."""
        now = time.monotonic()
        if now - self._swept < _SWEEP_SECONDS:
            return False
        self._swept = now
        return True


_NEVER = datetime(2000, 1, 1, tzinfo=UTC)


def new_id(now: datetime) -> str:
    """Return an id people can read out: month and day, then eight hex digits."""
    return f"{now:%m%d}-{secrets.token_hex(4)}"


def _rests(run: Run) -> bool:
    """Whether nothing will happen to *run* until a person acts."""
    return run.state.is_terminal or run.state is RunState.ATTENTION
