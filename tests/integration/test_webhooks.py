"""Webhooks over real HTTP on loopback: what is let in, what is refused, what comes of it."""

import asyncio
import base64
import hashlib
import hmac
import itertools
import json
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from standardwebhooks import Webhook
from starlette.applications import Starlette

from bot import web
from bot.domain.run import RunState
from bot.domain.video import VideoStatus
from bot.errors import StoreError
from bot.pipeline import Pipeline
from bot.wakers.embedded import EmbeddedWaker
from bot.web import webhooks
from tests.fakes import World, make_request

KEY, OTHER = b"k" * 32, b"\x00\xff" * 16
SECRET, OTHER_SECRET = (f"whsec_{base64.b64encode(key).decode()}" for key in (KEY, OTHER))
PATH = "/webhooks/gateway"
IDS = itertools.count()


def event(video_id: object = "video_1", kind: object = "video.completed") -> bytes:
    return json.dumps(
        {"id": "evt_1", "object": "event", "type": kind, "data": {"id": video_id}}
    ).encode()


def by_hand(
    body: bytes, key: bytes = KEY, *, age: float = 0, name: str | None = None
) -> dict[str, str]:
    """Sign as the standard says, without the library that verifies."""
    name, at = name or f"msg_{next(IDS)}", str(int(time.time() - age))
    signature = hmac.digest(key, f"{name}.{at}.".encode() + body, hashlib.sha256)
    return {
        "webhook-id": name,
        "webhook-timestamp": at,
        "webhook-signature": f"v1,{base64.b64encode(signature).decode()}",
    }


def by_library(body: bytes) -> dict[str, str]:
    name, now = f"msg_{next(IDS)}", datetime.now(UTC)
    return {
        "webhook-id": name,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign(name, now, body.decode()),
    }


class Bot:
    """The store and the pipeline that hints are passed on to."""

    def __init__(self) -> None:
        self.runs = {("gateway", f"video_{n}"): f"run-{n}" for n in range(100)}
        self.asked: list[tuple[str, str]] = []
        self.nudged: list[str] = []
        self.counts: Counter[str] = Counter()
        self.busy = asyncio.Event()
        self.busy.set()
        self.breaks = False
        secrets = {
            "gateway": web.read_secrets("HOOK", SECRET),
            "rotating": web.read_secrets("HOOK", f"{OTHER_SECRET} {SECRET}"),
        }
        self.hooks = web.Hooks(secrets, count=self.count)
        self.app = web.build(ready=self.ready, registry=CollectorRegistry(), hooks=self.hooks)

    async def ready(self) -> Mapping[str, str]:
        return {}

    def count(self, outcome: str) -> None:
        self.counts[outcome] += 1

    async def find(self, provider: str, video_id: str) -> str | None:
        await self.busy.wait()
        self.asked.append((provider, video_id))
        if self.breaks:
            raise StoreError("The disk is full.")
        return self.runs.get((provider, video_id))

    async def nudge(self, run_id: str) -> None:
        self.nudged.append(run_id)

    async def counted(self, **outcomes: int) -> None:
        """Return when exactly that has become of all webhooks."""
        async with asyncio.timeout(10):
            while self.counts != Counter(outcomes):  # noqa: ASYNC110  # it tells nobody
                await asyncio.sleep(0.005)


@pytest.fixture
async def bot(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bot]:
    monkeypatch.setattr(webhooks, "_AGAIN_SECONDS", 0.05)
    bot = Bot()
    async with bot.hooks.run(find=bot.find, nudge=bot.nudge):
        yield bot


@pytest.fixture
async def client(bot: Bot) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(bot.app) as client:
        yield client


@asynccontextmanager
async def serving(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        web.serve(app, "127.0.0.1", 0) as address,
        httpx.AsyncClient(base_url=address, trust_env=False, timeout=60) as client,
    ):
        yield client


# --- what is let in ----------------------------------------------------------------------------


