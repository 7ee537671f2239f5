"""The ten steps, in the order they happen. Each gives the Run one more result.

A step may be repeated after a crash: what costs or shows goes through the
ledger, everything else is safe to do again. Steps know ports, never vendors.
They end by leaving a result, by `Park`, or by an error of `bot.errors`; what
comes of an error is the runner's business.
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from bot.domain.budget import Spend
from bot.domain.effect import Effect
from bot.domain.post import Delivery, DeliveryStatus, Post, Target
from bot.domain.prompt import Prompt
from bot.domain.run import Approval, Failure, Price, Run, RunState, Step, WaitReason
from bot.domain.schedule import ApprovalMode
from bot.domain.video import (
    Asset,
    Inspection,
    Variant,
    VideoJob,
    VideoRequest,
    VideoStatus,
    parse_size,
)
from bot.errors import (
    BotError,
    LowDisk,
    MediaError,
    PostRejected,
    ProviderError,
    Rejected,
    RequestError,
    StoreError,
    Truncated,
    Uncertain,
)
from bot.pipeline.ledger import Write
from bot.pipeline.work import Park, Work
from bot.ports import Change, Publisher, Release, Reserve, Settle, VideoProvider

#: A wait shorter than this is held in memory if no other run needs the worker; seconds.
HOLD_SECONDS = 30.0
#: A job that is neither done nor failed after this is shown to a person; seconds.
DEADLINE_SECONDS = 6 * 3600.0
#: The same for a job whose status is a word nobody knows; seconds.
UNKNOWN_SECONDS = 30 * 60.0
#: Progress is decoration: it is written this seldom, for watchers in other processes; seconds.
_PROGRESS_SECONDS = 15.0
#: A clip this much longer or shorter than asked for is worth telling.
_LENGTH_TOLERANCE_SECONDS = 0.5
#: Tries of one step by itself, before a person has to retry it.
MAX_ATTEMPTS = 10

_MEDIA_TYPES = {
    Variant.VIDEO: "video/mp4",
    Variant.THUMBNAIL: "image/webp",
    Variant.SPRITESHEET: "image/jpeg",
}


# --- render ------------------------------------------------------------------------------------


async def render(work: Work) -> None:
    """Template and variables -> prompt."""
    request = work.run.request
    if request.template:
        prompt = work.ports.prompts.render(request.template, request.variables, request.lang)
    else:
        prompt = Prompt(text=request.prompt or "", caption=None, alt_text=None)
    if request.caption:
        prompt = replace(prompt, caption=request.caption)
    _check_captions(request.targets, prompt)
    work.stage(prompt=prompt)


def _check_captions(targets: Sequence[Target], prompt: Prompt) -> None:
    silent = [str(t) for t in targets if t.network == "x" and not prompt.caption]
    if silent:
        raise RequestError(
            f"A post to {', '.join(silent)} needs a caption.",
            hint="Give one with --caption or in the template; the prompt is never used as one.",
        )


# --- reserve -----------------------------------------------------------------------------------


async def reserve(work: Work) -> None:
    """Prompt -> price, promised within the day's budget. Commits with the create's intent."""
    run = work.run
    price = Price(video=_video_price(work), posts=_post_prices(work))
    budget = work.ports.budget()
    today = work.now().astimezone(ZoneInfo(budget.timezone)).date()
    parts = {f"{target}": (usd, str(target).split(":")[0]) for target, usd in price.posts.items()}
    if run.job is None:
        parts["video"] = (price.video, run.request.provider)
    spends = [
        Spend(
            key=spend_key(run, what),
            run_id=run.id,
            what=what,
            vendor=vendor,
            usd=usd,
            day=today,
            at=work.now(),
        )
        for what, (usd, vendor) in parts.items()
    ]
    work.stage(Reserve(spends=spends, cap=budget.per_day_usd), price=price)


def spend_key(run: Run, what: str) -> str:
    """Return the key of the spend for *what* (`video` or a target) of the run's generation."""
    return f"{run.id}:{what}:{run.generation}"


def _video_price(work: Work) -> Decimal:
    return provider_of(work).estimate(video_request(work))


def _post_prices(work: Work) -> dict[str, Decimal]:
    prompt = work.run.prompt
    assert prompt
    prices = {
        str(t): work.ports.publishers[t.network].estimate(t, prompt.caption, prompt.alt_text)
        for t in work.run.request.targets
        if not work.run.delivery(t).status.is_settled
    }
    return {target: usd for target, usd in prices.items() if usd}


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
    )


# --- create ------------------------------------------------------------------------------------


