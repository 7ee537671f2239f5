"""The paper boat: on water with its reflection and wake, elsewhere a toy that stands."""

import math

from bot.studio.renderer.canvas import Group, at
from bot.studio.renderer.colour import BLACK, WHITE, mix, rgb
from bot.studio.renderer.path import Path, Point
from bot.studio.renderer.spec import Setting
from bot.studio.renderer.stage import Stage

_PAPER = "#fbf7ee"

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
    """A folded boat that rides the swell, or stands where there is none."""

    def __init__(
        self, group: Group, stage: Stage, *, hue: str | None = None, haste: float = 1.0
    ) -> None:
        del haste  # it goes with the water
        palette, paper = stage.palette, rgb(hue or _PAPER)
        self._afloat = stage.spec.setting in (Setting.WATER, Setting.MOUNTAINS)
        light = palette.lit(mix(paper, palette.key, 0.12))
        around = palette.water if self._afloat else palette.grass
        shade = mix(palette.lit(mix(paper, around, 0.55)), palette.land, 0.2)
        self._mirror, self._wake = group.group(), group.group()
        self._hull = group.group()
        for outline, dark in _FOLDS:
            tone = mix(light, shade, dark)
            if self._afloat:
                self._mirror.fill(Path().polygon(outline), mix(tone, palette.water, 0.35), 0.42)
            self._hull.fill(Path().polygon(outline), tone)
        if self._afloat:
            self._wake.fill(_foam(), mix(WHITE, palette.key, 0.25), 0.42)
        else:
            self._wake.fill(Path().oval(0, 0, 62, 6.5), mix(palette.grass, BLACK, 0.75), 0.30)

    def show(self, t: float, x: float, y: float, scale: float) -> None:
        """Draw it with its keel at (x, y): floating, or standing still."""
        if not self._afloat:
            self._hull.place(at(x, y - 6 * scale, scale=scale))
            self._wake.place(at(x, y, scale=scale))
            return
        rise = math.sin(t * 1.7) * 3.5 * scale
        roll = math.sin(t * 1.3 + 0.8) * 4.5
        self._hull.place(at(x, y + rise, scale=scale, degrees=roll))
        self._mirror.place(
            at(x, y + 10 * scale - rise * 0.5, scale=scale, stretch=-0.78, degrees=-roll)
        )
        self._wake.place(at(x, y + rise * 0.4, scale=scale))


def _foam() -> Path:
    foam = Path().oval(0, 6, 50, 2.4)
    for index in range(5):
        foam.oval(-58 - 34 * index, 7 + 1.5 * index, 22 + 7 * index, 1.3)
    return foam
