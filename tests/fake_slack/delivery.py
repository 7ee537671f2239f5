"""What Slack sends to the bot, through a socket or as signed HTTP, and the bot's ack."""

import asyncio
import hashlib
import hmac
import json
import time
import uuid
from dataclasses import dataclass, field
from urllib.parse import urlencode

import httpx

#: Those that people wait for: without an ack in time they are told so.
AWAITED = {"slash_commands", "interactive"}


@dataclass(eq=False)
class Delivery:
    """One envelope."""

    type: str
    payload: dict
    envelope_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    #: Deliveries before this one of the same thing.
    retry: int = 0
    #: Real seconds of the steady clock.
    sent_at: float | None = None
    acked_at: float | None = None
    #: What the ack carried.
    ack: dict | None = None
    #: `operation_timeout`, `dispatch_failed`; None for a delivery in order.
    error: str | None = None
    #: HTTP status of the answer, where it was HTTP.
    status: int | None = None
    acked: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def seconds(self) -> float | None:
        """How long the ack took; None without one."""
        if self.sent_at is None or self.acked_at is None:
            return None
        return self.acked_at - self.sent_at

    @property
    def errors(self) -> dict:
        """What a submitted view was told to correct."""
        return (self.ack or {}).get("errors", {})

    @property
    def envelope(self) -> dict:
        """What goes through a socket."""
        about = {"envelope_id": self.envelope_id, "type": self.type, "payload": self.payload}
        if self.type == "events_api":
            reason = "timeout" if self.retry else ""
            return {**about, "retry_attempt": self.retry, "retry_reason": reason,
                    "accepts_response_payload": False}  # fmt: skip
        return {**about, "accepts_response_payload": True}

    def send(self) -> None:
        self.sent_at = time.monotonic()

    def take_ack(self, payload: dict | None, patience: float) -> None:
        """Note the ack; after *patience* seconds it is too late."""
        if self.acked_at is not None:
            return
        self.acked_at, self.ack = time.monotonic(), payload
        if self.seconds is not None and self.seconds > patience and self.type in AWAITED:
            self.error = "operation_timeout"
        self.acked.set()

    async def wait(self, patience: float) -> None:
        """Return when the ack has come or is too late."""
        try:
            await asyncio.wait_for(self.acked.wait(), patience)
        except TimeoutError:
            if self.type in AWAITED:
                self.error = "operation_timeout"


def signed(secret: str, body: str, timestamp: int | None = None) -> dict[str, str]:
    """Return the headers by which Slack shows that *body* is its own."""
    stamp = str(timestamp or int(time.time()))
    digest = hmac.new(secret.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
    return {"x-slack-request-timestamp": stamp, "x-slack-signature": f"v0={digest}"}


async def post(delivery: Delivery, url: str, secret: str, patience: float) -> None:
    """Send *delivery* as HTTP; the answer is its ack."""
    kind = "application/x-www-form-urlencoded"
    if delivery.type == "slash_commands":
        body = urlencode(delivery.payload)
    elif delivery.type == "interactive":
        body = urlencode({"payload": json.dumps(delivery.payload)})
    else:
        body, kind = json.dumps(delivery.payload), "application/json"
    headers = {"content-type": kind, **signed(secret, body)}
    if delivery.retry:
        headers |= {"x-slack-retry-num": str(delivery.retry), "x-slack-retry-reason": "timeout"}
    delivery.send()
    try:
        async with httpx.AsyncClient(timeout=patience, trust_env=False) as client:
            response = await client.post(url, content=body, headers=headers)
    except httpx.TimeoutException:
        delivery.error = "operation_timeout"
        return
    except httpx.HTTPError:
        delivery.error = "dispatch_failed"
        return
    delivery.status = response.status_code
    if response.status_code != 200:
        delivery.error = "dispatch_failed"
        return
    try:
        payload = response.json()
    except ValueError:
        payload = {"text": response.text} if response.text else None
    delivery.take_ack(payload, patience)
