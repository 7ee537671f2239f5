"""The room's things: window frame, pictures, bookshelf, rug, plant, table."""

import math

from bot.studio.renderer.box import Box
from bot.studio.renderer.canvas import Group, at
from bot.studio.renderer.colour import BLACK, WHITE, mix, rgb
from bot.studio.renderer.path import Path
from bot.studio.renderer.spec import Weather
from bot.studio.renderer.stage import Stage

_SPINES = ("#b5483f", "#3f6f8f", "#d9a441", "#5f8a58", "#7a5a94", "#e4d8c0", "#c9785a", "#2f4f5f")


def window_of(stage: Stage) -> Box:
    """Where the window is in this composition."""
    width, height = stage.layout.width, stage.layout.height
    if stage.layout.portrait:
        return Box(0.17 * width, 0.13 * height, 0.79 * width, 0.475 * height)
    return Box(0.24 * width, 0.09 * height, 0.575 * width, 0.53 * height)


def trim(group: Group, stage: Stage, window: Box) -> None:
    """Frame, bars and sill; snow lies outside on the sill."""
    unit, palette = stage.layout.unit, stage.palette
    wood = mix(palette.lit(rgb("#fff9ee")), palette.land, 0.15)
    shade, thick = mix(wood, BLACK, 0.2), 11 * unit
    if stage.spec.weather is Weather.SNOW:
        heap = Path().move(window.left, window.bottom)
        heap.cubic(
            window.left + window.width * 0.2,
            window.bottom - 34 * unit,
            window.left + window.width * 0.5,
            window.bottom - 12 * unit,
            window.left + window.width * 0.72,
            window.bottom - 22 * unit,
        )
        heap.quad(window.right, window.bottom - 34 * unit, window.right, window.bottom)
        group.fill(heap.close(), mix(WHITE, palette.haze, 0.15))
    bars, shadow = Path(), Path()
    middle = (window.left + window.right) / 2
    cross = window.top + window.height * 0.42
    bars.rect(middle - 4 * unit, window.top, 8 * unit, window.height)
    bars.rect(window.left, cross - 4 * unit, window.width, 8 * unit)
    for x, y, wide, high in (
        (window.left - thick, window.top - thick, window.width + 2 * thick, thick),
        (window.left - thick, window.bottom, window.width + 2 * thick, thick),
        (window.left - thick, window.top - thick, thick, window.height + 2 * thick),
        (window.right, window.top - thick, thick, window.height + 2 * thick),
    ):
        bars.rect(x, y, wide, high)
    shadow.rect(window.left, window.top, window.width, 5 * unit)
    shadow.rect(window.left, window.top, 4 * unit, window.height)
    group.fill(shadow, BLACK, 0.22)
    group.fill(bars, wood)
    sill = 20 * unit
    group.fill(
        Path().rect(
            window.left - 2 * sill, window.bottom + thick, window.width + 4 * sill, 11 * unit
        ),
        mix(wood, WHITE, 0.3),
    )
    group.fill(
        Path().rect(
            window.left - 1.6 * sill,
            window.bottom + thick + 11 * unit,
            window.width + 3.2 * sill,
            5 * unit,
        ),
        shade,
    )


def pictures(group: Group, stage: Stage) -> None:
    """Two framed pictures of hills on a wide wall; a tall one has no room beside its window."""
    layout, unit, palette = stage.layout, stage.layout.unit, stage.palette
    places = () if layout.portrait else ((0.715, 0.20, 1.0), (0.79, 0.30, 0.78))
    for index, (x, y, size) in enumerate(places):
        node = group.group()
        node.place(at(x * layout.width, y * layout.height, scale=unit * size * 1.15))
        wood = mix(palette.lit(rgb("#8a6240")), palette.land, 0.15)
        node.fill(Path().rect(-36, -44, 76, 94), BLACK, 0.18)
        node.fill(Path().rect(-38, -47, 76, 94), wood)
        node.fill(Path().rect(-32, -41, 64, 82), palette.lit(rgb("#f4ead6")))
        sky = palette.lit(rgb(("#9cc9d8", "#f3c79a")[index]))
        node.fill(Path().rect(-26, -34, 52, 66), sky)
        node.fill(Path().circle(8, -14, 8), palette.lit(rgb("#fff3cf")))
        far = (
            Path()
            .move(-26, 8)
            .quad(-12, -12, 2, 4)
            .quad(14, -6, 26, 6)
            .line(26, 32)
            .line(-26, 32)
            .close()
        )
        node.fill(far, palette.lit(rgb(("#5f8f7a", "#a5685f")[index])))
        node.fill(Path().rect(-26, 16, 52, 16), palette.lit(rgb(("#3f6f68", "#6f4f6a")[index])))


