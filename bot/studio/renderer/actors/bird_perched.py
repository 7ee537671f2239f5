"""The songbird on its feet: hopping, looking about, singing, or asleep."""

import math

from bot.studio.renderer.actors.bird_head import Head
from bot.studio.renderer.actors.bird_plumage import Plumage
from bot.studio.renderer.actors.dreams import Dreams
from bot.studio.renderer.camera import ease
from bot.studio.renderer.canvas import Group, at
from bot.studio.renderer.colour import Colour, mix
from bot.studio.renderer.path import Path
from bot.studio.renderer.stage import Stage

#: Head tilts in degrees, one every `_HOLD` seconds: a bird looks, then looks elsewhere.
_TILTS = (-4.0, 16.0, 16.0, -13.0, 3.0, 20.0, -9.0)
_HOLD = 0.8
_HOP = 2.6


class Perched:
    """A ball of feathers on two thin legs."""

    def __init__(self, group: Group, stage: Stage, plumage: Plumage, *, asleep: bool) -> None:
        self._asleep = asleep
        self._legs = group.group()
        _draw_legs(self._legs, plumage.horn)
        self._whole = group.group()
        self._tail = self._whole.group()
        _draw_tail(self._tail, plumage)
        self._body = self._whole.group()
        _draw_body(self._body, plumage, stage.palette.key)
        self._head = Head(self._whole, stage, plumage, asleep=asleep)
        self._wing = self._whole.group()
        _draw_wing(self._wing, plumage)
        self._dreams = Dreams(group, stage) if asleep else None

    def show(self, t: float) -> None:
        if self._dreams:
            self._sleep(t, self._dreams)
            return
        height, landing = _hopped(t)
        crouch = 1 - 0.10 * landing + 0.03 * height
        self._legs.place(at(0, -17 * height))
        self._whole.place(at(0, -17 * height + 3 * landing, stretch=crouch, degrees=-5 * height))
        self._tail.place(at(-33, -40, degrees=10 * height - 6 * landing + 3 * math.sin(t * 2.1)))
        self._wing.place(at(2, -56, degrees=16 * height + 1.5 * math.sin(t * 2.4)))
        song = max(0.0, math.sin(t * 1.3 - 0.4)) * max(0.0, math.sin(t * 17))
        self._head.show(t, 25, -76 - 2 * height, tilt=_tilted(t), sing=0.9 * song)

    def _sleep(self, t: float, dreams: Dreams) -> None:
        """Fluffed up, the head sunk between the shoulders."""
        breath = math.sin(t * 1.6)
        self._whole.place(at(0, 6, stretch=0.94 + 0.02 * breath))
        self._body.place((1.06 + 0.012 * breath, 0.0, 0.0, 0.0, 1.0, 0.0))
        self._tail.place(at(-34, -36, degrees=-10))
        self._wing.place(at(0, -54, degrees=-4 + breath))
        self._head.show(t, 20, -66 - breath, tilt=17)
        dreams.show(t, 52, -92)


def _hopped(t: float) -> tuple[float, float]:
    """(height, pressure of take-off and landing), 0 to 1: two hops, then a rest."""
    beat = t % _HOP / 0.34
    if beat >= 2:
        return 0.0, 0.0
    height = math.sin(math.pi * (beat % 1))
    return height, (1 - height) * math.sin(math.pi * beat / 2)


def _tilted(t: float) -> float:
    """Quick from one tilt to the next, then still."""
    place, index = t / _HOLD % 1, int(t / _HOLD)
    before, after = (_TILTS[(index + step) % len(_TILTS)] for step in (0, 1))
    return before + (after - before) * ease((place - 0.72) / 0.28)


def _draw_legs(group: Group, horn: Colour) -> None:
    for x, tone in ((14, mix(horn, (60, 40, 40), 0.3)), (-2, horn)):
        leg = Path().move(x - 3, -22).line(x, -2)
        leg.move(x - 9, 0).line(x, -2).line(x + 10, 0).move(x, -2).line(x + 4, 1)
        group.line(leg, tone, 3.2)


def _draw_tail(group: Group, plumage: Plumage) -> None:
    for lean, tone in ((-15, mix(plumage.dark, plumage.edge, 0.4)), (-3, plumage.dark)):
        feather = Path().move(6, -7).cubic(-14, -12 + lean, -30, -14 + lean, -44, -13 + lean)
        feather.cubic(-50, -8 + lean, -46, 0 + lean, -38, 1 + lean)
        feather.cubic(-24, 4 + lean * 0.6, -8, 10, 6, 9).close()
        group.line(feather, plumage.edge, 1.8, 0.7)
        group.fill(feather, tone)


def _draw_body(group: Group, plumage: Plumage, key: Colour) -> None:
    body = Path().move(-40, -40).cubic(-36, -68, -12, -90, 14, -92)
    body.cubic(40, -92, 54, -62, 46, -38).cubic(38, -14, 2, -8, -18, -16)
    body.cubic(-34, -22, -42, -30, -40, -40).close()
    group.line(body, plumage.edge, 2.4, 0.8)
    group.fill(body, plumage.main)
    inside = group.group(clip=body)
    inside.fill(Path().oval(32, -48, 27, 36), plumage.breast)
    inside.fill(Path().oval(12, -16, 34, 14), plumage.pale, 0.9)
    back = Path().move(-41, -38).cubic(-36, -67.5, -12, -89.5, 6, -90)
    inside.line(back, key, 4.0, 0.5)


def _draw_wing(group: Group, plumage: Plumage) -> None:
    """A folded wing, drawn from its shoulder."""
    wing = Path().move(14, -4).cubic(18, 14, 2, 30, -16, 31)
    wing.cubic(-32, 32, -44, 28, -54, 20).cubic(-36, 16, -30, -8, -8, -12)
    wing.cubic(4, -14, 12, -10, 14, -4).close()
    group.line(wing, plumage.edge, 2.2, 0.8)
    group.fill(wing, plumage.dark)
    bars = Path().move(4, 2).quad(4, 14, -8, 20).move(-10, 0).quad(-12, 14, -26, 22)
    group.line(bars, mix(plumage.main, plumage.pale, 0.4), 2.6, 0.8)
