"""On another world: a nebula with a planet, drifting rocks, a rocket, craters and crystals."""

import math
from collections.abc import Iterator

import numpy as np

from bot.studio.renderer.background import Field, clouding, dither, finish, taller
from bot.studio.renderer.canvas import Group, Pixels, Shape, at
from bot.studio.renderer.cast import Cast, Part
from bot.studio.renderer.colour import BLACK, WHITE, Colour, mix, rgb
from bot.studio.renderer.glow import Glow
from bot.studio.renderer.land import Layers, below, height_at, rim, skyline
from bot.studio.renderer.path import Path, Point
from bot.studio.renderer.spec import Weather
from bot.studio.renderer.stage import Stage
from bot.studio.renderer.weather import Falling, Fog

#: (main tone, second tone) of the planet's bands.
_PLANETS = (
    ("#e8a35c", "#b8603c"),
    ("#6fb7e0", "#2f6fb0"),
    ("#d98ac0", "#8a4fa0"),
    ("#7fd0a8", "#2f8a78"),
    ("#f0d090", "#c08a58"),
)
_CRYSTALS = ("#7df0ff", "#ff8ad8", "#b0ff8a", "#ffd27a")


def paint(stage: Stage) -> Pixels:
    """Paint gas, faint stars and the planet."""
    stage = taller(stage)
    layout = stage.layout
    noise, gas, dust = dither(stage), _gas(stage, "nebula", (3, 3)), _gas(stage, "dust", (5, 4))
    pixels = np.full((layout.height, layout.width, 4), 255, np.uint8)
    planet = _Planet(stage)
    stars = _stars(stage)
    for channel in range(3):
        plane = _deep(stage, channel, gas, dust)
        plane += stars * (1 - 0.5 * gas)
        planet.paint(plane, channel)
        pixels[..., 2 - channel] = np.clip(plane + noise + 0.5, 0, 255)
    return finish(stage, pixels)


def _gas(stage: Stage, name: str, cells: tuple[int, int]) -> Field:
    layout = stage.layout
    return clouding(stage.streams.named(name), (layout.width, layout.height), cells)


def _deep(stage: Stage, channel: int, gas: Field, dust: Field) -> Field:
    """One channel of the dark, the gradient towards the ground, and the glowing gas."""
    layout, palette = stage.layout, stage.palette
    rise = np.linspace(0, 1, layout.height)
    stops = np.linspace(0, layout.horizon / layout.height, len(palette.sky))
    column = np.interp(rise, stops, [stop[channel] for stop in palette.sky]).astype(np.float32)
    across = np.linspace(0, 1, layout.width, dtype=np.float32)[None, :]
    down = rise.astype(np.float32)[:, None]
    band = np.exp(-(((down - 0.20 - 0.30 * across) / 0.20) ** 2))
    plane = np.repeat(column[:, None], layout.width, axis=1)
    glow = np.clip(gas * 1.3 - 0.35, 0, 1) * (0.25 + 0.75 * band)
    plane += (palette.water[channel] - plane) * glow * 0.62
    core = np.clip(gas * 1.6 - 0.95, 0, 1) * band
    plane += (palette.cloud_lit[channel] - plane) * core * 0.55
    plane *= 1 - 0.45 * np.clip(dust * 1.5 - 0.75, 0, 1) * band
    return plane


def _stars(stage: Stage) -> Field:
    """Faint stars, denser along the gas; the bright ones twinkle and are drawn."""
    layout, stream = stage.layout, stage.streams.named("faint stars")
    field = np.zeros((layout.height, layout.width), np.float32)
    count = round(layout.width * layout.height / 620)
    columns, rows = (
        stream.integers(0, layout.width, count),
        stream.integers(0, layout.height, count),
    )
    field[rows, columns] = (stream.random(count) ** 3 * 190 + 25).astype(np.float32)
    return field


