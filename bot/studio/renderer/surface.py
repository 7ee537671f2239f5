"""The water's surface: glitter under the light, ripples everywhere."""

import math
from dataclasses import dataclass

from bot.studio.renderer.canvas import Group, Shape, at
from bot.studio.renderer.colour import WHITE, mix
from bot.studio.renderer.path import Path
from bot.studio.renderer.stage import Stage

_GLITTER_ROWS, _RIPPLE_ROWS, _RHYTHMS = 14, 11, 3


@dataclass(frozen=True, slots=True)
class _Row:
    node: Shape
    depth: float
    y: float
    phase: float
    pace: float


class Surface:
    """Short bright strokes in rows; near rows are larger, slower and move more."""

    def __init__(self, group: Group, stage: Stage) -> None:
        self._stage = stage
        self._ripples = [
            self._ripple(group, row, rhythm)
            for row in range(_RIPPLE_ROWS)
            for rhythm in range(_RHYTHMS)
        ]
        self._glitter = [
            self._glint(group, row, rhythm)
            for row in range(_GLITTER_ROWS)
            for rhythm in range(_RHYTHMS)
        ]

    def _row_at(self, place: float) -> tuple[float, float]:
        """(y, nearness) of a row; rows crowd towards the horizon."""
        layout = self._stage.layout
        near = place**1.7
        top = layout.horizon + 5 * layout.unit
        return top + (layout.bank + 24 * layout.unit - top) * near, near

    def _ripple(self, group: Group, row: int, rhythm: int) -> _Row:
        stage, unit = self._stage, self._stage.layout.unit
        stream = stage.streams.named(f"ripples {row} {rhythm}")
        y, near = self._row_at((row + 0.2 + 0.6 * float(stream.random())) / _RIPPLE_ROWS)
        depth = 0.18 + 0.62 * near
        path = Path()
        count = round((9 - 6 * near) * stage.span(depth) / stage.layout.width)
        for x, size, lift in stream.random((count, 3)).tolist():
            half = unit * (10 + 26 * size) * (0.35 + 1.1 * near)
            place = x * stage.span(depth) - 40 * unit
            rise = (lift - 0.5) * 16 * near * unit
            path.oval(place, rise, half, unit * (0.7 + 1.0 * near))
        light = rhythm != 0
        colour = (
            mix(stage.palette.water, mix(stage.palette.sky[3], WHITE, 0.35), 0.75)
            if light
            else mix(stage.palette.water, (6, 14, 30), 0.45)
        )
        return _Row(
            group.fill(path, colour, 0.5 if light else 0.32),
            depth,
            y,
            float(stream.random()) * math.tau,
            0.8 + float(stream.random()),
        )

    def _glint(self, group: Group, row: int, rhythm: int) -> _Row:
        stage, unit = self._stage, self._stage.layout.unit
        stream = stage.streams.named(f"glitter {row} {rhythm}")
        y, near = self._row_at((row + float(stream.random())) / _GLITTER_ROWS)
        path = Path()
        spread = (30 + 150 * near) * unit
        for offset, size, lift in stream.random((5, 3)).tolist():
            half = unit * (5 + 15 * size) * (0.45 + 1.25 * near)
            x = (offset + stream.random() - 1.0) * spread
            path.oval(x, (lift - 0.5) * 14 * near * unit, half, unit * (0.8 + 1.5 * near))
        colour = stage.palette.disc if rhythm else stage.palette.key
        strength = 0.25 + 0.75 * min(1.0, stage.palette.glow / 0.55)
        return _Row(
            group.fill(path, colour, 0.9 * strength * (1 - 0.45 * near)),
            near,
            y,
            float(stream.random()) * math.tau,
            1.6 + 1.8 * float(stream.random()),
        )

    def show(self, t: float) -> None:
        layout, camera = self._stage.layout, self._stage.camera
        for row in self._ripples:
            sway = math.sin(t * 0.6 * row.pace + row.phase) * 9 * layout.unit * row.depth
            a, _, c, _, e, f = camera.view(row.depth, t)
            row.node.place((a, 0.0, c + sway, 0.0, 1.0, e * row.y + f))
            row.node.fade(0.25 + 0.75 * math.sin(t * row.pace * 0.8 + row.phase) ** 2)
        for row in self._glitter:
            sway = math.sin(t * 0.9 + row.phase) * 7 * layout.unit * (0.3 + row.depth)
            y = camera.view(row.depth, t)
            row.node.place(at(layout.sun[0] + sway, y[4] * row.y + y[5]))
            row.node.fade(max(0.0, math.sin(t * row.pace + row.phase)) ** 0.7)
