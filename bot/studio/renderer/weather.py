"""What is in the air: rain, snow, fog, leaves in the wind, lightning; dust when it is fine."""

import math
from dataclasses import dataclass

import numpy as np

from bot.studio.renderer.background import clouding
from bot.studio.renderer.canvas import Group, Node, Pixels, Shape, at
from bot.studio.renderer.colour import WHITE, mix, rgb
from bot.studio.renderer.path import Path
from bot.studio.renderer.spec import Light, Setting, Weather
from bot.studio.renderer.stage import Stage

#: Where fireflies live.
_WILD = (Setting.WATER, Setting.MEADOW, Setting.MOUNTAINS)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A field of drops or flakes one frame high, shown twice so that it can wrap."""

    nodes: tuple[Shape, Shape]
    fall: float
    slant: float
    sway: float
    phase: float


class Falling:
    """Rain or snow in sheets of different nearness."""

    def __init__(self, group: Group, stage: Stage) -> None:
        self._stage = stage
        weather = stage.spec.weather
        self._sheets: list[_Sheet] = []
        if weather is Weather.RAIN:
            self._sheets = [self._rain(group, near) for near in (0.0, 0.35, 0.7, 1.0)]
        elif weather is Weather.SNOW:
            nears = (0.0, 0.15, 0.3, 0.45, 0.6, 0.8, 1.0)
            self._sheets = [self._snow(group, near) for near in nears]

    def _rain(self, group: Group, near: float) -> _Sheet:
        layout, unit = self._stage.layout, self._stage.layout.unit
        stream = self._stage.streams.named(f"rain {near}")
        path, slant = Path(), -0.10
        for x, y in stream.random((round(110 - 55 * near), 2)).tolist():
            length = unit * (16 + 34 * near)
            left, top = (x * 1.3 - 0.1) * layout.width, y * layout.height
            path.move(left, top).line(left + slant * length, top + length)
        colour, width = mix(WHITE, self._stage.palette.haze, 0.25), unit * (1.0 + 0.9 * near)
        nodes = [group.line(path, colour, width, 0.30 + 0.20 * near) for _ in range(2)]
        return _Sheet((nodes[0], nodes[1]), 620 + 760 * near, slant, 0, 0)

    def _snow(self, group: Group, near: float) -> _Sheet:
        layout, unit = self._stage.layout, self._stage.layout.unit
        stream = self._stage.streams.named(f"snow {near}")
        path = Path()
        for x, y, size in stream.random((round(52 - 36 * near), 3)).tolist():
            radius = unit * (1.0 + 3.4 * near * near) * (0.7 + 0.6 * size)
            path.circle((x * 1.2 - 0.1) * layout.width, y * layout.height, radius)
        nodes = [group.fill(path, WHITE, 0.55 + 0.35 * near) for _ in range(2)]
        phase = float(stream.random()) * math.tau
        return _Sheet((nodes[0], nodes[1]), 36 + 70 * near, 0, 14 + 20 * near, phase)

    def show(self, t: float) -> None:
        layout, unit = self._stage.layout, self._stage.layout.unit
        for sheet in self._sheets:
            down = t * sheet.fall * unit % layout.height
            side = math.sin(t * 0.8 + sheet.phase) * sheet.sway * unit
            for index, node in enumerate(sheet.nodes):
                y = down - index * layout.height
                node.place(at(side + y * sheet.slant, y))


class Fog:
    """Two banks of mist that drift apart, painted once and moved by whole pixels."""

    #: (top and height as shares of the picture, density, pixels per second in units, depth)
    _BANKS = ((0.28, 0.46, 0.66, 5.0, 0.1), (0.46, 0.36, 0.40, -9.0, 0.35))

    def __init__(self, frame: Group, stage: Stage) -> None:
        self._stage = stage
        self._banks: list[tuple[Node, float, float, float, float]] = []
        if stage.spec.weather is not Weather.FOG:
            return
        layout, camera = stage.layout, stage.camera
        for index, (top, height, density, speed, depth) in enumerate(self._BANKS):
            drift = abs(speed) * layout.unit * camera.seconds + camera.reach * depth
            size = (round(layout.width + drift + 4), round(layout.height * height))
            node = frame.picture(_mist(stage, f"fog {index}", size, density))
            start = 0.0 if speed < 0 else -drift
            self._banks.append((node, start, top * layout.height, speed * layout.unit, depth))

    def show(self, t: float) -> None:
        camera = self._stage.camera
        # What is painted suffices for the camera's move: a clip that lasts longer sees it go back.
        swing = camera.seconds - abs(t % (2 * camera.seconds) - camera.seconds)
        for node, start, top, speed, depth in self._banks:
            past = camera.travel(t) * depth * (1 if speed < 0 else -1)
            node.place(at(round(start + speed * swing - past), round(top)))


def _mist(stage: Stage, name: str, size: tuple[int, int], density: float) -> Pixels:
    """A bank of mist that thins out towards its upper and lower edge, premultiplied."""
    stream = stage.streams.named(name)
    cover = clouding(stream, size, (3, 2))
    rise = np.linspace(0, 1, size[1], dtype=np.float32)[:, None]
    cover = (0.35 + 0.65 * cover) * np.sin(np.pi * rise).clip(0) ** 1.3 * density
    colour = mix(stage.palette.haze, stage.palette.cloud_lit, 0.35)
    pixels = np.empty((size[1], size[0], 4), np.uint8)
    noise = stream.random((size[1], size[0]), np.float32)
    for channel, level in enumerate((colour[2], colour[1], colour[0], 255.0)):
        pixels[..., channel] = np.clip(cover * level + noise, 0, level)
    return pixels


class Leaves:
    """What a strong wind carries along: leaves by day and night, petals over a meadow."""

    _COUNT = 22

    def __init__(self, group: Group, stage: Stage) -> None:
        self._stage = stage
        self._leaves: list[tuple[Shape, tuple[float, ...]]] = []
        if stage.spec.weather is not Weather.WIND:
            return
        stream, lit = stage.streams.named("leaves"), stage.palette.lit
        tones = [lit(rgb(text)) for text in ("#c8752e", "#d9a441", "#8f9d45", "#b3503a")]
        for leaf in stream.random((self._COUNT, 5)).tolist():
            size = stage.layout.unit * (5 + 8 * leaf[4] ** 2)
            path = Path().move(-size, 0).quad(0, -size * 0.8, size, 0).quad(0, size * 0.7, -size, 0)
            node = group.fill(path.close(), tones[int(leaf[2] * len(tones))], 0.9)
            self._leaves.append((node, tuple(leaf)))

    def show(self, t: float) -> None:
        layout = self._stage.layout
        for node, (x, y, speed, phase, near) in self._leaves:
            along = (x + t * (0.16 + 0.16 * speed + 0.12 * near)) % 1.2 - 0.1
            up = 0.12 + 0.8 * y + 0.05 * math.sin(t * (1.3 + speed) + phase * math.tau)
            turn = math.degrees(t * (2 + 3 * speed) + phase * math.tau)
            flip = 0.35 + 0.65 * abs(math.sin(t * 2.2 + phase * 9))
            place = at(along * layout.width, up * layout.height, degrees=turn, stretch=flip)
            node.place(place)


class Air:
    """All that is in the air before the camera."""

    def __init__(self, frame: Group, stage: Stage) -> None:
        fog = Fog(frame, stage)
        plane = stage.plane(frame)
        self._parts = (fog, Motes(plane, stage), Leaves(plane, stage), Falling(plane, stage))

    def show(self, t: float) -> None:
        for part in self._parts:
            part.show(t)


class Lightning:
    """A storm's rare, soft flash: the whole sky brightens, at most once in three seconds."""

    _PERIOD = 3.7

    def __init__(self, group: Group, stage: Stage) -> None:
        self._node: Shape | None = None
        if stage.spec.light is Light.STORM:
            top = -stage.camera.headroom
            sky = Path().rect(0, top, stage.layout.width, stage.layout.horizon - top)
            self._node = group.fill(sky, rgb("#e8eeff"))

    def show(self, t: float) -> None:
        if self._node is not None:
            since = (t + 2.2) % self._PERIOD
            rise = min(1.0, since / 0.12)
            self._node.fade(0.26 * rise * math.exp(-since * 4.0) if since < 1.4 else 0.0)


