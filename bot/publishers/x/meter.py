"""What X charges beside posts, told to the bill as it happens.

What may have been charged counts as charged: where X's answer is lost, the bill is the upper bound.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from datetime import UTC, date
from decimal import Decimal

from bot.domain.budget import Charge, Item
from bot.domain.post import Target
from bot.errors import AmbiguousPost, TargetUnavailable
from bot.ports import Clock


class Meter:
    """Counts what X charges for, for all accounts."""

    def __init__(self, charge: Callable[[Charge], Awaitable[None]], clock: Clock) -> None:
        """Make it; *charge* writes down what it is told."""
        self._charge = charge
        self._clock = clock
        self._day: date | None = None
        #: What was read on that day, UTC. X charges for each once a day; a process that begins
        #: again counts it again.
        self._read: set[tuple[Item, str]] = set()

    @asynccontextmanager
    async def charging(
        self, item: Item, usd: Decimal, target: Target, run_id: str
    ) -> AsyncGenerator[None]:
        """Count what is done inside, unless it surely was not done.

        A lost answer becomes `TargetUnavailable`: what is charged so may be repeated.
        """
        charge = Charge(item=item, usd=usd, target=target, run_id=run_id)
        try:
            yield
        except AmbiguousPost as error:
            await self._charge(charge)
            raise TargetUnavailable(str(error), hint="It is tried again by itself.") from error
        await self._charge(charge)

    async def read(
        self,
        item: Item,
        usd: Decimal,
        ids: Collection[str],
        target: Target,
        run_id: str | None = None,
    ) -> None:
        """Count what X has listed, *usd* each, unless it was listed that day already."""
        today = self._clock.now().astimezone(UTC).date()
        if today != self._day:
            self._day, self._read = today, set()
        new = {(item, each) for each in ids} - self._read
        if not new:
            return
        self._read |= new  # before anybody else can count them, too
        try:
            usd *= len(new)
            await self._charge(Charge(item=item, usd=usd, target=target, run_id=run_id))
        except BaseException:
            self._read -= new
            raise
