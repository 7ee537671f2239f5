"""In the city: towers, a street of shops with neon, traffic, lamps, a pavement."""

import math
from collections.abc import Iterator
from itertools import pairwise

from bot.studio.renderer import background
from bot.studio.renderer.box import Box
from bot.studio.renderer.canvas import Group, Shape, at
from bot.studio.renderer.cast import Cast, Part
from bot.studio.renderer.colour import BLACK, WHITE, Colour, mix, rgb
from bot.studio.renderer.glow import Glow
from bot.studio.renderer.land import Layers
from bot.studio.renderer.path import Path
from bot.studio.renderer.scenes.city_shops import Shops
from bot.studio.renderer.scenes.city_traffic import Traffic
from bot.studio.renderer.sky import Birds, Clouds, Disc, Stars
from bot.studio.renderer.spec import Weather
from bot.studio.renderer.stage import Stage
from bot.studio.renderer.weather import Air, Lightning, Rings

paint = background.paint

_LAMP = rgb("#ffd591")
_BULBS = ("#ffd27a", "#ff9c7a", "#fff0c0", "#8fd8ff")


def dress(frame: Group, stage: Stage, cast: Cast) -> Iterator[Part]:
    """Build the skyline, the street and the pavement."""
    world = stage.plane(frame)
    yield Stars(world, stage)
    Disc(world, stage)
    yield Clouds(world, stage)
    yield Lightning(world, stage)
    yield Birds(world, stage)
    layers = Layers(stage)
    yield layers
    yield Towers(layers.wide(world, 0.04), stage, "far towers", tall=0.95, haze=0.66)
    yield Towers(layers.wide(world, 0.09), stage, "near towers", tall=1.05, haze=0.38)
    _road(world, stage)
    yield Shops(frame, layers.wide(world, 0.28), stage)
    yield cast.aloft(stage.plane(frame))
    yield Traffic(frame, stage)
    yield Lamps(frame, stage)
    ground = stage.plane(frame)
    _pavement(layers.wide(ground, 1.0), stage)
    yield Rings(ground, stage)
    yield cast.standing(ground)
    yield Garland(frame, stage)
    front = Layers(stage)
    yield front
    _planters(front.wide(stage.plane(frame), 1.3), stage)
    yield Air(frame, stage)


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


def _road(group: Group, stage: Stage) -> None:
    """The far pavement and the asphalt, wet in the rain, white in the snow."""
    layout, unit, palette = stage.layout, stage.layout.unit, stage.palette
    top, bottom = layout.horizon, layout.bank + 20 * unit
    stone = mix(palette.grass, palette.haze, 0.18)
    asphalt = mix(mix(palette.grass, (26, 30, 46), 0.62), palette.sky[2], 0.10)
    if stage.spec.weather is Weather.SNOW:
        asphalt = mix(palette.grass, (60, 66, 84), 0.38)
    group.fill(Path().rect(0, top - unit, layout.width, 22 * unit), stone)
    group.fill(
        Path().rect(0, top + 17 * unit, layout.width, 5 * unit), mix(stone, (20, 22, 36), 0.35)
    )
    depth = bottom - top - 22 * unit
    for index in range(6):
        tone = mix(asphalt, palette.haze, 0.16 * (1 - index / 5))
        y = top + 22 * unit + depth * index / 6
        group.fill(Path().rect(0, y, layout.width, bottom - y), tone)


