"""`approve`, `reject`: somebody's word about the posts of a run. The first one counts."""

from bot.domain.command import Command
from bot.domain.run import Approval, Run, RunState
from bot.pipeline.obey.answer import Applied, Refused, describe
from bot.pipeline.steps.approve import ending, expiry
from bot.pipeline.work import Work


async def approve(work: Work, command: Command) -> Applied:
    """Let the posts out."""
    _must_wait_for_approval(work.run)
    if command.at >= expiry(work.run):
        raise Refused(f"Too late: it expired at {expiry(work.run):%Y-%m-%d %H:%M} UTC.")
    if work.run.wordless:
        silent = ", ".join(map(str, work.run.wordless))
        raise Refused(f"The post to {silent} has no words yet; edit it first.")
    work.stage(
        approval=Approval(by=command.by, at=work.now()),
        state=RunState.RUNNING,
        reason=None,
        wake_at=None,
    )
    return f"Approved by {command.by}.", []


async def reject(work: Work, command: Command) -> Applied:
    """End the run; nothing is posted."""
    _must_wait_for_approval(work.run)
    changes = await ending(work, RunState.CANCELLED, reason="rejected", ended_by=command.by)
    return f"Rejected by {command.by}; nothing was posted.", changes


def _must_wait_for_approval(run: Run) -> None:
    if run.approval:
        raise Refused(f"Already approved by {run.approval.by} at {run.approval.at:%H:%M} UTC.")
    if run.state.is_terminal:
        raise Refused(f"The run is over: {describe(run)}.")
    if run.asked_at is None:
        raise Refused(f"The run does not wait for approval: {describe(run)}.")
