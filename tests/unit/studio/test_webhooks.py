"""Webhooks on a real loopback receiver, verified by two strangers; the clock stands still."""

import asyncio
import base64
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from openai import OpenAI
from standardwebhooks import Webhook

from bot.studio.store import StoreThread
from bot.studio.webhooks import RETRY_AFTER, Event, Receiver, ReceiverUnusable, Webhooks

SECRET = f"whsec_{base64.b64encode(b'k' * 32).decode()}"
#: The bot takes no webhooks with it, either.
SHORT = f"whsec_{base64.b64encode(b'k' * 23).decode()}"


class Clock:
    def __init__(self) -> None:
        self.now = datetime.now(UTC).replace(microsecond=0)

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Posted:
    headers: dict[str, str]
    body: bytes


@dataclass
class Listener:
    """An HTTP server that answers each request with the next status, the last one for ever."""

    statuses: list[int]
    posted: list[Posted] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks"

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["Listener"]:
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield self

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().split("\r\n")[1:-2]
                headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines)}
                body = await reader.readexactly(int(headers["content-length"]))
                self.posted.append(Posted(headers, body))
                status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
                location = f"location: {self.url}/else\r\n" if status == 307 else ""
                writer.write(f"HTTP/1.1 {status} X\r\n{location}content-length: 0\r\n\r\n".encode())
                await writer.drain()
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    async def until(self, count: int, within: float = 20) -> list[Posted]:
        deadline = time.monotonic() + within
        while len(self.posted) < count:
            assert time.monotonic() < deadline, self.posted
            await asyncio.sleep(0.01)
        return self.posted


@dataclass
class Sender:
    webhooks: Webhooks
    store: StoreThread

    async def announce(self, event: Event, video_id: str) -> None:
        await self.store.ask(lambda store: self.webhooks.record(store, event, video_id))
        self.webhooks.wake()

    async def waiting(self) -> int | None:
        return await self.store.ask(lambda store: store.deliveries.next_due())

    async def until_due(self, due: int | None, within: float = 20) -> None:
        deadline = time.monotonic() + within
        while (found := await self.waiting()) != due:
            assert time.monotonic() < deadline, found
            await asyncio.sleep(0.01)


@asynccontextmanager
async def sending(folder: Path, url: str, clock: Clock) -> AsyncIterator[Sender]:
    store = StoreThread(folder / "jobs.sqlite3")
    await store.open()
    webhooks = Webhooks(store, Receiver(url=url, secret=SECRET), clock=clock)
    webhooks.start()
    try:
        yield Sender(webhooks, store)
    finally:
        await webhooks.stop()
        await store.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def test_what_is_sent_is_signed_and_verified_by_strangers(
    tmp_path: Path, clock: Clock
) -> None:
    async with (
        Listener([200]).listening() as listener,
        sending(tmp_path, listener.url, clock) as at,
    ):
        await at.announce(Event.COMPLETED, "video_a")
        (posted,) = await listener.until(1)
        await at.until_due(None)
    event = Webhook(SECRET).verify(posted.body, posted.headers)
    assert event == {
        "id": posted.headers["webhook-id"],
        "object": "event",
        "created_at": int(clock().timestamp()),
        "type": "video.completed",
        "data": {"id": "video_a"},
    }
    with OpenAI(api_key="any", webhook_secret=SECRET) as client:
        client.webhooks.verify_signature(posted.body, posted.headers)
    assert event["id"].startswith("evt_")