class Rings:
    """Circles that raindrops leave on the water."""

    _COUNT = 34

    def __init__(self, group: Group, stage: Stage) -> None:
        self._stage = stage
        self._rings: list[tuple[Shape, float, float, float, float]] = []
        if stage.spec.weather is not Weather.RAIN:
            return
        layout, stream = stage.layout, stage.streams.named("rings")
        colour = mix(WHITE, stage.palette.haze, 0.3)
        for x, y, phase in stream.random((self._COUNT, 3)).tolist():
            near = y**1.4
            size = layout.unit * (5 + 17 * near)
            ring = Path().oval(0, 0, size, size * 0.26)
            node = group.line(ring, colour, layout.unit * 1.3, 0.6)
            down = layout.horizon + (layout.bank - layout.horizon) * (0.04 + 0.96 * near)
            self._rings.append((node, x * layout.width, down, phase, 0.8 + 0.5 * phase))

    def show(self, t: float) -> None:
        for node, x, y, phase, period in self._rings:
            age = (t / period + phase) % 1
            hop = math.floor(t / period + phase) * 0.381966
            place = (x / self._stage.layout.width + hop) % 1 * self._stage.layout.width
            node.place(at(place, y, scale=0.15 + 0.85 * age))
            node.fade((1 - age) ** 1.5)


