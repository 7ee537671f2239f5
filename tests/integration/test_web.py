"""Health and metrics over real HTTP on loopback."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping

import httpx
import pytest
from prometheus_client import CollectorRegistry, Counter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot import web
from bot.errors import ConfigError


class Bot:
    """What readiness is asked of; tests change its answers."""

    def __init__(self) -> None:
        self.checks: Mapping[str, str] | Exception = {"database": "ok", "disk": "ok"}
        self.hangs = False

    async def ready(self) -> Mapping[str, str]:
        if self.hangs:
            await asyncio.Event().wait()
        if isinstance(self.checks, Exception):
            raise self.checks
        return self.checks


@pytest.fixture
def bot() -> Bot:
    return Bot()


@pytest.fixture
async def client(bot: Bot) -> AsyncIterator[httpx.AsyncClient]:
    registry = CollectorRegistry()
    Counter("reelbot_looks", "Looks", ["provider"], registry=registry).labels("studio").inc()
    app = web.build(ready=bot.ready, registry=registry)
    async with (
        web.serve(app, "127.0.0.1", 0) as address,
        httpx.AsyncClient(base_url=address, trust_env=False) as client,
    ):
        yield client


async def test_a_living_process_says_so_even_when_it_cannot_work(
    client: httpx.AsyncClient, bot: Bot
) -> None:
    bot.checks = {"database": "The disk is full."}

    answer = await client.get("/healthz")

    assert answer.status_code == 200
    assert answer.json() == {"status": "ok"}


async def test_ready_when_every_check_is_ok(client: httpx.AsyncClient) -> None:
    answer = await client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "checks": {"database": "ok", "disk": "ok"}}


async def test_one_failed_check_is_named_and_makes_the_bot_unready(
    client: httpx.AsyncClient, bot: Bot
) -> None:
    bot.checks = {"database": "ok", "stop": "Jane stopped all paid and public requests."}

    answer = await client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json() == {"status": "unready", "checks": bot.checks}


async def test_a_check_that_breaks_tells_the_log_and_not_the_caller(
    client: httpx.AsyncClient, bot: Bot
) -> None:
    bot.checks = RuntimeError("postgresql://bot:hunter2@db/reelbot")

    answer = await client.get("/readyz")

    assert answer.status_code == 503
    assert "hunter2" not in answer.text
    assert "log" in answer.json()["checks"]["checks"]


async def test_a_check_that_hangs_is_an_answer(
    client: httpx.AsyncClient, bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.web.health._READY_SECONDS", 0.0)
    bot.hangs = True

    answer = await client.get("/readyz")

    assert answer.status_code == 503


async def test_metrics_are_what_prometheus_reads(client: httpx.AsyncClient) -> None:
    answer = await client.get("/metrics")

    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert 'reelbot_looks_total{provider="studio"} 1.0' in answer.text


@pytest.mark.parametrize(
    "method,path,status",
    [("GET", "/admin", 404), ("GET", "/../.env", 404), ("POST", "/healthz", 405)],
)
async def test_anything_else_is_refused_as_json(
    client: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await client.request(method, path)

    assert answer.status_code == status
    assert answer.json()["error"]["code"] in {"not_found", "method_not_allowed"}


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/nothing", "/broken"])
async def test_every_answer_carries_the_security_headers(path: str, bot: Bot) -> None:
    app = web.build(ready=bot.ready, registry=CollectorRegistry())

    async def broken(_request: Request) -> Response:
        raise RuntimeError("secret")

    app.router.routes.append(Route("/broken", broken))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://bot") as client:
        answer = await client.get(path)

    assert "secret" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_a_busy_port_is_a_configuration_error_that_names_it(bot: Bot) -> None:
    app = web.build(ready=bot.ready, registry=CollectorRegistry())
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(ConfigError, match=str(port)) as refused:
            async with web.serve(app, "127.0.0.1", port):
                pass

    assert "REELBOT_PORT" in str(refused.value.hint)


@pytest.mark.parametrize("host", ["192.0.2.1", "no such host"])
async def test_a_foreign_address_is_a_configuration_error(bot: Bot, host: str) -> None:
    app = web.build(ready=bot.ready, registry=CollectorRegistry())

    with pytest.raises(ConfigError, match=host) as refused:
        async with web.serve(app, host, 0):
            pass

    assert "REELBOT_HOST" in str(refused.value.hint)


async def test_leaving_frees_the_port_even_while_an_answer_is_pending(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A caller that waits for a hanging check must not keep the bot from stopping."""
    monkeypatch.setattr("bot.web._GRACE_SECONDS", 0)
    bot.hangs = True
    app = web.build(ready=bot.ready, registry=CollectorRegistry())

    async with web.serve(app, "127.0.0.1", 0) as address:
        host, port = address.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"GET /readyz HTTP/1.1\r\nHost: bot\r\n\r\n")
        await writer.drain()

    assert b"200" not in await reader.read()
    writer.close()
    socket.create_server((host, int(port))).close()


async def test_an_error_inside_the_context_comes_out_unchanged(bot: Bot) -> None:
    app = web.build(ready=bot.ready, registry=CollectorRegistry())

    with pytest.raises(ZeroDivisionError):
        async with web.serve(app, "127.0.0.1", 0):
            raise ZeroDivisionError
