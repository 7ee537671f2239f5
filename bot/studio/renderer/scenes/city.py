"""In the city: towers, a street of shops with neon, traffic, lamps, a pavement."""

from collections.abc import Iterator
from itertools import pairwise

from bot.studio.renderer import background
from bot.studio.renderer.canvas import Group
from bot.studio.renderer.cast import Cast, Part
from bot.studio.renderer.colour import WHITE, mix, rgb
from bot.studio.renderer.land import Layers
from bot.studio.renderer.path import Path
from bot.studio.renderer.scenes.city_lights import Garland, Lamps
from bot.studio.renderer.scenes.city_shops import Shops
from bot.studio.renderer.scenes.city_towers import Towers
from bot.studio.renderer.scenes.city_traffic import Traffic
from bot.studio.renderer.sky import Birds, Clouds, Disc, Stars
from bot.studio.renderer.spec import Weather
from bot.studio.renderer.stage import Stage
from bot.studio.renderer.weather import Air, Lightning, Rings

paint = background.paint


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
