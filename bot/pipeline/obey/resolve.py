"""`resolve`: a person says what became of an uncertain write, or whether to keep waiting."""

from collections.abc import Sequence
from dataclasses import replace

from bot.domain.command import Command
from bot.domain.effect import DENIED, Effect, EffectState
from bot.domain.post import Delivery, DeliveryStatus, Target
from bot.domain.run import Failure, Run, RunState, Step
from bot.pipeline.obey.answer import (
    Applied,
    Refused,
    describe,
    effects_of,
    is_uncertain,
    target_of,
)
from bot.pipeline.steps.approve import ending
from bot.pipeline.steps.money import sent
from bot.pipeline.steps.publish import rebuild_delivery
from bot.pipeline.steps.video import rebuild_job, video_request
from bot.pipeline.work import Work
from bot.ports import Change, SettleEffect


async def resolve(work: Work, command: Command) -> Applied:
    """A person says what became of an uncertain write, or whether to keep waiting."""
    run, answer = work.run, command.args["answer"]
    if run.state is not RunState.ATTENTION and not is_uncertain(run):
        raise Refused(f"Nothing about this run is uncertain: {describe(run)}.")
    effects = [
        e
        for e in await effects_of(work)
        if e.state in {EffectState.UNCERTAIN, EffectState.SENDING}
        and e.key.endswith(f":{run.generation}")
        and not _is_given_up(run, target_of(e))
    ]
    if not effects:
        return await _resolve_waiting(work, command)
    effect = _choose(effects, command.args.get("target"))
    target = target_of(effect)
    if answer == "happened":
        changes = await _happened(work, command, effect, target)
    elif answer == "not-sent":
        changes = _not_sent(work, effect, target)
    elif answer == "give-up":
        changes = await _give_up(work, command, effect, target)
    else:
        raise Refused("Say what became of it: happened, not-sent or give-up.")
    work.stage(attempts=0)
    what = f"the post to {target}" if target else "the video"
    return f"{command.by} says of {what}: {answer}.", changes


async def _resolve_waiting(work: Work, command: Command) -> Applied:
    answer = command.args["answer"]
    if answer == "wait":
        work.stage(
            state=RunState.RUNNING,
            reason=None,
            failure=None,
            watched_since=work.now(),
            unknown_since=None,
        )
        return f"{command.by} keeps waiting for the video.", []
    if answer == "give-up":
        changes = await _give_up_video(work, command)
        return f"{command.by} gave up on the video.", changes
    raise Refused("The video is still being made: say wait or give-up.")


def _is_given_up(run: Run, target: Target | None) -> bool:
    return target is not None and run.delivery(target).status is DeliveryStatus.FAILED


def _choose(effects: Sequence[Effect], target: str | None) -> Effect:
    if target:
        effects = [e for e in effects if str(target_of(e)) == target]
    if len(effects) != 1:
        names = ", ".join(str(target_of(e) or "the video") for e in effects) or "none"
        raise Refused(f"Say which one with --target; uncertain are: {names}.")
    return effects[0]


async def _happened(
    work: Work, command: Command, effect: Effect, target: Target | None
) -> list[Change]:
    run, remote_id = work.run, command.args.get("id")
    if target is None:
        await _must_be_free(work, remote_id)
    done = replace(
        effect, state=EffectState.DONE, remote_id=remote_id, result=command.args.get("url")
    )
    changes: list[Change] = [SettleEffect(effect=done, was=effect.state)]
    if target is None:
        job = rebuild_job(done, run.request.provider, video_request(work))
        work.stage(job=job, made_in=run.generation, watched_since=work.now())
    else:
        publisher = work.ports.publishers[target.network]
        delivery = rebuild_delivery(done, target, publisher, work.now())
        work.stage(deliveries=run.with_delivery(delivery).deliveries)
        changes += sent(run, target)
    work.stage(state=RunState.RUNNING, reason=None, failure=None)
    return changes


async def _must_be_free(work: Work, remote_id: str | None) -> None:
    """Refuse an id that is missing or belongs to another run's video."""
    if not remote_id:
        raise Refused("Say which video it is: --id.")
    if remote_id in await work.ports.store.claimed_ids(work.run.request.provider):
        raise Refused(f"Video {remote_id} belongs to another run.")


def _not_sent(work: Work, effect: Effect, target: Target | None) -> list[Change]:
    unsent = replace(effect, state=EffectState.NOT_SENT, detail=DENIED)
    if target:
        kept = tuple(d for d in work.run.deliveries if d.target != target)
        work.stage(deliveries=kept)
    work.stage(state=RunState.RUNNING, reason=None, failure=None)
    return [SettleEffect(effect=unsent, was=effect.state)]


async def _give_up(
    work: Work, command: Command, effect: Effect, target: Target | None
) -> list[Change]:
    """End it without knowing; the money counts as spent, since it may be."""
    run = work.run
    unknown = replace(effect, state=EffectState.UNCERTAIN)
    changes: list[Change] = [SettleEffect(effect=unknown, was=effect.state)]
    if target is None:
        return changes + await _give_up_video(work, command)
    delivery = Delivery(
        target=target,
        status=DeliveryStatus.FAILED,
        detail=f"Given up by {command.by}; it may have gone out.",
    )
    work.stage(
        deliveries=run.with_delivery(delivery).deliveries, state=RunState.RUNNING, reason=None
    )
    return [*changes, *sent(run, target)]


async def _give_up_video(work: Work, command: Command) -> list[Change]:
    run = work.run
    failure = Failure(
        code="given_up",
        message=f"Given up by {command.by}; the video may exist at the provider.",
        step=run.step or Step.CREATE,
        at=work.now(),
    )
    changes = await ending(work, RunState.FAILED)
    work.stage(failure=failure)
    return changes
