"""In a room: a window with the weather behind it, a fire, a lamp, books, a rug."""

import math
from collections.abc import Iterator
from dataclasses import replace

from bot.studio.renderer import background
from bot.studio.renderer.box import Box
from bot.studio.renderer.canvas import Group, Pixels, Shape, at
from bot.studio.renderer.cast import Cast, Part
from bot.studio.renderer.colour import BLACK, WHITE, Colour, mix, rgb
from bot.studio.renderer.hills import round_tree
from bot.studio.renderer.land import Layers, below, rim, skyline
from bot.studio.renderer.path import Path
from bot.studio.renderer.scenes import interior_lights as lights
from bot.studio.renderer.scenes import interior_things as things
from bot.studio.renderer.sky import Clouds, Disc, Stars
from bot.studio.renderer.spec import Light, Subject, Weather
from bot.studio.renderer.stage import Stage
from bot.studio.renderer.weather import Falling, Fog, Lightning, Motes

#: The wall and what stands at it.
_WALL = 0.85


def paint(stage: Stage) -> Pixels:
    """Paint the sky as the window shows it; the wall covers the rest."""
    return background.paint(_outside(stage))


def _outside(stage: Stage) -> Stage:
    """The stage as it is behind the window: the land begins in its lower third."""
    layout = stage.layout
    horizon = layout.height * (0.42 if layout.portrait else 0.47)
    return replace(stage, layout=replace(layout, horizon=horizon))


def dress(frame: Group, stage: Stage, cast: Cast) -> Iterator[Part]:
    """Build the outlook, the wall with its window, the furniture and the floor."""
    outside = _outside(stage)
    world = stage.plane(frame)
    yield Stars(world, outside)
    Disc(world, outside)
    yield Clouds(world, outside)
    yield Lightning(world, outside)
    layers = Layers(stage)
    yield layers
    _outlook(layers, world, outside)
    yield Fog(frame, outside)
    yield Falling(stage.plane(frame), stage)
    room = layers.single(stage.plane(frame), _WALL)
    window = things.window_of(stage)
    yield Window(room, stage, window)
    _wall(room, stage, window)
    things.trim(room, stage, window)
    yield Curtains(room, stage, window)
    things.pictures(room, stage)
    things.bookshelf(room, stage)
    yield lights.Fire(frame, room, stage, _WALL)
    ground = layers.single(stage.plane(frame), 1.0)
    _floor(ground, stage)
    if stage.spec.lead.subject is not Subject.CUP:
        things.rug(ground, stage)
    _light_on_floor(ground, stage)
    things.plant(ground, stage)
    yield cast.aloft(stage.plane(frame))
    if stage.spec.lead.subject is Subject.CUP:
        things.tabletop(ground, stage)
        yield lights.Candle(frame, stage)
    else:
        yield lights.Lamp(frame, stage)
    yield cast.standing(stage.plane(frame))
    yield Motes(stage.plane(frame), stage)


def _outlook(layers: Layers, world: Group, stage: Stage) -> None:
    """Hills and a row of trees, as far off as a view from a window is."""
    layout, unit, palette = stage.layout, stage.layout.unit, stage.palette
    snowy = stage.spec.weather is Weather.SNOW
    green = mix(palette.lit(rgb("#5f8a55")), palette.haze, 0.2)
    if stage.dark:
        green = mix(green, palette.sky[1], 0.62)
    for index, (depth, height, haze) in enumerate(((0.06, 110.0, 0.6), (0.12, 70.0, 0.25))):
        layer = layers.wide(world, depth)
        edge = skyline(
            stage,
            stage.streams.named(f"outlook {index}"),
            depth=depth,
            base=layout.horizon + 60 * index * unit,
            height=height * unit,
            period=(520 - 150 * index) * unit,
        )
        tone = mix(mix(green, WHITE, 0.7) if snowy else green, palette.haze, haze)
        trees = Path()
        stream = stage.streams.named(f"outlook trees {index}")
        for x, y in edge[3::4]:
            if stream.random() < 0.6:
                round_tree(
                    trees,
                    x,
                    y + 3 * unit,
                    unit * (13 + 16 * index) * (0.8 + 0.5 * float(stream.random())),
                )
        layer.fill(trees, mix(tone, mix(palette.sky[0], BLACK, 0.3), 0.28))
        layer.fill(below(edge, layout.height), tone)
        layer.fill(rim(edge, 2 * unit), mix(tone, palette.key, 0.4), 0.7)


