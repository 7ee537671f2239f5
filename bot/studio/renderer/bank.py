"""The near bank: ground in four tones, grass that sways, flowers, reeds."""

import math
from dataclasses import dataclass

import numpy as np

from bot.studio.renderer.canvas import Group, Matrix, Node
from bot.studio.renderer.colour import Colour, mix, rgb
from bot.studio.renderer.path import Path, Point
from bot.studio.renderer.spec import Setting, Weather
from bot.studio.renderer.stage import Stage

_FLOWERS = ("#fff4f7", "#ffd34f", "#ff8fb0", "#c79bff", "#ff7a59")
_CHUNK = 150.0


@dataclass(frozen=True, slots=True)
class _Tuft:
    """Blades that sway as one; (x, y) is where they are rooted."""

    node: Node
    x: float
    y: float
    depth: float
    phase: float
    sway: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Blades:
    """A row of grass; height in units, density in blades per tuft."""

    name: str
    depth: float
    height: float
    density: int
    colour: Colour
    #: Below 1 the row has gaps.
    clumps: float = 1.0
    sway: float = 1.0


class Bank:
    """Ground and its plants. `ground` and `front` are drawn before and after the cat."""

    def __init__(self, behind: Group, front: Group, stage: Stage) -> None:
        self._stage = stage
        self._sheets: list[tuple[Node, float]] = []
        self._tufts: list[_Tuft] = []
        self._edge = self._skyline(stage.streams.named("bank"))
        grass = stage.palette.grass
        dark = mix(grass, (4, 10, 18), 0.30)
        if stage.spec.setting is Setting.WATER:
            self._reeds(behind, self._straw(mix(grass, dark, 0.55)))
        lit = mix(grass, stage.palette.key, 0.28)
        edge = _Blades(name="edge", depth=0.97, height=26, density=9, colour=lit)
        self._grass(behind, self._along(6), edge)
        for drop, tone in self._tones(grass):
            self._sheet(behind, drop, tone)
        self._tussocks(behind, mix(grass, dark, 0.75))
        self._flowers(behind)
        self._foreground(front, dark)

    def _foreground(self, front: Group, dark: Colour) -> None:
        """The darkest ground and the blades right before the camera."""
        layout, unit = self._stage.layout, self._stage.layout.unit
        floor = (layout.height - layout.bank) / unit
        self._sheet(front, floor * 0.62, mix(dark, (4, 8, 14), 0.12), depth=1.06)
        near = _Blades(name="near", depth=1.06, height=40, density=8, colour=dark)
        self._grass(front, self._along(floor * 0.66), near)
        tall, shadow = 150 if layout.portrait else 112, mix(dark, (3, 6, 12), 0.5)
        low = [(x, layout.height + 14 * unit) for x, _ in self._edge]
        for name, depth, height, tone in (
            ("tall", 1.4, tall, shadow),
            ("middle", 1.25, tall * 0.7, mix(dark, shadow, 0.5)),
        ):
            blades = _Blades(
                name=name, depth=depth, height=height, density=7, colour=tone, clumps=0.55, sway=1.3
            )
            self._grass(front, low, blades)

    def _straw(self, green: Colour) -> Colour:
        """Reeds stay green until snow falls on them."""
        palette = self._stage.palette
        if self._stage.spec.weather is not Weather.SNOW:
            return green
        return mix(palette.lit(rgb("#9c8a63")), palette.land, 0.35)

    def _skyline(self, stream: np.random.Generator) -> list[Point]:
        layout, unit = self._stage.layout, self._stage.layout.unit
        x = np.arange(-80 * unit, self._stage.span(1.45) + 80 * unit, 9 * unit)
        y = np.full_like(x, layout.bank)
        for period, height in ((760, 7.0), (310, 4.0), (120, 1.6)):
            y += height * unit * np.sin(x / (period * unit) * math.tau + stream.random() * math.tau)
        return list(zip(x.tolist(), y.tolist(), strict=True))

    def _along(self, drop: float) -> list[Point]:
        return [(x, y + drop * self._stage.layout.unit) for x, y in self._edge]

    def _tones(self, grass: Colour) -> tuple[tuple[float, Colour], ...]:
        key = self._stage.palette.key
        dark = mix(grass, (4, 10, 18), 0.30)
        return (
            (0, mix(grass, key, 0.30)),
            (5, mix(grass, key, 0.10)),
            (20, grass),
            (46, mix(grass, dark, 0.35)),
        )

    def _sheet(self, group: Group, drop: float, colour: Colour, depth: float = 1.0) -> None:
        top = self._along(drop)
        bottom = self._stage.layout.height * 1.4
        outline = Path().polygon([*top, (top[-1][0], bottom), (top[0][0], bottom)])
        self._sheets.append((group.fill(outline, colour), depth))

    def _grass(self, group: Group, roots: list[Point], blades: "_Blades") -> None:
        """Blades along `roots`; every chunk of them is two tufts that sway apart."""
        stream = self._stage.streams.named(f"grass {blades.name}")
        unit = self._stage.layout.unit
        width = _CHUNK * unit
        for chunk in range(int(roots[-1][0] / width) + 1):
            root = roots[min(len(roots) - 1, int((chunk * width + 80 * unit) / (9 * unit)))]
            for half in range(2):
                thick = 0.5 + blades.clumps * math.sin(chunk * 2.1 + half) ** 2
                path = _tuft(stream, blades, unit, thick if blades.clumps < 1 else 1.0)
                self._tufts.append(
                    _Tuft(
                        group.fill(path, blades.colour),
                        chunk * width,
                        root[1] + 8 * unit,
                        blades.depth,
                        chunk * 0.9 + half * 2.2,
                        blades.sway,
                    )
                )

    def _tussocks(self, group: Group, colour: Colour) -> None:
        """Small tufts scattered over the slope, where a plain tone would look empty."""
        stage, unit = self._stage, self._stage.layout.unit
        stream = stage.streams.named("tussocks")
        floor = stage.layout.height - stage.layout.bank
        count = round(floor * stage.span(1) / (unit * unit * 4200))
        path = Path()
        for x, place, size in stream.random((count, 3)).tolist():
            index = int(x * (len(self._edge) - 1))
            root_x, root_y = self._edge[index]
            root_y += 26 * unit + floor * 0.5 * place
            for lean in (-0.55, -0.1, 0.45):
                blade = Path()
                _blade(blade, 0, unit * (8 + 10 * size + 6 * place), lean, unit)
                path.extend(blade.moved(root_x + lean * 6 * unit, root_y))
        self._sheets.append((group.fill(path, colour, 0.85), 1.0))

    def _flowers(self, group: Group) -> None:
        """Small blossoms on the slope, in two colours of the seed's choosing."""
        stage, unit = self._stage, self._stage.layout.unit
        if stage.spec.weather is Weather.SNOW:
            return
        stream = stage.streams.named("flowers")
        colours = stream.permutation(len(_FLOWERS))[:2]
        deep = (stage.layout.height - stage.layout.bank) * 0.55
        for pick in colours.tolist():
            petals, hearts, stems = Path(), Path(), Path()
            for _ in range(round(16 * stage.span(1) / stage.layout.width)):
                x, place, size = stream.random(3).tolist()
                index = int(x * (len(self._edge) - 1))
                y = self._edge[index][1] + 14 * unit + deep * place
                _blossom(petals, hearts, self._edge[index][0], y, unit * (2.2 + 2.6 * size))
                stems.rect(self._edge[index][0] - 0.6 * unit, y, 1.2 * unit, 9 * unit)
            self._dress(group, petals, hearts, stems, rgb(_FLOWERS[pick]))

    def _dress(self, group: Group, petals: Path, hearts: Path, stems: Path, colour: Colour) -> None:
        palette = self._stage.palette
        self._sheets.append((group.fill(stems, mix(palette.grass, (4, 10, 18), 0.2)), 1.0))
        self._sheets.append((group.fill(petals, palette.lit(colour), 0.95), 1.0))
        self._sheets.append((group.fill(hearts, palette.lit(rgb("#f2b233"))), 1.0))

    def _reeds(self, group: Group, colour: Colour) -> None:
        """Cattails at the water's edge."""
        stage, unit = self._stage, self._stage.layout.unit
        stream = stage.streams.named("reeds")
        for clump in range(2 + round(3 * stage.span(1) / stage.layout.width)):
            x = (clump + 0.15 + 0.7 * float(stream.random())) * stage.layout.width * 0.36
            if not stage.camera.speed and abs(x - stage.layout.lead[0]) < 75 * stage.layout.lead[2]:
                continue
            stalks, heads = Path(), Path()
            for _ in range(3 + int(stream.integers(4))):
                offset, size, lean = stream.random(3).tolist()
                height = unit * (60 + 70 * size) * (1.35 if stage.layout.portrait else 1.0)
                base, tip = (offset - 0.5) * 60 * unit, (lean - 0.5) * 30 * unit
                _reed(stalks, heads, base, lean=tip, height=height, unit=unit)
            for path, tone in ((stalks, colour), (heads, stage.palette.lit(rgb("#6b4530")))):
                node = group.fill(path, tone)
                y = stage.layout.bank + 14 * unit
                self._tufts.append(_Tuft(node, x, y, 0.95, clump * 1.7, 0.55))

    def show(self, t: float) -> None:
        views: dict[float, Matrix] = {}
        for node, depth in self._sheets:
            node.place(views.setdefault(depth, self._stage.camera.view(depth, t)))
        wind = self._stage.wind
        for tuft in self._tufts:
            a, _, c, _, e, f = views.setdefault(tuft.depth, self._stage.camera.view(tuft.depth, t))
            lean = -0.17 * tuft.sway * wind * math.sin(t * 1.5 * wind**0.5 + tuft.phase)
            tuft.node.place((a, a * lean, a * tuft.x + c, 0.0, e, e * tuft.y + f))


