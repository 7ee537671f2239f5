"""The street front of the city: brick houses, shop windows, awnings and neon signs."""

import math

from bot.studio.renderer.box import Box
from bot.studio.renderer.canvas import Group, Shape, at
from bot.studio.renderer.colour import WHITE, Colour, mix, rgb
from bot.studio.renderer.glow import Glow
from bot.studio.renderer.path import Path
from bot.studio.renderer.spec import Weather
from bot.studio.renderer.stage import Stage

_DEPTH = 0.28
_BRICKS = ("#a8604f", "#8d7a6b", "#5f7d86", "#b58a5a", "#7a6a8c", "#94584a")
_AWNINGS = ("#d6455d", "#2f8f7f", "#e0a13c", "#4a6fc4", "#c45fa0")
_NEONS = ("#ff4fa3", "#35e0ff", "#ffd23f", "#8b6bff", "#5cff9d", "#ff7a3d")
_WARM = rgb("#ffd894")


class Shops:
    """A row of houses on the horizon; its neon flickers and shines on the wet road."""

    def __init__(self, frame: Group, group: Group, stage: Stage) -> None:
        self._stage, self._frame, self._group = stage, frame, group
        self._neons: list[tuple[Shape, float]] = []
        self._glows: list[tuple[Glow, float, float]] = []
        self._shines: list[tuple[Shape, float]] = []
        layout, unit = stage.layout, stage.layout.unit
        self._scale = unit * (1.25 if layout.portrait else 1.0)
        self._wet = stage.plane(frame)
        stream = stage.streams.named("shops")
        x = -0.08 * layout.width
        while x < stage.span(_DEPTH):
            lots = stream.random(12).tolist()
            width = (150 + 90 * lots[0]) * self._scale
            # A gap in the row lets the towers and the sun be seen behind.
            if not 0.50 < x / layout.width < 0.62:
                self._house(x, width, lots)
            else:
                self._yard(x, width)
            x += width + 2 * unit

    def _house(self, x: float, width: float, lots: list[float]) -> None:
        stage, layout, s = self._stage, self._stage.layout, self._scale
        palette = stage.palette
        floors = 2 + int(lots[1] * 2.6)
        height = (66 + 54 * floors) * s
        base = layout.horizon
        wall = palette.lit(rgb(_BRICKS[int(lots[2] * len(_BRICKS))]))
        wall = mix(mix(wall, palette.land, 0.30), palette.haze, 0.10)
        if stage.dark:
            wall = mix(wall, (16, 18, 44), 0.46)
        top = base - height
        group = self._group
        group.fill(Path().rect(x, top, width, height), wall)
        group.fill(
            Path().rect(x + width * 0.86, top, width * 0.14, height), mix(wall, (10, 12, 30), 0.22)
        )
        cap = WHITE if stage.spec.weather is Weather.SNOW else mix(wall, palette.key, 0.45)
        group.fill(Path().rect(x - 4 * s, top - 7 * s, width + 8 * s, 9 * s), cap)
        group.fill(
            Path().rect(x - 2 * s, top + 2 * s, width + 4 * s, 4 * s), mix(wall, (10, 12, 30), 0.3)
        )
        if lots[3] > 0.5:
            self._tank(x + width * (0.25 + 0.4 * lots[4]), top - 6 * s, wall)
        self._panes(Box(x, top, x + width, base), floors, lots, wall)
        self._shopfront(x, base, width, lots, wall)
        if lots[5] > 0.25:
            self._sign(x + width * 0.88, base - (86 + 30 * lots[6]) * s, lots)

    def _tank(self, x: float, y: float, wall: Colour) -> None:
        s, tone = self._scale, mix(wall, (14, 16, 34), 0.45)
        self._group.fill(
            Path()
            .rect(x - 16 * s, y - 38 * s, 32 * s, 26 * s)
            .polygon(((x - 18 * s, y - 38 * s), (x, y - 52 * s), (x + 18 * s, y - 38 * s))),
            tone,
        )
        self._group.fill(
            Path()
            .rect(x - 13 * s, y - 12 * s, 3 * s, 13 * s)
            .rect(x + 10 * s, y - 12 * s, 3 * s, 13 * s),
            tone,
        )

    def _panes(self, box: Box, floors: int, lots: list[float], wall: Colour) -> None:
        stage, s = self._stage, self._scale
        columns = 3 if box.width < 205 * s else 4
        gap = box.width / columns
        frames, dim, lit, sills = Path(), Path(), Path(), Path()
        for floor in range(floors):
            for column in range(columns):
                left = box.left + gap * (column + 0.24)
                y = box.top + (18 + 54 * floor) * s
                wide, high = gap * 0.52, 33 * s
                frames.rect(left - 2.5 * s, y - 2.5 * s, wide + 5 * s, high + 5 * s)
                shone = (lots[(floor * 4 + column) % 12] * 7.3 + lots[7]) % 1 < 0.46
                (lit if shone else dim).rect(left, y, wide, high)
                sills.rect(left - 5 * s, y + high + 2 * s, wide + 10 * s, 4 * s)
        palette = stage.palette
        glass = mix(palette.sky[2], (20, 30, 60), 0.35)
        self._group.fill(frames, mix(wall, (12, 14, 32), 0.42))
        self._group.fill(dim, glass if not stage.dark else mix(glass, (12, 16, 40), 0.55))
        self._group.fill(lit, _WARM if stage.dark else mix(glass, WHITE, 0.28))
        snow = stage.spec.weather is Weather.SNOW
        self._group.fill(sills, WHITE if snow else mix(wall, palette.key, 0.3))

    def _shopfront(
        self, x: float, base: float, width: float, lots: list[float], wall: Colour
    ) -> None:
        """A wide window with goods, a door, a striped awning."""
        stage, s, group = self._stage, self._scale, self._group
        trim = mix(wall, (10, 12, 30), 0.5)
        group.fill(Path().rect(x + 8 * s, base - 58 * s, width - 16 * s, 59 * s), trim)
        glass = _WARM if stage.dark else mix(stage.palette.sky[3], rgb("#dfeaf0"), 0.5)
        door = x + width - 42 * s
        group.fill(Path().rect(x + 14 * s, base - 44 * s, width - 64 * s, 34 * s), glass)
        group.fill(Path().rect(door, base - 44 * s, 24 * s, 44 * s), mix(glass, trim, 0.35))
        goods = Path()
        place = x + 20 * s
        while place < door - 22 * s:
            high = (8 + 14 * ((place * 0.137 + lots[8]) % 1)) * s
            goods.rect(place, base - 10 * s - high, 8 * s, high)
            place += (13 + 6 * lots[9]) * s
        group.fill(goods, mix(trim, glass, 0.25), 0.8)
        self._awning(x + 6 * s, base - 60 * s, width - 12 * s, lots)
        if stage.dark:
            self._shine(x + width * 0.42, width * 0.5, _WARM, 0.20)

    def _awning(self, x: float, y: float, width: float, lots: list[float]) -> None:
        stage, s = self._stage, self._scale
        cloth = stage.palette.lit(rgb(_AWNINGS[int(lots[10] * len(_AWNINGS))]))
        if stage.dark:
            cloth = mix(cloth, (20, 18, 44), 0.30)
        pale = mix(cloth, stage.palette.lit(rgb("#fff6e8")), 0.78)
        count = max(6, round(width / (16 * s)))
        stripe = width / count
        paths = (Path(), Path())
        for index in range(count):
            left = x + stripe * index
            paths[index % 2].polygon(
                ((left, y), (left + stripe, y), (left + stripe, y + 15 * s), (left, y + 15 * s))
            ).oval(left + stripe / 2, y + 15 * s, stripe / 2, 5 * s)
        self._group.fill(paths[0], cloth)
        self._group.fill(paths[1], pale)
        self._group.fill(Path().rect(x, y - 2 * s, width, 4 * s), mix(cloth, (10, 10, 24), 0.3))

    def _sign(self, x: float, y: float, lots: list[float]) -> None:
        """A neon sign on a dark board: a cat, a cup, a fish, a moon or bars."""
        stage, s = self._stage, self._scale
        tone = rgb(_NEONS[int(lots[11] * len(_NEONS))])
        board = self._group.group()
        board.place(at(x, y, scale=s))
        board.fill(Path().rect(-21, -44, 42, 88), mix((14, 14, 32), stage.palette.haze, 0.06))
        pick = int(lots[9] * 5)
        ink = tone if stage.dark else mix(tone, stage.palette.haze, 0.25)
        light = board.line((_cat, _cup, _fish, _moon, _bars)[pick](), ink, 3.2)
        frame = Path().polygon(((-17, -40), (17, -40), (17, 40), (-17, 40)))
        board.line(frame, mix(ink, WHITE, 0.25), 1.6, 0.85)
        self._neons.append((light, lots[4] * 6))
        if stage.dark:
            glow = Glow(self._frame, stage, rx=84 * s, ry=104 * s, colour=tone, strength=0.50)
            self._glows.append((glow, x, y))
            self._shine(x, 30 * s, tone, 0.34)

    def _shine(self, x: float, wide: float, tone: Colour, strength: float) -> None:
        """The light's reflection on the road: strong when it is wet."""
        stage, layout, s = self._stage, self._stage.layout, self._scale
        if stage.spec.weather is Weather.RAIN:
            strength *= 2.0
        path = Path()
        deep = layout.bank - layout.horizon
        for index in range(9):
            share = (index + 0.5) / 9
            half = wide * (0.55 - 0.30 * share) * (0.7 + 0.3 * math.sin(index * 2.3 + x))
            path.oval(0, deep * (0.20 + 0.78 * share), half, (2.2 + 3 * share) * s)
        self._shines.append((self._wet.fill(path, tone, strength), x))

    def _yard(self, x: float, width: float) -> None:
        """A gap between houses with a low wall and a bare view of the towers."""
        layout, s, palette = self._stage.layout, self._scale, self._stage.palette
        wall = mix(palette.land, (20, 22, 44), 0.35)
        self._group.fill(Path().rect(x, layout.horizon - 34 * s, width, 35 * s), wall)
        self._group.fill(
            Path().rect(x, layout.horizon - 38 * s, width, 5 * s), mix(wall, palette.key, 0.3)
        )
        leaf = mix(palette.lit(rgb("#5a8f58")), wall, 0.45)
        hedge = Path()
        for index in range(6):
            hedge.oval(x + width * (index + 0.5) / 6, layout.horizon - 42 * s, width / 8, 14 * s)
        self._group.fill(
            hedge, mix(leaf, WHITE, 0.7) if self._stage.spec.weather is Weather.SNOW else leaf
        )

    def show(self, t: float) -> None:
        a, _, c, _, e, f = self._stage.camera.view(_DEPTH, t)
        for node, phase in self._neons:
            faint = 0.35 if math.sin(t * 1.7 + phase) > 0.985 else 1.0
            node.fade(faint * (0.88 + 0.12 * math.sin(t * 9 + phase)))
        for glow, x, y in self._glows:
            glow.put(a * x + c, e * y + f)
        for index, (node, x) in enumerate(self._shines):
            sway = math.sin(t * 2.4 + index) * 1.6 * self._scale
            node.place(at(a * x + c + sway, e * self._stage.layout.horizon + f))


