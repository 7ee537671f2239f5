"""Land as layers: skylines, what lies below them, and groups that the camera moves by depth."""

import math
from collections.abc import Sequence

import numpy as np

from bot.studio.renderer.canvas import Group
from bot.studio.renderer.path import Path, Point
from bot.studio.renderer.stage import Stage


def skyline(
    stage: Stage,
    stream: np.random.Generator,
    *,
    depth: float,
    base: float,
    height: float,
    period: float,
    peaked: float = 0.0,
    octaves: int = 4,
    step: float = 14.0,
) -> list[Point]:
    """Waves of rising frequency, pointed where `peaked`; they rise up to `height` over `base`.

    Lengths are in pixels, but `step` in units. It runs from beyond the left edge as far as
    a layer at `depth` is ever seen.
    """
    unit = stage.layout.unit
    x = np.arange(-40 * unit, stage.span(depth) + 40 * unit, step * unit)
    y = np.zeros_like(x)
    for octave in range(octaves):
        length = period / (1.9**octave) * (0.8 + 0.4 * stream.random())
        wave = np.sin(x / length * math.tau + stream.random() * math.tau)
        y += ((1 - peaked) * wave + peaked * (1 - 2 * np.abs(wave))) / 2.0**octave
    rise = (0.5 + 0.3 * y).clip(0.04, None) * height
    return list(zip(x.tolist(), (base - rise).tolist(), strict=True))


def below(edge: Sequence[Point], bottom: float) -> Path:
    """All that lies between a skyline and `bottom`."""
    return Path().polygon([*edge, (edge[-1][0], bottom), (edge[0][0], bottom)])


def rim(edge: Sequence[Point], thick: float) -> Path:
    """A thin band along a skyline: filling it costs half of stroking it."""
    return Path().polygon([*edge, *((x, y + thick) for x, y in reversed(edge))])


def height_at(edge: Sequence[Point], x: float) -> float:
    """Where a skyline stands at `x`."""
    step = edge[1][0] - edge[0][0]
    index = min(len(edge) - 1, max(0, round((x - edge[0][0]) / step)))
    return edge[index][1]


class Layers:
    """Groups at their depths. Wide ones run past the camera, single things stand as composed."""

    def __init__(self, stage: Stage) -> None:
        self._camera = stage.camera
        self._wide: list[tuple[Group, float]] = []
        self._single: list[tuple[Group, float]] = []

    def wide(self, group: Group, depth: float) -> Group:
        """Add a layer that begins at the left edge and runs on."""
        layer = group.group()
        self._wide.append((layer, depth))
        return layer

    def single(self, group: Group, depth: float) -> Group:
        """Add a layer for things that stand where the layout has them."""
        layer = group.group()
        self._single.append((layer, depth))
        return layer

    def show(self, t: float) -> None:
        for layer, depth in self._wide:
            layer.place(self._camera.view(depth, t))
        for layer, depth in self._single:
            layer.place(self._camera.middle(depth, t))