def _wall(group: Group, stage: Stage, window: Box) -> None:
    """Striped wallpaper above, panels below, and a hole where the window is."""
    layout, unit, palette = stage.layout, stage.layout.unit, stage.palette
    left, right = -0.16 * layout.width, 1.16 * layout.width
    top, foot = -stage.camera.headroom - 4 * unit, layout.horizon + 2 * unit
    wall = palette.land
    hole = Path().polygon(((left, top), (right, top), (right, foot), (left, foot)))
    hole.polygon(
        (
            (window.left, window.top),
            (window.left, window.bottom),
            (window.right, window.bottom),
            (window.right, window.top),
        )
    )
    group.fill(hole, wall)
    stripes, dots = Path(), Path()
    gap = 46 * unit
    for index in range(round((right - left) / gap)):
        x = left + gap * index
        inside = window.left - gap / 2 < x < window.right
        spans = ((top, window.top), (window.bottom, foot)) if inside else ((top, foot),)
        for upper, lower in spans:
            stripes.rect(x, upper, gap / 2, lower - upper)
        for row in range(24):
            y = top + row * 62 * unit + (31 * unit if index % 4 == 1 else 0)
            if (
                index % 2
                and y < foot - 100 * unit
                and not (inside and window.top - 9 * unit < y < window.bottom + 9 * unit)
            ):
                _sprig(dots, x + gap * 0.25, y, unit)
    group.fill(stripes, mix(wall, WHITE, 0.10 if not stage.dark else 0.05))
    group.fill(dots, mix(wall, palette.key, 0.35), 0.6)
    _panels(group, stage, left, right, wall)


def _sprig(path: Path, x: float, y: float, unit: float) -> None:
    """A leaf and two petals of wallpaper; straight lines, because there are hundreds."""
    leaf = ((0, -6), (3, -1), (8, 0), (3, 4), (0, 6), (-3, 4), (-8, 0), (-3, -1))
    path.polygon((x + dx * unit, y + dy * unit) for dx, dy in leaf)


def _panels(group: Group, stage: Stage, left: float, right: float, wall: Colour) -> None:
    """Wainscot: boards with raised fields, a rail above and a skirting below."""
    unit, palette = stage.layout.unit, stage.palette
    foot = stage.layout.horizon + 2 * unit
    wood = mix(mix(wall, palette.lit(rgb("#f3ead9")), 0.5), wall, 0.25)
    high = 96 * unit * (1.5 if stage.layout.portrait else 1.0)
    top = foot - high
    group.fill(Path().rect(left, top, right - left, high), wood)
    group.fill(Path().rect(left, top - 4 * unit, right - left, 8 * unit), mix(wood, WHITE, 0.35))
    group.fill(Path().rect(left, top + 4 * unit, right - left, 3 * unit), mix(wood, BLACK, 0.18))
    fields, shades = Path(), Path()
    gap = 118 * unit
    for index in range(round((right - left) / gap)):
        x = left + gap * index + 12 * unit
        shades.rect(x, top + 18 * unit, gap - 24 * unit, high - 46 * unit)
        fields.rect(x + 3 * unit, top + 21 * unit, gap - 27 * unit, high - 49 * unit)
    group.fill(shades, mix(wood, BLACK, 0.16))
    group.fill(fields, mix(wood, WHITE, 0.10))
    group.fill(Path().rect(left, foot - 16 * unit, right - left, 16 * unit), mix(wood, WHITE, 0.28))
    group.fill(Path().rect(left, foot - 18 * unit, right - left, 2.5 * unit), mix(wood, BLACK, 0.2))


