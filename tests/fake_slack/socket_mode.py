"""Socket Mode: the websockets through which Slack reaches a bot without a public address."""

import asyncio
import json
import random

from aiohttp import WSMsgType, web

from tests.fake_slack.delivery import Delivery
from tests.fake_slack.workspace import APP


class Sockets:
    """All open websockets. Each delivery goes to one of them, as with Slack."""

    def __init__(self) -> None:
        self.open: list[web.WebSocketResponse] = []
        #: Tickets of `apps.connections.open` that were used; each opens one socket.
        self.tickets: set[str] = set()
        #: Every text that came in, parsed; and how many pings did.
        self.received: list[dict] = []
        self.pings = 0
        #: A zombie: open, but it neither delivers nor answers pings.
        self.dead = False
        #: Seconds until an ack counts as late.
        self.patience = 3.0
        self._waiting: dict[str, Delivery] = {}
        self._changed = asyncio.Event()

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Serve one socket for as long as it is open."""
        ticket = request.query.get("ticket", "")
        if not ticket or ticket in self.tickets:
            return web.Response(status=403)
        self.tickets.add(ticket)
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        self._change(socket, add=True)
        await socket.send_json(
            {
                "type": "hello",
                "num_connections": len(self.open),
                "connection_info": {"app_id": APP},
                "debug_info": {"host": "fake", "approximate_connection_time": 18060},
            }
        )
        try:
            await self._listen(socket)
        finally:
            self._change(socket, add=False)
        return socket

    async def _listen(self, socket: web.WebSocketResponse) -> None:
        async for message in socket:
            if message.type is WSMsgType.PING:
                self.pings += 1
                if not self.dead:
                    await socket.pong(message.data)
            elif message.type is WSMsgType.TEXT:
                self._take(json.loads(message.data))

    def _take(self, said: dict) -> None:
        self.received.append(said)
        delivery = self._waiting.pop(said.get("envelope_id", ""), None)
        if delivery:
            delivery.take_ack(said.get("payload"), self.patience)

    def _change(self, socket: web.WebSocketResponse, *, add: bool) -> None:
        (self.open.append if add else self.open.remove)(socket)
        self._changed.set()
        self._changed = asyncio.Event()

    async def wait_for(self, count: int, patience: float = 20.0) -> None:
        """Return when *count* sockets are open."""
        async with asyncio.timeout(patience):
            while len(self.open) != count:
                await self._changed.wait()

    async def deliver(self, delivery: Delivery) -> None:
        """Send *delivery* through one socket and wait for its ack."""
        if not self.open:
            delivery.error = "dispatch_failed"
            return
        self._waiting[delivery.envelope_id] = delivery
        delivery.send()
        if not self.dead:
            socket = random.choice(self.open)
            await socket.send_json(delivery.envelope)
        await delivery.wait(self.patience)

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Tell every socket to come back anew, then close it, as Slack does every few hours."""
        for socket in list(self.open):
            await socket.send_json(
                {"type": "disconnect", "reason": reason, "debug_info": {"host": "fake"}}
            )

    async def close(self) -> None:
        """Close every socket without a word before."""
        await asyncio.gather(*(socket.close() for socket in list(self.open)))

    async def ping(self) -> None:
        """Ping every socket, as Slack does."""
        for socket in self.open:
            await socket.ping(b"Ping from fake")
