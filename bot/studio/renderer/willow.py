"""Willow strands that hang into an upper corner and frame the picture."""

import math

import numpy as np

from bot.studio.renderer.canvas import Group, Shape
from bot.studio.renderer.colour import mix, rgb
from bot.studio.renderer.path import Path
from bot.studio.renderer.spec import Weather
from bot.studio.renderer.stage import Stage

_STRANDS = 13


class Willow:
    """Strands of leaves, swaying one after the other; some seeds have none."""

    def __init__(self, group: Group, stage: Stage) -> None:
        self._stage = stage
        self._strands: list[tuple[Shape, float, float]] = []
        stream = stage.streams.named("willow")
        if stream.random() > (0.85 if stage.layout.portrait else 0.5):
            return
        shade = mix(stage.palette.land, (14, 18, 16), 0.45)
        leaf = mix(mix(stage.palette.grass, shade, 0.35), stage.palette.key, 0.08)
        if stage.spec.weather is Weather.SNOW:
            leaf = mix(shade, rgb("#dfe7ef"), 0.45)
        unit, width = stage.layout.unit, stage.layout.width
        reach = (300 + 120 * float(stream.random())) * unit
        for index in range(_STRANDS):
            inward = index / (_STRANDS - 1)
            length = (205 * (1 - inward) ** 1.3 + 34) * (0.7 + 0.5 * float(stream.random()))
            back = index % 2 == 0
            path = _strand(stream, length * unit, unit * (0.85 if back else 1.0))
            node = group.fill(path, mix(leaf, shade, 0.5) if back else leaf)
            x = width + 14 * unit - inward * reach + 12 * unit * float(stream.normal())
            self._strands.append((node, x, index * 0.55 + float(stream.random())))

    def show(self, t: float) -> None:
        top = -8 * self._stage.layout.unit - self._stage.camera.headroom
        for node, x, phase in self._strands:
            lean = 0.06 * math.sin(t * 1.1 + phase) + 0.025 * math.sin(t * 2.7 + phase * 2)
            node.place((1.0, lean, x, 0.0, 1.0, top))


def _strand(stream: np.random.Generator, length: float, unit: float) -> Path:
    """A stem with narrow leaves on both sides, shorter towards its end."""
    path = Path().polygon(
        ((-1.2 * unit, 0), (1.2 * unit, 0), (0.5 * unit, length), (-0.5 * unit, length))
    )
    count = max(5, round(length / (7.5 * unit)))
    for leaf in range(count):
        along = (leaf + 0.6) / count
        side = -1 if leaf % 2 else 1
        turn = math.pi / 2 - side * (0.35 + 0.45 * float(stream.random()))
        size = (19 + 9 * float(stream.random())) * (1.05 - 0.45 * along) * unit
        _leaf(path, along * length, turn, size)
    return path


def _leaf(path: Path, y: float, turn: float, length: float) -> None:
    cos, sin = math.cos(turn) * length, math.sin(turn) * length
    wide = 0.30
    path.move(0, y)
    path.quad(0.5 * cos + wide * sin, y + 0.5 * sin - wide * cos, cos, y + sin)
    path.quad(0.5 * cos - wide * sin, y + 0.5 * sin + wide * cos, 0, y).close()
