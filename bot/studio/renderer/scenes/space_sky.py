"""The sky of another world: painted gas, stars and a planet; what twinkles, falls and drifts."""

import math

import numpy as np

from bot.studio.renderer.background import Field, clouding, dither, finish, taller
from bot.studio.renderer.canvas import Group, Pixels, Shape, at
from bot.studio.renderer.colour import BLACK, WHITE, mix, rgb
from bot.studio.renderer.path import Path
from bot.studio.renderer.spec import Weather
from bot.studio.renderer.stage import Stage

#: (main tone, second tone) of the planet's bands.
_PLANETS = (
    ("#e8a35c", "#b8603c"),
    ("#6fb7e0", "#2f6fb0"),
    ("#d98ac0", "#8a4fa0"),
    ("#7fd0a8", "#2f8a78"),
    ("#f0d090", "#c08a58"),
)


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
