"""What the operator is told, by the log and by the control room; and the clock they go by."""
# each imports what it needs when it is called: see `bot.app`

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import structlog

from bot.domain.run import Run, RunState, WaitReason
from bot.domain.schedule import Schedule
from bot.ports import Notifier

log = structlog.get_logger()


class SystemClock:
    """The real time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(seconds, 0))


class LogNotifier:
    """Tells people through the log, and through the control room where there is one."""

    def __init__(self, room: Notifier | None) -> None:
        self._room = room
        #: The targets that need a person, and of which that was said.
        self._paused: set[str] = set()

    async def notify(self, run: Run) -> None:
        over = {RunState.SUCCEEDED, RunState.CANCELLED}
        quiet = self._is_old(run) or run.state in over
        told = {"run": run.id, "state": run.state.value, "source": run.request.source}
        if run.failure:
            told |= {"why": run.failure.message, "hint": run.failure.hint or ""}
        (log.info if quiet else log.warning)("run", **told)
        if self._room:
            await self._room.notify(run)

    def _is_old(self, run: Run) -> bool:
        """Return whether it was told of the run's target that it takes no posts, and took none."""
        self._paused -= {str(delivery.target) for delivery in run.delivered}
        target = run.failure.target if run.failure else None
        if target is None or run.reason != WaitReason.TARGET_PAUSED:
            return False
        is_old = target in self._paused
        self._paused.add(target)
        return is_old


def tell_run_error(run_id: str, error: BaseException) -> None:
    """Say that a run was interrupted by what nobody foresaw."""
    log.error("run interrupted", run=run_id, error=str(error), exc_info=error)


def tell_error(error: Exception) -> None:
    """Say that something outside of any run went wrong."""
    log.error("engine", error=str(error))


def tell_fire_error(schedule: Schedule, error: Exception) -> None:
    """Say why a schedule cannot fire."""
    log.error("a schedule cannot fire", schedule=schedule.id, error=str(error))


def tell_broken(error: Exception) -> None:
    """Say why the file was not taken."""
    log.error("schedules.yaml is broken; the old schedules stay", error=str(error))


def tell_reloaded(added: Sequence[str], changed: Sequence[str], removed: Sequence[str]) -> None:
    """Say which schedules came, changed and went."""
    log.info("schedules reloaded", added=added, changed=changed, removed=removed)
