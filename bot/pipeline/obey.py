"""Commands: what people may ask of a Run, applied under its lease, once, in order.

`obey` is called with the Run in hand. It answers every pending command in one
sentence; the answer commits together with what the command changed. Only here is
a generation raised.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from bot.domain.command import Command, CommandKind, CommandState
from bot.domain.effect import Effect, EffectState
from bot.domain.post import Delivery, DeliveryStatus, Target
from bot.domain.run import Approval, Failure, Run, RunState, Step
from bot.domain.video import VideoStatus
from bot.errors import BotError, StoreError
from bot.pipeline.steps.approve import ending, expiry
from bot.pipeline.steps.money import promised, spend_key
from bot.pipeline.steps.publish import rebuild_delivery
from bot.pipeline.steps.video import rebuild_job, video_request
from bot.pipeline.work import Work
from bot.ports import Change, FinishCommand, Release, Settle, SettleEffect


class _Refused(Exception):  # not a failure: the answer is "no", and why
    """The command makes no sense for the run as it stands."""


class _Later(Exception):  # not a failure: the command stays pending
    """The command has to wait until a write in the air is settled."""


async def obey(work: Work) -> None:
    """Apply the run's pending commands. A command applied before a crash is not applied again."""
    work.held = False
    for command in await work.ports.store.pending_commands(work.run.id):
        before = work.run
        try:
            answer, changes = await _APPLY[command.kind](work, command)
            state = CommandState.DONE
        except _Later:
            work.run, work.held = before, True
            continue
        except StoreError:
            raise
        except Exception as e:  # noqa: BLE001  # whatever is wrong with it must not block the next
            work.run, changes, state = before, [], CommandState.REFUSED
            answer = _no(e)
        finished = replace(command, state=state, answer=answer)
        await work.save(*changes, FinishCommand(command=finished))


def _no(error: Exception) -> str:
    if isinstance(error, _Refused | BotError):
        return str(error)
    return f"That command cannot be understood ({type(error).__name__})."


Applied = tuple[str, list[Change]]

_RESOLVE_FIRST = "An uncertain write has to be resolved first: `reelbot runs resolve`."


async def _approve(work: Work, command: Command) -> Applied:
    _must_wait_for_approval(work.run)
    if command.at >= expiry(work.run):
        raise _Refused(f"Too late: it expired at {expiry(work.run):%Y-%m-%d %H:%M} UTC.")
    work.stage(
        approval=Approval(by=command.by, at=work.now()),
        state=RunState.RUNNING,
        reason=None,
        wake_at=None,
    )
    return f"Approved by {command.by}.", []


async def _reject(work: Work, command: Command) -> Applied:
    _must_wait_for_approval(work.run)
    changes = await ending(work, RunState.CANCELLED, reason="rejected", ended_by=command.by)
    return f"Rejected by {command.by}; nothing was posted.", changes


def _must_wait_for_approval(run: Run) -> None:
    if run.approval:
        raise _Refused(f"Already approved by {run.approval.by} at {run.approval.at:%H:%M} UTC.")
    if run.state.is_terminal:
        raise _Refused(f"The run is over: {_describe(run)}.")
    if run.asked_at is None:
        raise _Refused(f"The run does not wait for approval: {_describe(run)}.")


def _describe(run: Run) -> str:
    words = run.state.value
    if run.reason:
        words += f" ({run.reason})"
    return f"{words} by {run.ended_by}" if run.ended_by else words


async def _edit(work: Work, command: Command) -> Applied:
    """Change a caption. What was approved must be approved again."""
    run = work.run
    if run.posts is None or run.state.is_terminal:
        raise _Refused(f"There is no text to edit now: {_describe(run)}.")
    await _must_be_settled(work)
    if run.deliveries:
        raise _Refused("It is too late to edit: posts have begun to go out.")
    target = command.args.get("target")
    if target and target not in {str(post.target) for post in run.posts}:
        raise _Refused(f"This run has no post to {target}.")
    posts = tuple(
        replace(post, caption=command.args["caption"])
        if target in {None, str(post.target)}
        else post
        for post in run.posts
    )
    if posts == run.posts:
        raise _Refused("That changes nothing.")
    work.drop_staged()
    changes = await _release_posts(work)
    work.stage(
        posts=posts,
        price=None,
        approval=None,
        asked_at=None,
        generation=run.generation + 1,
        state=RunState.RUNNING,
        reason=None,
        wake_at=None,
    )
    return f"Text changed by {command.by}; it has to be approved again.", changes


async def _release_posts(work: Work) -> list[Change]:
    spends = await work.ports.store.spends(work.run.id)
    return [Release(key=s.key) for s in spends if s.what != "video"]


async def _retry(work: Work, command: Command) -> Applied:
    """Go on where the run failed, as a new generation. Nothing that went out goes out again."""
    run = work.run
    if run.state is RunState.ATTENTION:
        raise _Refused(_RESOLVE_FIRST)
    if run.state not in {RunState.FAILED, RunState.CANCELLED}:
        raise _Refused(f"There is nothing to retry: {_describe(run)}.")
    await _must_be_settled(work)
    gone = run.failure is not None and run.failure.code == "expired"
    made = run.job is not None and run.job.status not in _FRUITLESS and not gone
    kept = await _not_to_be_sent_again(work)
    if made and len(kept) == len(run.request.targets):
        raise _Refused("There is nothing to retry: no post of this run may be sent again.")
    work.stage(
        state=RunState.RUNNING,
        reason=None,
        ended_by=None,
        failure=None,
        attempts=0,
        generation=run.generation + 1,
        price=None,
        job=run.job if made else None,
        watched_since=work.now(),
        unknown_since=None,
        asked_at=None,
        approval=run.approval if made else None,
        deliveries=kept,
        notified=False,
    )
    return f"Retried by {command.by}.", []


