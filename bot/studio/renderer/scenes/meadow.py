"""In a meadow: far hills, fields and a farm, a broad tree, flowers and butterflies."""

import math
from collections.abc import Iterator

import numpy as np

from bot.studio.renderer import background
from bot.studio.renderer.bank import Bank
from bot.studio.renderer.canvas import Group, at
from bot.studio.renderer.cast import Cast, Part
from bot.studio.renderer.colour import WHITE, Colour, mix, rgb
from bot.studio.renderer.hills import round_tree
from bot.studio.renderer.land import Layers, below, height_at, rim, skyline
from bot.studio.renderer.path import Path, Point
from bot.studio.renderer.sky import Birds, Clouds, Disc, Stars
from bot.studio.renderer.spec import Light, Weather
from bot.studio.renderer.stage import Stage
from bot.studio.renderer.tree import Tree
from bot.studio.renderer.weather import Air, Lightning

paint = background.paint

#: (depth, share of the way from horizon to bank, height in units, haze)
_FIELDS = ((0.10, -0.06, 46.0, 0.62), (0.17, 0.10, 40.0, 0.40), (0.28, 0.34, 34.0, 0.20))
_BLOSSOMS = ("#fff7fb", "#ffd34f", "#ff7fa6", "#b98cff", "#ff7350")
_ROWS = 7


def dress(frame: Group, stage: Stage, cast: Cast) -> Iterator[Part]:
    """Build the hills, the fields, the tree and the flowers."""
    world = stage.plane(frame)
    yield Stars(world, stage)
    Disc(world, stage)
    yield Clouds(world, stage)
    yield Lightning(world, stage)
    yield Birds(world, stage)
    layers = Layers(stage)
    yield layers
    _far(layers.wide(world, 0.05), stage)
    edge: list[Point] = []
    for index, field in enumerate(_FIELDS):
        edge = _field(layers.wide(world, field[0]), stage, index, field)
        if index == 1:
            yield Windmill(layers.wide(world, field[0]), stage, edge)
    yield Flowers(world, stage)
    layout = stage.layout
    tall = 430 if layout.portrait else 330
    x = layout.width * (0.90 if layout.portrait else 0.83)
    foot = layout.bank - 6 * layout.unit
    yield Tree(layers.single(world, 0.7), stage, x=x, y=foot, height=tall * layout.unit)
    _fence(layers.wide(world, 0.8), stage)
    yield cast.aloft(world)
    yield Butterflies(world, stage)
    behind = world.group()
    yield cast.standing(world)
    yield Bank(behind, world.group(), stage)
    yield Air(frame, stage)


def _far(group: Group, stage: Stage) -> None:
    """Blue hills on the horizon."""
    layout, palette = stage.layout, stage.palette
    tall = (120 if layout.portrait else 84) * layout.unit
    stream = stage.streams.named("far hills")
    for lift, haze in ((1.0, 0.82), (0.62, 0.70)):
        edge = skyline(
            stage,
            stream,
            depth=0.05,
            base=layout.horizon + 10 * layout.unit,
            height=tall * lift,
            period=(640 if lift == 1.0 else 420) * layout.unit,
            peaked=0.15,
        )
        colour = mix(mix(palette.land, palette.sky[1], 0.4), palette.haze, haze)
        if stage.spec.snowy_hills:
            colour = mix(colour, WHITE, 0.45)
        group.fill(below(edge, layout.bank), colour)
        group.fill(rim(edge, 1.6 * layout.unit), mix(colour, palette.key, 0.4), 0.6)