async def create(work: Work) -> None:
    """Price -> job: the first paid request, through the ledger."""
    free = work.ports.media.free_bytes()
    if free < work.ports.min_free_bytes:
        raise LowDisk(
            f"Only {free // 1_000_000} MB are free; no video is paid for without room to keep it.",
            hint="Free some disk space; the run goes on by itself.",
        )
    run, provider, request = work.run, provider_of(work), video_request(work)
    parts = (provider.name, *map(str, request.fingerprint))
    fingerprint = hashlib.sha256("\0".join(parts).encode()).hexdigest()

    async def find(_handle: Mapping[str, str], since: datetime) -> Sequence[VideoJob]:
        claimed = await work.ports.store.claimed_ids("create", since - timedelta(hours=1))
        return await provider.find(request, since=since, claimed=claimed)

    async def keep(job: VideoJob, *settled: Change) -> None:
        await work.save(*settled, job=job, watched_since=work.now())

    await work.ledger.once(
        Write(
            key=f"{run.id}:create:{run.generation}",
            run_id=run.id,
            name=f"the video at {provider.name}",
            fingerprint=fingerprint,
            settle=provider.settle,
            authoritative=provider.capabilities.find_is_authoritative,
            prepare=_no_handle,
            send=lambda _handle: provider.create(request),
            find=find,
            identify=lambda job: (job.id, job.url),
            rebuild=lambda effect: rebuild_job(effect, provider.name, request),
            begin=work.save,
            keep=keep,
        )
    )


async def _no_handle() -> Mapping[str, str]:
    return {}


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


# --- wait --------------------------------------------------------------------------------------


async def wait(work: Work) -> None:
    """Job -> finished job. Held in memory while the next look is near, parked otherwise."""
    job = work.run.job
    assert job
    async with aclosing(provider_of(work).watch(job)) as looks:
        while not job.status.is_terminal:
            observed = await _next_look(work, looks)
            if observed is None:
                raise Park(WaitReason.PROVIDER, work.now())
            job = observed
            await _observe(work, job)
            _lose_patience(work, job)
            if not job.status.is_terminal and not _may_hold(work, job):
                raise Park(WaitReason.PROVIDER, job.look_again_at)
    if job.status is not VideoStatus.COMPLETED:
        await work.save(job=job)
        raise _refusal(job)


async def _next_look(work: Work, looks: AsyncGenerator[VideoJob]) -> VideoJob | None:
    """Return the next observation; None if somebody wants the run back first."""
    look = asyncio.ensure_future(anext(looks))
    interrupted = asyncio.ensure_future(work.interrupted.wait())
    try:
        await asyncio.wait({look, interrupted}, return_when=asyncio.FIRST_COMPLETED)
        return look.result() if look.done() else None
    finally:
        interrupted.cancel()
        look.cancel()
        await asyncio.gather(look, interrupted, return_exceptions=True)


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
    if work.ports.waker.is_crowded() or work.interrupted.is_set():
        return False
    again = job.look_again_at or work.now()
    return (again - work.now()).total_seconds() < HOLD_SECONDS


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


# --- download, inspect, fit --------------------------------------------------------------------


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
        posts.append(
            Post(
                run_id=run.id,
                target=target,
                caption=run.prompt.caption,
                alt_text=run.prompt.alt_text,
                asset=await work.ports.media.fit(run.video, run.inspection, limits),
                thumbnail=run.thumbnail,
                simulated=run.inspection.simulated,
            )
        )
    work.stage(posts=tuple(posts))


# --- approve -----------------------------------------------------------------------------------


async def approve(work: Work) -> None:
    """Posts -> somebody's word. Parks without a task in memory until a person or expiry comes."""
    policy = work.run.request.approval
    if policy.mode is ApprovalMode.AUTO:
        work.stage(approval=Approval(by="auto", at=work.now()))
        return
    if work.run.asked_at is None:
        await work.save(asked_at=work.now())
        await work.ports.notifier.notify(work.run)
    asked_at = work.run.asked_at
    assert asked_at
    expires_at = asked_at + timedelta(seconds=policy.expires_after)
    if work.now() < expires_at:
        raise Park(WaitReason.APPROVAL, expires_at)
    await close(work, RunState.CANCELLED, reason="expired")


async def close(
    work: Work, state: RunState, *, reason: str | None = None, ended_by: str | None = None
) -> None:
    """End the run here and give back the money that was surely not spent."""
    releases = await unspent(work)
    await work.save(*releases, state=state, reason=reason, ended_by=ended_by, wake_at=None)


async def unspent(work: Work) -> list[Change]:
    """Return what settles the reserved money of a run that ends."""
    run, changes = work.run, list[Change]()
    for spend in await work.ports.store.spends(run.id):
        if spend.state != "reserved":
            continue
        if spend.what == "video":
            spent = run.job is not None and run.job.status is not VideoStatus.FAILED
        else:
            delivery = run.delivery(Target.parse(spend.what))
            spent = delivery.status in {DeliveryStatus.DELIVERED, DeliveryStatus.UNCERTAIN}
        if spent:
            cost = run.job.cost if spend.what == "video" and run.job else None
            changes.append(Settle(key=spend.key, usd=spend.usd if cost is None else cost))
        else:
            changes.append(Release(key=spend.key))
    return changes


# --- publish -----------------------------------------------------------------------------------


