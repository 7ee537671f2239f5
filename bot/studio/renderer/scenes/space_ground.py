"""The ground of another world: crater walls, dust, crystals, a rocket that has landed."""

import math

import numpy as np

from bot.studio.renderer.canvas import Group, Shape, at
from bot.studio.renderer.colour import BLACK, WHITE, Colour, mix, rgb
from bot.studio.renderer.glow import Glow
from bot.studio.renderer.land import Layers, below, height_at, rim, skyline
from bot.studio.renderer.path import Path, Point
from bot.studio.renderer.stage import Stage

_CRYSTALS = ("#7df0ff", "#ff8ad8", "#b0ff8a", "#ffd27a")


def ridges(layers: Layers, world: Group, stage: Stage) -> list[Point]:
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


def ground(group: Group, stage: Stage) -> None:
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


def foreground(group: Group, stage: Stage) -> None:
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
