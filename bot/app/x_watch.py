"""Looks after the X accounts in use, so that people learn of a wrong one before it is needed."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager

import structlog

from bot.domain.post import Target
from bot.domain.refusal import Refusal
from bot.domain.schedule import Plan
from bot.errors import PublishError, TargetPaused
from bot.ports import Clock

log = structlog.get_logger()

#: Between two looks, seconds.
_LOOK_EVERY = 30.0


class XWatch:
    """Knows of each account in use whether it can be posted to."""

    def __init__(
        self,
        check: Callable[[Target], Awaitable[None]],
        *,
        plan: Callable[[], Plan],
        clock: Clock,
    ) -> None:
        """Make it.

        Args:
            check: raises `PublishError` for an account that cannot be posted to. It asks X only
                where that is worth it, so that it may be called often.
            plan: what the file says, asked each time.
            clock: the time.
        """
        self._check = check
        self._plan = plan
        self._clock = clock
        self._found: dict[Target, str] = {}
        self._refused: dict[Target, Refusal] = {}

    @property
    def states(self) -> dict[str, str]:
        """Each account in use: `ok`, or in one sentence why it is paused."""
        return {str(t): self._found.get(t, "it is being asked") for t in _in_use(self._plan())}

    @property
    def refusals(self) -> Mapping[Target, Refusal | None]:
        """Each account in use that is not known to be well: what it says; None: not known."""
        in_use = _in_use(self._plan())
        return {t: self._refused.get(t) for t in in_use if self._found.get(t) != "ok"}

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[None]:
        """Look again and again while the context is open; nobody waits for it."""
        looking = asyncio.create_task(self._keep_looking())
        try:
            yield
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)

    async def _keep_looking(self) -> None:
        while True:
            for target in _in_use(self._plan()):
                await self._look(target)
            await self._clock.sleep(_LOOK_EVERY)

    async def _look(self, target: Target) -> None:
        asked_at = self._clock.now()
        try:
            await self._check(target)
        except PublishError as error:
            self._note(target, str(error), error.hint)
            if isinstance(error, TargetPaused):
                self._refused[target] = Refusal(
                    target=target, why=str(error), hint=error.hint, at=asked_at
                )
        except Exception:  # told, and looked at again
            log.exception("X", target=str(target))
        else:
            self._refused.pop(target, None)
            self._note(target, "ok", None)

    def _note(self, target: Target, state: str, hint: str | None) -> None:
        if self._found.get(target) == state:
            return
        self._found[target] = state
        if state == "ok":
            log.info("X", target=str(target), state=state)
        else:
            log.warning("X", target=str(target), state=state, hint=hint or "")


def _in_use(plan: Plan) -> Iterable[Target]:
    scheduled = [target for s in plan.schedules if s.enabled for target in s.targets]
    every = [*scheduled, *plan.ad_hoc.targets]
    return dict.fromkeys(target for target in every if target.network == "x")
