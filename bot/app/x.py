"""What talks to X: one client for all accounts, and for each its signature."""
# ruff: noqa: PLC0415  # each imports what it needs when it is called: see `bot.app`

from collections.abc import Callable
from typing import TYPE_CHECKING

from bot.app.vendors import CONNECT_SECONDS
from bot.app.x_credentials import Keys, connected
from bot.domain.account import Account
from bot.domain.post import Target
from bot.domain.schedule import Plan
from bot.errors import ConfigError, TargetPaused
from bot.ports import Clock
from bot.settings import Settings

if TYPE_CHECKING:
    import httpx

    from bot.x_api.web_api import XApi

#: What one step of a request to X may take; below the time after which a lost post is looked for.
_X_SECONDS = 20.0


def x_client(settings: Settings) -> "httpx.AsyncClient":
    """Return what reaches X; it repeats nothing."""
    import httpx

    return httpx.AsyncClient(
        base_url=settings.x_api_url, timeout=httpx.Timeout(_X_SECONDS, connect=CONNECT_SECONDS)
    )


def x_api(client: "httpx.AsyncClient", keys: Keys, settings: Settings, clock: Clock) -> "XApi":
    """Return the API as the account of *keys* sees it."""
    from bot.x_api.sign import OAuth2, oauth1
    from bot.x_api.token import TokenFile
    from bot.x_api.token_endpoint import TokenEndpoint
    from bot.x_api.web_api import XApi

    if keys.oauth1:
        return XApi(client, oauth1(*keys.oauth1), clock=clock)
    endpoint = TokenEndpoint(
        settings.x_api_url,
        client_id=keys.client_id or "",
        client_secret=keys.client_secret,
        clock=clock,
    )
    return XApi(client, OAuth2(TokenFile(keys.login), endpoint.renew, clock=clock), clock=clock)


class XApis:
    """The API for each account: the same object while its credentials are the same."""

    def __init__(
        self,
        client: "httpx.AsyncClient",
        settings: Settings,
        *,
        plan: Callable[[], Plan],
        clock: Clock,
    ) -> None:
        self._client = client
        self._settings = settings
        self._plan = plan
        self._clock = clock
        self._made: dict[tuple[object, ...], XApi] = {}

    def __call__(self, account: Account) -> "XApi":
        """Return that of *account*; `TargetPaused` where it lacks credentials."""
        try:
            keys = connected(
                Target(network="x", destination=account.handle), self._plan(), self._settings
            )
        except ConfigError as error:
            raise TargetPaused(str(error), hint=error.hint) from error
        secrets = (keys.oauth1, keys.client_id, keys.client_secret, keys.login)
        if secrets not in self._made:
            self._made[secrets] = x_api(self._client, keys, self._settings, self._clock)
        return self._made[secrets]
