"""`retry`: a run that failed or was cancelled goes on, one whose target is paused tries at once."""

from bot.domain.command import Command
from bot.domain.effect import EffectState
from bot.domain.post import Delivery
from bot.domain.run import RunState, WaitReason
from bot.domain.video import VideoStatus
from bot.pipeline.obey.answer import (
    RESOLVE_FIRST,
    Applied,
    Refused,
    describe,
    effects_of,
    must_be_settled,
    target_of,
)
from bot.pipeline.work import Work

#: Jobs that nothing will come of: a retry creates (and pays) anew.
_FRUITLESS = {VideoStatus.FAILED, VideoStatus.CANCELLED}


async def retry(work: Work, command: Command) -> Applied:
    """Go on where the run failed, as a new generation. Nothing that went out goes out again.

    A run that waits for a target goes on as it is: nothing of it has failed.
    """
    run = work.run
    if run.state is RunState.WAITING and run.reason == WaitReason.TARGET_PAUSED:
        return _try_now(work, command)
    if run.state is RunState.ATTENTION:
        raise Refused(RESOLVE_FIRST)
    if run.removed:
        raise Refused(f"Its video was deleted by {run.removed.by}; ask for a new one.")
    if run.state not in {RunState.FAILED, RunState.CANCELLED}:
        raise Refused(f"There is nothing to retry: {describe(run)}.")
    await must_be_settled(work)
    gone = run.failure is not None and run.failure.code == "expired"
    made = run.job is not None and run.job.status not in _FRUITLESS and not gone
    kept = await _not_to_be_sent_again(work)
    if made and len(kept) == len(run.request.targets):
        raise Refused("There is nothing to retry: no post of this run may be sent again.")
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


def _try_now(work: Work, command: Command) -> Applied:
    """Have the targets asked anew, though they are not to be bothered before `wake_at`."""
    run = work.run
    for target in run.request.targets:
        if not run.delivery(target).status.is_settled:
            work.ports.publishers[target.network].ask_again(target)
    work.stage(wake_at=work.now())
    return f"Tried again at once for {command.by}.", []


async def _not_to_be_sent_again(work: Work) -> tuple[Delivery, ...]:
    """Return the deliveries that went out or may have; only the others are tried again."""
    effects = await effects_of(work)
    maybe = {str(target_of(e)) for e in effects if e.state is not EffectState.NOT_SENT}
    return tuple(d for d in work.run.deliveries if str(d.target) in maybe)