def bookshelf(group: Group, stage: Stage) -> None:
    """Shelves of books at the right, from the floor up."""
    layout, unit, palette = stage.layout, stage.layout.unit, stage.palette
    stream = stage.streams.named("books")
    size = unit * (1.15 if layout.portrait else 1.0)
    left = layout.width * (0.93 if layout.portrait else 0.885)
    wide, foot = 300 * size, layout.horizon
    shelves = 4
    gap = 104 * size
    top = foot - shelves * gap - 26 * size
    wood = mix(palette.lit(rgb("#8d6140")), palette.land, 0.12)
    group.fill(Path().rect(left - 8 * size, top, wide, foot - top), mix(wood, BLACK, 0.42))
    spines: dict[str, Path] = {text: Path() for text in _SPINES}
    bands = Path()
    for shelf in range(shelves):
        base = foot - 18 * size - shelf * gap
        x = left + 2 * size
        while x < left + wide - 30 * size:
            thick, high, hue, gone = stream.random(4).tolist()
            book = (11 + 13 * thick) * size
            if gone > 0.12:
                tall = (56 + 30 * high) * size
                spines[_SPINES[int(hue * len(_SPINES))]].rect(
                    x, base - tall, book - 1.2 * size, tall
                )
                bands.rect(x, base - tall * 0.82, book - 1.2 * size, 3 * size)
            x += book
    for text, path in spines.items():
        group.fill(path, mix(palette.lit(rgb(text)), palette.land, 0.20))
    group.fill(bands, mix(palette.key, wood, 0.35), 0.6)
    boards = (
        Path()
        .rect(left - 14 * size, top - 8 * size, wide, 14 * size)
        .rect(left - 14 * size, top, 12 * size, foot - top)
    )
    for shelf in range(shelves + 1):
        boards.rect(left - 10 * size, foot - 18 * size - shelf * gap, wide, 9 * size)
    group.fill(boards, wood)


def rug(group: Group, stage: Stage) -> None:
    """A round rug under the lead, with rings and a fringe."""
    layout, unit, palette = stage.layout, stage.layout.unit, stage.palette
    stream = stage.streams.named("rug")
    schemes = (
        ("#b9524a", "#f0dcc0", "#3f6a72"),
        ("#3f7a80", "#f3e4c6", "#d08a4a"),
        ("#7a5a94", "#f0e0d8", "#d9a04a"),
    )
    tones = [rgb(text) for text in schemes[int(stream.integers(len(schemes)))]]
    if stage.spec.hues:
        tones[0] = mix(tones[0], rgb(stage.spec.hues[-1]), 0.7)
    x, y = 0.40 * layout.width, layout.lead[1] + 4 * unit
    rx = (0.44 if layout.portrait else 0.30) * layout.width
    ry = (layout.height - layout.horizon) * (0.25 if layout.portrait else 0.38)
    fringe = Path()
    for index in range(72):
        turn = index / 72 * math.tau
        left, top = x + math.cos(turn) * rx * 1.035, y + math.sin(turn) * ry * 1.035
        fringe.rect(left - 3 * unit, top - 2.4 * unit, 6 * unit, 4.8 * unit)
    cream = mix(palette.lit(tones[1]), palette.grass, 0.18)
    group.fill(Path().oval(x, y + 5 * unit, rx * 1.03, ry * 1.04), BLACK, 0.20)
    group.fill(fringe, cream)
    for share, pick in ((1.0, 0), (0.86, 1), (0.80, 2), (0.62, 1), (0.57, 0), (0.30, 1), (0.26, 2)):
        tone = mix(palette.lit(tones[pick]), palette.grass, 0.20)
        group.fill(Path().oval(x, y, rx * share, ry * share), tone)
    dots = Path()
    for index in range(28):
        turn = index / 28 * math.tau
        dots.oval(
            x + math.cos(turn) * rx * 0.71, y + math.sin(turn) * ry * 0.71, 7 * unit, 3.6 * unit
        )
    group.fill(dots, cream)


