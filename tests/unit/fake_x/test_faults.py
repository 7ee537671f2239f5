"""The fake X fails as it is told to: before, during and after the effect of a call."""

import asyncio
import json
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from tests.clock import FakeClock
from tests.fake_x import (
    HTML,
    Account,
    Cut,
    FakeX,
    Garbled,
    Hang,
    RateLimit,
    Reset,
    Slow,
    Status,
)
from tests.x_calls import MP4, post, upload


@pytest.mark.parametrize("code", [401, 402, 403, 429, 500, 503])
@pytest.mark.parametrize("happens", [False, True])
async def test_a_status_comes_before_or_after_the_effect(
    x: FakeX, client: httpx.AsyncClient, code: int, happens: bool
) -> None:
    x.fail("post", Status(code, happens=happens))
    answer = await post(client)
    assert answer.status_code == code
    assert answer.json()["title"]
    assert len(x.posts) == happens
    (call,) = x.called("post")
    assert call.happened is happens
    assert (await post(client, "another")).status_code == 201


async def test_a_status_may_have_a_page_or_nothing_as_its_body(
    x: FakeX, client: httpx.AsyncClient
) -> None:
    for body in (HTML, "", {"a": 1}):
        x.fail("post", Status(503, body, {"retry-after": "3"}))
    page, nothing, other = [await post(client) for _ in "123"]
    assert page.headers["content-type"].startswith("text/html")
    assert nothing.text == ""
    assert other.json() == {"a": 1}
    assert other.headers["retry-after"] == "3"


@pytest.mark.parametrize(
    "fault, error, posts",
    [
        (Reset(), httpx.ReadError, 0),
        (Reset(happens=True), httpx.ReadError, 1),
        (Hang(), httpx.ReadTimeout, 0),
        (Hang(happens=True), httpx.ReadTimeout, 1),
        (Cut(), httpx.RemoteProtocolError, 1),
    ],
    ids=str,
)
async def test_a_connection_breaks_before_or_after_the_effect(
    x: FakeX,
    client: httpx.AsyncClient,
    fault: Reset | Hang | Cut,
    error: type[Exception],
    posts: int,
) -> None:
    x.fail("post", fault)
    patience = httpx.Timeout(5, read=0.2 if isinstance(fault, Hang) else 5)
    with pytest.raises(error):
        await client.post("/2/tweets", json={"text": "a cat"}, timeout=patience)
    assert len(x.posts) == posts
    assert (await post(client, "another")).status_code == 201


async def test_half_an_answer_looks_whole_when_garbled(x: FakeX, client: httpx.AsyncClient) -> None:
    x.fail("post", Garbled())
    answer = await post(client)
    assert answer.status_code == 201
    with pytest.raises(json.JSONDecodeError):
        answer.json()
    assert len(x.posts) == 1


async def test_a_connection_breaks_half_way_through_a_segment(
    x: FakeX, client: httpx.AsyncClient
) -> None:
    x.fail("append", Reset(reading=True))
    part, parts, sent = bytes(1_000_000), 40, 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(parts):
            yield part
            sent += 1

    headers = {"content-length": str(parts * len(part)), "content-type": "multipart/form-data"}
    with pytest.raises((httpx.ReadError, httpx.WriteError)):
        await client.post("/2/media/upload/1/append", content=body(), headers=headers)
    assert parts // 3 < sent < parts
    assert x.called("append")[0].status is None


async def test_a_rate_limit_tells_when_it_ends(
    x: FakeX, client: httpx.AsyncClient, clock: FakeClock
) -> None:
    x.fail("post", RateLimit(42))
    answer = await post(client)
    assert answer.status_code == 429
    ahead = int(answer.headers["x-rate-limit-reset"]) - clock.now().timestamp()
    assert ahead == 42
    assert x.posts == []


async def test_a_slow_answer_comes_all_the_same(x: FakeX, client: httpx.AsyncClient) -> None:
    x.fail("me", Slow(0.05))
    start = time.monotonic()
    assert (await client.get("/2/users/me")).status_code == 200
    assert time.monotonic() - start >= 0.05


