"""The camera: how far each depth moves and grows at a moment.

Depth 0 is the sky, which never moves; 1 is the ground the cat stands on. Growth is
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
    #: Pixels per second the ground passes by, because the camera follows a walking cat.
    speed: float = 0.0

    @property
    def reach(self) -> float:
        """How many pixels the ground passes by in all."""
        return self.speed * self.seconds + self._pan_width

    @property
    def _pan_width(self) -> float:
        share = {Move.PAN: 0.34, Move.DRIFT: 0.10}.get(self.move, 0.0)
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

    def view(self, depth: float, t: float) -> Matrix:
        """The matrix of everything at `depth`."""
        zoom = 1 + (self.zoom(t) - 1) * depth
        layout = self.layout
        return around(layout.cat[0], layout.horizon, zoom, dx=-self.travel(t) * depth)


def ease(done: float) -> float:
    """A soft start and stop between 0 and 1."""
    done = min(1.0, max(0.0, done))
    return done * done * (3 - 2 * done)
