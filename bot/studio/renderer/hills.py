"""The far shore: ridges behind ridges, trees, and their reflection in the water."""

import math

import numpy as np

from bot.studio.renderer.canvas import Group, Matrix, Node
from bot.studio.renderer.colour import WHITE, Colour, mix
from bot.studio.renderer.path import Path, Point
from bot.studio.renderer.stage import Stage

#: (height, depth, haze, peaked) from the farthest ridge to the shore.
_RIDGES = ((96.0, 0.05, 0.80, 0.75), (58.0, 0.10, 0.60, 0.25), (24.0, 0.17, 0.34, 0.0))
_STEP = 12.0
_FLATTEN = 0.62


class Hills:
    """Three ridges at their own depths; the nearest carries trees."""

    def __init__(self, group: Group, water: Group, stage: Stage) -> None:
        self._stage = stage
        self._layers: list[tuple[float, Node, Node]] = []
        stream = stage.streams.named("hills")
        tall = 1.25 if stage.layout.portrait else 1.0
        wild = 0.7 + 0.7 * float(stream.random())
        for index, (height, depth, haze, peaked) in enumerate(_RIDGES):
            edge = self._edge(stream, height * tall * (wild if index < 2 else 1.0), depth, peaked)
            colour = mix(stage.palette.land, stage.palette.haze, haze)
            layer, mirror = group.group(), water.group()
            trees = self._trees(edge) if index == len(_RIDGES) - 1 else Path()
            self._draw(layer, edge, trees, colour, snow=stage.spec.snowy_hills and index < 2)
            outline = _ground(edge, stage.layout.horizon).extend(trees)
            mirror.fill(outline, mix(colour, stage.palette.water, 0.3), 0.30)
            self._layers.append((depth, layer, mirror))

    def _edge(
        self, stream: np.random.Generator, height: float, depth: float, peaked: float
    ) -> list[Point]:
        """A skyline: waves of rising frequency, pointed where `peaked`."""
        layout, unit = self._stage.layout, self._stage.layout.unit
        x = np.arange(-60 * unit, self._stage.span(depth) + 60 * unit, _STEP * unit)
        y = np.zeros_like(x)
        for octave in range(5):
            period = 620 * unit / (1.9**octave) * (0.8 + 0.4 * stream.random())
            wave = np.sin(x / period * math.tau + stream.random() * math.tau)
            y += ((1 - peaked) * wave + peaked * (1 - 2 * np.abs(wave))) / 1.95**octave
        rise = (0.52 + 0.32 * y).clip(0.06, None) * height * unit
        return list(zip(x.tolist(), (layout.horizon - rise).tolist(), strict=True))

    def _draw(
        self, group: Group, edge: list[Point], trees: Path, colour: Colour, *, snow: bool
    ) -> None:
        palette, layout = self._stage.palette, self._stage.layout
        group.fill(_ground(edge, layout.horizon), colour)
        if snow:
            floor = [(x, _snowline(x, y, layout.horizon, layout.unit)) for x, y in edge]
            caps = _ground(edge, layout.horizon, floor)
            group.fill(caps, mix(colour, WHITE, 0.72), 0.9)
        # The lit edge is a thin filled band: stroking a long skyline takes half as long again.
        rim = [(x, y + 1.7 * layout.unit) for x, y in edge]
        group.fill(_ground(edge, 0, rim), mix(colour, palette.key, 0.5), 0.6)
        if len(trees.commands):
            group.fill(trees, mix(colour, palette.land, 0.35))
        for drop, veil in ((0.38, 0.20), (0.72, 0.26)):
            low = [(x, y + (layout.horizon - y) * drop) for x, y in edge]
            group.fill(_ground(low, layout.horizon), palette.haze, veil)

    def _trees(self, edge: list[Point]) -> Path:
        """Groves of round trees and pines, thick in places and absent in others."""
        stream = self._stage.streams.named("trees")
        unit, path = self._stage.layout.unit, Path()
        pines = float(stream.random())
        index = 0
        while index < len(edge) - 1:
            index += 2 + int(stream.exponential(2.6 if stream.random() < 0.75 else 15))
            if index >= len(edge):
                break
            x, y = edge[index]
            size = unit * (20 + 30 * float(stream.random()))
            tree = _pine if stream.random() < pines else round_tree
            tree(path, x, y + 3 * unit, size)
        return path

    def show(self, t: float) -> None:
        horizon = self._stage.layout.horizon
        for depth, layer, mirror in self._layers:
            view = self._stage.camera.view(depth, t)
            layer.place(view)
            mirror.place(_reflected(view, horizon))


def _reflected(view: Matrix, horizon: float) -> Matrix:
    """The same view upside down below the horizon, foreshortened."""
    a, b, c, _, e, f = view
    return (a, b, c, 0.0, -e * _FLATTEN, horizon + (horizon - f) * _FLATTEN)


def _ground(edge: list[Point], bottom: float, floor: list[Point] | None = None) -> Path:
    under = reversed(floor) if floor else ((edge[-1][0], bottom), (edge[0][0], bottom))
    return Path().polygon([*edge, *under])


def _snowline(x: float, y: float, horizon: float, unit: float) -> float:
    """The lower edge of the snow on a hill: ragged, and only on high ground."""
    above = max(0.0, horizon - y - 34 * unit)
    return y + above * (0.5 + 0.22 * math.sin(x / (9 * unit)) + 0.14 * math.sin(x / (4 * unit)))


def round_tree(path: Path, x: float, y: float, size: float) -> None:
    """Add a distant tree with a round crown; its foot is at (x, y)."""
    path.rect(x - size * 0.06, y - size * 0.8, size * 0.12, size * 0.85)
    path.circle(x, y - size * 1.05, size * 0.50)
    path.circle(x - size * 0.36, y - size * 0.76, size * 0.36)
    path.circle(x + size * 0.36, y - size * 0.78, size * 0.38)


def _pine(path: Path, x: float, y: float, size: float) -> None:
    height, width = size * 1.75, size * 0.46
    path.rect(x - size * 0.05, y - height * 0.2, size * 0.1, height * 0.22)
    for tier in range(3):
        base, half = y - height * (0.12 + 0.26 * tier), width * (1 - 0.25 * tier)
        path.polygon(((x - half, base), (x, base - height * 0.46), (x + half, base)))
