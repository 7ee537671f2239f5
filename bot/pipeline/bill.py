"""The bill of what networks charge beside posts, written down as it happens.

Publishers tell it. It holds nothing back: what it hears of is spent already, so it counts against
the day's cap and no more.
"""

import secrets
from collections.abc import Callable

from bot.domain.budget import Budget, Charge, Spend, SpendState
from bot.ports import Change, Clock, Settle, Spent, Store


class Bill:
    """Counts charges in the day's budget, and in the run that they are for."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        budget: Callable[[], Budget],
        on_charge: Callable[[Charge], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._budget = budget
        self._on_charge = on_charge

    async def charge(self, charge: Charge) -> None:
        """Count *charge*; on disk before it returns. Every call is a charge of its own.

        What the run was promised for it is settled by it; what is free is not written down. Raises
        `StoreError`. A kill between the network's answer and this loses the record, of a cent at
        most where few posts are read: nothing is asked of a network again for its sake.
        """
        if not charge.usd:
            return
        promise = await self._promise(charge)
        change: Change = Spent(spend=self._spend(charge))
        if promise:
            change = Settle(key=promise.key, usd=charge.usd)
        await self._store.commit(change)
        self._on_charge(charge)

    async def _promise(self, charge: Charge) -> Spend | None:
        spends = await self._store.spends(charge.run_id) if charge.run_id else ()
        wanted = (str(charge.target), charge.item, SpendState.RESERVED)
        return next((s for s in spends if (s.what, s.item, s.state) == wanted), None)

    def _spend(self, charge: Charge) -> Spend:
        now, what = self._clock.now(), str(charge.target)
        return Spend(
            key=f"{charge.run_id or '-'}:{what} {charge.item}:{secrets.token_hex(8)}",
            run_id=charge.run_id,
            what=what,
            vendor=charge.target.network,
            usd=charge.usd,
            day=self._budget().day(now),
            at=now,
            state=SpendState.SETTLED,
            item=charge.item,
        )
