"""The butterfly a playful cat bats at."""

import math

from bot.studio.renderer.canvas import Group, at
from bot.studio.renderer.colour import rgb
from bot.studio.renderer.path import Path, Point
from bot.studio.renderer.stage import Stage

_WINGS = ("#f6a13c", "#6fa8f5", "#f27ca6", "#f4d35e")


class Butterfly:
    """Two wings that fold, on a wandering path in front of the cat."""

    def __init__(self, group: Group, stage: Stage) -> None:
        pick = int(stage.streams.named("butterfly").integers(len(_WINGS)))
        colour = stage.palette.lit(rgb(_WINGS[pick]))
        self._node = group.group()
        self._wings = [self._wing(side, colour) for side in (-1, 1)]
        body = Path().oval(0, 0, 1.3, 5.5)
        self._node.fill(body, rgb("#3a2c2c"))

    def _wing(self, side: int, colour: tuple[float, float, float]) -> Group:
        wing = self._node.group()
        upper = Path().move(0, 0).cubic(side * 3, -13, side * 15, -13, side * 13, -4)
        wing.fill(upper.cubic(side * 12, 1, side * 4, 1, 0, 0).close(), colour)
        lower = Path().move(0, 0).cubic(side * 9, 0, side * 12, 5, side * 8, 9)
        wing.fill(lower.cubic(side * 5, 11, side * 1, 6, 0, 0).close(), colour, 0.85)
        wing.fill(Path().circle(side * 9, -6, 1.8), (255, 255, 255), 0.7)
        return wing

    def show(self, t: float) -> Point:
        """Fly on; the position relative to the cat is returned for its eyes."""
        x = 66 + 15 * math.sin(t * 1.2) + 5 * math.sin(t * 3.1)
        y = -92 + 15 * math.sin(t * 1.7 + 1) + 4 * math.sin(t * 4.3)
        self._node.place(at(x, y, degrees=16 * math.sin(t * 1.3)))
        fold = 0.25 + 0.75 * abs(math.sin(t * 9))
        for wing in self._wings:
            wing.place((fold, 0.0, 0.0, 0.0, 1.0, 0.0))
        return x, y
