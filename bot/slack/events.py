"""Slack's requests by HTTP, where no socket is wanted: one route, `POST /slack/events`.

`app` hands the route to the web server. Slack signs every request; what is not signed, or too old,
is refused before anybody reads it. The invariant: nothing but Slack's own, and each once.

Signatures: docs.slack.dev/authentication/verifying-requests-from-slack.
"""

import hashlib
import hmac
import re
import time
from collections.abc import Callable

from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.slack.replays import Replays

PATH = "/slack/events"
#: How old a request may be, or how early; seconds.
WINDOW_SECONDS = 300
#: Bytes of the largest request: a command with 40 000 characters, each escaped.
MAX_BYTES = 1_000_000
#: Since 1970, as Slack stamps its requests.
_SECONDS = re.compile(r"[0-9]{1,12}")


class Events:
    """Takes Slack's requests for *app*."""

    def __init__(
        self, app: AsyncApp, signing_secret: str, *, now: Callable[[], float] = time.time
    ) -> None:
        self._app = app
        self._secret = signing_secret.encode()
        self._now = now
        self._replays = Replays()
        #: Nobody is there any more: what would be acked now would not be done.
        self.is_closed = False

    def route(self) -> Route:
        """Return the route."""
        return Route(PATH, self.take, methods=["POST"])

    async def take(self, request: Request) -> Response:
        """Answer one request: the app's ack, 401 to whoever is not Slack, 503 once closed."""
        body = await _read(request)
        if body is None:
            return JSONResponse({"error": "too large"}, status_code=413)
        signature = request.headers.get("x-slack-signature", "")
        if not self._is_signed(
            request.headers.get("x-slack-request-timestamp", ""), signature, body
        ):
            return JSONResponse({"error": "not signed by Slack"}, status_code=401)
        if self.is_closed:
            return JSONResponse({"error": "closing"}, status_code=503)
        if not self._replays.is_new(signature):
            return Response()
        asked = AsyncBoltRequest(
            body=body.decode(errors="replace"),
            query=request.url.query,
            headers=dict(request.headers),
        )
        answer = await self._app.async_dispatch(asked)
        kind = answer.first_headers().get("content-type")
        return Response(answer.body, status_code=answer.status, media_type=kind)

    def _is_signed(self, timestamp: str, signature: str, body: bytes) -> bool:
        if not _SECONDS.fullmatch(timestamp):
            return False
        if abs(self._now() - int(timestamp)) > WINDOW_SECONDS:
            return False
        base = b"v0:" + timestamp.encode() + b":" + body
        expected = "v0=" + hmac.new(self._secret, base, hashlib.sha256).hexdigest()
        return hmac.compare_digest(expected.encode(), signature.encode(errors="replace"))


async def _read(request: Request) -> bytes | None:
    """Return the body; None for one that is larger than Slack's are."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            return None
    return bytes(body)
