"""The dog asleep, its chin on its paws."""

import math

from bot.studio.renderer.actors.dog_coat import Coat
from bot.studio.renderer.actors.dog_head import Head
from bot.studio.renderer.actors.dog_tail import Tail
from bot.studio.renderer.actors.dreams import Dreams
from bot.studio.renderer.canvas import Group, at
from bot.studio.renderer.colour import BLACK, Colour, mix
from bot.studio.renderer.path import Path
from bot.studio.renderer.stage import Stage


class Sleeping:
    """Stretched out on its belly; in its dreams it wags."""

    def __init__(self, group: Group, stage: Stage, coat: Coat) -> None:
        self._tail = Tail(group, coat)
        _draw_arm(group, coat.far, mix(coat.paw, BLACK, 0.2), 8)
        self._back = group.group()
        _draw_trunk(self._back, coat, stage.palette.key)
        _draw_arm(group, coat.main, coat.paw, 0)
        self._head = Head(group, stage, coat, asleep=True)
        self._dreams = Dreams(group, stage)

    def show(self, t: float) -> None:
        breath = 0.5 + 0.5 * math.sin(t * 1.4)
        self._back.place(at(0, 0, stretch=1 + 0.04 * breath))
        dreamt = max(0.0, math.sin(t * 0.9)) ** 3
        self._tail.show((-52, -10), (-0.02, 0.12, 0.05 + 0.3 * dreamt), t * 9)
        self._head.show(t, 48, -33 - 1.2 * breath, tilt=5)
        self._dreams.show(t, 82, -62)


def _draw_arm(group: Group, colour: Colour, paw: Colour, shift: float) -> None:
    group.line(Path().move(24 + shift, -10).line(66 + shift, -6), colour, 12)
    group.fill(Path().oval(74 + shift, -5, 12, 5.6), paw)


def _draw_trunk(group: Group, coat: Coat, key: Colour) -> None:
    body = Path().move(-60, -16).cubic(-60, -44, -40, -50, -18, -46)
    body.cubic(0, -43, 14, -46, 30, -52).cubic(50, -50, 58, -20, 50, -4)
    body.cubic(48, 0, 40, 0, 30, 0).line(-46, 0).cubic(-56, 0, -60, -6, -60, -16).close()
    group.line(body, coat.edge, 2.4, 0.8)
    group.fill(body, coat.main)
    inside = group.group(clip=body)
    if coat.patch:
        inside.fill(Path().oval(-28, -42, 22, 17), coat.patch)
    back = Path().move(-61, -18).cubic(-60, -43.5, -40, -49.5, -18, -45.5)
    inside.line(back.cubic(0, -42.5, 14, -45.5, 30, -51.5), key, 4.4, 0.5)
    thigh = Path().move(-52, -3).cubic(-58, -30, -22, -42, -12, -14)
    inside.line(thigh, coat.edge, 2.0, 0.8)
    group.fill(Path().oval(-18, -5, 17, 5.8), coat.paw)
