"""The camera: how far each depth moves and grows at a moment.

Depth 0 is the sky, which never moves; 1 is the ground the cat stands on. Growth is
about the horizon, so that sky and water, which are painted once, always meet there.
A camera that has done its move comes softly to rest, or hands over to the next one.
"""

import math
from dataclasses import dataclass

from bot.studio.renderer.canvas import Matrix, around
from bot.studio.renderer.layout import Layout
from bot.studio.renderer.spec import Move

_CLOSEST = 1.2
#: Seconds in which a move that is over runs out.
_RUNOUT = 0.5
#: Seconds in which a subject that went astray comes back to its place.
_RETURN = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Where a camera takes over from the one before; lengths in pixels."""

    #: Seconds from the beginning of the clip.
    at: float = 0.0
    #: How much larger than in the layout the ground looks.
    lens: float = 1.0
    #: How far the ground has passed by, and how far it could.
    travel: float = 0.0
    reach: float = 0.0
    #: How far the subject is from its place, and how fast it leaves it.
    lead: float = 0.0
    lead_speed: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """One camera move over one clip, or over an act of it."""

    layout: Layout
    move: Move
    seconds: float
    #: Pixels per second the ground passes by, because the camera follows a walking cat.
    speed: float = 0.0
    start: Start = Start()

    @property
    def reach(self) -> float:
        """How many pixels the ground passes by in all."""
        return self.start.reach + self.speed * self.seconds + self._pan_width

    @property
    def _pan_width(self) -> float:
        share = {Move.PAN: 0.34, Move.DRIFT: 0.10}.get(self.move, 0.0)
        return share * self.layout.width

    def travel(self, t: float) -> float:
        """Pixels the ground has passed by, at depth 1."""
        going = self._going(t)
        back = self.start.lead - self.astray(t) if self.speed else 0.0
        pan = self._pan_width * going / self.seconds
        return self.start.travel + self.speed * going + pan + back

    def _going(self, t: float) -> float:
        """Seconds of going on, which end softly after the move."""
        since = t - self.start.at
        over = max(0.0, since - self.seconds)
        return since - over + _RUNOUT * (1 - math.exp(-over / _RUNOUT))

    def astray(self, t: float) -> float:
        """Pixels by which the subject is off its place: a camera that follows brings it back."""
        start = self.start
        if not self.speed:
            return start.lead
        since = t - start.at
        pull = start.lead_speed + start.lead / _RETURN
        return (start.lead + pull * since) * math.exp(-since / _RETURN)

    def lens(self, t: float) -> float:
        """How much larger the ground looks, but for the breathing of a drifting camera."""
        start, done = self.start.lens, ease((t - self.start.at) / self.seconds)
        if self.move is Move.ZOOM_IN:
            return start + (max(start, min(start + 0.14, _CLOSEST)) - start) * done
        if self.move is Move.ZOOM_OUT:
            start = start if self.start.at else 1.14
            return start + (1.0 - start) * done
        return start

    def zoom(self, t: float) -> float:
        """How much larger than in the layout the ground looks."""
        breath = 0.02 + 0.02 * math.sin(t * 0.45) if self.move is Move.DRIFT else 0.0
        return self.lens(t) + breath

    def view(self, depth: float, t: float) -> Matrix:
        """The matrix of everything at `depth`."""
        zoom = 1 + (self.zoom(t) - 1) * depth
        layout = self.layout
        return around(layout.cat[0], layout.horizon, zoom, dx=-self.travel(t) * depth)


def ease(done: float) -> float:
    """A soft start and stop between 0 and 1."""
    done = min(1.0, max(0.0, done))
    return done * done * (3 - 2 * done)
