"""What can be done with videos, without the HTTP around it. `routes` calls it.

Invariant: a create that returned is on disk, its source before its row, and will be rendered, by
this process or by the next one; what a parent gave to its child cannot be deleted in between.
"""

import asyncio
import hashlib
import io
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from bot.studio import model
from bot.studio.body import Upload
from bot.studio.cast import looks
from bot.studio.files import Files
from bot.studio.footage import Looker
from bot.studio.jobs import Job, Kind, QueueFull, Status
from bot.studio.problem import Problem
from bot.studio.request import ChangeRequest, VideoRequest
from bot.studio.script import Act, Script
from bot.studio.store import Store, StoreThread

#: Seconds that a client should leave a full queue alone.
_QUEUE_PATIENCE = 30
_DONE = {Kind.REMIX: "remixed", Kind.EDIT: "edited", Kind.EXTENSION: "extended"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Videos:
    """All calls raise the Problem that the client gets to see."""

    store: StoreThread
    files: Files
    looker: Looker
    clock: Callable[[], datetime]
    #: How long a finished clip can be downloaded.
    expires_after: timedelta
    on_create: Callable[[], None]

    async def create(self, request: VideoRequest) -> Job:
        """Queue a job; the same request again is another job. 429 when the queue is full."""
        job_id = _new_id()
        if request.reference is None:
            return await self._add(lambda store: self._video(store, job_id, request))
        await asyncio.to_thread(self.files.keep_source, job_id, io.BytesIO(request.reference))
        return await self._add(lambda store: self._video(store, job_id, request), source=job_id)

    async def change(self, kind: Kind, request: ChangeRequest) -> Job:
        """Queue a video made from another: a completed one here, expired or not, or a file."""
        job_id, video = _new_id(), request.video
        if isinstance(video, Upload):
            await asyncio.to_thread(self.files.keep_source, job_id, video.file)
            return await self._change_footage(kind, job_id, request)
        return await self._add(lambda store: self._child(store, kind, job_id, video, request))

    async def get(self, video_id: str) -> Job:
        return await self.store.ask(lambda store: _found(store, video_id))

    async def page(self, *, limit: int, after: str | None, newest_first: bool) -> list[Job]:
        try:
            return await self.store.ask(
                lambda store: store.jobs.page(limit=limit, after=after, newest_first=newest_first)
            )
        except KeyError as error:
            raise Problem(
                f"Invalid 'after': no video with id '{after}'.", code="invalid_value", param="after"
            ) from error

    async def delete(self, video_id: str) -> None:
        """Forget a finished job and its files. 409 while it waits or is made."""

        def remove(store: Store) -> set[str]:
            job = store.jobs.remove(video_id)
            if job is None:
                raise _unfinished(_found(store, video_id))
            return store.jobs.unneeded([job.script.source])

        unneeded = await self.store.ask(remove)
        await asyncio.to_thread(self.files.remove_clips, [video_id])
        await asyncio.to_thread(self.files.remove_sources, unneeded)

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
        path = self.files.clip(job.id, variant)
        if self._expired(job) or not await asyncio.to_thread(path.is_file):
            raise _no_content(
                "The video is no longer available. Downloads expire after "
                f"{_spoken(self.expires_after)}.",
                "video_expired",
            )
        return path

    def _video(self, store: Store, job_id: str, request: VideoRequest) -> Job:
        width, height = map(int, request.size.split("x"))
        script = Script(
            prompt=request.prompt,
            seed=_seed(job_id) if request.seed is None else request.seed,
            width=width,
            height=height,
            acts=(Act(seconds=request.seconds),),
            characters=looks(store, request.characters),
            reference=None if request.reference is None else job_id,
        )
        return self._job(job_id, Kind.VIDEO, request.prompt, request.model, script)

    def _child(
        self, store: Store, kind: Kind, job_id: str, parent_id: str, request: ChangeRequest
    ) -> Job:
        parent = _parent(store, kind, parent_id)
        script = _grown(parent.script, request)
        job = self._job(job_id, kind, request.prompt, parent.model, script)
        return replace(job, parent=parent.id)

    async def _change_footage(self, kind: Kind, job_id: str, request: ChangeRequest) -> Job:
        try:
            seen = await self.looker.look(self.files.source(job_id))
        except BaseException:
            await asyncio.to_thread(self.files.remove_sources, [job_id])
            raise
        width, height = map(int, seen.size.split("x"))
        whole = Script(
            prompt=request.prompt,
            seed=_seed(job_id),
            width=width,
            height=height,
            acts=(Act(seconds=seen.whole_seconds),),
            footage=job_id,
        )

        def job(_: Store) -> Job:
            return self._job(job_id, kind, request.prompt, model.MODEL, _grown(whole, request))

        return await self._add(job, source=job_id)

    def _job(self, job_id: str, kind: Kind, prompt: str, model_name: str, script: Script) -> Job:
        return Job(
            id=job_id,
            model=model_name,
            prompt=prompt,
            size=f"{script.width}x{script.height}",
            script=script,
            kind=kind,
            created_at=int(self.clock().timestamp()),
        )

    async def _add(self, build: Callable[[Store], Job], *, source: str | None = None) -> Job:
        """Build a job and queue it, in one go; without it nobody needs its `source`."""

        def add(store: Store) -> Job:
            job = build(store)
            store.jobs.add(job, at_most=model.MAX_QUEUED)
            return job

        try:
            job = await self.store.ask(add)
        except (Problem, QueueFull) as error:
            if source is not None:
                await asyncio.to_thread(self.files.remove_sources, [source])
            raise _queue_full() if isinstance(error, QueueFull) else error from error
        self.on_create()
        return job

    def _expired(self, job: Job) -> bool:
        return job.expires_at is not None and job.expires_at <= self.clock().timestamp()


def _found(store: Store, video_id: str) -> Job:
    job = store.jobs.get(video_id)
    if job is None:
        raise Problem(f"Video with id '{video_id}' not found.", code="not_found", status=404)
    return job


def _parent(store: Store, kind: Kind, video_id: str) -> Job:
    """The video to make another from; its clip may be gone, its script is what counts."""
    job = _found(store, video_id)
    if job.status is not Status.COMPLETED:
        raise Problem(
            f"Video is {job.status}; only completed videos can be {_DONE[kind]}.",
            code="video_not_completed",
            param="video_id" if kind is Kind.REMIX else "video",
        )
    if job.script.source is not None and not store.jobs.has_source(job.script.source):
        raise _no_content(
            "The video is no longer available: the file that it was made from has expired with it.",
            "video_expired",
        )
    return job


def _grown(script: Script, request: ChangeRequest) -> Script:
    """The script with the new words in it. Raises the Problem of one that grew too large."""
    if request.seconds is None:
        grown = script.changed(request.prompt)
    else:
        grown = script.extended(request.prompt, request.seconds)
    if grown.seconds > model.MAX_TOTAL_SECONDS:
        raise Problem(
            f"Invalid 'seconds': the extended video would last {grown.seconds} seconds. Expected "
            f"at most {model.MAX_TOTAL_SECONDS} in all.",
            code="video_too_long",
            param="seconds",
        )
    if grown.chars > model.MAX_SCRIPT_CHARS:
        raise Problem(
            "Invalid 'prompt': with the prompts of the videos it was made from, this one is too "
            "long. Begin anew.",
            code="string_above_max_length",
            param="prompt",
        )
    return grown


def _new_id() -> str:
    return f"video_{uuid.uuid4().hex}"


def _seed(job_id: str) -> int:
    """From the id, so that each job is a new clip, and the same one when it is made again."""
    return int.from_bytes(hashlib.sha256(job_id.encode()).digest()[:4])


def _unfinished(job: Job) -> Problem:
    return Problem(
        f"Video is {job.status}; only completed or failed videos can be deleted.",
        code="video_not_finished",
        status=409,
    )


def _no_content(message: str, code: str) -> Problem:
    return Problem(message, code=code, status=404)


def _queue_full() -> Problem:
    return Problem(
        f"{model.MAX_QUEUED} videos are waiting already. Try again later.",
        code="queue_full",
        status=429,
        headers={"retry-after": str(_QUEUE_PATIENCE)},
    )


def _spoken(length: timedelta) -> str:
    """In the original's words: "24 hours"."""
    minutes = round(length.total_seconds() / 60)
    return f"{minutes // 60} hours" if minutes % 60 == 0 else f"{minutes} minutes"
