"""Steps 5 to 7, download, inspect, fit: finished job -> the exact bytes of every post."""

from contextlib import aclosing
from dataclasses import replace

from bot.domain.card import CardKind
from bot.domain.post import Post
from bot.domain.video import (
    Asset,
    Inspection,
    Variant,
    VideoJob,
    parse_size,
)
from bot.errors import (
    MediaError,
    ProviderError,
    Truncated,
)
from bot.pipeline.steps.money import spend_key
from bot.pipeline.steps.video import provider_of
from bot.pipeline.steps.words import words_for
from bot.pipeline.work import Work
from bot.ports import Settle, VideoProvider

#: A clip this much longer or shorter than asked for is worth telling.
_LENGTH_TOLERANCE_SECONDS = 0.5

_MEDIA_TYPES = {
    Variant.VIDEO: "video/mp4",
    Variant.THUMBNAIL: "image/webp",
    Variant.SPRITESHEET: "image/jpeg",
}


async def download(work: Work) -> None:
    """Finished job -> files in our keeping, and the video's price is settled."""
    job, provider, price = work.run.job, provider_of(work), work.run.price
    assert job
    assert price
    video = await _fetch(work, provider, job, Variant.VIDEO)
    stills = {
        variant: await _still(work, provider, job, variant, video)
        for variant in (Variant.THUMBNAIL, Variant.SPRITESHEET)
    }
    cost = job.cost if job.cost is not None else price.video
    await work.save(
        Settle(key=spend_key(work.run, "video"), usd=cost),
        video=video,
        thumbnail=stills[Variant.THUMBNAIL],
        spritesheet=stills[Variant.SPRITESHEET],
    )


async def _fetch(work: Work, provider: VideoProvider, job: VideoJob, variant: Variant) -> Asset:
    async with aclosing(provider.download(job, variant)) as chunks:
        return await work.ports.media.save(chunks, _MEDIA_TYPES[variant])


async def _still(
    work: Work, provider: VideoProvider, job: VideoJob, variant: Variant, video: Asset
) -> Asset | None:
    """Return the provider's still, or one made here; None if the video yields none."""
    if variant in provider.capabilities.variants:
        try:
            return await _fetch(work, provider, job, variant)
        except (ProviderError, MediaError):
            pass  # stills are a courtesy: a provider that fails to serve one stops nothing
    media = work.ports.media
    try:
        return await (media.thumbnail if variant is Variant.THUMBNAIL else media.spritesheet)(video)
    except MediaError:
        return None  # inspect says what is wrong with the video itself


async def inspect(work: Work) -> None:
    """Video file -> what it really is. A file that ends too early is fetched again."""
    video = work.run.video
    assert video
    try:
        inspection = await work.ports.media.inspect(video)
    except Truncated:
        work.stage(video=None)
        raise
    if provider_of(work).capabilities.simulated:
        inspection = replace(inspection, simulated=True)
    work.stage(inspection=_compare(work, inspection))


def _compare(work: Work, inspection: Inspection) -> Inspection:
    spec, findings = work.run.request.video, list(inspection.findings)
    if (inspection.width, inspection.height) != parse_size(spec.size):
        findings.append(f"{inspection.width}x{inspection.height} instead of {spec.size}")
    if abs(inspection.seconds - spec.seconds) > _LENGTH_TOLERANCE_SECONDS:
        findings.append(f"{inspection.seconds:.1f} s instead of {spec.seconds} s")
    return replace(inspection, findings=tuple(findings))


async def fit(work: Work) -> None:
    """Video and prompt -> one Post per target: the exact bytes and words that go out."""
    run = work.run
    assert run.video
    assert run.prompt
    assert run.inspection
    posts = []
    for target in run.request.targets:
        limits = work.ports.publishers[target.network].limits(target)
        words = words_for(work, target)
        posts.append(
            Post(
                run_id=run.id,
                target=target,
                caption=words.caption,
                changes=words.changes,
                alt_text=run.prompt.alt_text,
                asset=await work.ports.media.fit(run.video, run.inspection, limits),
                thumbnail=run.thumbnail,
                simulated=run.inspection.simulated,
                beside=next((c for c in run.cards if c.kind is CardKind.DESK), None),
            )
        )
    work.stage(posts=tuple(posts))
