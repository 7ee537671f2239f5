"""The protocol: `/v1/videos` and what hangs below it, in JSON as the original spoke it.

Built by `Studio`. Invariant: every answer is one of the protocol's objects, a clip, or the error
envelope. Source of the shapes: the OpenAPI description of OpenAI's Videos API, version 2.3.0.
"""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from bot.studio import body
from bot.studio.files import VARIANTS
from bot.studio.jobs import Job, Status
from bot.studio.problem import Problem, unsupported
from bot.studio.request import parse
from bot.studio.videos import Videos

_DEFAULT_LIMIT: Final = 20
_MAX_LIMIT: Final = 100


def build(videos: Videos, progress: Mapping[str, int]) -> Starlette:
    """The ASGI app. It has no lifespan: whoever opens the studio decides when it is open."""
    endpoints = _Endpoints(videos, progress)
    return Starlette(
        routes=[
            Route("/v1/videos", endpoints.create, methods=["POST"]),
            Route("/v1/videos", endpoints.page),
            Route("/v1/videos/{video_id}", endpoints.get, methods=["GET"]),
            Route("/v1/videos/{video_id}", endpoints.delete, methods=["DELETE"]),
            Route("/v1/videos/{video_id}/content", endpoints.content),
        ],
        exception_handlers={Problem: _refuse, HTTPException: _refuse_http, Exception: _break},
    )


class _Endpoints:
    def __init__(self, videos: Videos, progress: Mapping[str, int]) -> None:
        self._videos = videos
        self._progress = progress

    async def create(self, request: Request) -> Response:
        fields = await body.fields(request)
        asked = await asyncio.to_thread(parse, fields)  # an image is decoded there
        return JSONResponse(self._video(await self._videos.create(asked)))

    async def page(self, request: Request) -> Response:
        limit = _limit(request.query_params.get("limit"))
        order = _one_of(request, "order", ("asc", "desc"), "desc")
        found = await self._videos.page(
            limit=limit + 1,
            after=request.query_params.get("after"),
            newest_first=order == "desc",
        )
        shown = found[:limit]
        return JSONResponse(
            {
                "object": "list",
                "data": [self._video(job) for job in shown],
                "first_id": shown[0].id if shown else None,
                "last_id": shown[-1].id if shown else None,
                "has_more": len(found) > limit,
            }
        )

    async def get(self, request: Request) -> Response:
        return JSONResponse(self._video(await self._videos.get(request.path_params["video_id"])))

    async def delete(self, request: Request) -> Response:
        video_id = request.path_params["video_id"]
        await self._videos.delete(video_id)
        return JSONResponse({"id": video_id, "object": "video.deleted", "deleted": True})

    async def content(self, request: Request) -> Response:
        variant = _one_of(request, "variant", tuple(VARIANTS), "video")
        path = await self._videos.clip(request.path_params["video_id"], variant)
        return FileResponse(path, media_type=VARIANTS[variant][1])

    def _video(self, job: Job) -> dict[str, Any]:
        done = 100 if job.status is Status.COMPLETED else 0
        return {
            "id": job.id,
            "object": "video",
            "model": job.model,
            "status": job.status,
            "progress": self._progress.get(job.id, done),
            "created_at": job.created_at,
            "completed_at": job.completed_at,
            "expires_at": job.expires_at,
            "prompt": job.prompt,
            "size": job.size,
            "seconds": str(job.seconds),
            "remixed_from_video_id": None,
            "error": _error(job),
        }


def _error(job: Job) -> dict[str, str | None] | None:
    if job.status is not Status.FAILED:
        return None
    return {"code": job.error_code, "message": job.error_message}


def _limit(given: str | None) -> int:
    if given is None:
        return _DEFAULT_LIMIT
    try:
        limit = int(given)
    except ValueError as error:
        raise Problem(
            "Invalid type for 'limit': expected an integer, but got a string instead.",
            code="invalid_type",
            param="limit",
        ) from error
    if limit < 0:
        raise Problem(
            f"Invalid 'limit': integer below minimum value. Expected a value >= 0, but got {limit} "
            "instead.",
            code="integer_below_min_value",
            param="limit",
        )
    if limit > _MAX_LIMIT:
        raise Problem(
            f"Invalid 'limit': integer above maximum value. Expected a value <= {_MAX_LIMIT}, but "
            f"got {limit} instead.",
            code="integer_above_max_value",
            param="limit",
        )
    return limit


def _one_of(request: Request, name: str, supported: tuple[str, ...], default: str) -> str:
    value = request.query_params.get(name, default)
    if value not in supported:
        raise unsupported(name, value, supported)
    return value


def _envelope(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    # In ASCII: a message may quote half a character that the client sent.
    content = json.dumps(problem.envelope())
    return Response(content, problem.status, headers, media_type="application/json")


async def _refuse(_: Request, problem: Exception) -> Response:
    assert isinstance(problem, Problem)
    return _envelope(problem)


async def _refuse_http(request: Request, error: Exception) -> Response:
    """No such path (404), no such method (405), no such form (400)."""
    assert isinstance(error, HTTPException)
    message = error.detail
    if error.status_code in (404, 405):
        message = f"Invalid URL ({request.method} {request.url.path})"
    return _envelope(Problem(message, status=error.status_code), error.headers)


async def _break(_: Request, __: Exception) -> Response:
    """A bug or a full disk; the exception goes on to the server's log."""
    message = "The server had an error while processing your request."
    return _envelope(Problem(message, code="server_error", status=500))
