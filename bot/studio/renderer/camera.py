"""The camera: how far each depth moves and grows at a moment.

Depth 0 is the sky, which never moves; 1 is the ground the lead stands on. Growth is
about the horizon, so that sky and water, which are painted once, always meet there.
A camera that has done its move comes softly to rest, or hands over to the next one.
"""

import math
from dataclasses import dataclass

from bot.studio.renderer.canvas import Matrix, around
from bot.studio.renderer.layout import Layout
from bot.studio.renderer.spec import Move

_CLOSEST = 1.2
#: How much of what has passed by a pan goes back, its running out not counted.
_WAY_BACK = 0.6
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
    #: How far the ground has passed by, how far it could, and where things stand as composed.
    travel: float = 0.0
    reach: float = 0.0
    centre: float | None = None
    #: How far the subject is from its place at which second, and how fast it leaves it.
    lead: float = 0.0
    lead_at: float = 0.0
    lead_speed: float = 0.0
    #: The move was made before: the camera only follows.
    moved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """One camera move over one clip, or over an act of it."""

    layout: Layout
    move: Move
    seconds: float
    #: Pixels per second the ground passes by, because the camera follows a subject.
    speed: float = 0.0
    start: Start = Start()

    @property
    def reach(self) -> float:
        """How many pixels the ground passes by in all."""
        return self.start.reach + self.speed * self.seconds + max(0.0, self._pan_width)

    @property
    def _pan_width(self) -> float:
        """Pixels a pan goes; a later one goes back, so that it does not lose its subject."""
        if self.start.moved:
            return 0.0
        share = {Move.PAN: 0.24, Move.DRIFT: 0.06, Move.TRACK: 0.06}.get(self.move, 0.0)
        width, gone = share * self.layout.width, self.start.travel
        return -_WAY_BACK * min(width, gone) if gone > 0 else width

    def travel(self, t: float) -> float:
        """Pixels the ground has passed by, at depth 1."""
        going = self.going(t)
        back = self.start.lead - self.astray(t) if self.speed else 0.0
        pan = self._pan_width * going / self.seconds
        return self.start.travel + self.speed * going + pan + back

    @property
    def centre(self) -> float:
        """The travel at which single things stand as composed: half way of a pan."""
        return self._pan_width / 2 if self.start.centre is None else self.start.centre

    def going(self, t: float) -> float:
        """Seconds the camera has been going, which end softly after its move."""
        since = t - self.start.at
        over = max(0.0, since - self.seconds)
        return since - over + _RUNOUT * (1 - math.exp(-over / _RUNOUT))

    def astray(self, t: float) -> float:
        """Pixels by which the subject is off its place: a camera that follows brings it back."""
        start = self.start
        if not self.speed:
            return start.lead
        since = t - start.lead_at
        pull = start.lead_speed + start.lead / _RETURN
        return (start.lead + pull * since) * math.exp(-since / _RETURN)

    def lens(self, t: float) -> float:
        """How much larger the ground looks, but for the breathing of a drifting camera."""
        start, done = self.start.lens, ease((t - self.start.at) / self.seconds)
        if self.move is Move.ZOOM_IN and not self.start.moved:
            return start + (max(start, min(start + 0.14, _CLOSEST)) - start) * done
        if self.move is Move.ZOOM_OUT and not self.start.moved:
            start = start if self.start.at else 1.14
            return start + (1.0 - start) * done
        return start

    def zoom(self, t: float) -> float:
        """How much larger than in the layout the ground looks."""
        breath = 0.02 + 0.02 * math.sin(t * 0.45) if self.move is Move.DRIFT else 0.0
        return self.lens(t) + breath

    @property
    def headroom(self) -> float:
        """How many pixels above the layout the camera sees at most."""
        return 0.16 * self.layout.height if self.move is Move.TILT else 0.0

    def tilt(self, t: float) -> float:
        """Pixels by which the whole picture stands lower than in the layout.

        A clip that begins with a tilt comes down from the sky; later on it goes up to it.
        """
        if self.start.moved:
            return 0.0
        done = ease((t - self.start.at) / (0.85 * self.seconds))
        return self.headroom * (done if self.start.at else 1 - done)

    def view(self, depth: float, t: float) -> Matrix:
        """The matrix of a layer at `depth`; layers begin at the left edge and run on."""
        return self._view(depth, t, self.travel(t))

    def middle(self, depth: float, t: float) -> Matrix:
        """The matrix of a single thing at `depth`: it stands as composed half way of a pan."""
        return self._view(depth, t, self.travel(t) - self.centre)

    def _view(self, depth: float, t: float, travel: float) -> Matrix:
        zoom = 1 + (self.zoom(t) - 1) * depth
        layout = self.layout
        return around(layout.lead[0], layout.horizon, zoom, dx=-travel * depth)


def ease(done: float) -> float:
    """A soft start and stop between 0 and 1."""
    done = min(1.0, max(0.0, done))
    return done * done * (3 - 2 * done)