@pytest.mark.parametrize("sign", [by_hand, by_library])
@pytest.mark.parametrize("kind", ["video.completed", "video.failed"])
async def test_a_signed_webhook_nudges_the_run_of_its_video(
    client: httpx.AsyncClient, bot: Bot, sign, kind: str
) -> None:
    body = event("video_7", kind)

    answer = await client.post(PATH, content=body, headers=sign(body))

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["x-content-type-options"] == "nosniff"
    await bot.counted(nudged=1)
    assert (bot.asked, bot.nudged) == ([("gateway", "video_7")], ["run-7"])


async def test_nothing_else_of_the_body_counts(client: httpx.AsyncClient, bot: Bot) -> None:
    """It may say what it likes about status, run and price."""
    body = json.dumps(
        {"type": "video.failed", "data": {"id": "video_1", "status": "x"}, "run": "run-2"}
    ).encode()

    await client.post(PATH, content=body, headers=by_hand(body))

    await bot.counted(nudged=1)
    assert bot.nudged == ["run-1"]


async def test_the_answer_waits_for_no_database(client: httpx.AsyncClient, bot: Bot) -> None:
    bot.busy.clear()

    answers = [await client.post(PATH, content=event(), headers=by_hand(event())) for _ in range(5)]

    assert [answer.status_code for answer in answers] == [200] * 5
    assert (bot.nudged, bot.counts) == ([], Counter())
    bot.busy.set()
    await bot.counted(nudged=5)


async def test_a_secret_and_its_successor_both_count(client: httpx.AsyncClient, bot: Bot) -> None:
    bot.runs["rotating", "video_1"] = "run-r"
    for key in (KEY, OTHER):
        answer = await client.post(
            "/webhooks/rotating", content=event(), headers=by_hand(event(), key)
        )
        assert answer.status_code == 200

    await bot.counted(nudged=2)


async def test_one_good_signature_among_several_is_enough(
    client: httpx.AsyncClient, bot: Bot
) -> None:
    headers = by_hand(event())
    wrong, asymmetric = by_hand(event(), OTHER)["webhook-signature"], "v1a,AAAA"
    headers["webhook-signature"] = f"{wrong} {asymmetric} {headers['webhook-signature']}"

    answer = await client.post(PATH, content=event(), headers=headers)

    assert answer.status_code == 200
    await bot.counted(nudged=1)


async def test_a_replay_is_answered_and_passed_on_no_more(
    client: httpx.AsyncClient, bot: Bot
) -> None:
    headers = by_hand(event())
    answers = [await client.post(PATH, content=event(), headers=headers) for _ in range(3)]
    later = by_hand(event(), age=-10, name=headers["webhook-id"])  # the vendor tries again
    answers.append(await client.post(PATH, content=event(), headers=later))

    assert [answer.status_code for answer in answers] == [200] * 4
    await bot.counted(nudged=1, repeated=3)
    assert bot.nudged == ["run-1"]


async def test_an_id_that_was_forged_does_not_block_the_real_one(
    client: httpx.AsyncClient, bot: Bot
) -> None:
    await client.post(PATH, content=event(), headers=by_hand(event(), OTHER, name="msg"))

    await client.post(PATH, content=event(), headers=by_hand(event(), name="msg"))

    await bot.counted(unauthorized=1, nudged=1)


async def test_ids_of_two_providers_are_not_mixed_up(client: httpx.AsyncClient, bot: Bot) -> None:
    headers = by_hand(event(), name="msg")
    for path in (PATH, "/webhooks/rotating"):
        await client.post(path, content=event(), headers=headers)

    await bot.counted(nudged=1, unknown=1)


async def test_an_unknown_video_is_answered_and_nudges_nobody(
    client: httpx.AsyncClient, bot: Bot
) -> None:
    body = event("somebody-elses")

    answer = await client.post(PATH, content=body, headers=by_hand(body))

    assert answer.status_code == 200
    await bot.counted(unknown=1)
    assert (len(bot.asked), bot.nudged) == (2, [])