class Motes:
    """Dust in the light by day, fireflies by night; absent in rain and snow."""

    _COUNT = 26
    #: Seconds until they shine: the first frame of a clip is the picture alone.
    _DAWNING = 1.2

    def __init__(self, group: Group, stage: Stage) -> None:
        self._stage = stage
        self._motes: list[tuple[Group, Shape, Shape, tuple[float, ...]]] = []
        spec = stage.spec
        fireflies = spec.light is Light.NIGHT and spec.setting in _WILD
        if not spec.fine or (spec.light is Light.NIGHT and not fireflies):
            return
        colour = rgb("#d8f58a") if fireflies else stage.palette.key
        stream = stage.streams.named("motes")
        for mote in stream.random((self._COUNT, 5)).tolist():
            node = group.group()
            radius = (1.6 + 5.5 * mote[4] ** 3) * stage.layout.unit
            halo = node.fill(Path().circle(0, 0, radius * (3 if fireflies else 1.45)), colour, 0.16)
            core = node.fill(
                Path().circle(0, 0, radius * (0.75 if fireflies else 1)),
                colour,
                0.85 if fireflies else 0.34,
            )
            self._motes.append((node, halo, core, tuple(mote)))

    def show(self, t: float) -> None:
        layout = self._stage.layout
        low = self._stage.spec.light is Light.NIGHT
        for node, halo, core, (x, y, speed, phase, _) in self._motes:
            place = ((x + t * 0.012 * (speed + 0.3)) % 1.1 - 0.05) * layout.width
            rise = (0.5 + 0.5 * y) if low else y
            up = (rise - t * 0.012 * (speed + 0.2)) % 1.0 * layout.height
            wave = math.sin(t * 0.9 + phase * math.tau) * 9 * layout.unit
            node.place(at(place, up + wave))
            glow = math.sin(t * (0.6 + speed) + phase * 9) ** 2 * min(1.0, t / self._DAWNING)
            halo.fade(glow)
            core.fade(glow)
