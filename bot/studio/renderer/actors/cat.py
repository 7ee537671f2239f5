"""The cat: one head on three bodies, for going, sitting and sleeping.

Drawn facing right, paws at y = 0, about 110 units long. Its back is lit by the sun
behind it. The one invariant: a body is built once; a frame moves its nodes.
"""

import math
from typing import Protocol

from bot.studio.renderer.actors.butterfly import Butterfly
from bot.studio.renderer.actors.cat_head import Head
from bot.studio.renderer.actors.coat import Fur, dyed
from bot.studio.renderer.actors.gait import RUN, WALK, Gait, leg
from bot.studio.renderer.canvas import Group, Shape, at
from bot.studio.renderer.colour import BLACK, WHITE, Colour, mix, rgb
from bot.studio.renderer.path import Path, Point, ribbon
from bot.studio.renderer.spec import Mood, Pose
from bot.studio.renderer.stage import Stage

_GAITS: dict[Pose, Gait] = {Pose.WALK: WALK, Pose.RUN: RUN}
_COLLARS = ("#2aa198", "#d6455d", "#4a78d0", "#8a5bd0", "#e0a32e")


def pace(pose: Pose) -> float:
    """How fast the ground passes under a cat in this pose, in units per second."""
    return _GAITS[pose].units_per_second if pose in _GAITS else 0.0


class _Body(Protocol):
    def show(self, t: float) -> None: ...


class Cat:
    """The cat of a scene, with its shadow."""

    def __init__(self, group: Group, stage: Stage, *, haste: float = 1.0) -> None:
        self._stage, self._node = stage, group.group()
        spec = stage.spec
        shadow = Path().oval(4, 1, 66, 6.5)
        self._node.fill(shadow, mix(stage.palette.grass, BLACK, 0.75), 0.30)
        self._body = self._bodied(self._node.group(), spec.pose, haste)

    def _bodied(self, group: Group, pose: Pose, haste: float) -> _Body:
        stage = self._stage
        fur = dyed(stage.spec.coat, stage.palette)
        collar = stage.palette.lit(
            rgb(_COLLARS[int(stage.streams.named("collar").integers(len(_COLLARS)))])
        )
        if pose in _GAITS:
            return _Going(group, stage, fur, collar, gait=_GAITS[pose], haste=haste)
        if pose is Pose.SLEEP:
            return _Sleeping(group, stage, fur)
        return _Sitting(group, stage, fur, collar, playing=pose is Pose.PLAY)

    def show(self, t: float, x: float, y: float, scale: float) -> None:
        """Draw it with its paws at (x, y)."""
        young = 0.8 if self._stage.spec.kitten else 1.0
        self._node.place(at(x, y, scale=scale * young))
        self._body.show(t)


class _Tail:
    """A tail whose swing runs out along it, with a tip of its own colour."""

    _JOINTS, _TIP = 12, 8

    def __init__(self, group: Group, fur: Fur, *, outlined: bool = False) -> None:
        nothing = Path().circle(0, 0, 1)
        main = fur.dark if fur.masked else fur.main
        self._edge = group.fill(nothing, mix(main, BLACK, 0.3)) if outlined else None
        self._whole, self._tip = group.fill(nothing, main), group.fill(nothing, fur.tip)

    def show(self, root: Point, angles: tuple[float, float, float], phase: float) -> None:
        """Hang it on `root`; angles are (start, curl, swing) in radians, 0 pointing left."""
        start, curl, swing = angles
        x, y = root
        spine, widths = [root], [11.5]
        for joint in range(1, self._JOINTS):
            along = joint / (self._JOINTS - 1)
            angle = start + curl * along + swing * along * math.sin(phase - along * 2.4)
            x, y = x - math.cos(angle) * 6.4, y - math.sin(angle) * 6.4
            spine.append((x, y))
            widths.append(11.5 - 2.8 * along)
        self._whole.reshape(ribbon(spine, widths))
        self._tip.reshape(ribbon(spine[self._TIP :], widths[self._TIP :]))
        if self._edge:
            self._edge.reshape(ribbon(spine, [width + 2.6 for width in widths]))


def _collar(group: Group, colour: Colour, lit: Colour, points: tuple[float, ...]) -> None:
    x0, y0, cx, cy, x1, y1, bell_x, bell_y = points
    group.line(Path().move(x0, y0).quad(cx, cy, x1, y1), colour, 5)
    group.fill(Path().circle(bell_x, bell_y, 4.4), mix(rgb("#f4c440"), lit, 0.15))
    group.fill(Path().circle(bell_x - 1.2, bell_y - 1.3, 1.3), WHITE, 0.8)


class _Going:
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
        self._tail = _Tail(self._trunk, fur)
        self._legs: dict[int, tuple[Shape, Shape]] = {}
        self._add_legs(group, (2, 3), fur, fur.far)
        self._torso = group.group()
        self._draw_torso(self._torso, fur, key)
        self._add_legs(group, (0, 1), fur, fur.dark if fur.masked else fur.main)
        self._haunch = group.group()
        self._haunch.fill(Path().oval(-35, -40, 16, 17), fur.main)
        self._front = group.group()
        _collar(self._front, collar, key, (37, -58, 49, -41, 61, -46, 53, -41))
        self._head = Head(group, fur, key, mood=stage.spec.mood, asleep=False)

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


class _Sitting:
    """Sitting on the bank, looking over the water or batting at a butterfly."""

    def __init__(
        self, group: Group, stage: Stage, fur: Fur, collar: Colour, *, playing: bool
    ) -> None:
        self._mood = stage.spec.mood
        key, limb = stage.palette.key, fur.dark if fur.masked else fur.main
        self._tail = _Tail(group, fur)
        far_paw = mix(fur.paw, BLACK, 0.2)
        group.line(Path().move(26, -46).quad(29, -22, 27, -5), fur.far, 12)
        group.fill(Path().oval(30, -4.4, 9.5, 5.0), far_paw)
        self._draw_trunk(group, fur, key)
        self._paw = self._forepaw(group, fur, limb)
        self._draw_haunch(group, fur)
        _collar(group, collar, key, (-7, -76, 8, -61, 30, -69, 16, -62.5))
        self._head = Head(group, fur, key, mood=stage.spec.mood, asleep=False)
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


class _Sleeping:
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
        self._tail = _Tail(group, fur, outlined=True)
        group.fill(Path().oval(52, -5, 15, 6), fur.paw)
        self._head = Head(group, fur, key, mood=stage.spec.mood, asleep=True)
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
