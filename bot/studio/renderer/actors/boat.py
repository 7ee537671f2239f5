"""The paper boat, its reflection and its wake."""

import math

from bot.studio.renderer.canvas import Group, at
from bot.studio.renderer.colour import WHITE, mix, rgb
from bot.studio.renderer.path import Path, Point
from bot.studio.renderer.stage import Stage

#: Folds as (outline, how much shade falls on it).
_FOLDS: tuple[tuple[tuple[Point, ...], float], ...] = (
    (((-30, -30), (-9, -30), (0, -74)), 0.16),
    (((-9, -30), (0, -74), (10, -30)), 0.0),
    (((0, -74), (10, -30), (30, -30)), 0.5),
    (((-66, -34), (-30, -30), (0, -22)), 0.28),
    (((66, -34), (30, -30), (0, -22)), 0.6),
    (((-66, -34), (0, -22), (0, 6), (-40, 6)), 0.02),
    (((66, -34), (0, -22), (0, 6), (40, 6)), 0.34),
)


class Boat:
    """A folded boat that rides the swell."""

    def __init__(self, group: Group, stage: Stage, colour: str) -> None:
        palette = stage.palette
        light = palette.lit(mix(rgb(colour), palette.key, 0.12))
        shade = mix(palette.lit(mix(rgb(colour), palette.water, 0.55)), palette.land, 0.2)
        self._mirror, self._wake = group.group(), group.group()
        self._hull = group.group()
        for outline, dark in _FOLDS:
            tone = mix(light, shade, dark)
            self._mirror.fill(Path().polygon(outline), mix(tone, palette.water, 0.35), 0.42)
            self._hull.fill(Path().polygon(outline), tone)
        foam = Path().oval(0, 6, 50, 2.4)
        for index in range(5):
            foam.oval(-58 - 34 * index, 7 + 1.5 * index, 22 + 7 * index, 1.3)
        self._wake.fill(foam, mix(WHITE, palette.key, 0.25), 0.42)

    def show(self, t: float, x: float, y: float, scale: float) -> None:
        """Draw it floating at (x, y)."""
        rise = math.sin(t * 1.7) * 3.5 * scale
        roll = math.sin(t * 1.3 + 0.8) * 4.5
        self._hull.place(at(x, y + rise, scale=scale, degrees=roll))
        self._mirror.place(
            at(x, y + 10 * scale - rise * 0.5, scale=scale, stretch=-0.78, degrees=-roll)
        )
        self._wake.place(at(x, y + rise * 0.4, scale=scale))
