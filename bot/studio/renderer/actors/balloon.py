"""A hot-air balloon: gores in two tones, a wicker basket, a burner that lights it at night.

Its middle is at (x, y), in the air; it is about 125 units wide and 190 high, drawn from
the bottom of its basket up. Called by a scene. The one invariant: it turns about the
middle of its envelope.
"""

import math

from bot.studio.renderer.actors.edge import edge
from bot.studio.renderer.canvas import Group, at
from bot.studio.renderer.colour import BLACK, WHITE, Colour, luminance, mix, rgb
from bot.studio.renderer.path import Path
from bot.studio.renderer.stage import Stage

#: Left, top, right, bottom around (x, y), in units, over all moments.
BOX = (-80.0, -117.0, 80.0, 117.0)

_HUES = ("#e2513f", "#2f8fc4", "#e8a02f", "#7d5bc7", "#2fa37e", "#e0648f")
_CREAM = rgb("#fff3da")
_MIDDLE, _MOUTH, _BASE = -124.0, -44.0, 95.0
#: How wide each pair of seams is, as a share of the envelope.
_SEAMS = (1.0, 0.8, 0.5, 0.17)
#: Below this lightness of the sky the burner's light shows in the cloth.
_DARK = 110.0


class Balloon:
    """A balloon adrift; its basket swings after it."""

    def __init__(
        self, group: Group, stage: Stage, *, hue: str | None = None, haste: float = 1.0
    ) -> None:
        del haste  # the wind sets its pace
        palette = stage.palette
        drawn = _HUES[int(stage.streams.named("balloon cloth").integers(len(_HUES)))]
        cloth = rgb(hue or drawn)
        main = palette.lit(cloth)
        self._dark = luminance(palette.sky[2]) < _DARK
        self._node = group.group()
        self._whole = self._node.group()
        self._basket = self._whole.group()
        _draw_ropes(self._basket, mix(palette.lit(rgb("#5a4632")), BLACK, 0.2))
        self._flame = self._basket.group()
        _draw_flame(self._flame)
        _draw_basket(self._basket, palette.lit(rgb("#a9743f")), main)
        inside = _draw_envelope(self._whole, stage, main)
        glow = inside.group()
        self._glow = [
            glow.fill(Path().oval(0, _MOUTH - 12, *size), mix(rgb(colour), cloth, 0.14), alpha)
            for size, colour, alpha in _GLOWS
        ]
        _draw_skirt(self._whole, stage, main)

    def show(self, t: float, x: float, y: float, scale: float) -> None:
        """Draw it with its middle about (x, y)."""
        turn = 2.4 * math.sin(t * 0.8)
        dx = _MIDDLE * math.sin(math.radians(turn)) + 5 * math.sin(t * 0.55)
        self._node.place(at(x, y, scale=scale))
        self._whole.place(at(dx, _BASE + 6 * math.sin(t * 0.9 + 1), degrees=turn))
        self._basket.place(at(0, _MOUTH, degrees=4.5 * math.sin(t * 0.8 - 1.1) - turn))
        roar = _roared(t)
        flicker = 1 + 0.16 * math.sin(t * 31) + 0.10 * math.sin(t * 47)
        self._flame.place(at(0, 14, scale=0.55 + 0.45 * roar, stretch=flicker))
        for glow in self._glow:
            glow.fade((0.45 + 0.5 * roar * flicker) if self._dark else 0.0)


#: Half width and height, colour and strength of the light inside, from faint to strong.
_GLOWS = (
    ((64.0, 98.0), "#ff8a2e", 0.17),
    ((54.0, 84.0), "#ff9636", 0.17),
    ((44.0, 70.0), "#ffa640", 0.18),
    ((34.0, 56.0), "#ffb850", 0.20),
    ((25.0, 42.0), "#ffcf6e", 0.24),
    ((16.0, 28.0), "#ffe7a4", 0.32),
)


def _roared(t: float) -> float:
    """How hard the burner burns: a long breath of fire, then a pilot flame."""
    return min(1.0, max(0.0, 0.5 + 1.6 * math.sin(t * 1.5 + 0.6)))


def _outline(share: float) -> Path:
    """The envelope, `share` of its width: a seam runs down either side."""
    wide, mouth = 60 * share, 13 * share
    path = Path().move(-mouth, _MOUTH).cubic(-26 * share, -70, -wide, -90, -wide, -128)
    path.cubic(-wide, -168, -34 * share, -188, 0, -188)
    path.cubic(34 * share, -188, wide, -168, wide, -128)
    return path.cubic(wide, -90, 26 * share, -70, mouth, _MOUTH).close()


