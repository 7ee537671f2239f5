"""The camera: how far each depth moves and grows at a moment.

Depth 0 is the sky, which never moves; 1 is the ground the lead stands on. Growth is
about the horizon, so that sky and water, which are painted once, always meet there.
"""

import math
from dataclasses import dataclass

from bot.studio.renderer.canvas import Matrix, around
from bot.studio.renderer.layout import Layout
from bot.studio.renderer.spec import Move


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """One camera move over one clip."""

    layout: Layout
    move: Move
    seconds: float
    #: Pixels per second the ground passes by, because the camera follows a subject.
    speed: float = 0.0

    @property
    def reach(self) -> float:
        """How many pixels the ground passes by in all."""
        return self.speed * self.seconds + self._pan_width

    @property
    def _pan_width(self) -> float:
        share = {Move.PAN: 0.24, Move.DRIFT: 0.06, Move.TRACK: 0.06}.get(self.move, 0.0)
        return share * self.layout.width

    def travel(self, t: float) -> float:
        """Pixels the ground has passed by, at depth 1."""
        return self.speed * t + self._pan_width * t / self.seconds

    def zoom(self, t: float) -> float:
        """How much larger than in the layout the ground looks."""
        done = ease(t / self.seconds)
        if self.move is Move.ZOOM_IN:
            return 1.0 + 0.14 * done
        if self.move is Move.ZOOM_OUT:
            return 1.14 - 0.14 * done
        if self.move is Move.DRIFT:
            return 1.02 + 0.02 * math.sin(t * 0.45)
        return 1.0

    @property
    def headroom(self) -> float:
        """How many pixels above the layout the camera sees at most."""
        return 0.16 * self.layout.height if self.move is Move.TILT else 0.0

    def tilt(self, t: float) -> float:
        """Pixels by which the whole picture stands lower than in the layout."""
        return self.headroom * (1 - ease(t / (0.85 * self.seconds)))

    def view(self, depth: float, t: float) -> Matrix:
        """The matrix of a layer at `depth`; layers begin at the left edge and run on."""
        return self._view(depth, t, self.travel(t))

    def middle(self, depth: float, t: float) -> Matrix:
        """The matrix of a single thing at `depth`: it stands as composed half way of a pan."""
        return self._view(depth, t, self.travel(t) - self._pan_width / 2)

    def _view(self, depth: float, t: float, travel: float) -> Matrix:
        zoom = 1 + (self.zoom(t) - 1) * depth
        layout = self.layout
        return around(layout.lead[0], layout.horizon, zoom, dx=-travel * depth)


def ease(done: float) -> float:
    """A soft start and stop between 0 and 1."""
    done = min(1.0, max(0.0, done))
    return done * done * (3 - 2 * done)
