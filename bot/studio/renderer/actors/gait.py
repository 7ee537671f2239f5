"""How a cat moves over the ground: paws that stand do not slide.

The one invariant: while a paw is down, it moves backwards exactly as fast as the
ground does, so `units_per_second` is what the camera must follow.
"""

import math
from dataclasses import dataclass

from bot.studio.renderer.path import Path, Point

_BONE = 22.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Gait:
    """A way of going; lengths in units of the drawing."""

    stride: float
    #: The share of a cycle a paw is on the ground.
    duty: float
    #: Seconds per cycle.
    period: float
    lift: float
    bob: float
    #: When each paw is set down: near hind, near front, far hind, far front.
    phases: tuple[float, float, float, float]

    @property
    def units_per_second(self) -> float:
        return self.stride / (self.duty * self.period)

    def paw(self, cycle: float, leg: int) -> Point:
        """Where a paw is, relative to below its hip."""
        phase = (cycle - self.phases[leg]) % 1.0
        if phase < self.duty:
            return self.stride * (0.5 - phase / self.duty), 0.0
        swing = (phase - self.duty) / (1 - self.duty)
        forward = swing * swing * (3 - 2 * swing)
        return self.stride * (forward - 0.5), -self.lift * math.sin(math.pi * swing)


WALK = Gait(stride=34, duty=0.62, period=1.0, lift=9, bob=1.3, phases=(0.0, 0.25, 0.5, 0.75))
RUN = Gait(stride=58, duty=0.40, period=0.56, lift=15, bob=5.0, phases=(0.0, 0.5, 0.12, 0.62))


def leg(hip: Point, paw: Point, bend: float) -> Path:
    """A leg of two bones from hip to paw; it bends forwards (1) or backwards (-1)."""
    dx, dy = paw[0] - hip[0], paw[1] - hip[1]
    reach = math.hypot(dx, dy)
    half = min(reach / 2, _BONE - 0.1)
    out = math.sqrt(_BONE**2 - half**2) * bend
    knee = (hip[0] + dx / 2 + dy / reach * out, hip[1] + dy / 2 - dx / reach * out)
    soft = ((knee[0] - hip[0] - dx / 2) * 1.5, (knee[1] - hip[1] - dy / 2) * 1.5)
    return Path().move(*hip).quad(hip[0] + dx / 2 + soft[0], hip[1] + dy / 2 + soft[1], *paw)