def _draw_envelope(group: Group, stage: Stage, main: Colour) -> Group:
    whole, cream = _outline(1.0), stage.palette.lit(_CREAM)
    group.line(whole, edge(main, stage.palette), 2.8, 0.85)
    for index, share in enumerate(_SEAMS):
        group.fill(_outline(share), mix(cream, main, 0.12) if index % 2 else main)
    inside = group.group(clip=whole)
    inside.fill(_band(-133, -112), mix(main, BLACK, 0.22))
    inside.line(_scallops(-112), mix(main, BLACK, 0.22), 3.0)
    inside.fill(Path().oval(0, -190, 30, 13), mix(main, BLACK, 0.22))
    shade = Path().move(64, -200).line(20, -200).cubic(48, -160, 44, -100, 6, _MOUTH)
    inside.fill(shade.line(64, _MOUTH).close(), BLACK, 0.13)
    gleam = Path().move(-47, -116).cubic(-50, -150, -36, -172, -18, -179)
    inside.line(gleam, mix(WHITE, stage.palette.key, 0.4), 6.0, 0.45)
    return inside


def _band(top: float, bottom: float) -> Path:
    """A belt that sags as a belt around a ball seen from below does."""
    belt = Path().move(-64, top - 8).quad(0, top + 12, 64, top - 8).line(64, bottom - 8)
    return belt.quad(0, bottom + 12, -64, bottom - 8).close()


def _scallops(y: float) -> Path:
    """The fringe below the belt."""
    fringe = Path()
    for step in range(-5, 5):
        left, right = step * 12.0, step * 12.0 + 12
        hang = [y - 8 + 10 * (1 - (x / 64) ** 2) for x in (left, right)]
        fringe.move(left, hang[0]).quad((left + right) / 2, max(hang) + 13, right, hang[1])
    return fringe


def _draw_skirt(group: Group, stage: Stage, main: Colour) -> None:
    skirt = Path().move(-14, _MOUTH - 3).quad(0, _MOUTH + 2, 14, _MOUTH - 3)
    skirt.line(11, _MOUTH + 6).quad(0, _MOUTH + 10, -11, _MOUTH + 6).close()
    group.line(skirt, edge(main, stage.palette), 2.0, 0.8)
    group.fill(skirt, mix(main, BLACK, 0.3))


def _draw_ropes(group: Group, colour: Colour) -> None:
    ropes = Path()
    for top, low in ((-12, -14), (-5, -7), (5, 7), (12, 14)):
        ropes.move(top, 2).line(low, 27)
    group.line(ropes, colour, 1.5)
    group.fill(Path().rect(-4, 16, 8, 5), mix(colour, WHITE, 0.3))


def _draw_flame(group: Group) -> None:
    for width, height, colour in ((6.5, 22, "#ff8a2a"), (4, 15, "#ffd257"), (2, 8, "#fff6d6")):
        tongue = Path().move(0, 2).cubic(-width, 1, -width, -height * 0.5, 0, -height)
        group.fill(tongue.cubic(width, -height * 0.5, width, 1, 0, 2).close(), rgb(colour), 0.95)


def _draw_basket(group: Group, wicker: Colour, cloth: Colour) -> None:
    """Drawn from the mouth of the envelope, where it hangs."""
    dark = mix(wicker, BLACK, 0.32)
    box = Path().move(-16, 26).line(16, 26).line(13.5, 42).quad(13, 45, 9, 45)
    box.line(-9, 45).quad(-13, 45, -13.5, 42).close()
    group.line(box, dark, 2.4)
    group.fill(box, wicker)
    weave = Path()
    for y in (32.0, 37.5):
        weave.move(-14, y).line(14, y)
    for x in (-8.0, 0.0, 8.0):
        weave.move(x * 1.05, 27).line(x * 0.95, 44)
    group.line(weave, dark, 1.2, 0.7)
    group.line(Path().move(-16, 26.5).line(16, 26.5), mix(cloth, BLACK, 0.15), 4.4)
    bags = Path().oval(-17, 35, 4, 5.2).oval(17, 35, 4, 5.2)
    group.fill(bags, mix(wicker, BLACK, 0.45))
