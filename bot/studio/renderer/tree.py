"""Trees near enough to show their leaves: a broad crown in tones, and a layered pine."""

import math

import numpy as np

from bot.studio.renderer.canvas import Group, at
from bot.studio.renderer.colour import WHITE, Colour, mix, rgb
from bot.studio.renderer.path import Path, ribbon
from bot.studio.renderer.spec import Weather
from bot.studio.renderer.stage import Stage

#: The clumps of a crown around its middle, as (x, y, radius) in crown widths.
_CLUMPS = (
    (-0.34, 0.06, 0.24),
    (0.34, 0.08, 0.23),
    (-0.20, -0.20, 0.26),
    (0.20, -0.18, 0.25),
    (0.0, -0.34, 0.24),
    (0.0, 0.02, 0.28),
    (-0.12, 0.16, 0.20),
    (0.16, 0.18, 0.19),
)


class Tree:
    """A broad tree with its foot at (x, y); its crown sways clump by clump."""

    def __init__(self, group: Group, stage: Stage, *, x: float, y: float, height: float) -> None:
        self._stage, self._x, self._y = stage, x, y
        self._node = group.group()
        stream = stage.streams.named("tree")
        palette = stage.palette
        bark = mix(palette.lit(rgb("#6b4a35")), palette.haze, 0.12)
        trunk = [(0.0, 0.0), (height * 0.02, -height * 0.2), (-height * 0.01, -height * 0.5)]
        self._node.fill(ribbon(trunk, [height * 0.10, height * 0.075, height * 0.05]), bark)
        for side in (-1, 1):
            branch = [(0.0, -height * 0.34), (side * height * 0.16, -height * 0.58)]
            self._node.fill(ribbon(branch, [height * 0.045, height * 0.02]), bark)
        self._clumps = [
            (self._clump(stream, height, *clump), clump[0] * height, clump[1] * height)
            for clump in _CLUMPS
        ]
        self._lift = height * 0.70
        self._node.place(at(x, y))

    def _tones(self) -> tuple[Colour, Colour, Colour]:
        palette = self._stage.palette
        leaf = palette.grass
        if self._stage.spec.weather is Weather.SNOW:
            leaf = mix(palette.lit(rgb("#7d8f86")), palette.land, 0.2)
            return mix(leaf, palette.land, 0.4), mix(leaf, WHITE, 0.35), mix(leaf, WHITE, 0.75)
        dark = mix(mix(leaf, palette.land, 0.3), (6, 14, 22), 0.30)
        return dark, mix(leaf, dark, 0.35), mix(leaf, palette.key, 0.30)

    def _clump(
        self, stream: np.random.Generator, height: float, x: float, y: float, radius: float
    ) -> Group:
        del x, y  # where it goes is set by `show`
        node, size = self._node.group(), radius * height
        for (grow, right, up), tone in zip(
            ((1.0, 0.0, 0.0), (0.86, 0.05, -0.12), (0.6, 0.14, -0.34)), self._tones(), strict=True
        ):
            turn = float(stream.random()) * math.tau
            path = _scalloped(right * size, up * size, size * grow, turn)
            node.fill(path, tone)
        return node

    def show(self, t: float) -> None:
        wind = self._stage.wind
        for index, (node, x, y) in enumerate(self._clumps):
            sway = wind * math.sin(t * 0.9 * wind**0.5 + index * 0.9) * self._lift * 0.008
            node.place(at(x + sway, y - self._lift + sway * 0.3))


def _scalloped(x: float, y: float, radius: float, turn: float) -> Path:
    """A round outline of eight bumps: what a heap of circles looks like, at a tenth of the cost."""
    points = []
    for index in range(48):
        angle = index / 48 * math.tau
        reach = radius * (0.82 + 0.18 * abs(math.sin(4 * angle + turn)) ** 0.8)
        points.append((x + math.cos(angle) * reach, y + math.sin(angle) * reach * 0.9))
    return Path().polygon(points)


def pine(path: Path, x: float, y: float, height: float, *, tiers: int = 4) -> None:
    """Add a pine with its foot at (x, y): tiers of drooping boughs."""
    path.rect(x - height * 0.025, y - height * 0.16, height * 0.05, height * 0.17)
    for tier in range(tiers):
        share = tier / tiers
        base = y - height * (0.10 + 0.80 * share)
        half = height * 0.25 * (1 - 0.78 * share)
        top = base - height * (0.42 - 0.16 * share)
        path.move(x, top).quad(x + half * 0.35, base - half * 0.5, x + half, base)
        path.quad(x + half * 0.5, base + half * 0.10, x + half * 0.4, base - half * 0.08)
        path.quad(x, base + half * 0.22, x - half * 0.4, base - half * 0.08)
        path.quad(x - half * 0.5, base + half * 0.10, x - half, base)
        path.quad(x - half * 0.35, base - half * 0.5, x, top).close()
