"""Step 8, approve: posts -> somebody's word. Also where a run ends before its time."""

from datetime import datetime, timedelta

from bot.domain.run import Approval, Run, RunState, WaitReason
from bot.domain.schedule import ApprovalMode
from bot.pipeline.cards import put_up
from bot.pipeline.steps.money import unspent
from bot.pipeline.work import Park, Work
from bot.ports import Change


async def approve(work: Work) -> None:
    """Posts -> somebody's word. Parks without a task in memory until a person or expiry comes.

    A post without the words it needs waits for a person whatever the policy says.
    """
    policy = work.run.request.approval
    if policy.mode is ApprovalMode.AUTO and not work.run.wordless:
        work.stage(approval=Approval(by="auto", at=work.now()))
        return
    if work.run.asked_at is None:
        asked = work.run.evolve(
            asked_at=work.now(), state=RunState.WAITING, reason=WaitReason.APPROVAL.value
        )
        await work.tell(asked)  # first: rather asked twice than never
        await work.save(asked_at=asked.asked_at)
        await put_up(work)
    expires_at = expiry(work.run)
    if work.now() < expires_at:
        raise Park(WaitReason.APPROVAL, expires_at)
    await work.save(*await ending(work, RunState.CANCELLED, reason="expired"))


def expiry(run: Run) -> datetime:
    """Return until when a person may let the run's posts out."""
    assert run.asked_at
    return run.asked_at + timedelta(seconds=run.request.approval.expires_after)


async def ending(
    work: Work, state: RunState, *, reason: str | None = None, ended_by: str | None = None
) -> list[Change]:
    """End the run here; return the changes that give back the money surely not spent.

    What was promised but not committed is not promised any more.
    """
    work.drop_staged()
    work.stage(state=state, reason=reason, ended_by=ended_by, wake_at=None)
    if state is RunState.CANCELLED:
        work.stage(failure=None)  # people ended it, not what it waited for
    return await unspent(work)
