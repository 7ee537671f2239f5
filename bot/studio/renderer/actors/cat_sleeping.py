"""The cat asleep."""

import math

from bot.studio.renderer.actors.cat_head import Head
from bot.studio.renderer.actors.cat_tail import Tail
from bot.studio.renderer.actors.coat import Fur
from bot.studio.renderer.canvas import Group, at
from bot.studio.renderer.colour import BLACK, WHITE, mix
from bot.studio.renderer.path import Path
from bot.studio.renderer.stage import Stage


class Sleeping:
    """Curled up, breathing slowly, with dreams rising."""

    _DREAMS = 3

    def __init__(self, group: Group, stage: Stage, fur: Fur) -> None:
        key = stage.palette.key
        self._back = group.group()
        body = Path().move(-56, -12).cubic(-58, -44, -30, -58, 0, -57)
        body.cubic(30, -56, 52, -40, 54, -16).cubic(54, -4, 44, 0, 30, 0).line(-38, 0)
        body.cubic(-50, 0, -56, -4, -56, -12).close()
        self._back.fill(body, fur.main)
        inside = self._back.group(clip=body)
        if fur.patches:
            inside.fill(Path().oval(-28, -44, 24, 18), fur.patches[0])
            inside.fill(Path().oval(14, -50, 20, 14), fur.patches[-1])
        if fur.striped:
            stripes = Path()
            for x in (-38, -24, -10, 4, 18):
                stripes.move(x, -62).quad(x + 5, -50, x - 2, -38)
            inside.line(stripes, fur.dark, 5.0, 0.8)
        top = (
            Path().move(-57, -16).cubic(-58, -44, -30, -57, 0, -56).cubic(30, -55, 51, -40, 53, -18)
        )
        inside.line(top, key, 4.4, 0.5)
        arc = Path().move(-22, -3).cubic(-34, -30, -10, -40, 6, -24)
        self._back.line(arc, mix(fur.main, BLACK, 0.25), 2.0, 0.5)
        self._tail = Tail(group, fur, outlined=True)
        group.fill(Path().oval(52, -5, 15, 6), fur.paw)
        self._head = Head(group, stage, fur, asleep=True)
        self._dreams = [group.line(_zed(), WHITE, 2.4, 0.85) for _ in range(self._DREAMS)]
        self._turned = -1.0 if stage.layout.mirrored else 1.0

    def show(self, t: float) -> None:
        breath = 0.5 + 0.5 * math.sin(t * 1.5)
        self._back.place(at(0, 0, stretch=1 + 0.035 * breath))
        self._head.show(t, 40, -25 - 1.2 * breath, tilt=9)
        self._tail.show((-47, -13), (math.pi + 0.16, -0.22, 0.03), t * 0.9)
        for index, dream in enumerate(self._dreams):
            age = (t / 3.6 + index / self._DREAMS) % 1
            sway = 5 * math.sin(t * 1.6 + index * 2)
            size = 0.35 + 0.55 * age
            x, y = 72 + 34 * age + sway, -46 - 50 * age
            dream.place((size * self._turned, 0.0, x, 0.0, size, y))
            dream.fade(math.sin(math.pi * age) ** 0.7)


def _zed() -> Path:
    return Path().polyline(((-6, -7), (6, -7), (-6, 7), (6, 7)))
