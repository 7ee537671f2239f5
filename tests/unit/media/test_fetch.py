"""A picture from an address: fetched once, bounded, and never from where only we can reach."""

import asyncio
from contextlib import asynccontextmanager, suppress

import pytest

from bot.errors import RequestError
from bot.media import fetch as fetching
from bot.media.fetch import fetch

MOST = 1000


@asynccontextmanager
async def serving(*answers):
    """Yield the port of a server that gives those answers, and what it was asked."""
    asked, left = [], list(answers)

    async def answer(reader, writer):
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            asked.append((await reader.readuntil(b"\r\n\r\n")).decode())
            writer.write(left.pop(0))
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1")
    try:
        yield server.sockets[0].getsockname()[1], asked
    finally:
        server.close()


def ok(content, *headers):
    head = "\r\n".join(["HTTP/1.1 200 OK", *headers, f"content-length: {len(content)}"])
    return head.encode() + b"\r\n\r\n" + content


def moved(to):
    return f"HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n".encode()


def at(*addresses):
    async def resolve(host, port):
        return addresses

    return resolve


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_who_sits_at_the_machine_may_ask_it(host):
    async with serving(ok(b"cat")) as (port, asked):
        url = f"http://{host}:{port}/a.png?b=c"
        assert await fetch(url, most_bytes=MOST, own=True, resolve=at("127.0.0.1")) == b"cat"
    assert asked[0].startswith("GET /a.png?b=c HTTP/1.1")


async def test_the_connection_goes_to_the_address_that_was_checked():
    """The name is looked up once: a second answer could be another."""
    async with serving(ok(b"cat")) as (port, asked):
        url = f"http://cats.test:{port}/"
        assert await fetch(url, most_bytes=MOST, own=True, resolve=at("127.0.0.1")) == b"cat"
    assert f"host: cats.test:{port}" in asked[0].lower()


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",  # where clouds keep their keys
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
    ],
)
async def test_what_only_we_can_reach_is_not_asked(address):
    with pytest.raises(RequestError) as refused:
        await fetch("https://cats.test/", most_bytes=MOST, resolve=at(address))
    assert "public internet" in str(refused.value)


@pytest.mark.parametrize("own", [True, False])
async def test_one_private_address_among_public_ones_is_enough_to_refuse(own):
    resolve = at("93.184.216.34", "127.0.0.1")
    with pytest.raises(RequestError):
        await fetch("https://cats.test/", most_bytes=MOST, own=own, resolve=resolve)


async def test_addresses_of_the_neighbourhood_are_not_our_own():
    with pytest.raises(RequestError):
        await fetch("https://cats.test/", most_bytes=MOST, own=True, resolve=at("192.168.1.1"))


@pytest.mark.parametrize(
    "url,why",
    [
        ("http://93.184.216.34/a.png", "https"),
        ("ftp://cats.test/a.png", "web address"),
        ("https://", "web address"),
        ("https://me:secret@cats.test/", "password"),
        ("https://[::", "was not fetched"),
        ("https://127.0.0.1/", "public internet"),
        ("https://[::1]/", "public internet"),
        ("https://2130706433/", "was not fetched"),
        ("https://no-such-host.invalid/", "no host"),
    ],
)
async def test_an_address_that_may_not_be_asked_says_why(url, why):
    with pytest.raises(RequestError) as refused:
        await fetch(url, most_bytes=MOST)
    assert why in str(refused.value)
    assert "secret" not in str(refused.value)
    assert refused.value.hint


async def test_redirections_are_followed_and_checked():
    async with serving(moved("/b"), ok(b"cat")) as (port, asked):
        url = f"http://127.0.0.1:{port}/a"
        assert await fetch(url, most_bytes=MOST, own=True) == b"cat"
    assert [each.split()[1] for each in asked] == ["/a", "/b"]
    async with serving(moved("http://10.0.0.1/")) as (port, _):
        with pytest.raises(RequestError):
            await fetch(f"http://127.0.0.1:{port}/a", most_bytes=MOST, own=True)


async def test_redirections_in_circles_end():
    async with serving(*[moved("/")] * 5) as (port, _):
        with pytest.raises(RequestError) as refused:
            await fetch(f"http://127.0.0.1:{port}/", most_bytes=MOST, own=True)
    assert "circles" in str(refused.value)


@pytest.mark.parametrize(
    "answer",
    [
        ok(b"x" * (MOST + 1)),
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (MOST + 1),
        b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nx",
        b"SSH-2.0\r\n",
        b"",
    ],
)
async def test_what_is_too_much_too_little_or_none_is_refused(answer):
    async with serving(answer) as (port, asked):
        with pytest.raises(RequestError):
            await fetch(f"http://127.0.0.1:{port}/", most_bytes=MOST, own=True)
    assert len(asked) == 1


async def test_a_server_that_never_ends_is_left(monkeypatch):
    monkeypatch.setattr(fetching, "SECONDS", 0.2)
    hold = asyncio.Event()

    async def hang(reader, writer):
        await hold.wait()
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1")
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(RequestError) as refused:
        await fetch(f"http://127.0.0.1:{port}/", most_bytes=MOST, own=True)
    hold.set()
    server.close()
    assert "longer than" in str(refused.value)