class _Planet:
    """A banded planet with a ring: painted, because shading a ball takes every pixel."""

    def __init__(self, stage: Stage) -> None:
        layout, stream = stage.layout, stage.streams.named("planet")
        pick, tilt, size = stream.random(3).tolist()
        main, second = (rgb(text) for text in _PLANETS[int(pick * len(_PLANETS))])
        if stage.spec.hues:
            main = mix(main, rgb(stage.spec.hues[0]), 0.5)
            second = mix(second, rgb(stage.spec.hues[-1]), 0.5)
        self._tones = (mix(main, stage.palette.key, 0.12), mix(second, stage.palette.haze, 0.12))
        self._rim = stage.palette.key
        x, y = layout.sun
        radius = layout.unit * (112 + 34 * size) * (1.15 if layout.portrait else 1.0)
        across = (np.arange(layout.width, dtype=np.float32)[None, :] - np.float32(x)) / radius
        down = (np.arange(layout.height, dtype=np.float32)[:, None] - np.float32(y)) / radius
        turn = math.radians(-14 - 14 * tilt)
        self._along = across * np.float32(math.cos(turn)) + down * np.float32(math.sin(turn))
        self._over = down * np.float32(math.cos(turn)) - across * np.float32(math.sin(turn))
        distance = np.sqrt(across**2 + down**2)
        soft = np.float32(radius)
        self._disc = np.clip((1 - distance) * soft + 0.5, 0, 1)
        self._halo = np.exp(-np.clip(distance - 1, 0, None) * 5.5) * (distance > 0.9) * 0.30
        light = across * -0.62 + down * -0.55
        self._day = np.clip(0.62 + 0.75 * light, 0.10, 1.0)
        bulge = np.sqrt(np.clip(1 - distance**2, 0, 1))
        self._bands = 0.5 + 0.5 * np.sin(
            self._over * 11 + 0.9 * np.sin(self._along * 2.4 + bulge * 2)
        )
        self._ring_cover = self._ring(soft)

    def _ring(self, soft: np.float32) -> Field:
        """How much the ring covers: broad, with a gap, in front below and behind above."""
        flat = np.sqrt(self._along**2 + (self._over / 0.26) ** 2)
        cover = np.clip((flat - 1.32) * soft * 0.5, 0, 1) * np.clip(
            (2.10 - flat) * soft * 0.5, 0, 1
        )
        gap = 1 - 0.75 * np.exp(-(((flat - 1.66) / 0.035) ** 2))
        fine = 0.62 + 0.22 * np.sin(flat * 46) + 0.16 * np.sin(flat * 17)
        front = (self._over > 0) | (self._disc < 0.5)
        return np.asarray(cover * gap * fine * front * 0.85, np.float32)

    def paint(self, plane: Field, channel: int) -> None:
        main, second = (tone[channel] for tone in self._tones)
        plane += (self._rim[channel] - plane) * self._halo
        ball = (main + (second - main) * self._bands) * self._day
        plane += (ball - plane) * self._disc
        ring = mix(self._tones[0], WHITE, 0.35)[channel]
        plane += (ring - plane) * self._ring_cover


def dress(frame: Group, stage: Stage, cast: Cast) -> Iterator[Part]:
    """Build what moves in the sky, then the ground in three distances."""
    world = stage.plane(frame)
    yield Twinkling(world, stage)
    yield Comets(world, stage)
    yield Rocks(world, stage)
    layers = Layers(stage)
    yield layers
    ridge = _ridges(layers, world, stage)
    yield Rocket(frame, stage, ridge)
    yield cast.aloft(world)
    ground = layers.wide(stage.plane(frame), 1.0)
    _ground(ground, stage)
    yield Crystals(frame, stage)
    yield cast.standing(stage.plane(frame))
    front = Layers(stage)
    yield front
    _foreground(front.wide(stage.plane(frame), 1.3), stage)
    yield Fog(frame, stage)
    air = stage.plane(frame)
    yield Sparks(air, stage)
    if stage.spec.weather is Weather.SNOW:
        yield Falling(air, stage)


class Twinkling:
    """Bright stars with rays, in a few rhythms."""

    _RHYTHMS = 7

    def __init__(self, group: Group, stage: Stage) -> None:
        layout, stream = stage.layout, stage.streams.named("bright stars")
        self._nodes: list[Shape] = []
        for _ in range(self._RHYTHMS):
            path = Path()
            for x, y, size in stream.random((9, 3)).tolist():
                left, top = x * layout.width, y * layout.horizon * 0.98
                if math.dist((left, top), layout.sun) < 190 * layout.unit:
                    continue
                radius = (1.0 + 2.0 * size**3) * layout.unit
                path.circle(left, top, radius)
                if size > 0.72:
                    for dx, dy in ((1.0, 0.16), (0.16, 1.0)):
                        path.oval(left, top, radius * 4.2 * dx, radius * 4.2 * dy)
            self._nodes.append(group.fill(path, mix(WHITE, stage.palette.key, 0.25)))

    def show(self, t: float) -> None:
        for index, node in enumerate(self._nodes):
            node.fade(0.35 + 0.65 * math.sin(t * (0.7 + 0.15 * index) + index * 2.4) ** 2)


