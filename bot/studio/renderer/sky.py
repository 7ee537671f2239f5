"""What moves in the sky: the disc, twinkling stars, drifting clouds, birds."""

import math
from dataclasses import dataclass

import numpy as np

from bot.studio.renderer.canvas import Group, Node, Shape, at
from bot.studio.renderer.colour import WHITE, mix
from bot.studio.renderer.path import Path
from bot.studio.renderer.spec import Light
from bot.studio.renderer.stage import Stage


class Disc:
    """Sun or moon; it stands still."""

    def __init__(self, group: Group, stage: Stage) -> None:
        spec, palette, layout = stage.spec, stage.palette, stage.layout
        if spec.light is Light.STORM:
            return
        x, y = layout.sun
        radius = 42 * layout.unit * (1.2 if layout.portrait else 1.0)
        veiled = 1.0 if spec.fine else 0.55
        for grow, alpha in ((1.55, 0.10), (1.27, 0.18)):
            group.fill(Path().circle(x, y, radius * grow), palette.disc, alpha * veiled)
        group.fill(Path().circle(x, y, radius), palette.disc, veiled)
        if spec.light is Light.NIGHT:
            craters = Path()
            for dx, dy, size in ((-0.34, -0.2, 0.2), (0.26, 0.32, 0.15), (0.12, -0.45, 0.10)):
                craters.circle(x + dx * radius, y + dy * radius, size * radius)
            craters.circle(x - 0.1 * radius, y + 0.5 * radius, 0.08 * radius)
            group.fill(craters, mix(palette.disc, palette.haze, 0.35), 0.6 * veiled)


class Stars:
    """Bright stars, twinkling in a few common rhythms."""

    _RHYTHMS = 9

    def __init__(self, group: Group, stage: Stage) -> None:
        self._nodes: list[Shape] = []
        if stage.spec.light is not Light.NIGHT or not stage.spec.fine:
            return
        layout, stream = stage.layout, stage.streams.named("stars")
        for _ in range(self._RHYTHMS):
            path = Path()
            for x, y, size in stream.random((11, 3)).tolist():
                radius = (0.7 + 1.5 * size**3) * layout.unit
                path.circle(x * layout.width, y**1.2 * layout.horizon * 0.9, radius)
            self._nodes.append(group.fill(path, mix(WHITE, stage.palette.key, 0.2)))

    def show(self, t: float) -> None:
        for index, node in enumerate(self._nodes):
            node.fade(0.35 + 0.65 * math.sin(t * (0.7 + 0.13 * index) + index * 2.4) ** 2)


@dataclass(frozen=True, slots=True)
class _Drifting:
    node: Node
    x: float
    y: float
    speed: float


class Clouds:
    """Heaps of cloud in three tones, drifting with the wind."""

    def __init__(self, group: Group, stage: Stage) -> None:
        self._stage = stage
        stream = stage.streams.named("clouds")
        layout = stage.layout
        count = 5 if layout.portrait else 4 + int(stream.integers(3))
        self._clouds = [
            self._cloud(group, stream, place / count) for place in stream.permutation(count)
        ]
        if stage.spec.light is Light.STORM:
            more = stage.streams.named("storm clouds")
            self._clouds += [self._cloud(group, more, place / 3) for place in range(3)]

    def _cloud(self, group: Group, stream: np.random.Generator, place: float) -> _Drifting:
        layout = self._stage.layout
        low = float(stream.random())
        near = 1 - low
        width = layout.unit * (150 + 190 * near) * (0.75 + 0.5 * float(stream.random()))
        node = group.group()
        self._heap(node, stream, width, width * (0.20 + 0.08 * float(stream.random())), near)
        return _Drifting(
            node,
            (place * 1.25 - 0.12 + 0.06 * float(stream.normal())) * layout.width,
            (0.16 + 0.60 * low) * layout.horizon,
            (3.0 + 6.0 * near) * layout.unit,
        )

    def _heap(
        self, group: Group, stream: np.random.Generator, width: float, height: float, near: float
    ) -> None:
        puffs = _puffs(stream, width, height)
        palette, strength = self._stage.palette, 0.45 + 0.35 * near
        if self._stage.spec.light is Light.NIGHT:
            strength *= 0.5
        shade = mix(palette.cloud_shade, palette.haze, 0.35 * (1 - near))
        lit = mix(palette.cloud_lit, palette.haze, 0.25 * (1 - near))
        group.fill(_heaped(puffs, 1.0, 0, 0), shade, 0.9 * strength)
        group.fill(_heaped(puffs, 0.93, 0.05, -0.11), mix(shade, lit, 0.45), 0.75 * strength)
        group.fill(_heaped(puffs, 0.80, 0.12, -0.24), mix(shade, lit, 0.8), 0.75 * strength)
        group.fill(_heaped(puffs, 0.58, 0.24, -0.40), lit, 0.85 * strength)

    def show(self, t: float) -> None:
        for cloud in self._clouds:
            past = self._stage.camera.travel(t) * 0.03
            cloud.node.place(at(cloud.x + cloud.speed * t - past, cloud.y))


