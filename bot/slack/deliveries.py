"""What Slack delivered, on its way to Bolt: a row behind the acks, one delivery after the other.

`socket` acks and puts it here; what comes by HTTP is answered by its own request. The row outlives
the socket: what was acked is handed on, whatever becomes of the connection, and when the room
closes.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

from slack_bolt.async_app import AsyncApp, AsyncBoltRequest

Body = Mapping[str, Any]

#: Interactions whose ack carries what Slack shows; a bare one would close the dialog.
#: docs.slack.dev/apis/events-api/using-socket-mode ("accepts_response_payload")
_ANSWERED = frozenset({"view_submission", "block_suggestion"})


def is_answered(body: Body) -> bool:
    """Return whether the ack of *body* says something; every other one is bare, and goes first."""
    return body.get("type") in _ANSWERED


class Deliveries:
    """Hands deliveries to one Bolt app."""

    def __init__(self, app: AsyncApp, on_error: Callable[[Exception], None]) -> None:
        self._app = app
        self._on_error = on_error
        self._row: asyncio.Queue[Body] = asyncio.Queue()
        self._turn = asyncio.Lock()

    def take(self, body: Body) -> None:
        """Have *body*, which was acked, handed on soon."""
        self._row.put_nowait(body)

    async def answer(self, body: Body) -> dict[str, Any] | None:
        """Hand *body* on now; return what its ack says, None where it says nothing."""
        response = await self._hand_on(body)
        return json.loads(response.body) if response.body else None

    async def run(self) -> None:
        """Hand on what was taken, for ever."""
        while True:
            await self._next(await self._row.get())

    async def drain(self) -> None:
        """Hand on what is left, and wait for the one that is being handed on."""
        while not self._row.empty():
            await self._next(self._row.get_nowait())
        await self._row.join()

    async def _next(self, body: Body) -> None:
        async with self._turn:
            try:
                await self._hand_on(body)
            except Exception as error:  # noqa: BLE001  # one that nobody foresaw holds up no other
                self._on_error(error)
            finally:
                # Bolt begins its listener with the next turn of the loop; by then the next
                # envelopes were read, and acked, too.
                await asyncio.sleep(0)
                self._row.task_done()

    async def _hand_on(self, body: Body) -> Any:
        return await self._app.async_dispatch(AsyncBoltRequest(body=dict(body), mode="socket_mode"))