async def publish(work: Work) -> None:
    """Approved posts -> one settled delivery per target. No target holds back another."""
    posts = [
        post
        for post in work.run.posts or ()
        if not work.run.delivery(post.target).status.is_settled
    ]
    outcomes = await asyncio.gather(
        *(_deliver(work, post) for post in posts), return_exceptions=True
    )
    errors = [e for e in outcomes if isinstance(e, BaseException)]
    foreign = [e for e in errors if not isinstance(e, BotError) or isinstance(e, StoreError)]
    if foreign:
        raise foreign[0]
    waits = [e for e in errors if isinstance(e, BotError)]
    if waits:
        raise min(waits, key=lambda e: (e.code != "stopped", e.retry_after or 0))


async def _deliver(work: Work, post: Post) -> None:
    """Settle one delivery; raise what the run can wait for."""
    try:
        publisher = _publisher_for(work, post)
        await work.ledger.once(_post_write(work, post, publisher))
    except StoreError:
        raise
    except Uncertain as e:
        await _settle_delivery(work, post.target, DeliveryStatus.UNCERTAIN, e)
    except BotError as e:
        waiting = e.retryable or e.ambiguous or e.code in {"stopped", "target_paused"}
        if waiting and not (e.retryable and work.run.attempts >= MAX_ATTEMPTS):
            raise
        await _settle_delivery(work, post.target, DeliveryStatus.FAILED, e)


def _publisher_for(work: Work, post: Post) -> Publisher:
    publisher = work.ports.publishers[post.target.network]
    if post.simulated and not publisher.preview:
        raise PostRejected(
            f"The video is SIMULATED and must not reach {post.target}.",
            hint="Use a real provider for live targets, or `publish: preview`.",
        )
    return publisher


def _post_write(work: Work, post: Post, publisher: Publisher) -> Write[Delivery]:
    run, target = work.run, post.target

    async def keep(delivery: Delivery, *settled: Change) -> None:
        usd = delivery.cost if delivery.cost is not None else promised(work.run, target)
        spent = Settle(key=spend_key(run, str(target)), usd=usd)
        await work.save(*settled, spent, deliveries=work.run.with_delivery(delivery).deliveries)

    return Write(
        key=f"{run.id}:post:{target}:{run.generation}",
        run_id=run.id,
        name=f"the post to {target}",
        settle=publisher.settle,
        authoritative=publisher.find_is_authoritative,
        prepare=lambda: publisher.prepare(post),
        send=lambda handle: publisher.publish(post, handle),
        find=lambda handle, since: publisher.find(post, handle, since=since),
        identify=lambda delivery: (delivery.remote_id, delivery.url),
        rebuild=lambda effect: rebuild_delivery(effect, target, publisher, work.now()),
        begin=work.save,
        keep=keep,
    )


def promised(run: Run, target: Target) -> Decimal:
    """Return what the post to *target* was promised to cost, USD."""
    return run.price.posts.get(str(target), Decimal(0)) if run.price else Decimal(0)


def rebuild_delivery(
    effect: Effect, target: Target, publisher: Publisher, now: datetime
) -> Delivery:
    """Return a delivery of which only the ledger's row is left."""
    return Delivery(
        target=target,
        status=DeliveryStatus.DELIVERED,
        remote_id=effect.remote_id,
        url=effect.result,
        delivered_at=now,
        preview=publisher.preview,
    )


async def _settle_delivery(
    work: Work, target: Target, status: DeliveryStatus, error: BotError
) -> None:
    delivery = Delivery(target=target, status=status, detail=str(error), hint=error.hint)
    changes: list[Change] = []
    if status is DeliveryStatus.FAILED:
        changes.append(Release(key=spend_key(work.run, str(target))))
    await work.save(*changes, deliveries=work.run.with_delivery(delivery).deliveries)


# --- notify ------------------------------------------------------------------------------------


async def notify(work: Work) -> None:
    """Deliveries -> the run's end, told to the people who care."""
    statuses = {work.run.delivery(t).status for t in work.run.request.targets}
    if DeliveryStatus.UNCERTAIN in statuses:
        raise Uncertain(
            "It is not known whether every post went out.",
            hint=f"Look there, then tell: `reelbot runs resolve {work.run.id}`.",
        )
    failure = _failed_posts(work)
    state = RunState.FAILED if failure else RunState.SUCCEEDED
    work.stage(state=state, failure=failure, notified=True)
    await work.ports.notifier.notify(work.run)


def _failed_posts(work: Work) -> Failure | None:
    failed = [d for d in work.run.deliveries if d.status is DeliveryStatus.FAILED]
    if not failed:
        return None
    return Failure(
        code="publish",
        message="Not posted: " + " ".join(f"{d.target}: {d.detail}" for d in failed),
        hint=failed[0].hint,
        step=Step.PUBLISH,
        at=work.now(),
    )


STEPS = {
    Step.RENDER: render,
    Step.RESERVE: reserve,
    Step.CREATE: create,
    Step.WAIT: wait,
    Step.DOWNLOAD: download,
    Step.INSPECT: inspect,
    Step.FIT: fit,
    Step.APPROVE: approve,
    Step.PUBLISH: publish,
    Step.NOTIFY: notify,
}
"""What to do for each step that has no result yet."""
