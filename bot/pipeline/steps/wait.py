"""Step 4, wait: job -> finished job, by an async generator that can be left at any yield."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from bot.domain.run import Run, RunState, Step, WaitReason
from bot.domain.video import (
    VideoJob,
    VideoStatus,
)
from bot.errors import (
    ProviderError,
    Rejected,
    Uncertain,
)
from bot.pipeline.steps.video import provider_of
from bot.pipeline.work import Park, Work

#: A wait shorter than this is held in memory if no other run needs the worker; seconds.
HOLD_SECONDS = 30.0
#: A job that is neither done nor failed after this is shown to a person; seconds.
DEADLINE_SECONDS = 6 * 3600.0
#: The same for a job whose status is a word nobody knows; seconds.
UNKNOWN_SECONDS = 30 * 60.0
#: Progress is decoration: it is written this seldom, for watchers in other processes; seconds.
_PROGRESS_SECONDS = 15.0


def is_waiting(run: Run) -> bool:
    """Whether *run* waits for its provider, and for no person."""
    return run.step is Step.WAIT and run.state in {RunState.RUNNING, RunState.WAITING}


async def wait(work: Work) -> None:
    """Job -> finished job. Held in memory while the next look is near, parked otherwise."""
    job = work.run.job
    assert job
    while not job.status.is_terminal:
        if work.nudged.is_set():
            work.nudged.clear()
            job = replace(job, look_again_at=None)
            work.stage(job=job)
        job = await _watch(work, job)
    if job.status is not VideoStatus.COMPLETED:
        raise _refusal(job)


async def _watch(work: Work, job: VideoJob) -> VideoJob:
    """Look until the job is finished or somebody nudges; return the last observation."""
    async with aclosing(provider_of(work).watch(job)) as looks:
        while not (job.status.is_terminal or work.nudged.is_set()):
            if not _may_hold(work, job):
                raise Park(WaitReason.PROVIDER, job.look_again_at)
            observed = await _next_look(work, job, looks)
            if observed is None:
                if work.interrupted.is_set():
                    raise Park(WaitReason.PROVIDER, job.look_again_at or work.now())
                return job
            job = observed
            await _observe(work, job)
            _lose_patience(work, job)
            if job.look_again_at is None and not job.status.is_terminal:
                raise Park(WaitReason.PROVIDER, work.later(HOLD_SECONDS))
    return job


async def _next_look(work: Work, job: VideoJob, looks: AsyncGenerator[VideoJob]) -> VideoJob | None:
    """Return the next observation; None if somebody wants the run back or a look at once."""
    look = asyncio.ensure_future(anext(looks))
    interrupted = asyncio.ensure_future(work.interrupted.wait())
    nudged = asyncio.ensure_future(work.nudged.wait())
    try:
        await asyncio.wait({look, interrupted, nudged}, return_when=asyncio.FIRST_COMPLETED)
        if _pause(work, job) <= 0:  # in the air: a crowd of nudges must not keep it from landing
            await asyncio.wait({look, interrupted}, return_when=asyncio.FIRST_COMPLETED)
        return look.result() if look.done() else None
    finally:
        for task in (look, interrupted, nudged):
            task.cancel()
        await asyncio.gather(look, interrupted, nudged, return_exceptions=True)


async def _observe(work: Work, job: VideoJob) -> None:
    """Show an observation; write what moved, seldom, for those who watch from elsewhere."""
    saved = work.saved.job
    unknown = job.status is VideoStatus.UNKNOWN
    work.stage(job=job, unknown_since=(work.run.unknown_since or work.now()) if unknown else None)
    work.show(work.run)
    work.ports.observer.looked(work.run, job)
    if job.status.is_terminal or saved is None:
        return  # commits with the download
    moved = (job.status, job.progress) != (saved.status, saved.progress)
    if moved and (work.now() - work.saved.updated_at).total_seconds() > _PROGRESS_SECONDS:
        await work.save()


def _may_hold(work: Work, job: VideoJob) -> bool:
    """Whether the worker may stay with this job until its next look."""
    pause = _pause(work, job)
    if pause <= 0:
        return True
    wanted = work.ports.waker.is_crowded() or work.interrupted.is_set()
    return pause < HOLD_SECONDS and not wanted


def _pause(work: Work, job: VideoJob) -> float:
    """Return the seconds until the next look; none or fewer when it is due."""
    return ((job.look_again_at or work.now()) - work.now()).total_seconds()


def _lose_patience(work: Work, job: VideoJob) -> None:
    if job.status.is_terminal:
        return
    waited = (work.now() - (work.run.watched_since or job.created_at)).total_seconds()
    puzzled = (work.now() - (work.run.unknown_since or work.now())).total_seconds()
    if waited > DEADLINE_SECONDS or puzzled > UNKNOWN_SECONDS:
        raise Uncertain(
            f"{job.provider} has not finished video {job.id} in {waited / 3600:.1f} hours; "
            "nothing was created again.",
            hint=f"`reelbot runs resolve {work.run.id} --as wait` keeps waiting, "
            "`--as give-up` ends the run.",
        )


def _refusal(job: VideoJob) -> ProviderError:
    words = f"{job.error.message} ({job.error.code})" if job.error else "no reason was given"
    return Rejected(
        f"{job.provider} did not make the video: {words}",
        hint="Change what is asked for, then ask again.",
    )