_Puff = tuple[float, float, float]


def _puffs(stream: np.random.Generator, width: float, height: float) -> list[_Puff]:
    """Circles of a heap: large in its middle, small at its ends, standing on a flat base."""
    puffs: list[_Puff] = []
    count = 8 + int(stream.integers(4))
    for index in range(count):
        along = index / (count - 1)
        hill = math.sin(math.pi * (0.08 + 0.84 * along)) ** 0.9
        radius = height * (0.12 + 0.50 * hill) * (0.78 + 0.44 * float(stream.random()))
        sunk = 0.92 if index in (0, count - 1) else 0.25 + 0.4 * float(stream.random())
        puffs.append(((along - 0.5) * width * 0.92, -radius * sunk, radius))
    for _ in range(2 + int(stream.integers(2))):
        along = 0.3 + 0.4 * float(stream.random())
        radius = height * (0.36 + 0.2 * float(stream.random()))
        puffs.append(((along - 0.5) * width, -height * 0.7, radius))
    return puffs


def _heaped(puffs: list[_Puff], size: float, right: float, up: float) -> Path:
    """One tone of a heap: its puffs shrunk and pushed towards the light."""
    path = Path()
    for x, y, radius in puffs:
        _dome(path, x + right * radius, y + up * radius, radius * size)
    return path


def _dome(path: Path, x: float, y: float, radius: float) -> None:
    """The part of a circle above y = 0: clouds stand on a flat base, and a clip would be slow."""
    if y + radius <= 0:
        path.circle(x, y, radius)
    elif y < radius:
        start = math.pi - math.asin(-y / radius)
        stop = math.tau + math.asin(-y / radius)
        steps = range(max(9, round(radius * 0.6)) + 1)
        turns = [start + (stop - start) * step / steps[-1] for step in steps]
        path.polygon((x + math.cos(turn) * radius, y + math.sin(turn) * radius) for turn in turns)


class Birds:
    """A small flock crossing the sky; the wings beat by reshaping."""

    def __init__(self, group: Group, stage: Stage) -> None:
        self._stage = stage
        self._birds: list[tuple[Shape, float, float, float]] = []
        spec, layout = stage.spec, stage.layout
        if spec.light is Light.NIGHT or not spec.fine:
            return
        stream = stage.streams.named("birds")
        ink = mix(stage.palette.land, stage.palette.haze, 0.25)
        left = 0.10 + 0.35 * float(stream.random())
        top = 0.24 + 0.22 * float(stream.random())
        for index in range(5 + int(stream.integers(3))):
            side, wobble, phase = stream.random(3).tolist()
            node = group.line(Path().move(0, 0).line(1, 0), ink, 2.1 * layout.unit, 0.75)
            x = layout.width * left + (index * 44 + 22 * side) * layout.unit
            y = layout.horizon * top + (abs(index - 2) * 15 + 14 * wobble) * layout.unit
            self._birds.append((node, x, y, phase * math.tau))

    def show(self, t: float) -> None:
        unit = self._stage.layout.unit
        for node, x, y, phase in self._birds:
            glide = 0.35 + 0.65 * (math.sin(t * 0.9 + phase) > -0.3)
            node.reshape(_wings(math.sin(t * 8.5 + phase) * glide, unit))
            node.place(at(x + t * 24 * unit, y + math.sin(t * 0.8 + phase) * 5 * unit))


def _wings(beat: float, unit: float) -> Path:
    span, lift = 12 * unit, beat * 6 * unit
    path = Path().move(-span, -lift).quad(-span * 0.45, -4 * unit - lift * 0.3, 0, 0)
    return path.quad(span * 0.45, -4 * unit - lift * 0.3, span, -lift)
