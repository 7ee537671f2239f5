"""Who gets in: whoever has the key or, where there is none, programs of this machine.

In front of everything a served studio answers. Invariant: who does not get in is told nothing, and
nothing of the request is read.
"""

import hmac
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.studio.envelope import envelope
from bot.studio.problem import Problem
from bot.studio.webhooks import is_loopback


class RequireKey:
    """ASGI middleware: 401 unless `Authorization: Bearer <key>`."""

    def __init__(self, app: ASGIApp, key: str) -> None:
        self._app = app
        self._expected = f"Bearer {key}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._knows(Headers(scope=scope)):
            await envelope(_no_key())(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _knows(self, headers: Headers) -> bool:
        given = headers.get("authorization", "").encode("latin-1")
        return hmac.compare_digest(given, self._expected)  # takes as long for a near miss


class LocalOnly:
    """ASGI middleware: 403 for what a browser sends here on behalf of somebody else's page.

    Such a request says so in `Origin`, or names the page's own host, made to lead here, in `Host`.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not all(map(is_loopback, _hosts(Headers(scope=scope)))):
            await envelope(_not_local())(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _hosts(headers: Headers) -> Iterable[str]:
    yield _host(f"//{headers.get('host', '')}")
    if "origin" in headers:
        yield _host(headers["origin"])


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _no_key() -> Problem:
    return Problem(
        "Incorrect API key provided. This server expects the one of REELBOT_STUDIO_API_KEY as "
        "'Authorization: Bearer KEY'.",
        code="invalid_api_key",
        status=401,
        headers={"www-authenticate": "Bearer"},
    )


def _not_local() -> Problem:
    return Problem(
        "This server has no key, so it serves programs of its own machine only.",
        code="not_local",
        status=403,
    )
