"""A publisher in front of the fake X, put together as `bot.app` does it.

Its credentials are logins of OAuth 2.0 that live for ever: signatures of OAuth 1.0a hold the
machine's time, which is not the one that a `FakeClock` shows.
"""

from collections.abc import Awaitable, Callable, Generator, Mapping

import httpx

from bot.domain.account import Account
from bot.domain.budget import Charge
from bot.ports import Clock, MediaLibrary
from bot.publishers.x import XPublisher
from bot.x_api.web_api import XApi
from tests.fake_x import FakeX

_YEARS = 10 * 365 * 86400.0


class Bearer(httpx.Auth):
    """Shows an access token."""

    def __init__(self, token: str) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        request.headers["authorization"] = f"Bearer {self._token}"
        yield request


def credentials(x: FakeX, handle: str) -> httpx.Auth:
    """Return what signs as *handle*, which exists from now on."""
    known = {account.handle: account for account in x.people.accounts.values()}
    account = known.get(handle.removeprefix("@")) or x.account(handle)
    return Bearer(x.oauth2(account, life=_YEARS).access)


async def nobody(_charge: Charge) -> None:
    """Hear of a charge that the test is not about."""


def publisher_of(
    client: httpx.AsyncClient,
    signed: Mapping[str, httpx.Auth],
    media: MediaLibrary,
    clock: Clock,
    charge: Callable[[Charge], Awaitable[None]] = nobody,
    **account: object,
) -> XPublisher:
    """Return a publisher for the accounts whose credentials are in *signed*, by handle."""
    accounts = {handle: Account(handle=handle, **account) for handle in signed}
    apis = {handle: XApi(client, auth, clock=clock) for handle, auth in signed.items()}
    return XPublisher(
        lambda: accounts,
        lambda one: apis[one.handle],
        media=media,
        clock=clock,
        charge=charge,
    )