def _pavement(group: Group, stage: Stage) -> None:
    """Kerb and slabs under the cast; the joints run towards a point on the horizon."""
    layout, unit, palette = stage.layout, stage.layout.unit, stage.palette
    left, wide = -0.25 * layout.width, stage.span(1.0) + 0.6 * layout.width
    stone, bank, foot = palette.grass, layout.bank, layout.height * 1.35
    group.fill(Path().rect(left, bank - 3 * unit, wide, 13 * unit), mix(stone, (18, 20, 34), 0.42))
    group.fill(Path().rect(left, bank - 5 * unit, wide, 6 * unit), mix(stone, palette.key, 0.35))
    group.fill(Path().rect(left, bank + 8 * unit, wide, foot - bank), stone)
    joint = mix(stone, (18, 20, 34), 0.28)
    stream = stage.streams.named("slabs")
    tones, lines = [Path(), Path()], Path()
    rows = [8.0]
    while bank + rows[-1] * unit < foot:
        rows.append(rows[-1] + 24 + 0.42 * (rows[-1] - 8))
    for index, (upper, lower) in enumerate(pairwise(rows)):
        lines.rect(left, bank + lower * unit, wide, (1.2 + 0.5 * index) * unit)
        gap = (118 + 40 * index) * unit
        x = left + (index % 2) * gap / 2
        while x < left + wide:
            lot = float(stream.random())
            top, under = bank + upper * unit, bank + lower * unit
            if lot < 0.28:
                tones[lot < 0.14].polygon(((x, top), (x + gap, top), (x + gap, under), (x, under)))
            lines.rect(x, top, (1.2 + 0.5 * index) * unit, under - top)
            x += gap
    group.fill(tones[0], mix(stone, palette.key, 0.10), 0.7)
    group.fill(tones[1], mix(stone, (18, 20, 34), 0.10), 0.7)
    group.fill(lines, joint, 0.8)
    if stage.spec.weather is Weather.RAIN:
        _puddles(group, stage)


def _puddles(group: Group, stage: Stage) -> None:
    layout, unit, palette = stage.layout, stage.layout.unit, stage.palette
    stream = stage.streams.named("puddles")
    pools = Path()
    for x, y, size in stream.random((7, 3)).tolist():
        wide = unit * (50 + 70 * size)
        pools.oval(x * stage.span(1.0), layout.bank + (24 + 130 * y) * unit, wide, wide * 0.11)
    group.fill(pools, mix(palette.sky[3], WHITE, 0.15), 0.45)


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


def _planters(group: Group, stage: Stage) -> None:
    """Dark boxes with leaves right before the camera."""
    layout, unit, palette = stage.layout, stage.layout.unit, stage.palette
    stream = stage.streams.named("planters")
    dark = mix(palette.land, (10, 12, 24), 0.72)
    leaf = mix(mix(palette.lit(rgb("#4f8a55")), palette.land, 0.3), (8, 14, 22), 0.45)
    tip = mix(leaf, palette.lit(rgb("#8fc07a")), 0.4)
    if stage.spec.weather is Weather.SNOW:
        tip = mix(leaf, WHITE, 0.75)
    size = unit * (1.5 if layout.portrait else 1.0)
    gap = layout.width * (1.05 if layout.portrait else 0.62)
    x = layout.width * (0.80 if layout.portrait else 0.70)
    while x < stage.span(1.3):
        foot = layout.height + 26 * size
        for tone, high in ((leaf, 1.0), (tip, 0.72)):
            path = Path()
            for index in range(16):
                lean, reach = stream.random(2).tolist()
                root = x + (index / 15 - 0.5) * 190 * size
                up = (46 + 40 * reach) * size * high
                path.move(root - 7 * size, foot - 60 * size)
                path.quad(
                    root - 12 * size,
                    foot - 60 * size - up * 0.6,
                    root + (lean - 0.5) * 44 * size,
                    foot - 60 * size - up,
                )
                path.quad(
                    root + 12 * size, foot - 60 * size - up * 0.5, root + 7 * size, foot - 60 * size
                ).close()
            group.fill(path, tone)
        group.fill(Path().rect(x - 112 * size, foot - 66 * size, 224 * size, 80 * size), dark)
        group.fill(
            Path().rect(x - 116 * size, foot - 70 * size, 232 * size, 9 * size),
            mix(dark, palette.key, 0.16),
        )
        x += gap
