"""The dog playing: a bow before a ball that will not lie still."""

import math

from bot.studio.renderer.actors import collar as collars
from bot.studio.renderer.actors.dog_coat import Coat
from bot.studio.renderer.actors.dog_head import Head
from bot.studio.renderer.actors.dog_tail import Tail
from bot.studio.renderer.canvas import Group, at
from bot.studio.renderer.colour import BLACK, WHITE, Colour, mix, rgb
from bot.studio.renderer.path import Path
from bot.studio.renderer.stage import Stage

_BALLS = ("#e5484d", "#3b82d6", "#f2b632", "#8e5bd6")


class Playing:
    """Elbows down, rump up, tail going like a flag."""

    def __init__(self, group: Group, stage: Stage, coat: Coat, collar: Colour) -> None:
        self._whole = group.group()
        node = self._whole.group()
        self._tail = Tail(node, coat)
        _draw_limbs(node, coat.far, mix(coat.paw, BLACK, 0.25), 8)
        _draw_trunk(node, coat, stage.palette.key)
        _draw_limbs(node, coat.main, coat.paw, 0)
        node.fill(Path().oval(-36, -52, 18, 20), coat.main)
        collars.fasten(node, collar, stage.palette.key, (24, -52, 34, -30, 52, -32, 40, -29))
        self._head = Head(node, stage, coat, panting=True)
        self._ball = group.group()
        drawn = int(stage.streams.named("dog ball").integers(len(_BALLS)))
        _draw_ball(self._ball, stage.palette.lit(rgb(_BALLS[drawn])))

    def show(self, t: float) -> None:
        hop = max(0.0, math.sin(t * 3.4 - 0.6)) ** 2
        self._whole.place(at(-6, -9 * hop, degrees=-3 * hop))
        self._tail.show((-46, -66), (1.25, 0.3, 0.62), t * 13)
        self._head.show(
            t,
            56,
            -58 + 3 * math.sin(t * 6.8),
            tilt=-4 + 6 * math.sin(t * 1.7),
            gaze=0.9,
            flap=16 * hop + 4 * math.sin(t * 6.8),
        )
        bounce = abs(math.sin(t * 3.1 + 0.9))
        squash = 1 - 0.18 * max(0.0, 1 - 6 * bounce)
        x = 104 + 6 * math.sin(t * 0.9)
        self._ball.place(at(x, -10 * squash - 46 * bounce, stretch=squash, degrees=t * 140 % 360))


def _draw_limbs(group: Group, colour: Colour, paw: Colour, shift: float) -> None:
    hind = Path().move(-38 + shift, -50).quad(-24 + shift, -34, -38 + shift, -22)
    group.line(hind.quad(-42 + shift, -14, -39 + shift, -5), colour, 13)
    group.fill(Path().oval(-35 + shift, -4, 10, 5.2), paw)
    fore = Path().move(28 + shift, -30).quad(16 + shift, -10, 30 + shift, -7)
    group.line(fore.line(56 + shift, -6), colour, 12.5)
    group.fill(Path().oval(62 + shift, -4.8, 10, 5.4), paw)


def _draw_trunk(group: Group, coat: Coat, key: Colour) -> None:
    body = Path().move(-56, -58).cubic(-54, -80, -32, -82, -14, -74)
    body.cubic(4, -66, 16, -66, 34, -76).line(62, -46)
    body.cubic(62, -28, 54, -14, 40, -12).cubic(24, -10, 8, -20, -6, -32)
    body.cubic(-18, -42, -54, -34, -56, -58).close()
    group.line(body, coat.edge, 2.4, 0.8)
    group.fill(body, coat.main)
    inside = group.group(clip=body)
    if coat.patch:
        inside.fill(Path().oval(-22, -70, 22, 16), coat.patch)
    inside.fill(Path().oval(52, -24, 18, 20), coat.pale, 0.95)
    back = Path().move(-57, -60).cubic(-54, -79.5, -32, -81.5, -14, -73.5)
    inside.line(back.cubic(4, -65.5, 16, -65.5, 34, -75.5), key, 4.2, 0.5)


def _draw_ball(group: Group, colour: Colour) -> None:
    group.line(Path().circle(0, 0, 10), mix(colour, BLACK, 0.35), 1.6)
    group.fill(Path().circle(0, 0, 10), colour)
    seam = Path().move(-9, -4).quad(0, 3, 9, -4).move(-9, 5).quad(0, -1, 9, 5)
    group.line(seam, WHITE, 1.8, 0.75)
