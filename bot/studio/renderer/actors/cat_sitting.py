"""The cat sitting: watching, or playing with a butterfly."""

import math

from bot.studio.renderer.actors import collar as collars
from bot.studio.renderer.actors.butterfly import Butterfly
from bot.studio.renderer.actors.cat_head import Head
from bot.studio.renderer.actors.cat_tail import Tail
from bot.studio.renderer.actors.coat import Fur
from bot.studio.renderer.canvas import Group, Shape, at
from bot.studio.renderer.colour import BLACK, Colour, mix
from bot.studio.renderer.path import Path
from bot.studio.renderer.spec import Mood
from bot.studio.renderer.stage import Stage


class Sitting:
    """Sitting on the bank, looking over the water or batting at a butterfly."""

    def __init__(
        self, group: Group, stage: Stage, fur: Fur, collar: Colour, *, playing: bool
    ) -> None:
        self._mood = stage.spec.mood
        key, limb = stage.palette.key, fur.dark if fur.masked else fur.main
        self._tail = Tail(group, fur)
        far_paw = mix(fur.paw, BLACK, 0.2)
        group.line(Path().move(26, -46).quad(29, -22, 27, -5), fur.far, 12)
        group.fill(Path().oval(30, -4.4, 9.5, 5.0), far_paw)
        self._draw_trunk(group, fur, key)
        self._paw = self._forepaw(group, fur, limb)
        self._draw_haunch(group, fur)
        collars.fasten(group, collar, key, (-7, -76, 8, -61, 30, -69, 16, -62.5))
        self._head = Head(group, stage, fur, asleep=False)
        self._butterfly = Butterfly(group, stage) if playing else None

    def _draw_trunk(self, group: Group, fur: Fur, key: Colour) -> None:
        body = Path().move(-2, -84).cubic(-24, -76, -42, -48, -43, -20)
        body.cubic(-43, -8, -36, 0, -26, 0).line(10, 0)
        body.cubic(22, -6, 36, -30, 34, -52).cubic(33, -68, 28, -82, 20, -86).close()
        group.fill(body, fur.main)
        inside = group.group(clip=body)
        if fur.patches:
            inside.fill(Path().oval(-30, -52, 22, 20), fur.patches[0])
            inside.fill(Path().oval(-6, -78, 13, 15), fur.patches[-1])
        inside.fill(Path().oval(26, -52, 15, 27), fur.pale, 0.95)
        if fur.striped:
            stripes = Path()
            for x, y in ((-17, -74), (-28, -61), (-36, -46), (-42, -31)):
                stripes.move(x - 6, y - 3).quad(x + 6, y + 1, x + 13, y + 9)
            inside.line(stripes, fur.dark, 5.0, 0.8)
        back = Path().move(0, -85).cubic(-24, -77, -42, -48, -43, -16)
        inside.line(back, key, 4.4, 0.5)

    def _forepaw(self, group: Group, fur: Fur, limb: Colour) -> tuple[Shape, Shape]:
        self._sleeve = group.line(Path(), mix(limb, BLACK, 0.22), 15.4)
        arm = group.line(Path().move(15, -48).quad(18, -24, 15, -5), limb, 13)
        return arm, group.fill(Path().oval(0, 0, 9.8, 5.4), fur.paw)

    def _draw_haunch(self, group: Group, fur: Fur) -> None:
        thigh = Path().oval(-19, -19, 23, 20)
        group.fill(thigh, fur.main)
        arc = Path().move(-36, -31).cubic(-26, -43, -6, -42, 2, -26)
        group.line(arc, mix(fur.main, BLACK, 0.25), 1.8, 0.5)
        group.fill(Path().oval(-2, -4.6, 14, 5.4), fur.paw)

    def show(self, t: float) -> None:
        breath = 0.8 * math.sin(t * 1.9)
        curl = 0.95 + 0.18 * math.sin(t * 0.8)
        self._tail.show((-34, -7), (-0.06, curl, 0.42), t * 2.1)
        sight = 0.5 + 0.5 * math.sin(t * 0.55 - 0.8)
        tilt = {Mood.CURIOUS: 9 * math.sin(t * 0.8), Mood.SLEEPY: 4 + 3 * math.sin(t * 0.9)}.get(
            self._mood, 3 * math.sin(t * 0.5)
        )
        self._reach(t)
        if self._butterfly:
            x, _ = self._butterfly.show(t)
            sight, tilt = min(1.0, x / 70), -5 + 4 * math.sin(t * 1.1)
        self._head.show(t, 17, -100 - breath, tilt=tilt, gaze=sight)

    def _reach(self, t: float) -> None:
        """Bat at the butterfly: the near forepaw goes up and comes down."""
        up = max(0.0, math.sin(t * 2.4)) ** 0.6 if self._butterfly else 0.0
        x, y = 15 + 33 * up, -5 - 62 * up - 5 * up * math.sin(t * 11)
        arm, paw = self._paw
        reach = Path().move(15, -48).quad(18 + 10 * up, -24 - 12 * up, x, y)
        arm.reshape(reach)
        self._sleeve.reshape(reach)
        paw.place(at(x + 3 - 2 * up, y + 0.6 - 2 * up, degrees=-58 * up))