class Comets:
    """A shooting star now and then; a whole shower of them where a prompt asks for rain."""

    def __init__(self, group: Group, stage: Stage) -> None:
        self._stage = stage
        wet = stage.spec.weather is Weather.RAIN
        stream = stage.streams.named("comets")
        unit, tone = stage.layout.unit, mix(WHITE, stage.palette.key, 0.4)
        self._comets: list[tuple[Group, list[Shape], tuple[float, ...]]] = []
        for traits in stream.random((34 if wet else 2, 4)).tolist():
            node = group.group()
            length = unit * (110 + 150 * traits[3])
            tail = Path().polygon(((0, -2.2 * unit), (0, 2.2 * unit), (length, 0)))
            glow = Path().polygon(((0, -5.2 * unit), (0, 5.2 * unit), (length * 0.6, 0)))
            shapes = [
                node.fill(glow, tone, 0.22),
                node.fill(tail, tone, 0.75),
                node.fill(Path().circle(0, 0, 2.4 * unit), WHITE),
            ]
            period = (1.2 + 0.9 * traits[2]) if wet else (4.2 + 2 * traits[2])
            self._comets.append((node, shapes, (*traits[:2], period)))

    def show(self, t: float) -> None:
        layout = self._stage.layout
        for index, (node, shapes, (x, y, period)) in enumerate(self._comets):
            turns = t / period + y * 3 + index * 0.37
            age = (turns % 1) * period
            hop = math.floor(turns) * 0.381966
            left = ((x + hop) % 1) * 1.2 * layout.width - age * 430 * layout.unit
            top = ((y + hop) % 1) * 0.5 * layout.horizon + age * 190 * layout.unit
            node.place(at(left, top, degrees=-24))
            for shape in shapes:
                shape.fade(max(0.0, 1 - age / 1.0) * min(1.0, age * 8))


class Rocks:
    """Asteroids that drift and turn, near ones larger and faster."""

    def __init__(self, group: Group, stage: Stage) -> None:
        self._stage = stage
        stream = stage.streams.named("rocks")
        self._rocks: list[tuple[Group, tuple[float, ...]]] = []
        for traits in sorted(stream.random((9, 5)).tolist(), key=lambda traits: float(traits[4])):
            near = traits[4]
            size = stage.layout.unit * (7 + 22 * near**2)
            tone = mix(
                mix(stage.palette.land, rgb("#8d7f78"), 0.45), stage.palette.haze, 0.4 * (1 - near)
            )
            node = group.group()
            node.fill(_boulder(stream, size), mix(tone, BLACK, 0.30))
            lit = _boulder(stream, size * 0.72).moved(-size * 0.16, -size * 0.18)
            node.fill(lit, mix(tone, stage.palette.key, 0.16))
            pits = Path().circle(size * 0.2, size * 0.1, size * 0.17)
            pits.circle(-size * 0.35, -size * 0.12, size * 0.12)
            node.fill(pits, mix(tone, BLACK, 0.36))
            self._rocks.append((node, tuple(traits)))

    def show(self, t: float) -> None:
        layout, camera = self._stage.layout, self._stage.camera
        for node, (x, y, speed, phase, near) in self._rocks:
            past = camera.travel(t) * (0.04 + 0.12 * near) / layout.width
            left = ((x + t * 0.006 * (speed + 0.4) * (1 + near) - past) % 1.2 - 0.1) * layout.width
            top = layout.horizon * (0.08 + 0.70 * y) + 6 * layout.unit * math.sin(
                t * 0.7 + phase * 6
            )
            node.place(at(left, top, degrees=(phase * 360 + t * 16 * (speed - 0.5)) % 360))


def _boulder(stream: np.random.Generator, size: float) -> Path:
    points = []
    for index, wild in enumerate(stream.random(9).tolist()):
        turn = index / 9 * math.tau
        reach = size * (0.78 + 0.34 * wild)
        points.append((math.cos(turn) * reach, math.sin(turn) * reach * 0.86))
    return Path().polygon(points)