async def test_a_webhook_quicker_than_our_own_notes_finds_its_run(
    client: httpx.AsyncClient, bot: Bot
) -> None:
    body = event("video_new")
    await client.post(PATH, content=body, headers=by_hand(body))
    while not bot.asked:  # noqa: ASYNC110  # the bot of the tests tells nobody
        await asyncio.sleep(0.001)

    bot.runs["gateway", "video_new"] = "run-new"

    await bot.counted(nudged=1)
    assert bot.nudged == ["run-new"]


@pytest.mark.parametrize("kind", ["video.created", "batch.completed", "", "VIDEO.COMPLETED"])
async def test_other_types_are_answered_and_ignored(
    client: httpx.AsyncClient, bot: Bot, kind: str
) -> None:
    body = event(kind=kind)

    answer = await client.post(PATH, content=body, headers=by_hand(body))

    assert answer.status_code == 200
    assert bot.counts == Counter(ignored=1)


async def test_many_at_once_are_all_passed_on(client: httpx.AsyncClient, bot: Bot) -> None:
    bodies = [event(f"video_{n % 100}") for n in range(200)]
    sent = [client.post(PATH, content=body, headers=by_hand(body)) for body in bodies]

    answers = await asyncio.gather(*sent)

    assert {answer.status_code for answer in answers} == {200}
    await bot.counted(nudged=200)
    assert Counter(bot.nudged) == Counter({f"run-{n}": 2 for n in range(100)})


async def test_more_than_can_wait_are_answered_and_dropped(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "_MOST_WAITING", 3)
    bot = Bot()
    async with serving(bot.app) as narrow:
        for _ in range(5):
            answer = await narrow.post(PATH, content=event(), headers=by_hand(event()))
            assert answer.status_code == 200
        assert bot.counts == Counter(dropped=2)

        async with bot.hooks.run(find=bot.find, nudge=bot.nudge):  # the engine is up at last
            await bot.counted(dropped=2, nudged=3)


async def test_a_database_that_fails_loses_a_hint_and_no_more(
    client: httpx.AsyncClient, bot: Bot
) -> None:
    bot.breaks = True
    await client.post(PATH, content=event(), headers=by_hand(event()))
    await bot.counted(dropped=1)

    bot.breaks = False
    await client.post(PATH, content=event(), headers=by_hand(event()))

    await bot.counted(dropped=1, nudged=1)


# --- what is refused ---------------------------------------------------------------------------


async def test_a_body_that_was_changed_is_refused(client: httpx.AsyncClient, bot: Bot) -> None:
    headers = by_hand(event("video_1"))

    answer = await client.post(PATH, content=event("video_2"), headers=headers)

    assert answer.status_code == 401
    assert answer.json() == {"error": {"code": "unauthorized", "message": "Unauthorized."}}
    assert bot.counts == Counter(unauthorized=1)


@pytest.mark.parametrize("header", ["webhook-id", "webhook-timestamp", "webhook-signature"])
@pytest.mark.parametrize("value", [None, "", "ü", "v1", "v1,", "v1,?", ",,,", "nan", "-1", "1e999"])
async def test_a_missing_or_mangled_header_is_refused(
    client: httpx.AsyncClient, bot: Bot, header: str, value: str | None
) -> None:
    headers: dict[str, bytes] = {k: v.encode() for k, v in by_hand(event()).items()}
    del headers[header]
    if value is not None:
        headers[header] = value.encode()

    answer = await client.post(PATH, content=event(), headers=headers)

    assert answer.status_code == 401
    assert bot.counts == Counter(unauthorized=1)


@pytest.mark.parametrize("age,status", [(290, 200), (-290, 200), (310, 401), (-310, 401)])
async def test_the_time_may_be_five_minutes_off_either_way(
    client: httpx.AsyncClient, age: float, status: int
) -> None:
    answer = await client.post(PATH, content=event(), headers=by_hand(event(), age=age))

    assert answer.status_code == status


