"""One socket to Slack: what comes in is acked the moment it is read, before anybody looks at it.

`connection` opens it and watches over it. People wait for an ack three seconds at most; so a burst
is acked as it is read, and its work waits in `deliveries`. Only what is answered in its ack (a
dialog that was submitted) goes the long way first.

The envelopes: docs.slack.dev/apis/events-api/using-socket-mode.
"""

import json
from collections.abc import Mapping
from logging import Logger
from typing import Any

import aiohttp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.deliveries import Deliveries, is_answered


class Socket(SocketModeClient):
    """Slack's client, with an ack that waits for nobody."""

    def __init__(
        self, deliveries: Deliveries, client: AsyncWebClient, *, logger: Logger, ping_every: float
    ) -> None:
        """Make one; it is opened by `connect`. *client* carries the app-level token."""
        super().__init__(
            app_token=client.token or "",
            logger=logger,
            web_client=client,
            auto_reconnect_enabled=False,  # the watchdog does that
            ping_interval=ping_every,
        )
        self._deliveries = deliveries
        self.socket_mode_request_listeners.append(self._answer)

    async def enqueue_message(self, message: str) -> None:
        """Take what was read. Acked here, or left to the client: a hello, a good-bye, a dialog."""
        envelope = _envelope(message)
        if envelope is None or is_answered(envelope["payload"]):
            await super().enqueue_message(message)
            return
        self._deliveries.take(envelope["payload"])
        try:
            await self.send_message(json.dumps({"envelope_id": envelope["envelope_id"]}))
        except (ConnectionError, aiohttp.ClientError):
            return  # it is done all the same; delivered again it is known

    async def _answer(self, _client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        payload = await self._deliveries.answer(request.payload)
        await self.send_socket_mode_response(SocketModeResponse(request.envelope_id, payload))


def _envelope(message: str) -> Mapping[str, Any] | None:
    """Return the envelope, None for whatever needs no ack."""
    said = json.loads(message) if message.startswith("{") else {}
    is_one = said.get("envelope_id") and isinstance(said.get("payload"), dict)
    return said if is_one else None