async def test_a_fault_waits_for_its_turn_and_its_account(
    x: FakeX, reel: Account, client: httpx.AsyncClient
) -> None:
    other = x.account("@other")
    x.fail("post", Status(500), account=other)
    x.fail("post", Status(503), after=1, times=2, account=reel)
    codes = [(await post(client, str(number))).status_code for number in range(4)]
    assert codes == [201, 503, 503, 201]
    x.fail("any", Status(502))
    assert (await client.get("/2/users/me")).status_code == 502


async def test_a_lost_answer_uses_up_a_refresh_token(x: FakeX, reel: Account) -> None:
    token = x.oauth2(reel)
    x.fail("token", Reset(happens=True))
    form = {"grant_type": "refresh_token", "refresh_token": token.refresh}
    form["client_id"] = x.people.app.client_id
    async with httpx.AsyncClient(base_url=x.url) as client:
        with pytest.raises(httpx.ReadError):
            await client.post("/2/oauth2/token", data=form)
        assert (await client.post("/2/oauth2/token", data=form)).status_code == 400


async def test_the_log_knows_who_asked_for_what(x: FakeX, client: httpx.AsyncClient) -> None:
    media = await upload(client)
    append, status = x.called("append")[0], x.called("initialize")[0]
    assert append.path == f"/2/media/upload/{media}/append"
    assert append.body == {"segment_index": 0, "bytes": len(MP4)}
    assert append.content == b"", "bytes are not kept"
    assert append.account is x.person
    assert (status.method, status.status) == ("POST", 200)


async def test_connections_are_counted(x: FakeX, client: httpx.AsyncClient) -> None:
    for number in range(3):
        await post(client, str(number))
    assert x.connections == 1
    async with httpx.AsyncClient(base_url=x.url) as other:
        await other.get("/2/users/me")
    assert x.connections == 2


async def test_a_round_trip_is_waited_for_and_a_connection_is_one_more(
    x: FakeX, client: httpx.AsyncClient
) -> None:
    x.delay = 0.05
    start = time.monotonic()
    await client.get("/2/users/me")
    first, start = time.monotonic() - start, time.monotonic()
    await client.get("/2/users/me")
    second = time.monotonic() - start
    assert first >= 0.1
    assert second >= 0.05


@pytest.mark.parametrize("thread", [False, True])
def test_a_hanging_call_does_not_hold_up_the_end(thread: bool) -> None:
    x = FakeX()
    headers = {"authorization": f"Bearer {x.oauth2(x.account('@reel')).access}"}
    x.fail("post", Hang())

    def ask() -> None:
        host, _, port = x.url.removeprefix("http://").partition(":")
        caller.connect((host, int(port)))
        head = f"POST /2/tweets HTTP/1.1\r\nhost: {host}\r\ncontent-length: 2\r\n"
        caller.sendall(f"{head}authorization: {headers['authorization']}\r\n\r\n{{}}".encode())

    async def in_this_loop() -> float:
        async with x.serving():
            ask()
            await wait_until(lambda: x.count("post") == 1)
            start = time.monotonic()
        return time.monotonic() - start

    def in_a_thread() -> float:
        with x.serve():
            ask()
            asyncio.run(wait_until(lambda: x.count("post") == 1))
            start = time.monotonic()
        return time.monotonic() - start

    with socket.socket() as caller:  # it waits on, while the fake ends
        took = in_a_thread() if thread else asyncio.run(asyncio.wait_for(in_this_loop(), 10))
    assert took < 5


async def wait_until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 nobody tells of it
            await asyncio.sleep(0.01)


@pytest.mark.slow
def test_it_serves_in_a_process_of_its_own() -> None:
    command = [sys.executable, "-m", "tests.fake_x", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            url, said = process.stdout.readline().strip(), json.loads(process.stdout.readline())
            headers = {"authorization": f"Bearer {said['access_token']}"}
            with httpx.Client(base_url=url, headers=headers) as client:
                assert client.get("/2/users/me").json()["data"]["username"] == "reel"
                log = client.get("/-/log").json()
            assert log == {"connections": 1, "calls": {"me": 1}, "media": {}}
        finally:
            process.kill()
