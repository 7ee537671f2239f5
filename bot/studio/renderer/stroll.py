"""To and fro: how a walker stays in a picture whose camera does not follow it.

The one invariant: until it first comes to the far end it walks as evenly as one that
only crosses the picture, so that a longer clip begins like a shorter one.
"""

import math
from dataclasses import dataclass

#: Seconds in which a walker turns round.
_TURN = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Stroll:
    """A walk between two ends; lengths in pixels, from the walker's place."""

    #: When it begins, in seconds of the clip; where; and how many pixels it goes per second.
    began: float
    origin: float
    speed: float
    low: float
    high: float

    def at(self, t: float) -> tuple[float, float]:
        """How far off its place it is, and which way it faces: 1 is right, -1 left."""
        gone = t - self.began
        over = gone - (self.high - self.origin) / self.speed if self.speed else -1.0
        if over < 0:
            return self.origin + self.speed * gone, 1.0
        leg = (self.high - self.low) / self.speed
        lap, since = divmod(over, _TURN + leg)
        there = 1.0 if lap % 2 == 0 else -1.0
        end, other = (self.high, self.low) if there > 0 else (self.low, self.high)
        if since > _TURN:
            return end + (other - end) * (since - _TURN) / leg, -there
        turn = math.pi * since / _TURN
        drawn_out = self.speed * _TURN / math.pi * math.sin(turn)
        return end + there * drawn_out, there * math.cos(turn)
