"""Step 10, notify: deliveries -> the run's end, told to the people who care."""

from bot.domain.post import DeliveryStatus
from bot.domain.run import Failure, RunState, Step
from bot.errors import (
    Uncertain,
)
from bot.pipeline.work import Work


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
    over = work.run.evolve(state=state, failure=failure, notified=True)
    await work.tell(over)
    work.stage(state=state, failure=failure, notified=True)


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