async def _not_to_be_sent_again(work: Work) -> tuple[Delivery, ...]:
    """Return the deliveries that went out or may have; only the others are tried again."""
    effects = await work.ports.store.effects(work.run.id)
    maybe = {str(_target_of(e)) for e in effects if e.state is not EffectState.NOT_SENT}
    return tuple(d for d in work.run.deliveries if str(d.target) in maybe)


#: Jobs that nothing will come of: a retry creates (and pays) anew.
_FRUITLESS = {VideoStatus.FAILED, VideoStatus.CANCELLED}


async def _cancel(work: Work, command: Command) -> Applied:
    run = work.run
    if run.state.is_terminal:
        raise _Refused(f"The run is over: {_describe(run)}.")
    await _must_be_settled(work)
    if _is_uncertain(run):
        raise _Refused(_RESOLVE_FIRST)
    await _stop_job(work)
    changes = await ending(work, RunState.CANCELLED, reason="cancelled", ended_by=command.by)
    paid = " The video was already being made and counts as paid." if run.job else ""
    return f"Cancelled by {command.by}.{paid}", changes


def _is_uncertain(run: Run) -> bool:
    return any(d.status is DeliveryStatus.UNCERTAIN for d in run.deliveries)


async def _stop_job(work: Work) -> None:
    """Ask the provider to stop; where it cannot or will not, the run ends all the same."""
    job = work.run.job
    provider = work.ports.providers.get(work.run.request.provider)
    if job and not job.status.is_terminal and provider and provider.capabilities.cancel:
        with suppress(Exception):  # whatever a plugin says, a run must be possible to end
            await provider.cancel(job)


async def _must_be_settled(work: Work) -> None:
    """Raise `_Later` while the ledger knows more than the run: a write in the air, or just done.

    A run that needs a person gets nowhere by itself, so that there the answer is no.
    """
    run = work.run
    if run.state is RunState.ATTENTION:
        raise _Refused(_RESOLVE_FIRST)
    for effect in await work.ports.store.effects(run.id):
        target = _target_of(effect)
        if not effect.key.endswith(f":{run.generation}") or effect.state is EffectState.NOT_SENT:
            continue
        if target is None:
            given_up = effect.state is EffectState.UNCERTAIN and run.state.is_terminal
            settled = given_up or run.job is not None
        else:
            settled = run.delivery(target).status.is_settled
        if not settled:
            raise _Later


# --- resolve -----------------------------------------------------------------------------------


async def _resolve(work: Work, command: Command) -> Applied:
    """A person says what became of an uncertain write, or whether to keep waiting."""
    run, answer = work.run, command.args["answer"]
    if run.state is not RunState.ATTENTION and not _is_uncertain(run):
        raise _Refused(f"Nothing about this run is uncertain: {_describe(run)}.")
    effects = [
        e
        for e in await work.ports.store.effects(run.id)
        if e.state in {EffectState.UNCERTAIN, EffectState.SENDING}
        and e.key.endswith(f":{run.generation}")
        and not _is_given_up(run, _target_of(e))
    ]
    if not effects:
        return await _resolve_waiting(work, command)
    effect = _choose(effects, command.args.get("target"))
    target = _target_of(effect)
    if answer == "happened":
        changes = await _happened(work, command, effect, target)
    elif answer == "not-sent":
        changes = _not_sent(work, effect, target)
    elif answer == "give-up":
        changes = await _give_up(work, command, effect, target)
    else:
        raise _Refused("Say what became of it: happened, not-sent or give-up.")
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
    raise _Refused("The video is still being made: say wait or give-up.")


def _is_given_up(run: Run, target: Target | None) -> bool:
    return target is not None and run.delivery(target).status is DeliveryStatus.FAILED


def _choose(effects: Sequence[Effect], target: str | None) -> Effect:
    if target:
        effects = [e for e in effects if str(_target_of(e)) == target]
    if len(effects) != 1:
        names = ", ".join(str(_target_of(e) or "the video") for e in effects) or "none"
        raise _Refused(f"Say which one with --target; uncertain are: {names}.")
    return effects[0]


def _target_of(effect: Effect) -> Target | None:
    """Return the target of a post's effect, None for the create."""
    _, kind, rest = effect.key.split(":", 2)
    return Target.parse(rest.rsplit(":", 1)[0]) if kind == "post" else None


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
        key = spend_key(run, str(target))
        changes.append(Settle(key=key, usd=promised(run, target)))
    work.stage(state=RunState.RUNNING, reason=None, failure=None)
    return changes


async def _must_be_free(work: Work, remote_id: str | None) -> None:
    """Refuse an id that is missing or belongs to another run's video."""
    if not remote_id:
        raise _Refused("Say which video it is: --id.")
    if remote_id in await work.ports.store.claimed_ids(work.run.request.provider):
        raise _Refused(f"Video {remote_id} belongs to another run.")


def _not_sent(work: Work, effect: Effect, target: Target | None) -> list[Change]:
    unsent = replace(effect, state=EffectState.NOT_SENT, detail="a person says so")
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
    return [*changes, Settle(key=spend_key(run, str(target)), usd=promised(run, target))]


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


_APPLY: dict[CommandKind, Callable[[Work, Command], Awaitable[Applied]]] = {
    CommandKind.APPROVE: _approve,
    CommandKind.REJECT: _reject,
    CommandKind.EDIT: _edit,
    CommandKind.RETRY: _retry,
    CommandKind.CANCEL: _cancel,
    CommandKind.RESOLVE: _resolve,
}
