"""The accounts that posts go to: each is looked at before it is used, and rests while it is paused.

The publisher enters one for every call. Two invariants: nothing is sent for an account whose
credentials are not known to be its own, and a paused one is asked once in a quarter of an hour,
however many runs wait for it.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.account import Account
from bot.domain.budget import Item
from bot.domain.post import Target
from bot.errors import TargetPaused
from bot.ports import Clock
from bot.publishers.x.meter import Meter
from bot.x_api.access import Access, Identity
from bot.x_api.web_api import XApi

#: How long a paused account rests: as long as a run waits for it (`pipeline.backoff`).
REST = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """An account that may be posted to now."""

    account: Account
    api: XApi
    me: Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pause:
    error: TargetPaused
    until: datetime


class Accounts:
    """The accounts of `accounts:`, by the targets that name them."""

    def __init__(
        self,
        accounts: Callable[[], Mapping[str, Account]],
        apis: Callable[[Account], XApi],
        clock: Clock,
        meter: Meter,
    ) -> None:
        self._accounts = accounts
        self._apis = apis
        self._clock = clock
        self._meter = meter
        #: Whose each account's credentials are. X charges for the question, so that it is asked
        #: once for each `XApi`, which stands for one set of credentials.
        self._known: dict[Account, tuple[XApi, Identity]] = {}
        self._asking: dict[Account, asyncio.Lock] = {}
        self._pauses: dict[Account, _Pause] = {}

    def named(self, target: Target) -> Account:
        """Return the account that *target* names; `TargetPaused` naming the known ones."""
        accounts = self._accounts().values()
        wanted = target.destination.lower()
        found = next((each for each in accounts if each.handle.lower() == wanted), None)
        if found is None:
            known = ", ".join(sorted(each.handle for each in accounts)) or "none"
            raise TargetPaused(
                f"There are no credentials for {target}; known accounts: {known}.",
                hint="Name it under `accounts:` in schedules.yaml, with its credentials.",
            )
        return found

    def api(self, target: Target) -> XApi:
        """Return what calls X for *target*, whether or not it is paused."""
        return self._apis(self.named(target))

    def ask_again(self, target: Target) -> None:
        """Have X asked anew, however short ago it said no: a person has looked after it."""
        wanted = target.destination.lower()
        for account in [each for each in self._pauses if each.handle.lower() == wanted]:
            del self._pauses[account]

    @asynccontextmanager
    async def using(self, target: Target) -> AsyncGenerator[Seat]:
        """Hand out the account of *target*.

        Raises `TargetPaused` while it needs a person: from memory, where X has said so within the
        last quarter of an hour. What is raised inside the context pauses it as well.
        """
        account = self.named(target)
        self._require_awake(account)
        api = self._apis(account)
        access = Access(api, target)
        try:
            async with self._asking.setdefault(account, asyncio.Lock()):
                me = await self._meet(account, api, access, target)
            yield Seat(account=account, api=api, me=me)
        except TargetPaused as error:
            why = _clock_fault(access) or error
            self._pause(account, why)
            raise why from error

    def _require_awake(self, account: Account) -> None:
        pause = self._pauses.get(account)
        if pause and self._clock.now() < pause.until:
            raise TargetPaused(str(pause.error), hint=pause.error.hint)

    def _pause(self, account: Account, error: TargetPaused) -> None:
        """Rest, and ask again who it is afterwards: whatever a person changes may change that."""
        self._known.pop(account, None)
        self._pauses[account] = _Pause(error=error, until=self._clock.now() + REST)

    async def _meet(self, account: Account, api: XApi, access: Access, target: Target) -> Identity:
        """Return whose the credentials are, once it is sure that they may post as the account."""
        self._require_awake(account)  # whoever asked before may have been told
        me = self._identity(account, api)
        if me is None:
            me = await access.who()
            await self._meter.read(Item.USER, account.prices.user_read, [me.id], target)
        access.require_clock()
        access.require_account(me, account.handle)
        access.require_writing()
        self._known[account] = api, me
        return me

    def _identity(self, account: Account, api: XApi) -> Identity | None:
        known, me = self._known.get(account, (None, None))
        return me if known is api else None


def _clock_fault(access: Access) -> TargetPaused | None:
    """Return what is wrong with our clock: X says of it no more than that it knows nobody."""
    try:
        access.require_clock()
    except TargetPaused as error:
        return error
    return None
