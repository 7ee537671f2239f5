"""Step 3, create: price -> job. The first paid request."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.domain.effect import Effect
from bot.domain.video import VideoJob, VideoRequest, VideoStatus
from bot.errors import (
    LowDisk,
    RequestError,
)
from bot.pipeline.ledger import Write
from bot.pipeline.work import Work
from bot.ports import Change, VideoProvider


async def create(work: Work) -> None:
    """Price -> job: the first paid request, through the ledger."""
    run, provider, request = work.run, provider_of(work), video_request(work)
    parts = (provider.name, *map(str, request.fingerprint))
    fingerprint = hashlib.sha256("\0".join(parts).encode()).hexdigest()

    async def find(_handle: Mapping[str, str], since: datetime) -> Sequence[VideoJob]:
        claimed = await work.ports.store.claimed_ids(provider.name)
        return await provider.find(request, since=since, claimed=claimed)

    async def keep(job: VideoJob, *settled: Change) -> None:
        await work.save(*settled, job=job, made_in=run.generation, watched_since=work.now())

    await work.ledger.once(
        Write(
            key=f"{run.id}:create:{run.generation}",
            run_id=run.id,
            name=f"the video at {provider.name}",
            fingerprint=fingerprint,
            settle=provider.settle,
            authoritative=provider.capabilities.find_is_authoritative,
            prepare=lambda: _handle(work, provider.name),
            send=lambda _handle: provider.create(request),
            find=find,
            identify=lambda job: (job.id, job.url),
            rebuild=lambda effect: rebuild_job(effect, provider.name, request),
            may_send=work.may_send,
            begin=work.save,
            keep=keep,
        )
    )


async def _handle(work: Work, provider: str) -> Mapping[str, str]:
    """Return what tells this provider's ids from another's; `LowDisk` without room for a video."""
    free = work.ports.media.free_bytes()
    if free < work.ports.min_free_bytes:
        raise LowDisk(
            f"Only {free // 1_000_000} MB are free; no video is paid for without room to keep it.",
            hint="Free some disk space; the run goes on by itself.",
        )
    return {"provider": provider}


def rebuild_job(effect: Effect, provider: str, request: VideoRequest) -> VideoJob:
    """Return the first observation of a job of which only the ledger's row is left."""
    return VideoJob(
        provider=provider,
        id=effect.remote_id or "",
        model=request.model,
        seconds=request.seconds,
        size=request.size,
        status=VideoStatus.QUEUED,
        created_at=effect.started_at,
        url=effect.result,
    )


def provider_of(work: Work) -> VideoProvider:
    """Return the run's provider; `RequestError` when the file no longer has it."""
    name = work.run.request.provider
    if name not in work.ports.providers:
        raise RequestError(
            f"There is no provider {name!r} any more.",
            hint="Put it back into schedules.yaml, or cancel the run.",
        )
    return work.ports.providers[name]


def video_request(work: Work) -> VideoRequest:
    """Return what to ask the provider for; the model is its first one if none was named."""
    spec, prompt = work.run.request.video, work.run.prompt
    assert prompt
    models = provider_of(work).capabilities.models
    return VideoRequest(
        prompt=prompt.text,
        model=spec.model or next(iter(models), ""),
        seconds=spec.seconds,
        size=spec.size,
        reference=str(work.ports.media.path(spec.reference)) if spec.reference else None,
        characters=spec.characters,
        origin=spec.origin,
    )
