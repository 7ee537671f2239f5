"""The cat walking or running."""

import math

from bot.studio.renderer.actors import collar as collars
from bot.studio.renderer.actors.cat_head import Head
from bot.studio.renderer.actors.cat_tail import Tail
from bot.studio.renderer.actors.coat import Fur
from bot.studio.renderer.actors.gait import RUN, Gait, leg
from bot.studio.renderer.canvas import Group, Shape, at
from bot.studio.renderer.colour import BLACK, Colour, mix
from bot.studio.renderer.path import Path, Point
from bot.studio.renderer.spec import Mood
from bot.studio.renderer.stage import Stage


class Going:
    """Walking or running, seen from the side."""

    _HIPS: tuple[Point, ...] = ((-34, -37), (33, -36), (-28, -37), (39, -36))

    def __init__(
        self,
        group: Group,
        stage: Stage,
        fur: Fur,
        collar: Colour,
        *,
        gait: Gait,
        haste: float,
    ) -> None:
        self._gait, self._haste = gait, haste
        self._mood = stage.spec.mood
        key = stage.palette.key
        self._trunk = group.group()
        self._tail = Tail(self._trunk, fur)
        self._legs: dict[int, tuple[Shape, Shape]] = {}
        self._add_legs(group, (2, 3), fur, fur.far)
        self._torso = group.group()
        self._draw_torso(self._torso, fur, key)
        self._add_legs(group, (0, 1), fur, fur.dark if fur.masked else fur.main)
        self._haunch = group.group()
        self._haunch.fill(Path().oval(-35, -40, 16, 17), fur.main)
        self._front = group.group()
        collars.fasten(self._front, collar, key, (37, -58, 49, -41, 61, -46, 53, -41))
        self._head = Head(group, stage, fur, asleep=False)

    def _add_legs(self, group: Group, which: tuple[int, int], fur: Fur, colour: Colour) -> None:
        for index in which:
            paw = fur.paw if index < 2 else mix(fur.paw, BLACK, 0.25)
            line = group.line(
                Path().move(0, 0).line(0, 1), colour, 12.5 if index % 2 == 0 else 11.5
            )
            self._legs[index] = (line, group.fill(Path().oval(2.4, -3.6, 8.2, 5.0), paw))

    def _draw_torso(self, group: Group, fur: Fur, key: Colour) -> None:
        body = Path().move(-51, -40).cubic(-54, -64, -30, -67, -4, -63.5)
        body.cubic(16, -61, 30, -68, 44, -66).cubic(56, -60, 55, -38, 44, -28)
        body.cubic(30, -21, 8, -23, -8, -24).cubic(-28, -22, -49, -22, -51, -40).close()
        group.fill(body, fur.main)
        inside = group.group(clip=body)
        if fur.patches:
            inside.fill(Path().oval(-30, -58, 24, 17), fur.patches[0])
            inside.fill(Path().oval(14, -62, 20, 15), fur.patches[-1])
        inside.fill(Path().oval(4, -22, 44, 9), fur.pale, 0.9)
        inside.fill(Path().oval(54, -38, 13, 20), fur.pale, 0.95)
        if fur.striped:
            stripes = Path()
            for index, x in enumerate((-40, -26, -12, 2, 16)):
                stripes.move(x, -72).quad(x + 5, -57, x - 1, -47 + index % 2 * 4)
            inside.line(stripes, fur.dark, 5.0, 0.8)
        back = (
            Path()
            .move(-54, -44)
            .cubic(-54, -65, -30, -66.5, -4, -63)
            .cubic(16, -60.5, 30, -67, 46, -65)
        )
        inside.line(back, key, 4.2, 0.5)

    def show(self, t: float) -> None:
        gait = self._gait
        cycle = t * self._haste / gait.period
        beat = math.sin(cycle * math.tau * 2)
        rise = gait.bob * beat
        pitch = gait.bob * 0.55 * math.sin(cycle * math.tau * (1 if gait is RUN else 2) + 0.7)
        trunk = at(0, rise, degrees=pitch)
        for node in (self._trunk, self._torso, self._front, self._haunch):
            node.place(trunk)
        for index, (line, paw) in self._legs.items():
            self._step(index, line, paw, cycle, rise)
        self._tail.show((-47, -48), (0.5, 1.25, 0.32), t * 2.6)
        nod = 1.6 * math.sin(cycle * math.tau * 2 - 0.9)
        curious = 7 * math.sin(t * 0.9) if self._mood is Mood.CURIOUS else 0.0
        self._head.show(
            t,
            58,
            -76 + rise * 0.7 + nod,
            tilt=pitch * 0.5 + curious,
            gaze=0.4 + 0.5 * math.sin(t * 0.7),
        )

    def _step(self, index: int, line: Shape, paw: Shape, cycle: float, rise: float) -> None:
        hip_x, hip_y = self._HIPS[index]
        x, y = self._gait.paw(cycle, index)
        foot = (hip_x + x, min(-4.0, y - 4.0))
        line.reshape(leg((hip_x, hip_y + rise), foot, 1.0 if index % 2 == 0 else -1.0))
        paw.place(at(foot[0], foot[1] + 4, degrees=-2.0 * min(0, y)))