def _ridges(layers: Layers, world: Group, stage: Stage) -> list[Point]:
    """Far crater walls and needles of rock; returns the nearer skyline."""
    layout, unit, palette = stage.layout, stage.layout.unit, stage.palette
    edge: list[Point] = []
    tall = 1.5 if layout.portrait else 1.0
    shapes = (
        (0.06, 92.0, 0.55, 0.66, 430.0),
        (0.16, 64.0, 0.28, 0.35, 520.0),
        (0.34, 40.0, 0.06, 0.1, 640.0),
    )
    for index, (depth, height, haze, peaked, period) in enumerate(shapes):
        layer = layers.wide(world, depth)
        stream = stage.streams.named(f"crater walls {index}")
        base = layout.horizon + (layout.bank - layout.horizon) * (0.05 + 0.30 * index)
        edge = skyline(
            stage,
            stream,
            depth=depth,
            base=base,
            height=height * unit * tall,
            period=period * unit,
            peaked=peaked,
        )
        tone = mix(mix(palette.land, palette.grass, 0.3 * index), palette.haze, haze)
        layer.fill(below(edge, layout.bank + 40 * unit), tone)
        layer.fill(rim(edge, (1.6 + index) * unit), mix(tone, palette.key, 0.5), 0.7)
        _craters(layer, stage, f"far craters {index}", edge, tone)
    return edge


def _craters(group: Group, stage: Stage, name: str, edge: list[Point], tone: Colour) -> None:
    stream, unit = stage.streams.named(name), stage.layout.unit
    hollows, lips = Path(), Path()
    for x, y, size in stream.random((22, 3)).tolist():
        left = edge[0][0] + x * (edge[-1][0] - edge[0][0])
        wide = unit * (9 + 22 * size * y)
        top = height_at(edge, left) + wide * 0.4 + y * 46 * unit
        lips.oval(left, top + wide * 0.05, wide * 1.12, wide * 0.30)
        hollows.oval(left, top, wide, wide * 0.22)
    group.fill(lips, mix(tone, stage.palette.key, 0.22), 0.7)
    group.fill(hollows, mix(tone, BLACK, 0.28), 0.7)


def _ground(group: Group, stage: Stage) -> None:
    """The ground the cast stands on: dust in tones, craters, pebbles."""
    layout, unit, palette = stage.layout, stage.layout.unit, stage.palette
    stream = stage.streams.named("ground")
    edge = skyline(
        stage,
        stream,
        depth=1.0,
        base=layout.bank + 12 * unit,
        height=26 * unit,
        period=900 * unit,
        octaves=3,
    )
    dust = palette.grass
    bottom = layout.height * 1.35
    for drop, tone in (
        (0, mix(dust, palette.key, 0.42)),
        (4, mix(dust, palette.key, 0.14)),
        (26, dust),
        (70, mix(dust, palette.land, 0.35)),
    ):
        lower = [(x, y + drop * unit) for x, y in edge]
        group.fill(below(lower, bottom), tone)
    pits, lips, pebbles, shades = Path(), Path(), Path(), Path()
    floor = layout.height - layout.bank
    # Craters keep their distance from each other, and from the lead, who stands on even ground.
    taken = [(layout.lead[0], layout.lead[1], 70 * layout.lead[2])]
    for x, y, size in stream.random((16, 3)).tolist():
        left = (x * 1.3 - 0.15) * stage.span(1.0)
        top = layout.bank + 34 * unit + floor * 0.62 * y
        wide = unit * (24 + 62 * size) * (0.5 + 0.8 * y)
        if any(abs(left - x) < wide + w and abs(top - y) < (wide + w) * 0.25 for x, y, w in taken):
            continue
        taken.append((left, top, wide))
        lips.oval(left, top + wide * 0.05, wide * 1.13, wide * 0.25)
        pits.oval(left, top, wide, wide * 0.19)
        shades.oval(left + wide * 0.1, top + wide * 0.05, wide * 0.84, wide * 0.12)
    for x, y, size in stream.random((60, 3)).tolist():
        radius = unit * (1.5 + 4.5 * size**2)
        pebbles.oval(
            (x * 1.3 - 0.15) * stage.span(1.0),
            layout.bank + 24 * unit + floor * 0.8 * y,
            radius,
            radius * 0.7,
        )
    group.fill(lips, mix(dust, palette.key, 0.34), 0.85)
    group.fill(pits, mix(dust, BLACK, 0.40), 0.8)
    group.fill(shades, mix(dust, BLACK, 0.20), 0.9)
    group.fill(pebbles, mix(dust, BLACK, 0.34), 0.8)