def _cat() -> Path:
    path = Path().move(-11, 6).line(-11, -12).line(-4, -4).line(4, -4).line(11, -12).line(11, 6)
    path.quad(0, 16, -11, 6)
    return path.move(-5, 2).line(-4, 3).move(4, 3).line(5, 2)


def _cup() -> Path:
    path = Path().move(-10, -4).line(-8, 12).line(6, 12).line(8, -4).line(-10, -4)
    path.move(8, 0).cubic(15, 0, 14, 8, 7, 8)
    return path.move(-4, -10).quad(-7, -14, -4, -18).move(3, -10).quad(0, -14, 3, -18)


def _fish() -> Path:
    path = Path().move(-12, 0).quad(-2, -12, 8, 0).quad(-2, 12, -12, 0)
    return path.move(8, 0).line(14, -7).line(14, 7).line(8, 0)


def _moon() -> Path:
    path = Path().move(4, -13).cubic(-14, -12, -14, 12, 4, 13).cubic(-4, 6, -4, -6, 4, -13)
    return path.move(10, -8).line(10, -2).move(7, -5).line(13, -5)


def _bars() -> Path:
    path = Path()
    for index, half in enumerate((10, 6, 12, 8)):
        path.move(-half, -18 + 12 * index).line(half, -18 + 12 * index)
    return path
