"""The lights of a street: lamps along the kerb, strings of bulbs above."""

import math

from bot.studio.renderer.canvas import Group, Shape, at
from bot.studio.renderer.colour import WHITE, Colour, mix, rgb
from bot.studio.renderer.glow import Glow
from bot.studio.renderer.path import Path
from bot.studio.renderer.stage import Stage

_LAMP = rgb("#ffd591")


_BULBS = ("#ffd27a", "#ff9c7a", "#fff0c0", "#8fd8ff")


class Lamps:
    """Street lamps along the kerb, lit when it is dark."""

    _DEPTH = 0.85

    def __init__(self, frame: Group, stage: Stage) -> None:
        self._stage = stage
        layout, unit, palette = stage.layout, stage.layout.unit, stage.palette
        self._size = unit * (1.45 if layout.portrait else 1.0)
        iron = mix(palette.lit(rgb("#2e3648")), palette.haze, 0.12)
        gap = layout.width * (0.72 if layout.portrait else 0.5)
        count = math.ceil(stage.span(self._DEPTH) / gap) + 1
        self._plane = stage.plane(frame)
        self._lamps: list[tuple[Group, float]] = []
        self._glows: list[Glow] = []
        for index in range(count):
            node = self._plane.group()
            self._draw(node, iron)
            self._lamps.append((node, layout.width * 0.07 + index * gap))
            if stage.dark:
                radius = 105 * self._size
                self._glows.append(
                    Glow(frame, stage, rx=radius, ry=radius, colour=_LAMP, strength=0.5)
                )

    def _draw(self, node: Group, iron: Colour) -> None:
        lamp = _LAMP if self._stage.dark else mix(WHITE, self._stage.palette.haze, 0.3)
        node.fill(Path().polygon(((-7, 0), (-4, -22), (4, -22), (7, 0))), iron)
        node.fill(Path().rect(-2.2, -250, 4.4, 232), iron)
        arm = Path().move(0, -244).cubic(4, -268, 30, -272, 40, -256)
        node.line(arm, iron, 4)
        node.fill(Path().polygon(((30, -256), (50, -256), (46, -266), (34, -266))), iron)
        node.fill(Path().oval(40, -253, 8.5, 6), lamp)

    def show(self, t: float) -> None:
        foot = self._stage.layout.bank + 2 * self._stage.layout.unit
        a, _, c, _, e, f = self._stage.camera.view(self._DEPTH, t)
        for index, (node, x) in enumerate(self._lamps):
            node.place(at(a * x + c, e * foot + f, scale=a * self._size))
            if self._glows:
                y = e * foot + f - 253 * self._size * a
                self._glows[index].put(a * x + c + 40 * self._size * a, y)


class Garland:
    """Two strings of lights across the upper part of the street; they sway a little."""

    def __init__(self, frame: Group, stage: Stage) -> None:
        self._stage = stage
        layout, unit, palette = stage.layout, stage.layout.unit, stage.palette
        world = stage.plane(frame)
        self._strings: list[tuple[Group, float]] = []
        self._bulbs: list[tuple[Shape, float]] = []
        stream = stage.streams.named("garland")
        wire = mix(palette.land, (12, 14, 26), 0.6)
        for index, (start, sag) in enumerate(((0.02, 0.11), (0.13, 0.08))):
            node = world.group()
            wide, high = layout.width * 1.12, layout.height
            path = Path().move(-0.06 * wide, start * high)
            path.quad(wide / 2, (start + 2 * sag) * high, wide * 1.02, (start - 0.01) * high)
            node.line(path, wire, 1.5 * unit, 0.8)
            paths = [Path() for _ in _BULBS]
            halos = Path()
            count = 15 if layout.portrait else 24
            for bulb in range(1, count):
                s = bulb / count
                x = (1 - s) ** 2 * -0.06 * wide + 2 * s * (1 - s) * wide / 2 + s * s * wide * 1.02
                y = (
                    (1 - s) ** 2 * start
                    + 2 * s * (1 - s) * (start + 2 * sag)
                    + s * s * (start - 0.01)
                ) * high
                size = (
                    unit * (3.6 + 0.8 * float(stream.random())) * (1.2 if layout.portrait else 1.0)
                )
                paths[bulb % len(_BULBS)].oval(x, y + 5 * unit, size * 0.8, size)
                halos.circle(x, y + 5 * unit, size * 2.6)
            if stage.dark:
                node.fill(halos, rgb("#ffd27a"), 0.16)
            for turn, (bulbs, text) in enumerate(zip(paths, _BULBS, strict=True)):
                tone = rgb(text) if stage.dark else mix(palette.lit(rgb(text)), palette.haze, 0.2)
                self._bulbs.append((node.fill(bulbs, tone), turn * 1.6 + index))
            self._strings.append((node, index * 1.4))

    def show(self, t: float) -> None:
        top = -self._stage.camera.headroom * 0.4
        for node, phase in self._strings:
            sway = math.sin(t * 0.9 + phase) * 3 * self._stage.layout.unit * self._stage.wind
            node.place(at(sway, top))
        if self._stage.dark:
            for bulbs, phase in self._bulbs:
                bulbs.fade(0.72 + 0.28 * math.sin(t * 2.1 + phase))
