"""On another world: a nebula with a planet, drifting rocks, a rocket, craters and crystals."""

import math
from collections.abc import Iterator

from bot.studio.renderer.canvas import Group, Shape, at
from bot.studio.renderer.cast import Cast, Part
from bot.studio.renderer.colour import WHITE, mix
from bot.studio.renderer.land import Layers
from bot.studio.renderer.path import Path
from bot.studio.renderer.scenes import space_sky
from bot.studio.renderer.scenes.space_ground import Crystals, Rocket, foreground, ground, ridges
from bot.studio.renderer.scenes.space_sky import Comets, Rocks, Twinkling
from bot.studio.renderer.spec import Weather
from bot.studio.renderer.stage import Stage
from bot.studio.renderer.weather import Falling, Fog

paint = space_sky.paint


def dress(frame: Group, stage: Stage, cast: Cast) -> Iterator[Part]:
    """Build what moves in the sky, then the ground in three distances."""
    world = stage.plane(frame)
    yield Twinkling(world, stage)
    yield Comets(world, stage)
    yield Rocks(world, stage)
    layers = Layers(stage)
    yield layers
    ridge = ridges(layers, world, stage)
    yield Rocket(frame, stage, ridge)
    yield cast.aloft(world)
    ground(layers.wide(stage.plane(frame), 1.0), stage)
    yield Crystals(frame, stage)
    yield cast.standing(stage.plane(frame))
    front = Layers(stage)
    yield front
    foreground(front.wide(stage.plane(frame), 1.3), stage)
    yield Fog(frame, stage)
    air = stage.plane(frame)
    yield Sparks(air, stage)
    if stage.spec.weather is Weather.SNOW:
        yield Falling(air, stage)


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