def _field(
    group: Group, stage: Stage, index: int, shape: tuple[float, float, float, float]
) -> list[Point]:
    """One rolling field: furrows, a hedge along its top, trees; returns its skyline."""
    depth, share, height, haze = shape
    layout, palette, unit = stage.layout, stage.palette, stage.layout.unit
    base = layout.horizon + (layout.bank - layout.horizon) * share + 30 * unit
    stream = stage.streams.named(f"field {index}")
    tall = height * unit * (1.5 if layout.portrait else 1.0)
    edge = skyline(
        stage, stream, depth=depth, base=base, height=tall * 1.5, period=760 * unit, octaves=2
    )
    tone = mix(palette.grass, palette.land, 0.30 if index == 1 else 0.08)
    if index == 1 and stage.spec.weather is not Weather.SNOW:
        tone = mix(tone, palette.lit(rgb("#d9c25a")), 0.38)
    tone = mix(tone, palette.haze, haze)
    group.fill(below(edge, layout.bank + 60 * unit), tone)
    _furrows(group, edge, mix(tone, palette.land, 0.10), unit, layout.bank)
    group.fill(rim(edge, 2.2 * unit), mix(tone, palette.key, 0.45), 0.8)
    _hedge(group, stage, edge, index, mix(mix(tone, palette.land, 0.55), (10, 22, 26), 0.18))
    return edge


def _furrows(group: Group, edge: list[Point], tone: Colour, unit: float, bottom: float) -> None:
    """Lines that follow the lie of a field, wider apart as they come nearer."""
    path = Path()
    for row in range(1, 5):
        drop = (5 * row + 3.2 * row * row) * unit
        line = [(x, y + drop) for x, y in edge[::4] if y + drop < bottom + 40 * unit]
        if len(line) > 1:
            path.extend(rim(line, (0.8 + 0.4 * row) * unit))
    group.fill(path, tone)


def _hedge(group: Group, stage: Stage, edge: list[Point], index: int, tone: Colour) -> None:
    stream, unit = stage.streams.named(f"hedge {index}"), stage.layout.unit
    path, place = Path(), 2
    while place < len(edge) - 2:
        x, y = edge[place]
        size = unit * (9 + 11 * index) * (0.8 + 0.7 * float(stream.random()))
        if stream.random() < 0.5:
            round_tree(path, x, y + 3 * unit, size)
        else:
            path.oval(x, y, size * 0.8, size * 0.42)
        place += 1 + int(stream.exponential(2.0 if stream.random() < 0.7 else 14))
    group.fill(path, tone)


def _fence(group: Group, stage: Stage) -> None:
    """A weathered fence along the meadow's far side."""
    layout, unit, palette = stage.layout, stage.layout.unit, stage.palette
    wood = mix(palette.lit(rgb("#a58a6d")), palette.haze, 0.1)
    posts, rails = Path(), Path()
    gap, foot = 92 * unit, layout.bank + 2 * unit
    stream = stage.streams.named("fence")
    count = round((stage.span(0.8) + 0.4 * layout.width) / gap)
    for index in range(count):
        x = -0.2 * layout.width + index * gap
        high = (30 + 4 * float(stream.random())) * unit
        posts.polygon(
            (
                (x - 3.2 * unit, foot),
                (x - 2.6 * unit, foot - high),
                (x, foot - high - 3 * unit),
                (x + 2.6 * unit, foot - high),
                (x + 3.2 * unit, foot),
            )
        )
        sag = 2 * unit * float(stream.random())
        for rise in (24, 12):
            top = foot - rise * unit
            rails.polygon(
                (
                    (x, top),
                    (x + gap, top + sag),
                    (x + gap, top + sag + 3 * unit),
                    (x, top + 3.4 * unit),
                )
            )
    group.fill(rails, mix(wood, palette.land, 0.25))
    group.fill(posts, wood)