def _tuft(stream: np.random.Generator, blades: _Blades, unit: float, thick: float) -> Path:
    path = Path()
    for _ in range(blades.density):
        place, size, pick = stream.random(3).tolist()
        lean = float(stream.normal()) * 0.26
        if pick <= thick:
            height = blades.height * unit * (0.4 + 0.7 * size)
            _blade(path, (place - 0.1) * _CHUNK * unit, height, lean, unit)
    return path


def _blade(path: Path, x: float, height: float, lean: float, unit: float) -> None:
    half, tip = max(1.5 * unit, height * 0.040), x + height * lean
    path.move(x - half, 0).quad((x + tip) / 2 - half, -height * 0.6, tip, -height)
    path.quad((x + tip) / 2 + half, -height * 0.55, x + half, 0).close()


def _blossom(petals: Path, hearts: Path, x: float, y: float, size: float) -> None:
    for petal in range(5):
        turn = petal / 5 * math.tau
        petals.circle(x + math.cos(turn) * size, y + math.sin(turn) * size * 0.8, size * 0.72)
    hearts.circle(x, y, size * 0.55)


def _reed(stalks: Path, heads: Path, x: float, *, lean: float, height: float, unit: float) -> None:
    _blade(stalks, x, height, lean / height, unit)
    _blade(stalks, x + 5 * unit, height * 0.7, lean / height + 0.22, unit)
    middle = x + lean * 0.93
    heads.oval(middle, -height * 0.90, 4.2 * unit, 14 * unit)