def _foreground(group: Group, stage: Stage) -> None:
    """Dark rocks before the camera."""
    layout, unit, palette = stage.layout, stage.layout.unit, stage.palette
    stream = stage.streams.named("front rocks")
    tone = mix(palette.land, (4, 5, 14), 0.62)
    edge = skyline(
        stage,
        stream,
        depth=1.3,
        base=layout.height + 12 * unit,
        height=(120 if layout.portrait else 84) * unit,
        period=330 * unit,
        peaked=0.35,
    )
    group.fill(below(edge, layout.height * 1.3), tone)
    group.fill(rim(edge, 3 * unit), mix(tone, palette.key, 0.30), 0.8)


class Crystals:
    """Clusters of crystals that glow and breathe light."""

    def __init__(self, frame: Group, stage: Stage) -> None:
        self._stage = stage
        layout, unit = stage.layout, stage.layout.unit
        plane = stage.plane(frame)
        stream = stage.streams.named("crystals")
        order = stream.permutation(len(_CRYSTALS)).tolist()
        self._clusters: list[tuple[Group, Shape, Glow, float, float]] = []
        count = 2 + round(2.4 * stage.span(0.95) / layout.width)
        size = unit * (1.5 if layout.portrait else 1.1)
        for index in range(count):
            x = layout.width * (0.06 + 0.41 * index + 0.12 * float(stream.random()))
            tone = rgb(_CRYSTALS[order[index % 2]])
            glow = Glow(frame, stage, rx=96 * size, ry=78 * size, colour=tone, strength=0.34)
            node = plane.group()
            light = self._cluster(node, stream, tone, size)
            y = layout.bank + (16 + 22 * float(stream.random())) * unit
            self._clusters.append((node, light, glow, x, y))

    def _cluster(
        self, node: Group, stream: np.random.Generator, tone: Colour, size: float
    ) -> Shape:
        dark, lit, shine = Path(), Path(), Path()
        node.fill(Path().oval(0, 2 * size, 52 * size, 7 * size), BLACK, 0.28)
        for lean, tall in ((-0.62, 38.0), (0.58, 44.0), (-0.26, 66.0), (0.22, 84.0), (0.0, 54.0)):
            high = tall * size * (0.85 + 0.3 * float(stream.random()))
            half = high * 0.13
            root, tip = lean * 34 * size, lean * 34 * size + lean * high * 0.5
            dark.polygon(((root, 3), (tip + half, -high * 0.8), (tip, -high), (tip, -high * 0.7)))
            dark.polygon(
                (
                    (root - half, 3),
                    (root + half, 3),
                    (tip + half, -high * 0.8),
                    (tip, -high),
                    (tip - half, -high * 0.8),
                )
            )
            lit.polygon(((root - half, 3), (root, 3), (tip, -high), (tip - half, -high * 0.8)))
            shine.polygon(
                (
                    (root - half * 0.7, 0),
                    (root - half * 0.3, 0),
                    (tip - half * 0.1, -high * 0.9),
                    (tip - half * 0.5, -high * 0.78),
                )
            )
        node.fill(dark, mix(tone, (20, 20, 60), 0.42))
        node.fill(lit, mix(tone, WHITE, 0.12))
        return node.fill(shine, WHITE, 0.8)

    def show(self, t: float) -> None:
        a, b, c, d, e, f = self._stage.camera.view(0.95, t)
        for index, (node, light, glow, x, y) in enumerate(self._clusters):
            node.place((a, b, a * x + c, d, e, e * y + f))
            light.fade(0.45 + 0.55 * math.sin(t * 1.3 + index * 1.9) ** 2)
            glow.put(a * x + c, e * y + f - 34 * self._stage.layout.unit)


