"""The dog walking or running."""

import math

from bot.studio.renderer.actors import collar as collars
from bot.studio.renderer.actors.dog_coat import Coat
from bot.studio.renderer.actors.dog_head import Head
from bot.studio.renderer.actors.dog_tail import Tail
from bot.studio.renderer.actors.gait import RUN, Gait, leg
from bot.studio.renderer.canvas import Group, Shape, at
from bot.studio.renderer.colour import BLACK, Colour, mix
from bot.studio.renderer.path import Path, Point
from bot.studio.renderer.spec import Mood
from bot.studio.renderer.stage import Stage

#: Near hind, near front, far hind, far front.
_HIPS: tuple[Point, ...] = ((-36, -38), (30, -37), (-30, -37), (37, -36))


class Going:
    """Walking or running, seen from the side: deep in the chest, lean in the flank."""

    def __init__(
        self, group: Group, stage: Stage, coat: Coat, collar: Colour, *, gait: Gait, haste: float
    ) -> None:
        self._gait, self._haste = gait, haste
        self._curious = stage.spec.mood is Mood.CURIOUS
        key = stage.palette.key
        self._rump = group.group()
        self._tail = Tail(self._rump, coat)
        self._legs: dict[int, tuple[Shape, Shape]] = {}
        self._add_legs(group, (2, 3), coat.far, mix(coat.paw, BLACK, 0.25))
        self._trunk = group.group()
        _draw_trunk(self._trunk, coat, key)
        self._add_legs(group, (0, 1), coat.main, coat.paw)
        self._haunch = group.group()
        self._haunch.fill(Path().oval(-35, -43, 16.5, 19), coat.main)
        collars.fasten(self._haunch, collar, key, (34, -70, 48, -54, 66, -60, 54, -53))
        self._head = Head(group, stage, coat, panting=gait is RUN)

    def _add_legs(self, group: Group, which: tuple[int, int], colour: Colour, paw: Colour) -> None:
        for index in which:
            line = group.line(Path().move(0, 0).line(0, 1), colour, 13 - index % 2)
            self._legs[index] = (line, group.fill(Path().oval(3.4, -4, 9.6, 5.2), paw))

    def show(self, t: float) -> None:
        gait = self._gait
        cycle = t * self._haste / gait.period
        beat = cycle * math.tau * 2
        rise = gait.bob * math.sin(beat)
        pitch = gait.bob * 0.55 * math.sin(beat / (2 if gait is RUN else 1) + 0.7)
        for node in (self._rump, self._trunk, self._haunch):
            node.place(at(0, rise, degrees=pitch))
        for index, (line, paw) in self._legs.items():
            self._step(index, line, paw, cycle, rise)
        self._tail.show((-46, -58), (1.0, 0.75, 0.42), t * 9)
        self._head.show(
            t,
            62,
            -88 + rise * 0.7 + 1.8 * math.sin(beat - 0.9),
            tilt=pitch * 0.6 + (10 * math.sin(t * 0.9) if self._curious else 0.0),
            gaze=0.5 + 0.4 * math.sin(t * 0.7),
            flap=gait.bob * (1.2 + 1.5 * math.sin(beat - 1.8)),
        )

    def _step(self, index: int, line: Shape, paw: Shape, cycle: float, rise: float) -> None:
        hip_x, hip_y = _HIPS[index]
        x, y = self._gait.paw(cycle, index)
        foot = (hip_x + x, min(-4.0, y - 4.0))
        line.reshape(leg((hip_x, hip_y + rise), foot, 1.0 if index % 2 == 0 else -1.0))
        paw.place(at(foot[0], foot[1] + 4, degrees=-2.0 * min(0, y)))


def _draw_trunk(group: Group, coat: Coat, key: Colour) -> None:
    body = Path().move(-53, -48).cubic(-54, -66, -38, -71, -18, -69)
    body.cubic(0, -67, 18, -70, 30, -78).line(44, -104).line(76, -92)
    body.cubic(68, -72, 62, -48, 54, -34).cubic(44, -19, 24, -21, 8, -27)
    body.cubic(-8, -33, -22, -32, -32, -28).cubic(-46, -24, -53, -34, -53, -48).close()
    group.line(body, coat.edge, 2.4, 0.8)
    group.fill(body, coat.main)
    inside = group.group(clip=body)
    if coat.patch:
        inside.fill(Path().oval(-26, -64, 24, 19).oval(16, -76, 14, 14), coat.patch)
    inside.fill(Path().oval(60, -52, 15, 32), coat.pale, 0.95)
    inside.fill(Path().oval(14, -21, 40, 8), coat.pale, 0.9)
    back = Path().move(-54, -50).cubic(-54, -66, -38, -70.5, -18, -68.5)
    inside.line(back.cubic(0, -66.5, 18, -69.5, 30, -77.5), key, 4.2, 0.5)
