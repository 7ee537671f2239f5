"""What burns in a room: a fire on the hearth, a lamp on its table, a candle."""

import math

from bot.studio.renderer.canvas import Group, at
from bot.studio.renderer.colour import BLACK, WHITE, mix, rgb
from bot.studio.renderer.glow import Glow
from bot.studio.renderer.path import Path
from bot.studio.renderer.stage import Stage

_WARM = rgb("#ffcf86")


_FLAMES = ("#ff7a2e", "#ffab3d", "#ffe08a")


class Fire:
    """A hearth at the left with flames; in a tall picture only its edge, so it has no hearth."""

    def __init__(self, frame: Group, group: Group, stage: Stage, depth: float) -> None:
        self._stage, self._depth = stage, depth
        self._flames: list[tuple[Group, float]] = []
        self._glow: Glow | None = None
        layout = stage.layout
        self._x, self._foot = 0.085 * layout.width, layout.horizon
        if layout.portrait:
            return
        unit = layout.unit
        self._node = group.group()
        self._node.place(at(self._x, self._foot, scale=unit))
        self._hearth(stage)
        for index, text in enumerate(_FLAMES):
            flame = self._node.group()
            for offset, high in ((-22, 0.72), (0, 1.0), (22, 0.8)):
                flame.fill(_flame(offset, (78 - 20 * index) * high, 15 - 4 * index), rgb(text))
            self._flames.append((flame, index * 1.7))
        logs = mix(rgb("#5a3a28"), BLACK, 0.15)
        self._node.fill(Path().oval(-14, -10, 34, 7).oval(14, -9, 34, 7), logs)
        strength = 0.5 if stage.dark else 0.24
        self._glow = Glow(
            frame, stage, rx=250 * unit, ry=190 * unit, colour=rgb("#ff9a45"), strength=strength
        )

    def _hearth(self, stage: Stage) -> None:
        palette, node = stage.palette, self._node
        brick = mix(palette.lit(rgb("#a9604c")), palette.land, 0.2)
        node.fill(Path().rect(-112, -236, 224, 238), brick)
        seams = Path()
        for row in range(13):
            seams.rect(-112, -236 + 18 * row, 224, 1.8)
            for column in range(7):
                seams.rect(-112 + 36 * column + (18 if row % 2 else 0), -236 + 18 * row, 1.8, 18)
        node.fill(seams, mix(brick, WHITE, 0.28), 0.6)
        mantel = mix(palette.lit(rgb("#7d5436")), palette.land, 0.1)
        node.fill(Path().rect(-130, -256, 260, 22), mantel)
        node.fill(Path().rect(-130, -236, 260, 5), mix(mantel, BLACK, 0.3))
        arch = (
            Path()
            .move(-72, 0)
            .line(-72, -104)
            .cubic(-72, -164, 72, -164, 72, -104)
            .line(72, 0)
            .close()
        )
        node.fill(arch, mix(rgb("#2a1a18"), palette.land, 0.06))
        node.fill(Path().rect(-124, -6, 248, 9), mix(brick, BLACK, 0.3))
        self._mantelpiece(node, stage)

    def _mantelpiece(self, node: Group, stage: Stage) -> None:
        """A clock, a vase with twigs and a candle on the mantel."""
        lit = stage.palette.lit
        node.fill(Path().rect(-34, -300, 50, 45), lit(rgb("#6a4630")))
        node.fill(Path().circle(-9, -279, 17), lit(rgb("#fbf3e0")))
        node.line(
            Path().move(-9, -279).line(-9, -290).move(-9, -279).line(-1, -275),
            lit(rgb("#3a2a22")),
            2.2,
        )
        vase = (
            Path()
            .move(62, -256)
            .cubic(46, -276, 58, -286, 62, -296)
            .line(78, -296)
            .cubic(82, -286, 94, -276, 78, -256)
        )
        node.fill(vase.close(), lit(rgb("#5f8f9a")))
        twigs = Path()
        for lean in (-20, -6, 10, 24):
            twigs.move(70, -294).quad(70 + lean * 0.3, -318, 70 + lean, -340)
        node.line(twigs, lit(rgb("#7a5a3e")), 2.2)
        buds = Path()
        for x, y in ((50, -338), (64, -342), (80, -341), (93, -336), (58, -324), (84, -322)):
            buds.circle(x, y, 5)
        node.fill(buds, lit(rgb("#f3b7b0")))

    def show(self, t: float) -> None:
        if self._glow is None:
            return
        for flame, phase in self._flames:
            high = 1 + 0.13 * math.sin(t * 7.3 + phase) + 0.08 * math.sin(t * 12.1 + phase * 2)
            lean = 0.07 * math.sin(t * 5.1 + phase)
            flame.place((1.0, -lean, 0.0, 0.0, high, -12.0))
        a, _, c, _, e, f = self._stage.camera.middle(self._depth, t)
        waver = 3 * self._stage.layout.unit * math.sin(t * 8.3)
        self._glow.put(a * self._x + c + waver, e * self._foot + f - 50 * self._stage.layout.unit)


