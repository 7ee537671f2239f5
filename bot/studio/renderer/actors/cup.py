"""A cup of coffee on its saucer, steaming.

The saucer stands at (x, y), on a table, a sill or the ground; with it the cup is about
120 units wide and 80 high, the steam as high again. Called by a scene. The one
invariant: only steam, sheen and foam move.
"""

import math

from bot.studio.renderer.actors.edge import edge
from bot.studio.renderer.camera import ease
from bot.studio.renderer.canvas import Group, Shape, at
from bot.studio.renderer.colour import BLACK, WHITE, Colour, mix, rgb
from bot.studio.renderer.path import Path, Point, ribbon
from bot.studio.renderer.spec import Light, Weather
from bot.studio.renderer.stage import Stage

#: Left, top, right, bottom around (x, y), in units, over all moments.
BOX = (-70.0, -185.0, 75.0, 14.0)

_HUES = ("#d9604c", "#3f8fa8", "#e8b44a", "#6c8f5a", "#7a68b8", "#f1e7d6")
_RIM = -76.0
_JOINTS = 11
#: Where each wisp rises, how high, and when it starts.
_WISPS = ((-17.0, 76.0, 0.10), (-4.0, 98.0, 0.35), (9.0, 88.0, 0.60), (19.0, 70.0, 0.85))
_LIFE = 4.6


class Cup:
    """The warmest thing in a picture; the colder the air, the thicker its steam."""

    def __init__(
        self, group: Group, stage: Stage, *, hue: str | None = None, haste: float = 1.0
    ) -> None:
        del haste  # steam rises at its own pace
        palette, spec = stage.palette, stage.spec
        drawn = _HUES[int(stage.streams.named("cup glaze").integers(len(_HUES)))]
        glaze = palette.lit(rgb(hue or drawn))
        line = edge(glaze, palette)
        cold = spec.weather is Weather.SNOW or spec.light is Light.NIGHT
        self._thickness = 0.72 if cold else 0.42
        self._node = group.group()
        self._node.fill(Path().oval(5, 1, 66, 8), mix(palette.land, BLACK, 0.6), 0.28)
        _draw_saucer(self._node, glaze, line, palette.lit(rgb("#d8dce2")))
        _draw_handle(self._node, glaze, line)
        _draw_bowl(self._node, glaze, line, palette.key)
        self._foam, self._sheen = _fill(self._node, glaze, stage)
        mist = mix(WHITE, palette.key, 0.15)
        self._wisps = [
            (self._node.fill(Path(), mist, 0.5), self._node.fill(Path(), mist)) for _ in _WISPS
        ]

    def show(self, t: float, x: float, y: float, scale: float) -> None:
        """Draw it with the saucer standing at (x, y)."""
        self._node.place(at(x, y, scale=scale))
        self._foam.place(at(1.2 * math.sin(t * 0.7), _RIM + 1, degrees=3 * math.sin(t * 0.5)))
        self._sheen.place(at(9 * math.sin(t * 0.6), 0.0))
        self._sheen.fade(0.6 + 0.4 * math.sin(t * 1.1))
        for (start, height, late), wisp in zip(_WISPS, self._wisps, strict=True):
            self._rise(t, start, height, late, wisp)

    def _rise(
        self, t: float, start: float, height: float, late: float, wisp: tuple[Shape, Shape]
    ) -> None:
        """A wisp leaves the coffee, climbs, curls and thins out."""
        age = (t / _LIFE + late) % 1
        low, high = height * ease(1.5 * age - 0.6), height * (0.12 + 0.88 * ease(1.5 * age))
        spine: list[Point] = []
        for joint in range(_JOINTS):
            up = low + (high - low) * joint / (_JOINTS - 1)
            curl = (1.5 + 0.085 * up) * math.sin(up * 0.085 - t * 1.6 + start)
            spine.append((start * (1 + up / 300) + curl, _RIM - 1 - up))
        full = min(1.0, (high - low) / 45)
        swell = [full * math.sin(math.pi * (joint + 0.3) / _JOINTS) for joint in range(_JOINTS)]
        for node, width in zip(wisp, (12.0, 5.0), strict=True):
            node.reshape(ribbon(spine, [width * part for part in swell]))
            node.fade(self._thickness * math.sin(math.pi * age))


