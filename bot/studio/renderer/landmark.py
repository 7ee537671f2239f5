"""What people built on the far shore: a cottage, a lighthouse, or nothing."""

import math

from bot.studio.renderer.canvas import Group, Shape, at
from bot.studio.renderer.colour import WHITE, Colour, mix, rgb
from bot.studio.renderer.path import Path
from bot.studio.renderer.spec import Light, Setting
from bot.studio.renderer.stage import Stage

_DEPTH = 0.17
_LAMP = rgb("#ffd98a")
_FLATTEN = 0.62


class Landmark:
    """One building, its lit window and its reflection; the seed says which and where."""

    def __init__(self, shore: Group, water: Group, stage: Stage) -> None:
        self._stage = stage
        stream = stage.streams.named("landmark")
        kind, place, hue = stream.random(3).tolist()
        self._x = stage.layout.width * (0.10 + 0.34 * place)
        self._moving: list[Shape] = []
        self._node, self._mirror = shore.group(), water.group()
        if kind < 0.38:
            return
        colour = rgb(("#b5533c", "#4f6d8f", "#7b5a8c")[int(hue * 3)])
        inland = stage.spec.setting is Setting.MOUNTAINS
        build = self._cottage if inland or kind < 0.72 else self._lighthouse
        for group, alpha in ((self._node, 1.0), (self._mirror, 0.35)):
            build(group, colour, alpha)

    def _tone(self, colour: Colour) -> Colour:
        """Distance takes some of a colour away."""
        palette = self._stage.palette
        return mix(palette.lit(colour), palette.haze, 0.38)

    def _cottage(self, group: Group, roof: Colour, alpha: float) -> None:
        wall, tiles = self._tone(rgb("#f2e3cd")), self._tone(roof)
        group.fill(Path().rect(13, -42, 6, 18), mix(wall, tiles, 0.5), alpha)
        group.fill(Path().rect(-24, -22, 48, 24), wall, alpha)
        group.fill(Path().rect(2, -22, 22, 24), mix(wall, tiles, 0.14), alpha)
        group.fill(Path().polygon(((-30, -21), (-14, -39), (22, -39), (30, -21))), tiles, alpha)
        group.fill(Path().rect(-4, -13, 8, 15), mix(tiles, (40, 30, 30), 0.4), alpha)
        self._window(group, Path().rect(-18, -15, 8, 8).rect(11, -15, 8, 8), alpha)
        if group is self._node and self._stage.spec.light is not Light.STORM:
            smoke = mix(self._stage.palette.haze, WHITE, 0.4)
            puffs = (Path().circle(0, 0, 5) for _ in range(4))
            self._moving = [group.fill(puff, smoke, 0.6) for puff in puffs]

    def _lighthouse(self, group: Group, bands: Colour, alpha: float) -> None:
        wall, stripe = self._tone(rgb("#f7f1e6")), self._tone(bands)
        group.fill(Path().oval(0, 2, 30, 7), self._tone(self._stage.palette.land), alpha)
        group.fill(_tower(0, 78), wall, alpha)
        for low in (14, 44):
            group.fill(_tower(low, low + 15), stripe, alpha)
        group.fill(Path().rect(-8.5, -81, 17, 3.5), mix(stripe, (20, 20, 30), 0.4), alpha)
        self._window(group, Path().rect(-5, -92, 10, 11), alpha)
        group.fill(Path().polygon(((-8, -92), (0, -101), (8, -92))), stripe, alpha)

    def _window(self, group: Group, panes: Path, alpha: float) -> None:
        dark = self._stage.dark
        pane = _LAMP if dark else self._tone(rgb("#5b7288"))
        group.fill(panes, pane, alpha)
        if dark and group is self._node:
            points = panes.points
            for start in range(0, len(points), 8):
                x, y = points[start] + 4, points[start + 1] + 4
                for radius, strength in ((16, 0.10), (9, 0.18)):
                    group.fill(Path().circle(x, y, radius), _LAMP, strength)

    def show(self, t: float) -> None:
        layout = self._stage.layout
        a, _, c, _, e, f = self._stage.camera.view(_DEPTH, t)
        size = layout.unit * (1.25 if layout.portrait else 1.0)
        foot = layout.horizon - 4 * layout.unit
        x, y = a * self._x + c, e * foot + f
        self._node.place(at(x, y, scale=size * a))
        below = layout.horizon + (layout.horizon - y) * _FLATTEN
        self._mirror.place(at(x, below, scale=size * a, stretch=-_FLATTEN))
        for index, puff in enumerate(self._moving):
            age = (t / 5 + index / len(self._moving)) % 1
            drift = 16 * age**1.5 + 2 * math.sin(t + index * 2)
            puff.place(at(16 + drift, -44 - 34 * age, scale=0.5 + 1.1 * age))
            puff.fade((1 - age) * min(1.0, age * 6))


def _tower(low: float, high: float) -> Path:
    """A slice of a tower that narrows upwards."""
    wide, narrow = (11 - 5 * height / 78 for height in (low, high))
    return Path().polygon(((-wide, -low), (-narrow, -high), (narrow, -high), (wide, -low)))