class Windmill:
    """A mill on a far field; its sails turn with the wind."""

    def __init__(self, group: Group, stage: Stage, edge: list[Point]) -> None:
        layout, palette = stage.layout, stage.palette
        self._wind = stage.wind
        place = float(stage.streams.named("windmill").random())
        x = layout.width * (0.42 + 0.20 * place)
        node = group.group()
        size = layout.unit * (1.5 if layout.portrait else 1.15)
        node.place(at(x, height_at(edge, x) + 3 * layout.unit, scale=size))

        def far(text: str) -> Colour:
            return mix(palette.lit(rgb(text)), palette.haze, 0.22)

        node.fill(Path().polygon(((-13, 0), (-8, -46), (8, -46), (13, 0))), far("#f4ead8"))
        node.fill(Path().polygon(((3, 0), (2, -46), (8, -46), (13, 0))), far("#cbbba6"), 0.8)
        node.fill(Path().move(-10, -46).quad(0, -64, 10, -46).close(), far("#a4503f"))
        node.fill(Path().rect(-3.5, -10, 7, 10), far("#6a4a3c"))
        pane = rgb("#ffd98a") if stage.dark else far("#5b7288")
        node.fill(Path().rect(-2.5, -32, 5, 6), pane)
        self._sails = node.group()
        for turn in range(4):
            sail = self._sails.group()
            sail.place(at(degrees=90.0 * turn + 20))
            sail.fill(Path().rect(-0.9, -42, 1.8, 42), far("#5d4638"))
            sail.fill(Path().rect(0.9, -41, 8, 32), far("#fff8ea"), 0.92)
        self._sails.fill(Path().circle(0, 0, 3), far("#5d4638"))

    def show(self, t: float) -> None:
        self._sails.place(at(0, -50, degrees=(t * 26 * self._wind) % 360))


class Flowers:
    """The meadow itself: rows of grass and blossoms, small and dense far off, large near by."""

    def __init__(self, group: Group, stage: Stage) -> None:
        self._stage = stage
        self._rows = [self._row(group, index) for index in range(_ROWS)]

    def _row(self, group: Group, index: int) -> tuple[Group, float, float, float]:
        stage, layout = self._stage, self._stage.layout
        near = (index + 0.5) / _ROWS
        depth = 0.32 + 0.55 * near
        stream = stage.streams.named(f"meadow {index}")
        top = layout.horizon + (layout.bank - layout.horizon) * (0.36 + 0.60 * near**1.15)
        palette = stage.palette
        tone = mix(
            mix(palette.grass, palette.key, 0.16 - 0.10 * near), palette.haze, 0.16 * (1 - near)
        )
        row = group.group()
        row.fill(self._turf(stream, depth, near, top), tone)
        if stage.spec.weather is Weather.SNOW:
            self._stubble(row, depth, near, index)
        else:
            self._bloom(row, stream, depth, near)
        return row, depth, top, float(stream.random()) * math.tau

    def _turf(self, stream: np.random.Generator, depth: float, near: float, top: float) -> Path:
        """A band of ground whose upper edge is blades of grass; its root line is y = 0."""
        layout, unit = self._stage.layout, self._stage.layout.unit
        edge = skyline(
            self._stage,
            stream,
            depth=depth,
            base=8 * unit,
            height=(14 + 10 * near) * unit,
            period=520 * unit,
            octaves=2,
            step=9 - 2 * near,
        )
        high = unit * (3 + 8 * near)
        blades = [
            (x, y - high * (float(lift) if index % 2 else 0.0))
            for index, ((x, y), lift) in enumerate(zip(edge, stream.random(len(edge)), strict=True))
        ]
        return below(blades, layout.bank + 44 * unit - top)

    def _stubble(self, row: Group, depth: float, near: float, index: int) -> None:
        """Dry stalks that stand out of the snow, and its soft shadows."""
        stage, unit = self._stage, self._stage.layout.unit
        stream = stage.streams.named(f"stubble {index}")
        band = (stage.layout.bank - stage.layout.horizon) * 0.10
        stalks, drifts = Path(), Path()
        for x, y, size in stream.random((round(16 * stage.span(depth) / stage.layout.width), 3)):
            left, foot = float(x) * stage.span(depth), (8 * unit + float(y) * band)
            high = unit * (5 + 12 * near) * (0.6 + 0.7 * float(size))
            for lean in (-0.5, -0.1, 0.4):
                tip = (left + lean * high, foot - high)
                stalks.polygon(((left - 0.8 * unit, foot), tip, (left + 0.8 * unit, foot)))
            if size > 0.7:
                drifts.oval(left + 40 * unit, foot, unit * (60 + 90 * near), unit * (2 + 3 * near))
        palette = stage.palette
        row.fill(drifts, mix(palette.grass, palette.sky[0], 0.16), 0.7)
        row.fill(stalks, mix(palette.lit(rgb("#9c8a63")), palette.haze, 0.45 * (1 - near)))

    def _bloom(self, row: Group, stream: np.random.Generator, depth: float, near: float) -> None:
        stage, unit = self._stage, self._stage.layout.unit
        order = self._stage.streams.named("blossoms").permutation(len(_BLOSSOMS)).tolist()
        band = (stage.layout.bank - stage.layout.horizon) * 0.12
        for pick in order[:3]:
            petals = Path()
            count = round((30 - 12 * near) * stage.span(depth) / stage.layout.width)
            for x, y, size in stream.random((count, 3)).tolist():
                drift = math.sin(x * 9 + pick * 2.1)
                if drift < -0.25:
                    continue
                radius = unit * (1.0 + 2.6 * near) * (0.7 + 0.6 * size)
                place = x * stage.span(depth)
                down = 6 * unit + y * band
                _blossom(petals, place, down, radius)
            tone = mix(
                stage.palette.lit(rgb(_BLOSSOMS[pick])), stage.palette.haze, 0.2 * (1 - near)
            )
            if stage.spec.light is Light.NIGHT:
                tone = mix(tone, stage.palette.grass, 0.35)
            row.fill(petals, tone, 0.92)

    def show(self, t: float) -> None:
        wind = self._stage.wind
        for row, depth, top, phase in self._rows:
            a, _, c, _, e, f = self._stage.camera.view(depth, t)
            lean = 0.03 * wind * math.sin(t * 1.2 * wind**0.5 + phase)
            row.place((a, a * lean, c, 0.0, e, e * top + f))


