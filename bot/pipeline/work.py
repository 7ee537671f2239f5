"""One Run in hand: what the steps may touch while the lease is ours.

The runner makes a `Work` for each advance; steps read `run`, evolve it, and save
what durably changed. Nothing is written that did not change.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.domain.budget import Budget
from bot.domain.post import Delivery
from bot.domain.run import Run, Step, WaitReason
from bot.errors import Settling
from bot.pipeline.gate import Gate
from bot.pipeline.ledger import Ledger
from bot.ports import (
    Board,
    Change,
    Clock,
    Lease,
    MediaLibrary,
    Notifier,
    Observer,
    PromptLibrary,
    Publisher,
    SaveRun,
    Store,
    VideoProvider,
    Waker,
)

#: A run that a command holds back looks again after this; seconds.
_HELD_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Everything the pipeline may reach."""

    clock: Clock
    store: Store
    waker: Waker
    gate: Gate
    prompts: PromptLibrary
    providers: Mapping[str, VideoProvider]
    media: MediaLibrary
    publishers: Mapping[str, Publisher]
    notifier: Notifier
    observer: Observer
    #: None while no control room is connected.
    board: Board | None = None
    #: Read each time, so that an edited file counts at once.
    budget: Callable[[], Budget]
    #: Bytes that must be free before a video is paid for.
    min_free_bytes: int = 200_000_000


class Park(Exception):  # not an error: the way a step says "not now"
    """The run has to wait."""

    def __init__(self, reason: WaitReason, until: datetime | None) -> None:
        super().__init__(reason)
        self.reason = reason
        #: When it goes on by itself; None when only a poke helps.
        self.until = until


@dataclass(slots=True, kw_only=True)
class Work:
    """A Run under our lease."""

    run: Run
    lease: Lease
    ports: Ports
    ledger: Ledger
    #: Set when somebody wants the run back: a command, a stop, the end of the process.
    interrupted: asyncio.Event
    #: Set when there may be something new to see at the provider; the wait step clears it.
    nudged: asyncio.Event
    #: Shows a snapshot to whoever watches in this process; nothing durable.
    show: Callable[[Run], None]
    #: The run as it was claimed.
    found: Run = field(init=False)
    #: A command came in while the run was in hand; it is obeyed before anything else is sent.
    called: bool = field(init=False, default=False)
    #: A command waits until what is in the air is settled; until then nothing new may be sent.
    held: bool = field(init=False, default=False)
    _saved: Run = field(init=False)
    _staged: list[Change] = field(init=False, default_factory=list)
    #: The lease went back with the last save.
    released: bool = field(init=False, default=False)
    #: Deliveries run side by side; their commits follow one another.
    _saving: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        self._saved = self.found = self.run

    def may_send(self) -> None:
        """Raise `Settling` while a command waits that may stop or change what would be sent."""
        if self.held or self.called:
            raise Settling("A command comes first.", retry_after=_HELD_SECONDS)

    @property
    def saved(self) -> Run:
        """The run as it stands in the database."""
        return self._saved

    def now(self) -> datetime:
        """Return the present instant."""
        return self.ports.clock.now()

    def later(self, seconds: float) -> datetime:
        """Return the instant in *seconds* from now."""
        return self.now() + timedelta(seconds=seconds)

    def stage(self, *changes: Change, **results: Any) -> None:
        """Evolve the run and keep *changes* for the next commit.

        For results that cost nothing to make again; a crash before that commit repeats the step.
        """
        self.run = self.run.evolve(**results)
        self._staged += changes

    @property
    def has_staged(self) -> bool:
        """Whether changes wait for the next commit, which may say no to them."""
        return bool(self._staged)

    def drop_staged(self) -> None:
        """Forget the changes kept for the next commit; the run keeps its results."""
        self._staged.clear()

    async def save(
        self,
        *changes: Change,
        delivery: Delivery | None = None,
        release: bool = False,
        **results: Any,
    ) -> None:
        """Evolve the run and commit what changed, all or nothing; no change, no commit.

        With *delivery* the one to the same target is replaced; with *release* the lease goes back
        in the same commit, and nothing may be saved after it. When the commit fails the run is as
        it was before, and what was staged stays staged.
        """
        async with self._saving:
            run = self.run.evolve(**results)
            if delivery:
                run = run.with_delivery(delivery)
            staged = len(self._staged)
            if not staged and not changes and run == self._saved:
                return
            run = run.evolve(updated_at=self.now())
            fence = SaveRun(run=run, lease=self.lease, release=release)
            await self.ports.store.commit(*self._staged, *changes, fence)
            del self._staged[:staged]
            self.run = self._saved = run
            self.released = release
        self.show(run)

    async def tell(self, run: Run) -> None:
        """Tell people about *run*; who cannot be told stops nothing."""
        try:
            await self.ports.notifier.notify(run)
        except Exception as e:  # noqa: BLE001  # a plugin's bug must not hold a run back
            self.ports.observer.failed(run, Step.NOTIFY, e)
