"""Whether the bot lives, whether it can do its work, and its numbers.

`/healthz` answers as long as the process turns; a supervisor restarts it when it
does not. `/readyz` names what is missing; nobody should restart anything for that.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

import structlog
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

#: A check that takes longer counts as failed; whoever asks has a timeout, too. Seconds.
_READY_SECONDS = 4.0

log = structlog.get_logger("reelbot")


def routes(
    ready: Callable[[], Awaitable[Mapping[str, str]]], registry: CollectorRegistry
) -> list[Route]:
    """Return the three pages of the watchers."""

    async def healthz(_request: Request) -> JSONResponse:
        return JSONResponse({"status": "ok"})

    async def readyz(_request: Request) -> JSONResponse:
        checks = await _checked(ready)
        fine = all(answer == "ok" for answer in checks.values())
        return JSONResponse(
            {"status": "ok" if fine else "unready", "checks": checks},
            status_code=HTTPStatus.OK if fine else HTTPStatus.SERVICE_UNAVAILABLE,
        )

    async def metrics(request: Request) -> Response:
        encode, media_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(registry), headers={"content-type": media_type})

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]


async def _checked(ready: Callable[[], Awaitable[Mapping[str, str]]]) -> dict[str, str]:
    """Return what *ready* says; a check that fails or hangs is an answer as well."""
    try:
        async with asyncio.timeout(_READY_SECONDS):
            return dict(await ready())
    except TimeoutError:
        return {"checks": f"no answer within {_READY_SECONDS:.0f} seconds"}
    except Exception:
        log.exception("readiness checks broke")
        return {"checks": "the checks themselves failed; the log has the details"}