def _blossom(path: Path, x: float, y: float, size: float) -> None:
    """Three petals in straight lines: there are hundreds, a few pixels wide."""
    petals = (
        (-2, -0.5),
        (-1, -0.9),
        (-0.7, -1.7),
        (0.7, -1.7),
        (1, -0.9),
        (2, -0.5),
        (1.4, 0.7),
        (-1.4, 0.7),
    )
    path.polygon((x + dx * size, y + dy * size) for dx, dy in petals)


class Butterflies:
    """Three butterflies over the flowers by day; fireflies have the night."""

    def __init__(self, group: Group, stage: Stage) -> None:
        self._stage = stage
        self._flies: list[tuple[Group, list[Group], tuple[float, ...]]] = []
        if stage.spec.light is Light.NIGHT or not stage.spec.fine:
            return
        stream = stage.streams.named("butterflies")
        for traits in stream.random((4, 4)).tolist():
            colour = stage.palette.lit(
                rgb(("#ff9d3c", "#7fb4ff", "#ff86b4", "#ffe066")[int(traits[3] * 4)])
            )
            node = group.group()
            wings = []
            for side in (-1, 1):
                wing = node.group()
                upper = Path().move(0, 0).cubic(side * 3, -13, side * 15, -13, side * 13, -4)
                wing.fill(upper.cubic(side * 12, 1, side * 4, 1, 0, 0).close(), colour)
                lower = Path().move(0, 0).cubic(side * 9, 0, side * 12, 5, side * 8, 9)
                wing.fill(
                    lower.cubic(side * 5, 11, side * 1, 6, 0, 0).close(), mix(colour, WHITE, 0.2)
                )
                wings.append(wing)
            node.fill(Path().oval(0, 0, 1.2, 5), rgb("#3a2c2c"))
            self._flies.append((node, wings, tuple(traits)))

    def show(self, t: float) -> None:
        layout = self._stage.layout
        for index, (node, wings, (x, y, pace, _)) in enumerate(self._flies):
            left = layout.width * (0.45 + 0.5 * x + 0.035 * math.sin(t * (0.7 + pace) + index * 2))
            up = layout.bank - layout.unit * (30 + 90 * y - 22 * math.sin(t * (1.1 + pace) + index))
            size = layout.unit * (0.7 + 0.5 * y) * (1.4 if layout.portrait else 1.0)
            node.place(at(left, up, scale=size, degrees=18 * math.sin(t * 1.1 + index)))
            fold = 0.2 + 0.8 * abs(math.sin(t * (7 + 2 * pace) + index))
            for wing in wings:
                wing.place((fold, 0.0, 0.0, 0.0, 1.0, 0.0))
