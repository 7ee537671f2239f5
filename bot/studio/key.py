"""The API key of a served studio, in front of everything it answers.

Used by `routes`. Invariant: without the key nothing is read and nothing is told.
"""

import hmac

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.studio.envelope import envelope
from bot.studio.problem import Problem


class RequireKey:
    """ASGI middleware: 401 unless `Authorization: Bearer <key>`."""

    def __init__(self, app: ASGIApp, key: str) -> None:
        self._app = app
        self._expected = f"Bearer {key}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._knows(Headers(scope=scope)):
            await envelope(_refusal())(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _knows(self, headers: Headers) -> bool:
        given = headers.get("authorization", "").encode("latin-1")
        return hmac.compare_digest(given, self._expected)  # takes as long for a near miss


def _refusal() -> Problem:
    return Problem(
        "Incorrect API key provided. This server expects the one of REELBOT_STUDIO_API_KEY as "
        "'Authorization: Bearer KEY'.",
        code="invalid_api_key",
        status=401,
        headers={"www-authenticate": "Bearer"},
    )
