"""Signed webhooks: whoever serves a studio may have its finished videos announced.

Renders record an event in the same transaction as a job's end; a loop of its own sends it, so that
a dead receiver delays no render. Invariant: an event is tried until somebody answers 2xx or
`RETRY_AFTER` is used up, restarts included, always under the same `webhook-id`; it may come twice.
Shape and headers: OpenAI's video events, signed as standardwebhooks.com describes.
"""

import asyncio
import base64
import json
import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from ipaddress import ip_address
from typing import Final

import httpx
from standardwebhooks import Webhook

from bot.studio.deliveries import Delivery
from bot.studio.store import Store, StoreThread

logger = logging.getLogger(__name__)

#: Seconds from a failed attempt to the next; ten attempts in two days, then it is given up.
RETRY_AFTER: Final = (5, 30, 120, 600, 1800, 3600, 3 * 3600, 12 * 3600, 30 * 3600)
_AT_ONCE: Final = 4
_PREFIX: Final = "whsec_"
#: The standard's least; a receiver may refuse a shorter one.
_MIN_KEY_BYTES: Final = 24
_MAX_PORT: Final = 65535
#: Seconds for an attempt, connecting included.
_PATIENCE: Final = 10.0


class Event(StrEnum):
    """What is announced."""

    COMPLETED = "video.completed"
    FAILED = "video.failed"


class ReceiverUnusable(Exception):
    """Nobody can be told there, or nobody should be."""


class SecretUnusable(ReceiverUnusable):
    """There is nothing to sign with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """Who is told. Raises ReceiverUnusable for what cannot work."""

    #: http or https; a host of this machine unless `anywhere`.
    url: str = field(repr=False)
    #: `whsec_` and the key in base64, as the receiver has it too.
    secret: str = field(repr=False)
    #: Whether the webhook may leave this machine.
    anywhere: bool = False

    def __post_init__(self) -> None:
        host = _host(self.url)
        if not self.anywhere and not is_loopback(host):
            raise ReceiverUnusable(f"{host} is not this machine.")
        if not _is_secret(self.secret):
            raise SecretUnusable(
                f"The secret is not whsec_ and {_MIN_KEY_BYTES} bytes or more in base64."
            )


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine for certain: `localhost`, 127.x.x.x or ::1."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Webhooks:
    """Sends what `record` put down."""

    def __init__(
        self, store: StoreThread, receiver: Receiver, *, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._receiver = receiver
        self._clock = clock
        self._signer = Webhook(receiver.secret)
        self._wake = asyncio.Event()
        self._loop: asyncio.Task[None] | None = None

    def record(self, store: Store, event: Event, video_id: str) -> None:
        """Put an event down; call `wake` when that is committed."""
        now = self._now()
        store.deliveries.add(
            Delivery(
                id=f"evt_{uuid.uuid4().hex}",
                type=event,
                video_id=video_id,
                created_at=now,
                attempts=0,
                due_at=now,
            )
        )

    def wake(self) -> None:
        self._wake.set()

    def start(self) -> None:
        self._loop = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """What is under way is cut off, and sent again by the next start."""
        if self._loop is not None:
            self._loop.cancel()
            await asyncio.gather(self._loop, return_exceptions=True)

    async def _run(self) -> None:
        timeout = httpx.Timeout(_PATIENCE)
        async with httpx.AsyncClient(timeout=timeout, trust_env=False) as client:
            while True:
                self._wake.clear()  # before the look, so that what is added after it is not missed
                try:
                    await self._send_due(client)
                    pause = await self._pause()
                except Exception:
                    logger.exception("the studio could not send webhooks; it tries again")
                    pause = RETRY_AFTER[1]
                try:
                    async with asyncio.timeout(pause):
                        await self._wake.wait()
                except TimeoutError:
                    continue

    async def _send_due(self, client: httpx.AsyncClient) -> None:
        while due := await self._store.ask(
            lambda store: store.deliveries.due(self._now(), at_most=_AT_ONCE)
        ):
            await asyncio.gather(*(self._deliver(client, delivery) for delivery in due))

    async def _pause(self) -> float | None:
        """Seconds until there is something to do again; None while there is nothing."""
        due = await self._store.ask(lambda store: store.deliveries.next_due())
        return None if due is None else max(due - self._clock().timestamp(), 0.01)

    async def _deliver(self, client: httpx.AsyncClient, delivery: Delivery) -> None:
        refusal = await self._attempt(client, delivery)
        if refusal is None:
            await self._store.ask(lambda store: store.deliveries.remove(delivery.id))
        elif delivery.attempts < len(RETRY_AFTER):
            until = self._now() + RETRY_AFTER[delivery.attempts]
            await self._store.ask(lambda store: store.deliveries.postpone(delivery.id, until=until))
        else:
            logger.warning("webhook %s is given up: %s", delivery.id, refusal)
            await self._store.ask(lambda store: store.deliveries.remove(delivery.id))

    async def _attempt(self, client: httpx.AsyncClient, delivery: Delivery) -> str | None:
        """Return why it failed; None when it was received. A redirect is a failure."""
        body = _body(delivery)
        now = self._clock().astimezone(UTC)
        headers = {
            "content-type": "application/json",
            "user-agent": "reelbot-studio",
            "webhook-id": delivery.id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._signer.sign(delivery.id, now, body),
        }
        try:
            async with (
                asyncio.timeout(_PATIENCE),
                client.stream(
                    "POST", self._receiver.url, content=body, headers=headers
                ) as response,
            ):
                return None if response.is_success else f"it answered {response.status_code}"
        except (TimeoutError, httpx.HTTPError) as error:
            return type(error).__name__

    def _now(self) -> int:
        return int(self._clock().timestamp())


def _is_secret(text: str) -> bool:
    try:
        key = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except ValueError:
        return False
    return text.startswith(_PREFIX) and len(key) >= _MIN_KEY_BYTES


def _body(delivery: Delivery) -> str:
    return json.dumps(
        {
            "id": delivery.id,
            "object": "event",
            "created_at": delivery.created_at,
            "type": delivery.type,
            "data": {"id": delivery.video_id},
        }
    )


def _host(url: str) -> str:
    """As the client will read it, so that no spelling leads elsewhere than it seems to."""
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise ReceiverUnusable("The address of the receiver is not a URL.") from error
    if parts.scheme not in {"http", "https"} or not parts.host:
        raise ReceiverUnusable("The address of the receiver is not http:// or https://.")
    if (parts.port or 0) > _MAX_PORT:
        raise ReceiverUnusable(f"{parts.port} is no port.")
    return parts.host
