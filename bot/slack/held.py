"""Runs that post: who waits for which target, and when each target last took a post.

`board` notes every run that it sees, `pauses` asks. In memory alone; all of it can be told anew
from the runs themselves.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bot.domain.post import Target
from bot.domain.refusal import Refusal
from bot.domain.run import Run, RunState, Step, WaitReason
from bot.pipeline.backoff import PAUSED

_NEVER = datetime.min.replace(tzinfo=UTC)


class Held:
    """What is known of the targets, by the runs that post there."""

    def __init__(self) -> None:
        self._posting: dict[str, Run] = {}
        self._taken: dict[Target, datetime] = {}

    def saw(self, run: Run) -> None:
        """Note how *run* stands; again changes nothing."""
        if run.state.is_terminal or run.step is not Step.PUBLISH:
            self._posting.pop(run.id, None)
        else:
            self._posting[run.id] = run
        for delivery in run.delivered:
            if delivery.delivered_at and not delivery.preview:
                target = plain(delivery.target)
                self._taken[target] = max(self.taken(target), delivery.delivered_at)

    def taken(self, target: Target) -> datetime:
        """Return when *target* last took a post, as far as is known."""
        return self._taken.get(plain(target), _NEVER)

    def waiting(self, target: Target) -> int:
        """Return how many runs have yet to post to *target*, whatever else they wait for."""
        return sum(plain(target) in map(plain, _open(run)) for run in self._posting.values())

    def refusals(self) -> Sequence[Refusal]:
        """Return what the targets said to the runs that wait for them, in no order."""
        return [refusal for run in self._posting.values() if (refusal := _refusal(run))]


def plain(target: Target) -> Target:
    """Return *target* as all its spellings have it: X does not mind capitals."""
    if target.network != "x":
        return target
    return Target(network=target.network, destination=target.destination.casefold())


def _open(run: Run) -> list[Target]:
    return [t for t in run.request.targets if not run.delivery(t).status.is_settled]


def _refusal(run: Run) -> Refusal | None:
    """Return why *run* waits for its target; None if it waits for none, or is asking right now."""
    paused = run.state is RunState.WAITING and run.reason == WaitReason.TARGET_PAUSED
    if not (paused and run.wake_at and run.failure and run.failure.target):
        return None
    return Refusal(
        target=Target.parse(run.failure.target),
        why=run.failure.message,
        hint=run.failure.hint,
        at=run.wake_at - timedelta(seconds=PAUSED),
    )
