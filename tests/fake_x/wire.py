"""Below HTTP: reading a body, breaking a connection, listening."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from tests.fake_x.media import LARGEST_SEGMENT

#: Octets of a body: a segment in base64, and what stands around it.
_LARGEST_BODY = LARGEST_SEGMENT * 4 // 3 + 65536


class Halved(Response):
    """Another answer of which half the body is sent.

    Its length says so if it is *honest*; else the connection closes too early.
    """

    def __init__(self, whole: Response, *, honest: bool) -> None:
        self._half = bytes(whole.body)[: len(whole.body) // 2]
        shown = self._half if honest else bytes(whole.body)
        super().__init__(shown, whole.status_code, media_type="application/json")
        self._honest = honest

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if self._honest:
            await super().__call__(scope, receive, send)
            return
        start = {"type": "http.response.start", "status": self.status_code}
        await send(start | {"headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self._half, "more_body": True})
        scope["fake_x.transport"].close()


async def read(request: Request) -> bytes | None:
    """Return the body; None if it is larger than any may be, which is read all the same."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size <= _LARGEST_BODY:
            parts.append(part)
    return b"".join(parts) if size <= _LARGEST_BODY else None


async def reset_half_way(request: Request) -> Response:
    """Reset the connection when half the body is here."""
    half, got = int(request.headers.get("content-length", "0")) // 2, 0
    try:
        async for part in request.stream():
            got += len(part)
            if got >= half:
                break
    except ClientDisconnect:
        return Response()
    reset(request)
    return Response()


def reset(request: Request) -> None:
    """Reset the connection."""
    transport = request.scope["fake_x.transport"]
    linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"  # a close that sends RST, not FIN
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    transport.abort()


def target(request: Request) -> str:
    """Return the path and the query as they were sent."""
    query = request.scope["query_string"].decode()
    path: str = request.scope["raw_path"].decode()
    return f"{path}?{query}" if query else path


@contextmanager
def listening(port: int = 0) -> Iterator[socket.socket]:
    """Listen on 127.0.0.1."""
    # asyncio turns delays off (TCP_NODELAY) only where the protocol is spelt out
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(128)  # connections queue until uvicorn takes them: no need to wait for it
        yield listener


def address(listener: socket.socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}"