async def test_a_time_that_was_changed_is_refused(client: httpx.AsyncClient) -> None:
    headers = by_hand(event(), age=400) | {"webhook-timestamp": str(int(time.time()))}

    assert (await client.post(PATH, content=event(), headers=headers)).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"video",
        b"\xff\xfe",
        b"[]",
        b"7",
        b"{}",
        b'{"type": null}',
        b'{"type": "video.completed"}',
        b'{"type": "video.completed", "data": []}',
        b'{"type": "video.completed", "data": {"id": 7}}',
        b'{"type": "video.completed", "data": {"id": "\\ud800"}}',
        b'{"type": "video.completed", "data": {"id": "a\\u0000b"}}',
        event(""),
        event("x" * 513),
        b"[" * 60_000,
        b"9" * 60_000,
    ],
)
async def test_what_is_well_signed_and_no_event_is_refused(
    client: httpx.AsyncClient, bot: Bot, body: bytes
) -> None:
    answer = await client.post(PATH, content=body, headers=by_hand(body))

    assert answer.status_code == 400
    assert bot.counts == Counter(malformed=1)


@pytest.mark.parametrize(
    "path", ["/webhooks/nobody", "/webhooks/", "/webhooks/gateway/x", "/webhooks"]
)
async def test_an_unknown_provider_is_not_found(
    client: httpx.AsyncClient, bot: Bot, path: str
) -> None:
    answer = await client.post(path, content=event(), headers=by_hand(event()))

    assert answer.status_code == 404
    assert answer.json() == {"error": {"code": "not_found", "message": "Not Found."}}
    assert bot.nudged == []


async def test_only_post_is_taken(client: httpx.AsyncClient) -> None:
    assert (await client.get(PATH)).status_code == 405


@pytest.mark.parametrize("size", [web.webhooks.MAX_BYTES, web.webhooks.MAX_BYTES + 1, 900_000])
@pytest.mark.parametrize("chunked", [False, True])
async def test_an_oversized_body_is_refused_whether_it_says_its_length_or_not(
    client: httpx.AsyncClient, bot: Bot, size: int, chunked: bool
) -> None:
    body = event("x").ljust(size)

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, size, 10_000):
            yield body[start : start + 10_000]

    content = pieces() if chunked else body
    answer = await client.post(PATH, content=content, headers=by_hand(body))

    fits = size <= web.webhooks.MAX_BYTES
    assert answer.status_code == (200 if fits else 413)
    assert answer.request.headers.get("content-length") is None or not chunked
    await bot.counted(**{"unknown" if fits else "oversized": 1})