@pytest.mark.parametrize("refusal", [500, 404, 307])
async def test_a_refused_webhook_is_sent_again_under_the_same_id(
    tmp_path: Path, clock: Clock, refusal: int
) -> None:
    async with (
        Listener([refusal, refusal, 204]).listening() as listener,
        sending(tmp_path, listener.url, clock) as at,
    ):
        await at.announce(Event.FAILED, "video_a")
        for attempt in (1, 2):
            await listener.until(attempt)
            due = int(clock().timestamp()) + RETRY_AFTER[attempt - 1]
            await at.until_due(due)
            clock.now += timedelta(seconds=RETRY_AFTER[attempt - 1])
            at.webhooks.wake()
        posted = await listener.until(3)
        await at.until_due(None)
    assert len({one.headers["webhook-id"] for one in posted}) == 1
    assert len({one.headers["webhook-timestamp"] for one in posted}) == 3
    assert len(posted) == 3
    assert {one.body for one in posted} == {posted[0].body}


async def test_a_receiver_that_never_answers_well_is_given_up(
    tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        Listener([500]).listening() as listener,
        sending(tmp_path, listener.url, clock) as at,
    ):
        await at.announce(Event.COMPLETED, "video_a")
        for attempt, pause in enumerate(RETRY_AFTER, 1):
            await listener.until(attempt)
            await at.until_due(int(clock().timestamp()) + pause)
            clock.now += timedelta(seconds=pause)
            at.webhooks.wake()
        await at.until_due(None)
        assert len(listener.posted) == len(RETRY_AFTER) + 1
    assert "is given up: it answered 500" in caplog.text


async def test_a_webhook_survives_a_restart(tmp_path: Path, clock: Clock) -> None:
    listener = Listener([200])
    async with listener.listening():
        pass  # nobody listens now
    async with sending(tmp_path, listener.url, clock) as at:
        await at.announce(Event.COMPLETED, "video_a")
        await at.until_due(int(clock().timestamp()) + RETRY_AFTER[0])
    clock.now += timedelta(seconds=RETRY_AFTER[0])
    async with listener.listening(), sending(tmp_path, listener.url, clock) as at:
        (posted,) = await listener.until(1)
        await at.until_due(None)
    assert posted.headers["webhook-id"].startswith("evt_")


async def test_webhooks_wait_for_their_time_without_being_woken(tmp_path: Path) -> None:
    class Ticking(Clock):
        def __call__(self) -> datetime:
            return datetime.now(UTC) + timedelta(seconds=4.5 if self.ahead else 0)

        ahead = False

    clock = Ticking()
    async with (
        Listener([500, 200]).listening() as listener,
        sending(tmp_path, listener.url, clock) as at,
    ):
        clock.ahead = True
        await at.announce(Event.COMPLETED, "video_a")
        clock.ahead = False
        await listener.until(1)
        clock.ahead = True
        await listener.until(2)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/hooks",
        "http://10.0.0.1/hooks",
        "http://localhost.example.com/",
        "http://127.0.0.1@example.com/",
        "https://[2001:db8::1]/",
        "http://0.0.0.0:9000/",
        "ftp://localhost/",
        "localhost:9000",
        "http://[::1/",
        "http://localhost:many/",
        "http://localhost:65536/",
        "",
    ],
)
def test_a_receiver_is_on_this_machine(url: str) -> None:
    with pytest.raises(ReceiverUnusable):
        Receiver(url=url, secret=SECRET)


@pytest.mark.parametrize("host", ["localhost:9000", "127.0.0.1", "127.8.8.8:1", "[::1]:9000"])
def test_this_machine_has_several_names(host: str) -> None:
    Receiver(url=f"http://{host}/hooks", secret=SECRET)


def test_a_receiver_may_be_anywhere_if_it_is_said() -> None:
    Receiver(url="https://example.com/hooks", secret=SECRET, anywhere=True)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_?", "a secret", "whsec_c2hvcnQ=", SHORT])
def test_a_secret_is_checked_and_not_shown(secret: str) -> None:
    with pytest.raises(ReceiverUnusable) as refused:
        Receiver(url="http://localhost/", secret=secret)
    assert secret.removeprefix("whsec_") in {"", "?"} or secret not in str(refused.value)


def test_a_receiver_shows_no_secret() -> None:
    assert SECRET not in repr(Receiver(url="http://localhost/", secret=SECRET))