class Rocket:
    """A small rocket that has landed beside a flag; its window is lit, its beacon blinks."""

    _DEPTH = 0.34

    def __init__(self, frame: Group, stage: Stage, edge: list[Point]) -> None:
        self._stage = stage
        layout, palette = stage.layout, stage.palette
        lot = float(stage.streams.named("rocket").random())
        self._x = layout.width * ((0.80 if layout.portrait else 0.84) + 0.06 * lot)
        self._y = height_at(edge, self._x) + 6 * layout.unit
        self._size = layout.unit * (1.35 if layout.portrait else 1.05)
        self._glow = Glow(
            frame,
            stage,
            rx=40 * self._size,
            ry=40 * self._size,
            colour=rgb("#ffd98a"),
            strength=0.4,
        )
        self._node = stage.plane(frame).group()
        body, red = (
            mix(palette.lit(rgb("#eef1f6")), palette.haze, 0.16),
            mix(palette.lit(rgb("#d8503f")), palette.haze, 0.1),
        )
        node = self._node
        legs = (
            Path()
            .polygon(((-12, -24), (-30, 0), (-25, 0), (-8, -16)))
            .polygon(((12, -24), (30, 0), (25, 0), (8, -16)))
        )
        node.fill(legs, mix(red, BLACK, 0.25))
        hull = Path().move(0, -128).cubic(22, -104, 24, -60, 15, -14).line(-15, -14)
        node.fill(hull.cubic(-24, -60, -22, -104, 0, -128).close(), body)
        shade = (
            Path()
            .move(0, -128)
            .cubic(22, -104, 24, -60, 15, -14)
            .line(5, -14)
            .cubic(14, -60, 12, -104, 0, -128)
            .close()
        )
        node.fill(shade, mix(body, (20, 22, 60), 0.30))
        nose = (
            Path()
            .move(0, -128)
            .cubic(9, -118, 14, -106, 17, -94)
            .line(-17, -94)
            .cubic(-14, -106, -9, -118, 0, -128)
        )
        node.fill(nose.close(), red)
        node.fill(Path().polygon(((-8, -14), (8, -14), (11, -5), (-11, -5))), mix(body, BLACK, 0.6))
        node.fill(Path().circle(0, -72, 10), red)
        node.fill(Path().circle(0, -72, 7), rgb("#ffe2a0"))
        self._beacon = node.fill(Path().circle(0, -131, 3.2), rgb("#ff6a5a"))
        node.fill(Path().rect(-62, -54, 2.2, 56), body)
        self._flag = node.fill(Path(), red)

    def show(self, t: float) -> None:
        a, _, c, _, e, f = self._stage.camera.view(self._DEPTH, t)
        x, y = a * self._x + c, e * self._y + f
        self._node.place(at(x, y, scale=self._size * a))
        self._glow.put(x, y - 72 * self._size * a)
        self._beacon.fade(0.15 + 0.85 * max(0.0, math.sin(t * 3.1)) ** 3)
        wave = 3 * math.sin(t * 2.2)
        flag = Path().move(-60, -53).quad(-48, -58 + wave, -34, -52).line(-34, -36)
        self._flag.reshape(flag.quad(-48, -42 + wave, -60, -37).close())


class Sparks:
    """Dust that floats in low gravity; a strong wind draws it out into streaks."""

    def __init__(self, group: Group, stage: Stage) -> None:
        self._stage = stage
        stream = stage.streams.named("sparks")
        tone = mix(stage.palette.key, WHITE, 0.3)
        self._swift = 4.0 if stage.spec.weather is Weather.WIND else 1.0
        self._sparks: list[tuple[Shape, tuple[float, ...]]] = []
        for spark in stream.random((26 * round(self._swift), 4)).tolist():
            radius = (1.2 + 3.0 * spark[3] ** 3) * stage.layout.unit
            shape = Path().oval(0, 0, radius * 3 * self._swift**2, radius / self._swift**0.5)
            dust = shape if self._swift > 1 else Path().circle(0, 0, radius)
            node = group.fill(dust, tone, 0.55)
            self._sparks.append((node, tuple(spark)))

    def show(self, t: float) -> None:
        layout = self._stage.layout
        for node, (x, y, phase, near) in self._sparks:
            along = (x + self._swift * t * 0.008 * (0.4 + near)) % 1.1 - 0.05
            up = (y - t * 0.012 * (0.3 + near)) % 1.0
            sway = 8 * layout.unit * math.sin(t * 0.7 + phase * math.tau)
            node.place(at(along * layout.width + sway, up * layout.height))
            node.fade(0.25 + 0.75 * math.sin(t * (0.5 + phase) + phase * 9) ** 2)