async def test_a_body_without_end_is_answered_and_cut_off(
    client: httpx.AsyncClient, bot: Bot
) -> None:
    host, port = str(client.base_url.host), client.base_url.port
    _reader, writer = await asyncio.open_connection(host, port)
    writer.write(
        b"POST /webhooks/gateway HTTP/1.1\r\nHost: bot\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    sent = 0
    try:
        while sent < 50_000_000:
            writer.write(b"10000\r\n" + b"x" * 65536 + b"\r\n")
            await writer.drain()
            sent += 65536
    except ConnectionError:
        pass
    writer.transport.abort()

    await bot.counted(oversized=1)
    assert sent < 50_000_000


async def test_a_body_that_never_comes_is_given_up(
    client: httpx.AsyncClient, bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "_READ_SECONDS", 0.05)
    host, port = str(client.base_url.host), client.base_url.port
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(b"POST /webhooks/gateway HTTP/1.1\r\nHost: bot\r\nContent-Length: 9\r\n\r\n")

    assert b" 400 " in await reader.readline()
    assert bot.counts == Counter(malformed=1)
    writer.close()


async def test_a_sender_that_hangs_up_is_no_failure(client: httpx.AsyncClient, bot: Bot) -> None:
    host, port = str(client.base_url.host), client.base_url.port
    with socket.create_connection((host, port or 0)) as connection:
        connection.sendall(
            b"POST /webhooks/gateway HTTP/1.1\r\nHost: bot\r\nContent-Length: 9\r\n\r\n{"
        )

    await bot.counted(malformed=1)


async def test_body_and_secret_are_not_logged_and_a_refusal_only_once_a_minute(
    client: httpx.AsyncClient,
) -> None:
    body = event("video_private")
    with structlog.testing.capture_logs() as lines:
        for _ in range(3):
            await client.post(PATH, content=body, headers=by_hand(body, OTHER))
        await client.post(PATH, content=body)
        for _ in range(3):
            await client.post("/webhooks/nobody", content=body)

    assert [(line["event"], line["provider"], line["why"]) for line in lines] == [
        ("webhook refused", "gateway", "No matching signature found"),
        ("webhook refused", "gateway", "Missing required headers"),
    ]
    assert "private" not in str(lines)


# --- all of it ---------------------------------------------------------------------------------


async def test_a_webhook_ends_the_wait_of_a_real_run(tmp_path: Path) -> None:
    """Over HTTP, store and pipeline, to both posts; the clock of the looks stands still."""
    counts: list[str] = []
    hooks = web.Hooks({"vendor": web.read_secrets("HOOK", SECRET)}, count=counts.append)
    app = web.build(ready=dict, registry=CollectorRegistry(), hooks=hooks)
    async with World(tmp_path).boot() as bot, serving(app) as client:
        bot.world.vendor.seconds = 1e6
        waker = EmbeddedWaker(clock=bot.clock, on_error=print)
        pipeline = Pipeline(replace(bot.ports, waker=waker), on_error=print)
        async with pipeline.run(), hooks.run(find=bot.store.run_of_video, nudge=pipeline.nudge):
            run = await pipeline.start(make_request())
            async with aclosing(pipeline.watch(run.id)) as runs, asyncio.timeout(10):
                async for run in runs:
                    if run.job and run.job.look_again_at and not bot.world.vendor.stays:
                        bot.world.vendor.stays = VideoStatus.COMPLETED
                        body = event(run.job.id)
                        answer = await client.post(
                            "/webhooks/vendor", content=body, headers=by_hand(body)
                        )
                        assert answer.status_code == 200
    assert run.state is RunState.SUCCEEDED
    assert (bot.clock.elapsed, bot.world.vendor.looks) == (0, 2)
    assert bot.world.posts == ["slack:#cats", "x:@reelbot"]
    assert counts == ["nudged"]


# --- anything ----------------------------------------------------------------------------------

HEADER = st.one_of(
    st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=80),
    st.sampled_from([f"{int(time.time())}", "0", "1e3", "v1,AAAA", "v1,", "v1a,x v1,y", ", ,"]),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
BODY = st.one_of(
    st.binary(max_size=300),
    JSON.map(lambda value: json.dumps(value).encode()),
    st.builds(event, JSON, st.sampled_from(["video.completed", "video.failed"]) | JSON),
)


SIGNED = ("webhook-id", "webhook-timestamp", "webhook-signature")


def post(body: bytes, headers: Mapping[str, str]) -> tuple[int, list[str], bool]:
    """Return the answer, the outcomes, and whether a hint waits to be passed on."""
    counts: list[str] = []
    hooks = web.Hooks({"gateway": web.read_secrets("HOOK", SECRET)}, count=counts.append)
    transport = httpx.ASGITransport(Starlette(routes=hooks.routes()))

    async def send() -> int:
        async with httpx.AsyncClient(transport=transport, base_url="http://bot") as client:
            return (await client.post(PATH, content=body, headers=headers)).status_code

    return asyncio.run(send()), counts, not hooks._waiting.empty()


@settings(max_examples=150, deadline=None)
@given(body=BODY, headers=st.fixed_dictionaries({}, optional=dict.fromkeys(SIGNED, HEADER)))
def test_nothing_unsigned_is_let_in_and_nothing_breaks(
    body: bytes, headers: dict[str, str]
) -> None:
    status, counts, waits = post(body, headers)

    assert status in {400, 401}
    assert counts in (["unauthorized"], ["malformed"])
    assert not waits


@settings(max_examples=150, deadline=None)
@given(body=BODY)
def test_whatever_is_signed_is_let_in_or_refused_and_nothing_breaks(body: bytes) -> None:
    status, counts, waits = post(body, by_hand(body))

    assert (status, counts, waits) in [
        (400, ["malformed"], False),
        (200, ["ignored"], False),
        (200, [], True),
    ]
