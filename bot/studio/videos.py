"""What can be done with videos, without the HTTP around it. `routes` calls it.

Invariant: a create that returned is on disk, its reference image before its row, and will be
rendered, by this process or by the next one.
"""

import asyncio
import hashlib
import uuid
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from bot.studio import model
from bot.studio.files import Files
from bot.studio.jobs import Job, JobsThread, QueueFull, Status
from bot.studio.problem import Problem
from bot.studio.request import VideoRequest


class Videos:
    """All calls raise the Problem that the client gets to see."""

    def __init__(
        self,
        jobs: JobsThread,
        files: Files,
        *,
        clock: Callable[[], datetime],
        on_create: Callable[[], None],
    ) -> None:
        self._jobs = jobs
        self._files = files
        self._clock = clock
        self._on_create = on_create

    async def create(self, request: VideoRequest) -> Job:
        """Queue a job; the same request again is another job. 429 when the queue is full."""
        job = _job(request, int(self._clock().timestamp()))
        if request.reference is not None:
            await asyncio.to_thread(self._files.keep_reference, job.id, request.reference)
        try:
            await self._jobs.ask(lambda jobs: jobs.add(job, at_most=model.MAX_QUEUED))
        except QueueFull as error:
            await asyncio.to_thread(self._files.remove, job.id)
            raise Problem(
                f"{model.MAX_QUEUED} videos are waiting already. Try again later.",
                code="queue_full",
                status=429,
            ) from error
        self._on_create()
        return job

    async def get(self, video_id: str) -> Job:
        job = await self._jobs.ask(lambda jobs: jobs.get(video_id))
        if job is None:
            raise _not_found(video_id)
        return job

    async def page(self, *, limit: int, after: str | None, newest_first: bool) -> list[Job]:
        try:
            return await self._jobs.ask(
                lambda jobs: jobs.page(limit=limit, after=after, newest_first=newest_first)
            )
        except KeyError as error:
            raise Problem(
                f"Invalid 'after': no video with id '{after}'.", code="invalid_value", param="after"
            ) from error

    async def delete(self, video_id: str) -> None:
        """Forget a finished job and its files. 409 while it waits or is made."""
        if not await self._jobs.ask(lambda jobs: jobs.remove(video_id)):
            job = await self.get(video_id)
            raise Problem(
                f"Video is {job.status}; only completed or failed videos can be deleted.",
                code="video_not_finished",
                status=409,
            )
        await asyncio.to_thread(self._files.remove, video_id)

    async def clip(self, video_id: str, variant: str) -> Path:
        """The file of a completed job. 404 before completion, after a failure, after expiry."""
        job = await self.get(video_id)
        if job.status is Status.FAILED:
            raise _no_content("Video generation failed, so there is no content.", "video_failed")
        if job.status is not Status.COMPLETED:
            raise _no_content(
                "Video is not ready yet, use GET /v1/videos/{video_id} to check status",
                "video_not_ready",
            )
        path = self._files.clip(job.id, variant)
        if self._expired(job) or not await asyncio.to_thread(path.is_file):
            raise _no_content(
                "The video is no longer available. Downloads expire after "
                f"{model.EXPIRES_AFTER_HOURS} hours.",
                "video_expired",
            )
        return path

    def _expired(self, job: Job) -> bool:
        return job.expires_at is not None and job.expires_at <= self._clock().timestamp()


def _job(request: VideoRequest, created_at: int) -> Job:
    job_id = f"video_{uuid.uuid4().hex}"
    return Job(
        id=job_id,
        model=request.model,
        prompt=request.prompt,
        size=request.size,
        seconds=request.seconds,
        seed=_seed(job_id) if request.seed is None else request.seed,
        has_reference=request.reference is not None,
        created_at=created_at,
    )


def _seed(job_id: str) -> int:
    """From the id, so that each job is a new clip, and the same one when it is made again."""
    return int.from_bytes(hashlib.sha256(job_id.encode()).digest()[:4])


def _not_found(video_id: str) -> Problem:
    return Problem(f"Video with id '{video_id}' not found.", code="not_found", status=404)


def _no_content(message: str, code: str) -> Problem:
    return Problem(message, code=code, status=404)
