"""The dog sitting, its tail sweeping the ground."""

import math

from bot.studio.renderer.actors import collar as collars
from bot.studio.renderer.actors.dog_coat import Coat
from bot.studio.renderer.actors.dog_head import Head
from bot.studio.renderer.actors.dog_tail import Tail
from bot.studio.renderer.canvas import Group, at
from bot.studio.renderer.colour import BLACK, Colour, mix
from bot.studio.renderer.path import Path
from bot.studio.renderer.spec import Mood
from bot.studio.renderer.stage import Stage

_TILTS = {Mood.CURIOUS: 15.0, Mood.PLAYFUL: 9.0, Mood.SLEEPY: 3.0}


class Sitting:
    """Upright on its haunches, chest out, waiting for a word."""

    def __init__(self, group: Group, stage: Stage, coat: Coat, collar: Colour) -> None:
        self._mood = stage.spec.mood
        self._tail = Tail(group, coat)
        group.line(Path().move(28, -50).quad(32, -26, 30, -6), coat.far, 13)
        group.fill(Path().oval(34, -4.6, 10.5, 5.4), mix(coat.paw, BLACK, 0.2))
        self._chest = group.group()
        _draw_trunk(self._chest, coat, stage.palette.key)
        group.line(Path().move(15, -54).quad(20, -26, 17, -6), coat.edge, 15.6, 0.8)
        group.line(Path().move(15, -54).quad(20, -26, 17, -6), coat.main, 13.4)
        group.fill(Path().oval(21, -4.8, 11, 5.6), coat.paw)
        _draw_haunch(group, coat)
        collars.fasten(group, collar, stage.palette.key, (-10, -82, 10, -66, 36, -77, 18, -68))
        self._head = Head(group, stage, coat, panting=self._mood in {Mood.PLAYFUL, Mood.CURIOUS})

    def show(self, t: float) -> None:
        breath = math.sin(t * 2.2)
        self._chest.place(at(0, 0, stretch=1 + 0.008 * breath))
        happy = 1.4 if self._mood is Mood.PLAYFUL else 1.0
        self._tail.show((-34, -8), (0.12, 0.35, 0.30), t * 7.5 * happy)
        lean = math.sin(t * 0.9)
        tilt = _TILTS.get(self._mood, 5.0) * max(-0.4, min(1.0, 1.7 * lean))
        self._head.show(t, 16, -108 - 0.9 * breath, tilt=tilt, gaze=0.5 + 0.4 * math.sin(t * 0.6))


def _draw_trunk(group: Group, coat: Coat, key: Colour) -> None:
    body = Path().move(-8, -100).cubic(-16, -82, -42, -54, -45, -22)
    body.cubic(-46, -8, -38, 0, -28, 0).line(10, 0)
    body.cubic(24, -8, 40, -34, 40, -58).cubic(40, -72, 37, -84, 38, -98).close()
    group.line(body, coat.edge, 2.4, 0.8)
    group.fill(body, coat.main)
    inside = group.group(clip=body)
    if coat.patch:
        inside.fill(Path().oval(-30, -50, 22, 24), coat.patch)
    bib = Path().move(16, -96).cubic(8, -70, 12, -44, 26, -30).line(46, -30).line(46, -96)
    inside.fill(bib.close(), coat.pale, 0.95)
    back = Path().move(-8, -100).cubic(-16, -82, -42, -54, -45, -20)
    inside.line(back, key, 4.4, 0.5)


def _draw_haunch(group: Group, coat: Coat) -> None:
    group.fill(Path().oval(-20, -21, 24, 21.5), coat.main)
    arc = Path().move(-36, -36).cubic(-26, -48, -2, -46, 4, -24)
    group.line(arc, coat.edge, 2.0, 0.8)
    group.fill(Path().oval(-1, -5, 16, 5.8), coat.paw)