def plant(group: Group, stage: Stage) -> None:
    """A pot with large leaves on the floor."""
    layout, unit, palette = stage.layout, stage.layout.unit, stage.palette
    x = layout.width * (0.075 if layout.portrait else 0.675)
    foot = layout.horizon + (54 if layout.portrait else 34) * unit
    size = unit * (1.5 if layout.portrait else 1.0)
    node = group.group()
    node.place(at(x, foot, scale=size))
    node.fill(Path().oval(0, 0, 44, 7), BLACK, 0.25)
    leaf = mix(palette.lit(rgb("#4f8f5a")), palette.land, 0.12)
    for back in (True, False):
        tone = mix(leaf, BLACK, 0.26) if back else leaf
        leaves, veins = Path(), Path()
        for lean, high in ((-0.9, 96), (-0.45, 142), (0.0, 160), (0.5, 138), (0.95, 92)):
            shift = 0.22 if back else 0.0
            tip_x, tip_y = (lean + shift) * 76, -40 - high * (0.92 if back else 1.0)
            mid_x, mid_y = tip_x * 0.55, (-40 + tip_y) * 0.5
            leaves.move(0, -42).quad(mid_x - 26, mid_y, tip_x, tip_y).quad(
                mid_x + 26, mid_y + 6, 0, -42
            ).close()
            veins.move(0, -46).quad(mid_x, mid_y, tip_x * 0.96, tip_y * 0.96)
        node.fill(leaves, tone)
        node.line(veins, mix(tone, palette.key, 0.35), 1.6, 0.6)
    pot = palette.lit(rgb("#c9785a"))
    node.fill(Path().polygon(((-32, -46), (32, -46), (24, 2), (-24, 2))), pot)
    node.fill(Path().polygon(((8, -46), (32, -46), (24, 2), (8, 2))), mix(pot, BLACK, 0.16))
    node.fill(Path().rect(-36, -56, 72, 12), mix(pot, WHITE, 0.12))


def tabletop(group: Group, stage: Stage) -> None:
    """A table right before the camera, for a picture whose lead is a cup: a book, a plate."""
    layout, unit, palette = stage.layout, stage.layout.unit, stage.palette
    top = layout.lead[1] - 40 * unit * (1.5 if layout.portrait else 1.0)
    wood = mix(palette.lit(rgb("#a06c45")), palette.grass, 0.15)
    left, wide = -0.4 * layout.width, 1.8 * layout.width
    group.fill(Path().rect(left, top + 3 * unit, wide, layout.height), wood)
    group.fill(Path().rect(left, top - 2 * unit, wide, 6 * unit), mix(wood, palette.key, 0.4))
    grain = Path()
    stream = stage.streams.named("grain")
    for x, y, size in stream.random((30, 3)).tolist():
        down = top + 14 * unit + y * (layout.height - top)
        grain.rect(left + x * wide, down, (60 + 190 * size) * unit, (1.2 + y) * unit)
    group.fill(grain, mix(wood, BLACK, 0.22), 0.5)
    size = unit * (1.5 if layout.portrait else 1.15)
    x, y = layout.width * (0.60 if not layout.portrait else 0.66), layout.lead[1] + 16 * size
    book = group.group()
    book.place(at(x, y, scale=size))
    book.fill(Path().oval(4, 6, 104, 12), BLACK, 0.2)
    page = palette.lit(rgb("#fbf2df"))
    cover = Path().polygon(((-98, 2), (-84, -30), (0, -22), (86, -30), (100, 2), (0, 12)))
    book.fill(cover, palette.lit(rgb("#7a4a5a")))
    for side in (-1, 1):
        leaf = Path().move(0, 6).line(0, -24).cubic(side * 24, -38, side * 58, -36, side * 82, -31)
        leaf.line(side * 94, -2).cubic(side * 66, -8, side * 26, -6, 0, 6)
        book.fill(leaf.close(), page if side < 0 else mix(page, BLACK, 0.05))
        lines = Path()
        for row in range(4):
            lines.polygon(
                (
                    (side * 14, -22 + 6 * row),
                    (side * 72, -27 + 6 * row),
                    (side * 73, -25.6 + 6 * row),
                    (side * 14, -20.4 + 6 * row),
                )
            )
        book.fill(lines, mix(page, BLACK, 0.35), 0.7)