def _flame(x: float, high: float, half: float) -> Path:
    path = (
        Path()
        .move(x, -high)
        .cubic(x + half * 0.2, -high * 0.7, x + half * 1.3, -high * 0.5, x + half, -high * 0.16)
    )
    path.quad(x + half * 0.8, 0, x, 0).quad(x - half * 0.8, 0, x - half, -high * 0.16)
    return path.cubic(x - half * 1.2, -high * 0.45, x - half * 0.3, -high * 0.6, x, -high).close()


class Lamp:
    """A side table with a lamp that lights the room when it is dark outside."""

    def __init__(self, frame: Group, stage: Stage) -> None:
        self._stage = stage
        layout, palette = stage.layout, stage.palette
        x, y, _ = layout.rest
        self._size = layout.unit * (1.3 if layout.portrait else 1.0)
        self._x, self._y = x + 34 * self._size, y
        self._glow: Glow | None = None
        if stage.dark:
            radius = 330 * layout.unit
            self._glow = Glow(frame, stage, rx=radius, ry=radius, colour=_WARM, strength=0.46)
        self._node = stage.plane(frame).group()
        wood = mix(palette.lit(rgb("#8a5c3c")), palette.land, 0.08)
        node = self._node
        node.fill(Path().oval(0, 124, 92, 9), BLACK, 0.22)
        for leg, low in ((-74, 118), (62, 118), (-44, 104), (36, 104)):
            node.fill(
                Path().rect(leg, 8, 10, low - 8), mix(wood, BLACK, 0.28 if low < 110 else 0.08)
            )
        node.fill(Path().rect(-84, 8, 178, 22), mix(wood, BLACK, 0.22))
        node.fill(Path().rect(-20, 13, 44, 11), mix(wood, BLACK, 0.05))
        node.fill(Path().circle(2, 19, 2.6), palette.lit(rgb("#e0b04a")))
        node.fill(Path().rect(-94, 0, 198, 10), mix(wood, palette.key, 0.18))
        self._lamp(node, stage)

    def _lamp(self, node: Group, stage: Stage) -> None:
        palette = stage.palette
        brass = palette.lit(rgb("#c99a45"))
        node.fill(Path().oval(58, -2, 22, 4.5), brass)
        node.fill(Path().rect(56, -62, 5, 60), brass)
        shade = Path().polygon(((34, -122), (82, -122), (98, -62), (18, -62)))
        cloth = rgb("#ffe0a3") if stage.dark else palette.lit(rgb("#f0dcc0"))
        node.fill(shade, cloth)
        node.fill(
            Path().polygon(((64, -122), (82, -122), (98, -62), (70, -62))),
            mix(cloth, rgb("#d98a4a"), 0.30),
        )
        node.fill(Path().rect(18, -66, 80, 5), mix(cloth, rgb("#b5653a"), 0.5))
        if stage.dark:
            node.fill(Path().oval(58, -62, 34, 6), WHITE, 0.7)

    def show(self, t: float) -> None:
        a, _, c, _, e, f = self._stage.camera.middle(1.0, t)
        self._node.place(at(a * self._x + c, e * self._y + f, scale=a * self._size))
        if self._glow is not None:
            self._glow.put(a * (self._x + 58 * self._size) + c, e * (self._y - 70 * self._size) + f)


class Candle:
    """A candle on the table; its flame flickers."""

    def __init__(self, frame: Group, stage: Stage) -> None:
        self._stage = stage
        layout, palette = stage.layout, stage.palette
        self._size = layout.unit * (1.6 if layout.portrait else 1.2)
        self._x = layout.width * (0.80 if not layout.portrait else 0.88)
        self._y = layout.lead[1] - 8 * layout.unit
        strength = 0.55 if stage.dark else 0.22
        self._glow = Glow(
            frame, stage, rx=190 * self._size, ry=190 * self._size, colour=_WARM, strength=strength
        )
        self._node = stage.plane(frame).group()
        brass, wax = palette.lit(rgb("#b98a3e")), palette.lit(rgb("#fdf3df"))
        self._node.fill(Path().oval(0, 2, 40, 7), BLACK, 0.22)
        self._node.fill(Path().oval(0, 0, 32, 6), brass)
        self._node.fill(Path().rect(-12, -64, 24, 63), wax)
        self._node.fill(Path().rect(3, -64, 9, 63), mix(wax, BLACK, 0.12))
        self._node.line(Path().move(0, -64).line(0, -72), BLACK, 1.6)
        self._flame = self._node.group()
        for text, high in (("#ff9a3d", 34.0), ("#ffe08a", 22.0)):
            self._flame.fill(_flame(0, high, high * 0.26), rgb(text))

    def show(self, t: float) -> None:
        a, _, c, _, e, f = self._stage.camera.middle(1.0, t)
        x, y = a * self._x + c, e * self._y + f
        self._node.place(at(x, y, scale=a * self._size))
        high = 1 + 0.10 * math.sin(t * 8.1) + 0.06 * math.sin(t * 13.7)
        self._flame.place((1.0, -0.10 * math.sin(t * 5.3), 0.0, 0.0, high, -68.0))
        self._glow.put(x, y - 84 * self._size * a)
