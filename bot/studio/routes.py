"""The protocol: `/v1/videos` and what hangs below it, in JSON as the original spoke it.

Built by `Studio`. Invariant: every answer is one of the protocol's objects, a clip, or the error
envelope. Source of the shapes: the OpenAPI description of OpenAI's Videos API, version 2.3.0.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from bot.studio import body, envelope, query
from bot.studio import request as requests
from bot.studio.cast import Cast
from bot.studio.characters import Character
from bot.studio.door import RequireKey
from bot.studio.files import VARIANTS
from bot.studio.jobs import Job, Kind, Status
from bot.studio.problem import Problem
from bot.studio.videos import Videos

#: What the official clients read before they ask again, in milliseconds; a clip takes seconds.
_POLL_AFTER: Final = {"openai-poll-after-ms": "500"}


def build(
    videos: Videos, cast: Cast, progress: Mapping[str, int], *, key: str | None = None
) -> Starlette:
    """The ASGI app. It has no lifespan: whoever opens the studio decides when it is open."""
    at = _Endpoints(videos, cast, progress)
    post, get, delete = ["POST"], ["GET"], ["DELETE"]
    return Starlette(
        routes=[
            Route("/v1/videos", at.create, methods=post),
            Route("/v1/videos", at.page, methods=get),
            Route("/v1/videos/edits", at.edit, methods=post),
            Route("/v1/videos/extensions", at.extend, methods=post),
            Route("/v1/videos/characters", at.create_character, methods=post),
            Route("/v1/videos/characters/{character_id}", at.get_character, methods=get),
            Route("/v1/videos/{video_id}", at.get, methods=get),
            Route("/v1/videos/{video_id}", at.delete, methods=delete),
            Route("/v1/videos/{video_id}/content", at.content, methods=get),
            Route("/v1/videos/{video_id}/remix", at.remix, methods=post),
        ],
        middleware=[Middleware(RequireKey, key)] if key else [],
        exception_handlers={
            Problem: envelope.refuse,
            HTTPException: envelope.refuse_http,
            Exception: envelope.fail,
        },
    )


class _Endpoints:
    def __init__(self, videos: Videos, cast: Cast, progress: Mapping[str, int]) -> None:
        self._videos = videos
        self._cast = cast
        self._progress = progress

    async def create(self, request: Request) -> Response:
        async with body.fields(request) as given:
            asked = await asyncio.to_thread(requests.video, given)  # an image is decoded there
        return self._video(await self._videos.create(asked))

    async def page(self, request: Request) -> Response:
        limit = query.limit(request)
        order = query.one_of(request, "order", ("asc", "desc"), "desc")
        found = await self._videos.page(
            limit=limit + 1,
            after=request.query_params.get("after"),
            newest_first=order == "desc",
        )
        shown = found[:limit]
        return JSONResponse(
            {
                "object": "list",
                "data": [self._shown(job) for job in shown],
                "first_id": shown[0].id if shown else None,
                "last_id": shown[-1].id if shown else None,
                "has_more": len(found) > limit,
            }
        )

    async def get(self, request: Request) -> Response:
        return self._video(await self._videos.get(request.path_params["video_id"]))

    async def delete(self, request: Request) -> Response:
        video_id = request.path_params["video_id"]
        await self._videos.delete(video_id)
        return JSONResponse({"id": video_id, "object": "video.deleted", "deleted": True})

    async def content(self, request: Request) -> Response:
        variant = query.one_of(request, "variant", tuple(VARIANTS), "video")
        path = await self._videos.clip(request.path_params["video_id"], variant)
        return FileResponse(path, media_type=VARIANTS[variant][1])

    async def remix(self, request: Request) -> Response:
        async with body.fields(request) as given:
            asked = requests.remix(given, request.path_params["video_id"])
        return self._video(await self._videos.change(Kind.REMIX, asked))

    async def edit(self, request: Request) -> Response:
        async with body.fields(request) as given:
            return self._video(await self._videos.change(Kind.EDIT, requests.edit(given)))

    async def extend(self, request: Request) -> Response:
        async with body.fields(request) as given:
            return self._video(await self._videos.change(Kind.EXTENSION, requests.extension(given)))

    async def create_character(self, request: Request) -> Response:
        async with body.fields(request) as given:
            return _character(await self._cast.create(requests.character(given)))

    async def get_character(self, request: Request) -> Response:
        return _character(await self._cast.get(request.path_params["character_id"]))

    def _video(self, job: Job) -> Response:
        waiting = job.status in {Status.QUEUED, Status.IN_PROGRESS}
        return JSONResponse(self._shown(job), headers=_POLL_AFTER if waiting else None)

    def _shown(self, job: Job) -> dict[str, Any]:
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
            "seconds": str(job.script.seconds),
            # The protocol has no word for where an extension comes from.
            "remixed_from_video_id": None if job.kind is Kind.EXTENSION else job.parent,
            "error": _error(job),
        }


def _character(character: Character) -> Response:
    return JSONResponse(
        {"id": character.id, "name": character.name, "created_at": character.created_at}
    )


def _error(job: Job) -> dict[str, str | None] | None:
    if job.status is not Status.FAILED:
        return None
    return {"code": job.error_code, "message": job.error_message}
