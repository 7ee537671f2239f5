"""Runs that lack a card: parked or over, they would not ask for it again by themselves.

`board` notes them; one loop has them looked at again, ever more seldom, for a day.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot.errors import BotError
from bot.ports import Clock

log = structlog.get_logger()

#: Between two looks; seconds.
EVERY = 2.0
#: The first and the longest pause before one run is looked at again.
FIRST, LONGEST = timedelta(seconds=15), timedelta(hours=1)
_GIVEN_UP = timedelta(hours=24)


@dataclass(slots=True)
class _Lack:
    """A run without a card that it should have."""

    #: When it is looked at again.
    at: datetime
    #: Then it is left at that.
    until: datetime
    pause: timedelta = FIRST


class Lacking:
    """The runs that lack a card, as far as is known; in memory alone."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lacks: dict[str, _Lack] = {}

    def __contains__(self, run_id: str) -> bool:
        return run_id in self._lacks

    def note(self, run_id: str) -> None:
        """Note that the run lacks a card, which it is getting right now."""
        self._lack(run_id, FIRST)

    def look_in(self, run_id: str, wait: timedelta) -> None:
        """Have the run looked at again in *wait*."""
        self._lack(run_id, wait).at = self._clock.now() + wait

    def is_put_off(self, run_id: str) -> bool:
        """Return whether the run is to be looked at later."""
        lack = self._lacks.get(run_id)
        return lack is not None and lack.at > self._clock.now()

    def found(self, run_id: str) -> None:
        """Note that the run has all its cards."""
        self._lacks.pop(run_id, None)

    def _lack(self, run_id: str, wait: timedelta) -> _Lack:
        now = self._clock.now()
        return self._lacks.setdefault(run_id, _Lack(at=now + wait, until=now + _GIVEN_UP))

    async def run(self, remind: Callable[[str], Awaitable[None]]) -> None:
        """Have runs looked at by *remind* when their time has come, for ever."""
        while True:
            await self._clock.sleep(EVERY)
            now = self._clock.now()
            for run_id, lack in list(self._lacks.items()):
                if now > lack.until:
                    self.found(run_id)
                elif lack.at <= now:
                    lack.at, lack.pause = now + lack.pause, min(lack.pause * 2, LONGEST)
                    await self._remind(remind, run_id)

    async def _remind(self, remind: Callable[[str], Awaitable[None]], run_id: str) -> None:
        try:
            await remind(run_id)
        except BotError as error:
            log.info("a run could not be looked at again", run=run_id, why=str(error))
