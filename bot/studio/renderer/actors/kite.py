"""A diamond kite on its string, with a tail of bows.

(x, y) is where its spars cross; it is about 80 units wide and 120 high, its tail as long
again. Called by a scene, high in the air. The one invariant: the end of the string stays
where it is, however the kite moves.
"""

import math

from bot.studio.renderer.actors.edge import edge, ink
from bot.studio.renderer.canvas import Group, at
from bot.studio.renderer.colour import BLACK, WHITE, Colour, mix, rgb
from bot.studio.renderer.path import Path, Point
from bot.studio.renderer.stage import Stage

#: Left, top, right, bottom around (x, y), in units, over all moments; the string leaves it.
BOX = (-68.0, -76.0, 132.0, 180.0)

#: Its parts are drawn larger than it is.
_SIZE = 0.8
_HUES = ("#e5484d", "#2f8fd8", "#f2a33a", "#8e5bd6", "#21a58c")
_ACCENTS = ("#ffd34f", "#37b8c9", "#f2697b")
_TOP, _RIGHT, _BOTTOM, _LEFT = (0, -64), (48, -4), (0, 82), (-48, -4)
_CROSS = (0, -4)
_BOWS, _TAIL_JOINTS, _TAIL_LENGTH = 5, 16, 9.0


class Kite:
    """A kite that leans into the wind; `anchor` is where its string ends, in units from (x, y)."""

    def __init__(
        self,
        group: Group,
        stage: Stage,
        *,
        hue: str | None = None,
        haste: float = 1.0,
        anchor: Point = (-330.0, 620.0),
    ) -> None:
        del haste  # the wind sets its pace
        self._anchor = anchor
        palette = stage.palette
        drawn = _HUES[int(stage.streams.named("kite cloth").integers(len(_HUES)))]
        cloth = rgb(hue or drawn)
        bright = max((rgb(text) for text in _ACCENTS), key=lambda other: math.dist(cloth, other))
        main, accent = palette.lit(cloth), palette.lit(bright)
        self._node = group.group()
        self._string = self._node.line(Path(), ink(palette.sky[2]), 1.5, 0.65)
        self._ribbon = self._node.line(Path(), mix(main, BLACK, 0.15), 3.4)
        self._bows = [
            _bow(self._node, main if index % 2 else accent, palette.lit(WHITE))
            for index in range(_BOWS)
        ]
        self._sail = self._node.group()
        _draw_sail(self._sail, stage, main, accent)
        self._tassels = [self._sail.group() for _ in range(2)]
        for tassel in self._tassels:
            _draw_tassel(tassel, accent)

    def show(self, t: float, x: float, y: float, scale: float) -> None:
        """Draw it with the crossing of its spars about (x, y)."""
        dx = 13 * math.sin(t * 0.9) + 4 * math.sin(t * 2.3 + 1)
        dy = 10 * math.sin(t * 1.25 + 0.6)
        lean = 17 + 6 * math.sin(t * 0.9 + 0.5) + 2 * math.sin(t * 3.1)
        self._node.place(at(x, y, scale=scale * _SIZE))
        self._sail.place(at(dx, dy, degrees=lean))
        for tassel, (corner_x, corner_y) in zip(self._tassels, (_LEFT, _RIGHT), strict=True):
            flutter = -lean - 28 + 16 * math.sin(t * 5.2 + corner_x)
            tassel.place(at(corner_x, corner_y, degrees=flutter))
        turn = math.radians(lean)
        foot = (dx - _BOTTOM[1] * math.sin(turn), dy + _BOTTOM[1] * math.cos(turn))
        self._trail(t, foot)
        end_x, end_y = self._anchor[0] / _SIZE, self._anchor[1] / _SIZE
        sag = (0.55 * end_x + dx, 0.36 * end_y + dy + 12 * math.sin(t * 1.1))
        self._string.reshape(Path().move(dx, dy + 12).quad(*sag, end_x, end_y))

    def _trail(self, t: float, foot: Point) -> None:
        """The tail streams down the wind; its ripple runs outwards."""
        x, y = foot
        spine, angles = [foot], [1.5]
        for joint in range(1, _TAIL_JOINTS):
            along = joint / (_TAIL_JOINTS - 1)
            wave = 0.62 * along**0.6 * math.sin(t * 3.6 - along * 5.4)
            angles.append(1.5 - 1.0 * along + wave)
            x += _TAIL_LENGTH * math.cos(angles[-1])
            y += _TAIL_LENGTH * math.sin(angles[-1])
            spine.append((x, y))
        self._ribbon.reshape(Path().polyline(spine))
        for index, bow in enumerate(self._bows):
            joint = 3 * (index + 1)
            turn = math.degrees(angles[joint]) - 90 + 10 * math.sin(t * 6 + index)
            bow.place(at(*spine[joint], scale=1 - 0.07 * index, degrees=turn))


def _draw_sail(group: Group, stage: Stage, main: Colour, accent: Colour) -> None:
    whole = Path().polygon((_TOP, _RIGHT, _BOTTOM, _LEFT))
    group.line(whole, edge(main, stage.palette), 4.6, 0.85)
    group.fill(whole, main)
    light, dark = mix(main, WHITE, 0.22), mix(main, BLACK, 0.2)
    group.fill(Path().polygon((_TOP, _CROSS, _LEFT)), light)
    group.fill(Path().polygon((_BOTTOM, _CROSS, _RIGHT)), dark)
    inside = group.group(clip=whole)
    hem = Path().polygon(((0, 40), (30, 30), (0, 84), (-30, 30)))
    inside.fill(hem, mix(main, WHITE, 0.5))
    inside.fill(Path().polygon(((0, 40), (30, 30), (0, 84))), mix(main, WHITE, 0.32))
    inside.fill(Path().circle(0, -4, 17), accent)
    inside.fill(Path().circle(0, -4, 10.5), mix(main, WHITE, 0.75))
    inside.line(Path().polyline((_LEFT, _TOP)), stage.palette.key, 5.0, 0.55)
    spars = Path().polyline((_TOP, _BOTTOM)).move(*_LEFT).quad(0, -13, *_RIGHT)
    group.line(spars, mix(main, BLACK, 0.48), 2.4, 0.8)


def _draw_tassel(group: Group, colour: Colour) -> None:
    threads = Path().move(0, 0).quad(-5, 10, -4, 20).move(0, 0).quad(1, 11, 0, 23)
    group.line(threads.move(0, 0).quad(5, 10, 5, 19), colour, 2.6)


def _bow(group: Group, colour: Colour, knot: Colour) -> Group:
    bow = group.group()
    for side in (-1, 1):
        loop = Path().move(0, 0).cubic(side * 5, -9, side * 17, -10, side * 16, 0)
        wing = loop.cubic(side * 17, 9, side * 5, 8, 0, 0).close()
        bow.line(wing, mix(colour, BLACK, 0.3), 1.8, 0.7)
        bow.fill(wing, mix(colour, BLACK, 0.0 if side < 0 else 0.1))
    bow.fill(Path().circle(0, 0, 3.6), knot)
    return bow
