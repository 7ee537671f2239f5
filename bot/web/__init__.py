"""The HTTP surface: health and metrics for machines that watch over the bot, webhooks of vendors.

`app` builds it and serves it inside its own event loop. It changes nothing and
shows nothing secret: no prompt, no caption, no key, no id.
"""

import asyncio
import errno
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from http import HTTPStatus

import uvicorn
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.errors import ConfigError
from bot.web.health import routes
from bot.web.webhooks import Hooks, read_secrets

__all__ = ["Hooks", "build", "read_secrets", "serve"]

#: Answers still going out when we stop get this long, then their connections are cut; seconds.
_GRACE_SECONDS = 1
#: The server is dropped after this, whatever it is doing; seconds.
_STOP_SECONDS = 2.0

_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


def build(
    *,
    ready: Callable[[], Awaitable[Mapping[str, str]]],
    registry: CollectorRegistry,
    hooks: Hooks | None = None,
) -> Starlette:
    """Return the application.

    *ready* names what the bot needs to do its work (`database`, `disk`…), each with `ok` or one
    sentence for people; it is called for every look at `/readyz`. *hooks* takes webhooks in.
    """
    return Starlette(
        routes=[*routes(ready, registry), *(hooks.routes() if hooks else ())],
        middleware=[Middleware(_SecurityHeaders)],
        exception_handlers={HTTPException: _refuse, Exception: _break},
    )


@asynccontextmanager
async def serve(app: ASGIApp, host: str, port: int) -> AsyncGenerator[str]:
    """Serve *app* while the context is open; gives its address, `http://host:port`.

    Port 0 takes any free one. Raises `ConfigError` when the port or the address cannot be had.
    Leaving takes at most two seconds.
    """
    with _listen(host, port) as listener:
        server = _Server(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
                lifespan="off",
                timeout_graceful_shutdown=_GRACE_SECONDS,
            )
        )
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            while not server.started and not serving.done():  # noqa: ASYNC110  # uvicorn has no event for it
                await asyncio.sleep(0.01)
            yield _address(listener)
        finally:
            server.should_exit = True
            await asyncio.wait([serving], timeout=_STOP_SECONDS)
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)


class _Server(uvicorn.Server):
    """A uvicorn that leaves the signals to whoever owns the process."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ConfigError(
                f"Port {port} on {host} is taken by another program.",
                hint="Stop that program, or set REELBOT_PORT to a free port.",
            ) from error
        if error.errno == errno.EACCES:
            raise ConfigError(
                f"Port {port} may not be opened by this user.",
                hint="Set REELBOT_PORT to a port above 1023.",
            ) from error
        raise ConfigError(
            f"{host} is not an address of this machine.",
            hint="Set REELBOT_HOST to 127.0.0.1, or to 0.0.0.0 for all addresses.",
        ) from error


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _refuse(_request: Request, error: Exception) -> JSONResponse:
    status = HTTPStatus(error.status_code if isinstance(error, HTTPException) else 500)
    headers = error.headers if isinstance(error, HTTPException) else None
    return JSONResponse(
        {"error": {"code": status.name.lower(), "message": f"{status.phrase}."}},
        status_code=status,
        headers=headers,
    )


def _break(request: Request, _error: Exception) -> JSONResponse:
    """Say nothing of the error; the server logs it. This answer passes no middleware."""
    return _refuse(request, HTTPException(HTTPStatus.INTERNAL_SERVER_ERROR, headers=_HEADERS))


class _SecurityHeaders:
    """Adds the headers that keep an answer from being cached, framed or guessed at."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        await self._app(scope, receive, send_with_headers)
