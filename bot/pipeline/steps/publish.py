"""Step 9, publish: approved posts -> one settled delivery per target."""

import asyncio
from collections.abc import Mapping
from datetime import datetime

from bot.domain.effect import Effect, EffectState
from bot.domain.post import Delivery, DeliveryStatus, Post, Target
from bot.domain.run import Run, Step
from bot.errors import (
    PostRejected,
    PublishError,
    StoreError,
    Uncertain,
)
from bot.pipeline.backoff import wait_after
from bot.pipeline.failure import failure
from bot.pipeline.ledger import Write
from bot.pipeline.steps.money import sent, unsent
from bot.pipeline.work import Work
from bot.ports import Change, Publisher


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
    broken = [e for e in errors if isinstance(e, StoreError) or not isinstance(e, Exception)]
    if errors:
        raise broken[0] if broken else min(errors, key=lambda e: _next_try(work, e))


def _next_try(work: Work, error: BaseException) -> float:
    """Return in how many seconds the run goes on after *error*; a stop holds everything."""
    wait = wait_after(work.run, error) if isinstance(error, Exception) else None
    return wait.seconds if wait and wait.seconds is not None else -1.0


async def _deliver(work: Work, post: Post) -> None:
    """Settle one delivery; raise what the run can wait for."""
    try:
        publisher = _publisher_for(work, post)
        await work.ledger.once(_post_write(work, post, publisher))
    except StoreError:
        raise
    except Uncertain as e:
        await _settle_delivery(work, post.target, DeliveryStatus.UNCERTAIN, e)
    except Exception as e:
        if wait_after(work.run, e):
            if isinstance(e, PublishError):
                e.target = str(post.target)
            raise
        effect = await work.ports.store.get_effect(_key(work.run, post.target))
        unknown = effect is not None and effect.state is not EffectState.NOT_SENT
        status = DeliveryStatus.UNCERTAIN if unknown else DeliveryStatus.FAILED
        await _settle_delivery(work, post.target, status, e)


def _key(run: Run, target: Target) -> str:
    return f"{run.id}:post:{target}:{run.generation}"


def _publisher_for(work: Work, post: Post) -> Publisher:
    publisher = work.ports.publishers[post.target.network]
    if post.simulated and not publisher.takes_simulated(post.target):
        raise PostRejected(
            f"The video is SIMULATED and must not reach {post.target}, which "
            "`allow_simulated` does not name.",
            hint="Use a real provider, name the channel in `allow_simulated`, or preview posts.",
        )
    return publisher


def _post_write(work: Work, post: Post, publisher: Publisher) -> Write[Delivery]:
    run, target = work.run, post.target

    async def prepare() -> Mapping[str, str]:
        return await publisher.prepare(post, await _earlier(work, target))

    async def keep(delivery: Delivery, *settled: Change) -> None:
        money = sent(work.run, target, delivery.cost)
        await work.save(*settled, *money, delivery=delivery)

    return Write(
        key=_key(run, target),
        run_id=run.id,
        name=f"the post to {target}",
        settle=publisher.settle,
        authoritative=publisher.find_is_authoritative,
        prepare=prepare,
        send=lambda handle: publisher.publish(post, handle),
        find=lambda handle, since: publisher.find(post, handle, since=since),
        identify=lambda delivery: (delivery.remote_id, delivery.url),
        rebuild=lambda effect: rebuild_delivery(effect, target, publisher, work.now()),
        may_send=work.may_send,
        begin=work.save,
        keep=keep,
    )


async def _earlier(work: Work, target: Target) -> list[Effect]:
    """Return what the ledger knows of this run's posts to *target* until now, oldest first."""
    start = f"{work.run.id}:post:{target}:"
    effects = await work.ports.store.effects(work.run.id)
    return sorted((e for e in effects if e.key.startswith(start)), key=lambda e: e.started_at)


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
    work: Work, target: Target, status: DeliveryStatus, error: Exception
) -> None:
    why = failure(Step.PUBLISH, error, work.now())
    delivery = Delivery(target=target, status=status, detail=why.message, hint=why.hint)
    changes = unsent(work.run, target) if status is DeliveryStatus.FAILED else []
    await work.save(*changes, delivery=delivery)
