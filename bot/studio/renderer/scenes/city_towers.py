"""The skyline of the city."""

import math

from bot.studio.renderer.box import Box
from bot.studio.renderer.canvas import Group, Shape
from bot.studio.renderer.colour import BLACK, WHITE, mix, rgb
from bot.studio.renderer.path import Path
from bot.studio.renderer.spec import Weather
from bot.studio.renderer.stage import Stage


class Towers:
    """A skyline of blocks with windows, some of which go on and off; masts blink."""

    def __init__(self, group: Group, stage: Stage, name: str, *, tall: float, haze: float) -> None:
        self._blinking: list[tuple[Shape, float]] = []
        self._changing: list[Shape] = []
        layout, palette, unit = stage.layout, stage.palette, stage.layout.unit
        stream = stage.streams.named(name)
        wall = mix(palette.land, palette.haze, haze)
        shade = mix(wall, (10, 14, 36), 0.16)
        walls, sides, masts, crowns = Path(), Path(), Path(), Path()
        panes = [Path() for _ in range(4)]
        depth = 0.09
        x, end = -0.05 * layout.width, stage.span(depth)
        near = 1.0 if haze < 0.5 else 0.7
        while x < end:
            wide, high, roof, shape = stream.random(4).tolist()
            width = unit * (58 + 62 * wide) * (0.8 + 0.3 * near)
            # The skyline rises towards its middle and dips where the sun stands.
            hill = 0.62 + 0.38 * math.sin(math.pi * min(1.0, max(0.0, x / layout.width)))
            height = layout.horizon * tall * (0.34 + 0.46 * high) * hill
            if layout.portrait:
                height *= 0.86
            top = layout.horizon - height
            walls.rect(x, top, width, height + 4 * unit)
            sides.rect(x + width * 0.66, top, width * 0.34, height + 4 * unit)
            crowns.rect(x, top, width, 2.2 * unit)
            if roof > 0.72:
                masts.rect(x + width * 0.48, top - 34 * unit, 2.2 * unit, 34 * unit)
                light = group.fill(
                    Path().circle(x + width * 0.48 + unit, top - 35 * unit, 2.6 * unit),
                    rgb("#ff5a4d"),
                )
                self._blinking.append((light, shape * 3))
            elif roof > 0.45:
                walls.rect(x + width * 0.2, top - 14 * unit, width * 0.6, 15 * unit)
                crowns.rect(x + width * 0.2, top - 14 * unit, width * 0.6, 2.2 * unit)
            elif roof > 0.3:
                walls.polygon(((x, top), (x + width * 0.5, top - 30 * unit), (x + width, top)))
            box = Box(x, top, x + width, layout.horizon)
            _windows(stream.random((40, 9)).tolist(), panes, box, unit)
            x += width * (0.86 + 0.35 * roof)
        masts_tone = mix(wall, (10, 14, 36), 0.3)
        group.fill(masts, masts_tone)
        group.fill(walls, wall)
        group.fill(sides, shade, 0.75)
        cap = WHITE if stage.spec.weather is Weather.SNOW else palette.key
        group.fill(crowns, mix(wall, cap, 0.6), 0.8)
        dim = mix(wall, palette.sky[2] if not stage.dark else BLACK, 0.35)
        lit = [
            mix(rgb(text), palette.haze, haze * 0.35) for text in ("#ffd98a", "#ffc070", "#cfe6ff")
        ]
        strength = 0.95 if stage.dark else 0.35
        group.fill(panes[0], dim, 0.7)
        for pane, tone in zip(panes[1:], lit, strict=True):
            node = group.fill(pane, tone if stage.dark else mix(wall, tone, 0.5), strength)
            self._changing.append(node)

    def show(self, t: float) -> None:
        for light, phase in self._blinking:
            light.fade(0.2 + 0.8 * max(0.0, math.sin(t * 2.6 + phase)) ** 3)
        self._changing[-1].fade(0.75 + 0.25 * math.sin(t * 0.7))


def _windows(lots: list[list[float]], panes: list[Path], box: Box, unit: float) -> None:
    """A grid of windows over a tower: dark ones, and lit ones in three tones."""
    columns = max(2, round(box.width / (17 * unit)))
    rows = min(len(lots), max(2, round(box.height / (21 * unit))))
    gap = box.width / columns
    for row in range(rows):
        for column in range(columns):
            lot = lots[row][column % 9]
            index = 0 if lot < 0.5 else min(3, 1 + int((lot - 0.5) * 6))
            left = box.left + gap * (column + 0.26)
            panes[index].rect(left, box.top + (9 + 21 * row) * unit, gap * 0.48, 11 * unit)