def _draw_saucer(group: Group, glaze: Colour, line: Colour, metal: Colour) -> None:
    rim = Path().oval(0, -8, 62, 11.5)
    group.fill(Path().oval(0, -4.5, 56, 10), mix(glaze, BLACK, 0.34))
    group.line(rim, line, 2.4, 0.8)
    group.fill(rim, mix(glaze, WHITE, 0.16))
    group.fill(Path().oval(0, -8, 54, 8.6), mix(glaze, BLACK, 0.08))
    group.fill(Path().oval(2, -7, 31, 5.6), mix(glaze, BLACK, 0.3))
    spoon = Path().move(-52, -9).quad(-38, -3, -20, -2.5)
    group.line(spoon, mix(metal, BLACK, 0.4), 4.4)
    group.line(spoon, metal, 2.8)
    group.fill(Path().oval(-52, -10.5, 8.5, 4.2), mix(metal, BLACK, 0.4))
    group.fill(Path().oval(-52.4, -11, 7, 3.1), metal)


def _draw_handle(group: Group, glaze: Colour, line: Colour) -> None:
    ear = Path().move(33, -61).cubic(64, -70, 64, -30, 27, -33)
    group.line(ear, line, 13.4, 0.9)
    group.line(ear, mix(glaze, BLACK, 0.1), 10)
    group.line(Path().move(36, -63.5).cubic(56, -68, 60, -52, 54, -42), WHITE, 2.0, 0.4)


def _draw_bowl(group: Group, glaze: Colour, line: Colour, key: Colour) -> None:
    bowl = Path().move(-39, _RIM).cubic(-39, -44, -32, -18, -20, -12)
    bowl.quad(0, -5, 20, -12).cubic(32, -18, 39, -44, 39, _RIM).close()
    group.line(bowl, line, 2.6, 0.85)
    group.fill(bowl, glaze)
    inside = group.group(clip=bowl)
    shade = Path().move(42, -80).line(20, -80).cubic(26, -44, 20, -20, 2, -6).line(42, -6).close()
    inside.fill(shade, BLACK, 0.11)
    inside.fill(_wave(-30), mix(glaze, WHITE, 0.55), 0.9)
    inside.fill(_wave(-23), mix(glaze, BLACK, 0.16))
    gleam = Path().move(-30, -66).cubic(-30, -46, -26, -34, -21, -26)
    inside.line(gleam, mix(WHITE, key, 0.3), 5.0, 0.5)


def _wave(y: float) -> Path:
    """Everything below a hand-painted wave."""
    wave = Path().move(-44, y)
    for step in range(8):
        x = -44 + 11 * step
        wave.quad(x + 5.5, y + (5 if step % 2 else -5), x + 11, y)
    return wave.line(44, 0).line(-44, 0).close()


def _fill(group: Group, glaze: Colour, stage: Stage) -> tuple[Group, Shape]:
    """The rim, the coffee in it and a leaf of foam, which are returned to be moved."""
    lit = stage.palette.lit
    group.fill(Path().oval(0, _RIM, 39, 10.5), mix(glaze, WHITE, 0.38))
    well = Path().oval(0, _RIM + 0.8, 35, 8.4)
    group.fill(well, mix(glaze, BLACK, 0.4))
    coffee = Path().oval(0, _RIM + 2.2, 33.2, 6.9)
    group.fill(coffee, lit(rgb("#7a4a2b")))
    inside = group.group(clip=coffee)
    inside.line(Path().oval(0, _RIM + 2.2, 32, 6.2), lit(rgb("#c08a55")), 2.4)
    foam = inside.group()
    leaf = Path().move(0, 7).cubic(-16, 4, -20, -2, -11, -4).quad(-4, -5, 0, -1.6)
    foam.fill(leaf.quad(4, -5, 11, -4).cubic(20, -2, 16, 4, 0, 7).close(), lit(rgb("#f6e6cd")))
    foam.line(Path().move(-9, -1).quad(0, 3.5, 9, -1), lit(rgb("#b07d4c")), 1.1, 0.8)
    return foam, inside.line(Path().move(-22, _RIM - 1).quad(-8, -80, 6, _RIM - 2), WHITE, 1.6, 0.6)
