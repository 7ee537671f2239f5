"""Socket Mode, and a watchdog over it: sockets that look open may have been dead for hours.

`room` runs it. Slack's client pings, and comes back by itself when Slack asks it to; what it misses
(a socket that went stale, a close without a word, a client that hangs while closing) is seen here
within a second, and answered with a new client. Known trouble: slackapi/bolt-python#1529, #417.

The invariant: there is at most one client, and `state` says in one sentence why there is none.
"""

import asyncio
import logging
import random
import time
from collections.abc import Callable

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.deliveries import Deliveries
from bot.slack.socket import Socket

#: Between two looks at the socket; seconds.
LOOK_EVERY = 1.0
#: Between two pings; four without an answer make a socket stale. Seconds.
PING_EVERY = 10.0
#: How long opening and closing may take; seconds.
OPEN_SECONDS, CLOSE_SECONDS = 15.0, 5.0
#: The pauses between two tries; seconds.
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
#: Words of `apps.connections.open` that only a person puts right.
_TOKEN = {
    "account_inactive",
    "invalid_auth",
    "not_allowed_token_type",
    "not_authed",
    "token_revoked",
}

# What it logs at INFO is ours to tell, and tracebacks of a network that is down help nobody.
_logger = logging.getLogger("bot.slack.socket")
_logger.setLevel(logging.CRITICAL)


class Connection:
    """Keeps one socket open while `run` runs."""

    def __init__(
        self,
        deliveries: Deliveries,
        client: AsyncWebClient,
        *,
        on_open: Callable[[], None],
        ping_every: float = PING_EVERY,
        look_every: float = LOOK_EVERY,
        first_pause: float = FIRST_PAUSE,
    ) -> None:
        """Make a connection.

        Args:
            deliveries: where what comes in goes.
            client: carries the app-level token (xapp-…), Slack's address, and no retries.
            on_open: called after every opening; it holds up the watch, so it does nothing itself.
            ping_every: seconds between two pings.
            look_every: seconds between two looks at the socket.
            first_pause: seconds before the second try; every further one waits twice as long.
        """
        self._deliveries = deliveries
        self._client = client
        self._on_open = on_open
        self._ping_every = ping_every
        self._look_every = look_every
        self._first_pause = first_pause
        #: `ok`, or why nothing reaches us.
        self.state = "it is connecting"

    async def run(self) -> None:
        """Connect, and connect again, for ever."""
        tries = 0
        while True:
            socket = Socket(
                self._deliveries, self._client, logger=_logger, ping_every=self._ping_every
            )
            try:
                await self._open(socket)
                self.state, opened = "ok", time.monotonic()
                self._on_open()
                await self._watch(socket)
                if time.monotonic() - opened > LONGEST_PAUSE:
                    tries = 0  # it was a good one; those that die at once are not worth a race
                self.state = "the socket was lost; it is opened again"
            except (SlackApiError, aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
                self.state = _why(error)
            finally:
                await _close(socket)
            pause = min(self._first_pause * 2**tries, LONGEST_PAUSE)
            tries = min(tries + 1, 16)
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311  # only spreads them

    async def _open(self, socket: Socket) -> None:
        async with asyncio.timeout(OPEN_SECONDS):
            token = self._client.token or ""
            answer = await self._client.apps_connections_open(app_token=token)
            socket.wss_uri = str(answer["url"])
            await socket.connect()  # type: ignore[no-untyped-call]  # Slack leaves it untyped

    async def _watch(self, socket: Socket) -> None:
        """Return once the socket is closed or stale; one that Slack renews gets its time."""
        missing = 0.0
        while missing < CLOSE_SECONDS:
            await asyncio.sleep(self._look_every)
            if await socket.is_connected():
                missing = 0.0
                continue
            if not socket.connect_operation_lock.locked():
                return
            missing += self._look_every


async def _close(socket: Socket) -> None:
    """Close within five seconds, or leave it behind: closing is known to hang."""
    tasks = [socket.message_processor, socket.current_session_monitor]
    tasks += [socket.message_receiver]
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await socket.close()  # type: ignore[no-untyped-call]  # Slack leaves it untyped
    except (TimeoutError, aiohttp.ClientError, OSError):
        for task in filter(None, tasks):
            task.cancel()
        await socket.aiohttp_client_session.close()
    await asyncio.gather(*filter(None, tasks), return_exceptions=True)


def _why(error: Exception) -> str:
    if isinstance(error, SlackApiError):
        word = str(error.response.get("error"))
        if word in _TOKEN:
            return f"Slack does not accept the app-level token ({word}); check SLACK_APP_TOKEN"
        return f"Slack opens no socket ({word})"
    if isinstance(error, TimeoutError):
        return "Slack does not answer in time"
    return f"Slack cannot be reached ({type(error).__name__})"
