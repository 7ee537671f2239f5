"""What rises from a sleeper."""

import math

from bot.studio.renderer.canvas import Group
from bot.studio.renderer.colour import WHITE
from bot.studio.renderer.path import Path
from bot.studio.renderer.stage import Stage

_COUNT = 3
_ZED = ((-6, -7), (6, -7), (-6, 7), (6, 7))


class Dreams:
    """Letters Z that rise, grow and fade; in a mirrored scene they still read as Z."""

    def __init__(self, group: Group, stage: Stage) -> None:
        self._letters = [group.line(Path().polyline(_ZED), WHITE, 2.4, 0.85) for _ in range(_COUNT)]
        self._turned = -1.0 if stage.layout.mirrored else 1.0

    def show(self, t: float, x: float, y: float) -> None:
        """Let them rise from (x, y) to the upper right."""
        for index, letter in enumerate(self._letters):
            age = (t / 3.6 + index / _COUNT) % 1
            sway = 5 * math.sin(t * 1.6 + index * 2)
            size = 0.35 + 0.55 * age
            letter.place((size * self._turned, 0.0, x + 34 * age + sway, 0.0, size, y - 50 * age))
            letter.fade(math.sin(math.pi * age) ** 0.7)
