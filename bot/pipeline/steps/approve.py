"""Step 8, approve: posts -> somebody's word. Also where a run ends before its time."""

from datetime import timedelta

from bot.domain.run import Approval, RunState, WaitReason
from bot.domain.schedule import ApprovalMode
from bot.pipeline.steps.money import unspent
from bot.pipeline.work import Park, Work


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
