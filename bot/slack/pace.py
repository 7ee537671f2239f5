"""How fast messages may follow one another: about one per second and channel, and as Slack asks.

Slack: "generally allows posting one message per second per channel"
(docs.slack.dev/apis/web-api/rate-limits).
"""

from datetime import datetime, timedelta

from bot.errors import TargetUnavailable
from bot.ports import Clock

#: Between two messages in one channel.
APART = timedelta(seconds=1)
#: Whoever would wait longer comes back later instead.
LONGEST = timedelta(seconds=1.5)


class Pace:
    """Turns, per channel."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._free: dict[str, datetime] = {}
        #: Until when Slack wants nothing there.
        self._held: dict[str, datetime] = {}
        #: Until when turns are promised.
        self._promised: dict[str, datetime] = {}

    def free_at(self, channel: str) -> datetime:
        """Return when the channel takes its next message."""
        return self._free.get(channel, self._clock.now())

    def is_crowded(self, channel: str) -> bool:
        """Return whether a new message would have to wait long."""
        return self.free_at(channel) - self._clock.now() > LONGEST

    def promise(self, channel: str) -> datetime:
        """Return when to come back: everybody who asks gets a second of their own."""
        now = self._clock.now()
        turn = max(now, self.free_at(channel), self._promised.get(channel, now))
        self._promised[channel] = turn + APART
        return turn

    async def turn(self, channel: str) -> None:
        """Wait for the channel's turn and take it; `TargetUnavailable` if that takes long."""
        now = self._clock.now()
        turn = max(now, self.free_at(channel))
        if turn - now > LONGEST:
            wait = (turn - now).total_seconds()
            raise TargetUnavailable(retry_after=wait)
        self.take(channel, turn)
        if turn > now:
            await self._clock.sleep((turn - now).total_seconds())

    def take(self, channel: str, turn: datetime) -> None:
        """Let nobody else have the channel until a second after *turn*."""
        self._free[channel] = turn + APART

    def take_now(self, channel: str) -> None:
        """Take the channel out of turn; those who wait for it wait a second more.

        Raises `TargetUnavailable` as long as Slack asked to wait.
        """
        now = self._clock.now()
        if (held := self._held.get(channel, now)) > now:
            raise TargetUnavailable(retry_after=(held - now).total_seconds())
        self.take(channel, max(now, self.free_at(channel)))

    def hold(self, channel: str, seconds: float | None) -> None:
        """Heed that Slack asked to wait."""
        later = self._clock.now() + timedelta(seconds=seconds or 0.0)
        self._held[channel] = max(later, self._held.get(channel, later))
        self._free[channel] = max(later, self.free_at(channel))