def _floor(group: Group, stage: Stage) -> None:
    """Boards that run towards the wall, wider as they come nearer."""
    layout, unit, palette = stage.layout, stage.layout.unit, stage.palette
    top, bottom = layout.horizon, layout.height + 4 * unit
    left, wide, middle = -0.16 * layout.width, 1.32 * layout.width, 0.45 * layout.width
    wood = palette.grass
    group.fill(Path().rect(left, top, wide, bottom - top), wood)
    stream = stage.streams.named("boards")
    seams, tones, ends = Path(), [Path(), Path()], Path()
    gap = 86 * unit * (1.3 if layout.portrait else 1.0)
    flare = 1.0 + (bottom - top) / (420 * unit)
    for index in range(-9, 10):
        x, lower = middle + index * gap, middle + index * gap * flare
        seams.polygon(
            (
                (x - 0.6 * unit, top),
                (x + 0.6 * unit, top),
                (lower + 1.8 * unit, bottom),
                (lower - 1.8 * unit, bottom),
            )
        )
        lots = stream.random(3).tolist()
        if lots[0] < 0.5:
            after = middle + (index + 1) * gap * flare
            tones[lots[0] < 0.25].polygon(
                ((x, top), (x + gap, top), (after, bottom), (lower, bottom))
            )
        share = 0.12 + 0.8 * lots[1] ** 1.4
        y = top + (bottom - top) * share
        start = x + (lower - x) * share
        ends.rect(start, y, gap * (1 + (flare - 1) * share), 2 * unit)
    group.fill(tones[0], mix(wood, palette.key, 0.12), 0.8)
    group.fill(tones[1], mix(wood, BLACK, 0.10), 0.8)
    group.fill(seams, mix(wood, BLACK, 0.34), 0.8)
    group.fill(ends, mix(wood, BLACK, 0.34), 0.8)
    for index in range(4):
        group.fill(Path().rect(left, top, wide, (26 - 6 * index) * unit), BLACK, 0.06)


def _light_on_floor(group: Group, stage: Stage) -> None:
    """The window's panes as the sun or moon throws them on the boards."""
    spec, unit = stage.spec, stage.layout.unit
    strength = {Light.DAY: 0.30, Light.GOLDEN: 0.36, Light.DAWN: 0.30, Light.NIGHT: 0.08}
    if not spec.fine or spec.light not in strength:
        return
    window, top = things.window_of(stage), stage.layout.horizon + 20 * unit
    deep = (stage.layout.height - top) * 0.72
    panes = Path()
    half = window.width / 2
    for column in range(2):
        for row in range(2):
            y0, y1 = top + deep * (0.5 * row), top + deep * (0.5 * row + 0.46)
            x = window.left + column * half + 10 * unit
            lean0, lean1 = 0.55 * (y0 - top), 0.55 * (y1 - top)
            panes.polygon(
                (
                    (x + lean0, y0),
                    (x + half - 20 * unit + lean0 * 1.25, y0),
                    (x + half - 20 * unit + lean1 * 1.25, y1),
                    (x + lean1, y1),
                )
            )
    group.fill(panes, mix(stage.palette.key, WHITE, 0.25), strength[spec.light])


