"""In the mountains: peaks over a lake, pine woods, a cabin, rocks and firs near by."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bot.studio.renderer import background
from bot.studio.renderer.bank import Bank
from bot.studio.renderer.canvas import Group, Matrix
from bot.studio.renderer.cast import Cast, Part
from bot.studio.renderer.colour import WHITE, Colour, mix, rgb
from bot.studio.renderer.land import Layers, below, rim, skyline
from bot.studio.renderer.landmark import Landmark
from bot.studio.renderer.path import Path, Point
from bot.studio.renderer.sky import Birds, Clouds, Disc, Stars
from bot.studio.renderer.spec import Weather
from bot.studio.renderer.stage import Stage
from bot.studio.renderer.surface import Surface
from bot.studio.renderer.tree import pine
from bot.studio.renderer.weather import Air, Lightning, Rings

paint = background.paint

_FLATTEN = 0.62
#: Points on one flank of a peak.
_CRAGS = 9


def dress(frame: Group, stage: Stage, cast: Cast) -> Iterator[Part]:
    """Build the ranges, the lake, the woods and the near shore."""
    world = stage.plane(frame)
    yield Stars(world, stage)
    Disc(world, stage)
    yield Clouds(world, stage)
    yield Lightning(world, stage)
    shore, water = world.group(), world.group()
    yield Range(shore, water, stage)
    yield Landmark(shore, water, stage)
    yield Surface(water, stage)
    yield Rings(water, stage)
    yield Birds(world, stage)
    yield cast.afloat(world)
    yield cast.aloft(world)
    layers = Layers(stage)
    yield layers
    _firs(layers.single(world, 0.9), stage)
    behind = world.group()
    yield cast.standing(world)
    yield Bank(behind, world.group(), stage)
    yield Air(frame, stage)


@dataclass(frozen=True, slots=True)
class _Peak:
    """A mountain as its two flanks, from the foot up to the summit and down again."""

    left: list[Point]
    right: list[Point]
    foot: float

    @property
    def summit(self) -> Point:
        return self.left[-1]

    def outline(self) -> Path:
        return Path().polygon([*self.left, *self.right[1:]])


class Range:
    """Far peaks, near peaks and a wooded shore, each with its reflection."""

    def __init__(self, shore: Group, water: Group, stage: Stage) -> None:
        self._stage = stage
        self._layers: list[tuple[float, Group, Group]] = []
        for depth, build in ((0.03, self._far), (0.07, self._near), (0.15, self._woods)):
            land, mirror = shore.group(), water.group()
            build(land, mirror)
            self._layers.append((depth, land, mirror))

    def _far(self, land: Group, mirror: Group) -> None:
        self._peaks(land, mirror, "far peaks", tall=0.62, count=6, haze=0.62)

    def _near(self, land: Group, mirror: Group) -> None:
        count = 2 if self._stage.layout.portrait else 3
        self._peaks(land, mirror, "near peaks", tall=1.0, count=count, haze=0.28)

    def _peaks(
        self, land: Group, mirror: Group, name: str, *, tall: float, count: int, haze: float
    ) -> None:
        stage, layout = self._stage, self._stage.layout
        stream = stage.streams.named(name)
        reach = layout.horizon * (0.64 if layout.portrait else 0.80) * tall
        peaks = []
        total = round(count * stage.span(0.1) / layout.width)
        for index in range(total):
            shift, rise, wide = stream.random(3).tolist()
            x = layout.width * (index + 0.15 + 0.7 * shift) / count
            high = reach * (0.55 + 0.45 * rise)
            half = high * (0.72 + 0.35 * wide) * (0.66 if layout.portrait else 1.0)
            peaks.append(_peak(stream, x, layout.horizon, high, half))
        for peak in sorted(peaks, key=lambda peak: peak.summit[1]):
            self._draw(land, stream, peak, haze)
            mirror.fill(peak.outline(), self._rock(haze), 0.30)

    def _rock(self, haze: float) -> Colour:
        palette = self._stage.palette
        return mix(palette.land, palette.haze, haze)

    def _draw(self, group: Group, stream: np.random.Generator, peak: _Peak, haze: float) -> None:
        """Lit rock, the shaded flank, snow on both, and haze at the foot."""
        palette = self._stage.palette
        rock = self._rock(haze)
        lit = mix(rock, palette.key, 0.22)
        shade = mix(rock, (14, 22, 48), 0.26 * (1 - haze))
        group.fill(peak.outline(), lit)
        spine = _spine(stream, peak)
        group.fill(Path().polygon([*spine, *reversed(peak.right)]), shade)
        self._ribs(group, stream, peak, mix(rock, shade, 0.6))
        deep = 0.66 if self._stage.spec.snowy_hills else 0.36
        snow = palette.lit(mix(rgb("#f7fbff"), palette.key, 0.18))
        white = mix(snow, palette.haze, haze * 0.55)
        dark = mix(mix(white, palette.sky[1], 0.36), rock, 0.12)
        cap, cap_shade = _cap(stream, peak, spine, deep)
        group.fill(cap, white)
        group.fill(cap_shade, dark)
        foot, high = peak.foot, peak.foot - peak.summit[1]
        for share, veil in ((0.26, 0.16), (0.16, 0.2), (0.08, 0.24)):
            band = [(x, max(y, foot - high * share)) for x, y in [*peak.left, *peak.right[1:]]]
            group.fill(Path().polygon(band), palette.haze, veil)

    def _ribs(self, group: Group, stream: np.random.Generator, peak: _Peak, tone: Colour) -> None:
        """Gullies that run down the lit flank."""
        path = Path()
        for index in range(3, _CRAGS - 1, 2):
            x, y = peak.left[index]
            drop = (peak.foot - y) * (0.35 + 0.3 * float(stream.random()))
            run = (peak.summit[0] - x) * 0.25
            path.polygon(
                (
                    (x + run * 0.5, y + drop * 0.1),
                    (x + run * 1.8, y + drop * 0.55),
                    (x + run, y + drop),
                )
            )
        group.fill(path, tone, 0.55)

    def _woods(self, land: Group, mirror: Group) -> None:
        """The far shore: two slopes thick with pines."""
        stage, layout, unit = self._stage, self._stage.layout, self._stage.layout.unit
        palette = stage.palette
        tall = 1.5 if layout.portrait else 1.0
        green = mix(mix(palette.grass, palette.land, 0.55), (8, 26, 34), 0.30)
        if stage.spec.weather is Weather.SNOW:
            green = mix(palette.land, (12, 34, 44), 0.35)
        for index, (lift, haze) in enumerate(((92.0, 0.42), (40.0, 0.14))):
            stream = stage.streams.named(f"woods {index}")
            edge = skyline(
                stage,
                stream,
                depth=0.15,
                base=layout.horizon + 2 * unit,
                height=lift * unit * tall,
                period=(520 - 120 * index) * unit,
                step=13,
            )
            tone = mix(green, palette.haze, haze)
            trees = self._stand(stream, edge, 22 + 8 * index)
            land.fill(below(edge, layout.horizon + 3 * unit).extend(trees), tone)
            if stage.spec.snowy_hills:
                land.fill(rim(edge, 2.2 * unit), mix(tone, WHITE, 0.6), 0.7)
            shadow = self._stand(stream, edge[::2], 22 + 8 * index)
            mirror.fill(
                below(edge, layout.horizon).extend(shadow), mix(tone, palette.water, 0.3), 0.42
            )
        strip = mix(palette.haze, palette.key, 0.3)
        wide = stage.span(0.15) + 0.4 * layout.width
        land.fill(
            Path().rect(-0.2 * layout.width, layout.horizon - 2.4 * unit, wide, 3.4 * unit),
            strip,
            0.7,
        )

    def _stand(self, stream: np.random.Generator, edge: list[Point], size: float) -> Path:
        path, unit = Path(), self._stage.layout.unit
        tall = 1.3 if self._stage.layout.portrait else 1.0
        for x, y in edge:
            if stream.random() < 0.86:
                high = unit * size * tall * (0.7 + 0.9 * float(stream.random()))
                _spire(path, x + 5 * unit * float(stream.random()), y + 5 * unit, high)
        return path

    def show(self, t: float) -> None:
        horizon = self._stage.layout.horizon
        for depth, land, mirror in self._layers:
            view = self._stage.camera.view(depth, t)
            land.place(view)
            mirror.place(_reflected(view, horizon))


def _peak(stream: np.random.Generator, x: float, foot: float, high: float, half: float) -> _Peak:
    """Two flanks that steepen towards the summit, with crags."""
    flanks: list[list[Point]] = []
    for side in (-1, 1):
        flank = []
        for index in range(_CRAGS + 1):
            rise = index / _CRAGS
            jag = (float(stream.random()) - 0.5) * 0.055 * high if 0 < index < _CRAGS else 0.0
            out = half * (1 - rise) ** 1.12
            flank.append((x + side * out + jag * 0.6, foot - high * rise**0.96 + jag))
        flanks.append(flank)
    flanks[1][-1] = flanks[0][-1]
    return _Peak(flanks[0], list(reversed(flanks[1])), foot)


def _spine(stream: np.random.Generator, peak: _Peak) -> list[Point]:
    """The edge between light and shade: from the summit down to the foot, wavering."""
    x, y = peak.summit
    high = peak.foot - y
    points = [(x, y)]
    for index in range(1, 7):
        fall = index / 6
        waver = (float(stream.random()) - 0.5) * 0.16 * high * (1 if index % 2 else -0.6)
        points.append((x + high * 0.10 * fall + waver * (0.4 + 0.6 * fall), y + high * fall))
    return points


def _cap(
    stream: np.random.Generator, peak: _Peak, spine: list[Point], deep: float
) -> tuple[Path, Path]:
    """(all snow, the snow in shade): down to a ragged line at a share `deep` of the height."""
    high = peak.foot - peak.summit[1]
    line = peak.summit[1] + high * deep
    left = [point for point in peak.left if point[1] < line]
    right = [point for point in peak.right if point[1] < line]
    teeth = _teeth(stream, left[0], right[-1], high * deep)
    middle = [point for point in spine if point[1] < line - high * deep * 0.12]
    shade = [tooth for tooth in teeth if tooth[0] > middle[-1][0]]
    return (
        Path().polygon([*left, *right[1:], *teeth]),
        Path().polygon([*reversed(middle), *right[1:], *shade]),
    )


def _teeth(stream: np.random.Generator, start: Point, stop: Point, deep: float) -> list[Point]:
    """The ragged lower edge of snow, from right to left."""
    teeth = []
    for index in range(1, 12):
        share = index / 12
        x = stop[0] + (start[0] - stop[0]) * share
        y = stop[1] + (start[1] - stop[1]) * share
        fall = 0.20 + 0.16 * float(stream.random()) if index % 2 else -0.10
        teeth.append((x, y + deep * fall * math.sin(math.pi * share) ** 0.5))
    return teeth


def _reflected(view: Matrix, horizon: float) -> Matrix:
    a, b, c, _, e, f = view
    return (a, b, c, 0.0, -e * _FLATTEN, horizon + (horizon - f) * _FLATTEN)


def _spire(path: Path, x: float, y: float, high: float) -> None:
    """A distant pine: one jagged outline, because there are hundreds."""
    half = ((0.24, 0.0), (0.11, 0.32), (0.18, 0.30), (0.07, 0.62), (0.12, 0.60))
    path.polygon(
        [
            *((x - dx * high, y - dy * high) for dx, dy in half),
            (x, y - high),
            *((x + dx * high, y - dy * high) for dx, dy in reversed(half)),
        ]
    )


def _firs(group: Group, stage: Stage) -> None:
    """Tall firs that frame the picture, and rocks at their feet."""
    layout, unit, palette = stage.layout, stage.layout.unit, stage.palette
    stream = stage.streams.named("firs")
    snowy = stage.spec.weather is Weather.SNOW
    dark = mix(
        mix(palette.grass if not snowy else palette.land, palette.land, 0.35), (6, 20, 26), 0.42
    )
    foot = layout.bank + 10 * unit
    tall = (1.5 if layout.portrait else 1.0) * unit
    places = (0.985, 0.90, 0.835, 0.02) if not layout.portrait else (0.99, 0.86, 0.03)
    for index, place in enumerate(places):
        lean, size = stream.random(2).tolist()
        high = tall * (330 - 62 * index + 60 * size)
        if place < 0.5:
            high = tall * (230 + 60 * size)
        x = layout.width * place + 14 * unit * (lean - 0.5)
        near, lit = Path(), Path()
        pine(near, x, foot, high, tiers=6)
        pine(lit, x - high * 0.02, foot - high * 0.03, high * 0.93, tiers=6)
        group.fill(near, dark)
        group.fill(lit, mix(dark, WHITE if snowy else palette.grass, 0.75 if snowy else 0.35), 0.85)
    _rocks(group, stage, stream, foot)


def _rocks(group: Group, stage: Stage, stream: np.random.Generator, foot: float) -> None:
    layout, unit, palette = stage.layout, stage.layout.unit, stage.palette
    stone = mix(palette.lit(rgb("#8d8f98")), palette.land, 0.25)
    for place in (0.66, 0.74, 0.13, 0.94):
        size = unit * (20 + 26 * float(stream.random())) * (1.3 if layout.portrait else 1.0)
        x = layout.width * place
        body = ((-1.1, 0.2), (-0.9, -0.42), (-0.35, -0.78), (0.3, -0.7), (0.85, -0.34), (1.1, 0.2))
        top = ((-0.9, -0.42), (-0.35, -0.78), (0.3, -0.7), (0.15, -0.42), (-0.4, -0.3))
        group.fill(
            Path().polygon((x + a * size, foot + b * size) for a, b in body),
            mix(stone, (20, 26, 40), 0.25),
        )
        lit = (
            mix(stone, WHITE, 0.7)
            if stage.spec.weather is Weather.SNOW
            else mix(stone, palette.key, 0.35)
        )
        group.fill(Path().polygon((x + a * size, foot + b * size) for a, b in top), lit)
