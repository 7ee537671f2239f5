"""`cancel`: a run ends before its time."""

from contextlib import suppress

from bot.domain.command import Command
from bot.domain.run import RunState
from bot.pipeline.obey.answer import (
    RESOLVE_FIRST,
    Applied,
    Refused,
    describe,
    is_uncertain,
    must_be_settled,
)
from bot.pipeline.steps.approve import ending
from bot.pipeline.work import Work


async def cancel(work: Work, command: Command) -> Applied:
    """End the run as soon as nothing is in the air; what is paid for stays paid."""
    run = work.run
    if run.state.is_terminal:
        raise Refused(f"The run is over: {describe(run)}.")
    await must_be_settled(work)
    if is_uncertain(run):
        raise Refused(RESOLVE_FIRST)
    await _stop_job(work)
    changes = await ending(work, RunState.CANCELLED, reason="cancelled", ended_by=command.by)
    paid = " The video was already being made and counts as paid." if run.job else ""
    return f"Cancelled by {command.by}.{paid}", changes


async def _stop_job(work: Work) -> None:
    """Ask the provider to stop; where it cannot or will not, the run ends all the same."""
    job = work.run.job
    provider = work.ports.providers.get(work.run.request.provider)
    if job and not job.status.is_terminal and provider and provider.capabilities.cancel:
        with suppress(Exception):  # whatever a plugin says, a run must be possible to end
            await provider.cancel(job)