class Window:
    """The glass: a gleam, and drops that run down it in the rain."""

    _DROPS = 26

    def __init__(self, group: Group, stage: Stage, window: Box) -> None:
        self._window, self._unit = window, stage.layout.unit
        gleam = Path()
        for start, wide in ((0.10, 0.10), (0.24, 0.04), (0.62, 0.08)):
            x = window.left + window.width * start
            lean = window.height * 0.45
            gleam.polygon(
                (
                    (x + lean, window.top),
                    (x + lean + wide * window.width, window.top),
                    (x + wide * window.width, window.bottom),
                    (x, window.bottom),
                )
            )
        group.fill(gleam, WHITE, 0.09)
        self._drops: list[tuple[Shape, tuple[float, ...]]] = []
        if stage.spec.weather is Weather.RAIN:
            stream, tone = stage.streams.named("drops"), mix(WHITE, stage.palette.haze, 0.2)
            for drop in stream.random((self._DROPS, 4)).tolist():
                size = self._unit * (1.8 + 2.2 * drop[3])
                path = Path().move(0, -size * 4).quad(size, -size, size, 0)
                path.quad(size, size, 0, size).quad(-size, size, -size, 0).quad(
                    -size, -size, 0, -size * 4
                )
                self._drops.append((group.fill(path.close(), tone, 0.62), tuple(drop)))

    def show(self, t: float) -> None:
        window = self._window
        for node, (x, y, speed, phase) in self._drops:
            # A drop clings, then runs: the eased part of a cycle moves it.
            turns = t * (0.10 + 0.16 * speed) + phase
            run = (turns % 1) ** 2
            place = (x + 0.618 * math.floor(turns)) % 1
            down = window.top + (y + run) % 1 * window.height
            node.place(at(window.left + place * window.width, down))


class Curtains:
    """Two curtains on a rod; they breathe with the wind."""

    def __init__(self, group: Group, stage: Stage, window: Box) -> None:
        self._stage, self._window = stage, window
        unit, palette = stage.layout.unit, stage.palette
        stream = stage.streams.named("curtains")
        cloths = ("#c75b5b", "#4f8f8a", "#d9a04a", "#7a6bb0", "#cf7f9a")
        cloth = palette.lit(rgb(cloths[int(stream.integers(len(cloths)))]))
        if stage.spec.hues:
            cloth = mix(cloth, palette.lit(rgb(stage.spec.hues[0])), 0.75)
        cloth = mix(cloth, palette.land, 0.18)
        self._sides: list[Group] = []
        for side in (-1, 1):
            node = group.group()
            wide = window.width * 0.19
            for index in range(5):
                share = index / 5
                tone = mix(cloth, WHITE if index % 2 else BLACK, 0.10 if index % 2 else 0.12)
                x = side * (wide * (1 - share) - wide * 0.25)
                fold = Path().move(x, 0).line(x - side * wide * 0.26, 0)
                fold.cubic(
                    x - side * wide * 0.30,
                    window.height * 0.5,
                    x - side * wide * 0.16,
                    window.height * 0.8,
                    x - side * wide * 0.20,
                    window.height * 1.16,
                )
                fold.quad(x, window.height * 1.19, x + side * wide * 0.10, window.height * 1.16)
                fold.cubic(
                    x + side * wide * 0.04, window.height * 0.7, x, window.height * 0.4, x, 0
                )
                node.fill(fold.close(), tone)
            self._sides.append(node)
        rod = mix(palette.lit(rgb("#7a5a3e")), palette.land, 0.2)
        top = window.top - 20 * unit
        reach = window.width * 0.22
        group.fill(
            Path().rect(window.left - reach, top - 3 * unit, window.width + 2 * reach, 6 * unit),
            rod,
        )
        ends = (
            Path()
            .circle(window.left - reach, top, 7 * unit)
            .circle(window.right + reach, top, 7 * unit)
        )
        group.fill(ends, mix(rod, palette.key, 0.3))

    def show(self, t: float) -> None:
        window, unit = self._window, self._stage.layout.unit
        for index, node in enumerate(self._sides):
            lean = 0.012 * self._stage.wind * math.sin(t * 1.1 + index * 2)
            x = (window.left, window.right)[index] + (-1, 1)[index] * window.width * 0.02
            node.place((1.0, lean, x, 0.0, 1.0, window.top - 18 * unit))
