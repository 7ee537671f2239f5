"""A friendly monster: round, furry, with horns too small to harm anyone.

Drawn facing right, soles at y = 0, about 110 units wide and 135 high. Called by a scene.
The one invariant: it is built once; a frame moves its nodes to the stance of its pose.
"""

from bot.studio.renderer.actors.dreams import Dreams
from bot.studio.renderer.actors.gait import Gait
from bot.studio.renderer.actors.monster_body import Body
from bot.studio.renderer.actors.monster_fur import Fur, dyed
from bot.studio.renderer.actors.monster_stance import BOUND, STANCES, WADDLE, Stance
from bot.studio.renderer.canvas import Group, Shape, at
from bot.studio.renderer.colour import BLACK, mix
from bot.studio.renderer.path import Path, Point
from bot.studio.renderer.spec import Pose
from bot.studio.renderer.stage import Stage

#: Left, top, right, bottom around the soles, in units, over all poses and moments.
BOX = (-90.0, -185.0, 125.0, 14.0)

_GAITS: dict[Pose, Gait] = {Pose.WALK: WADDLE, Pose.RUN: BOUND}
_YOUNG = 0.8
_LEFT_SHOULDER: Point = (-40, -50)
_RIGHT_SHOULDER: Point = (42, -52)


def pace(pose: Pose) -> float:
    """How fast the ground passes under a grown monster in this pose, in units per second."""
    return _GAITS[pose].units_per_second if pose in _GAITS else 0.0


class Monster:
    """A monster with its shadow."""

    def __init__(
        self, group: Group, stage: Stage, *, hue: str | None = None, haste: float = 1.0
    ) -> None:
        pose, fur = stage.spec.pose, dyed(stage, hue)
        self._haste, self._stance = haste, STANCES[pose]
        self._period = _GAITS[pose].period if pose in _GAITS else 1.0
        self._size = _YOUNG if stage.spec.kitten else 1.0
        self._node = group.group()
        shadow = mix(stage.palette.grass, BLACK, 0.75)
        self._shadow = self._node.fill(Path().oval(0, 0, 60, 7), shadow, 0.30)
        self._legs = [self._node.line(Path(), fur.dark, 17) for _ in range(2)]
        self._torso = self._node.group()
        self._right = _arm(self._torso, fur, fur.dark)
        self._body = Body(self._torso, stage, fur, asleep=pose is Pose.SLEEP)
        self._left = _arm(self._torso, fur, fur.main)
        foot = _sole if pose in {Pose.SIT, Pose.SLEEP} else _foot
        self._feet = [foot(self._node, fur) for _ in range(2)]
        self._dreams = Dreams(self._node, stage) if pose is Pose.SLEEP else None

    def show(self, t: float, x: float, y: float, scale: float) -> None:
        """Draw it with its soles at (x, y)."""
        stance = self._stance(t, t * self._haste / self._period)
        self._node.place(at(x, y, scale=scale * self._size))
        self._shadow.place(at(2, 1, scale=1 + 0.006 * min(0.0, stance.rise)))
        self._torso.place(at(0, -9 + stance.rise, stretch=stance.stretch, degrees=stance.roll))
        self._body.show(t, 0.6 * _glance(t))
        _reach(self._left, _LEFT_SHOULDER, stance.left_hand)
        _reach(self._right, _RIGHT_SHOULDER, stance.right_hand)
        self._stand(stance)
        if self._dreams:
            self._dreams.show(t, 58, -100)

    def _stand(self, stance: Stance) -> None:
        feet = (stance.left_foot, stance.right_foot)
        for leg, foot, (x, y, turn) in zip(self._legs, self._feet, feet, strict=True):
            hip = (0.55 * x, -20 + stance.rise)
            leg.reshape(Path().move(*hip).quad(0.8 * x, (hip[1] + y) / 2, x, y - 8))
            foot.place(at(x, y, degrees=turn))


def _glance(t: float) -> float:
    """Look ahead mostly, back now and then."""
    return 1.0 if t * 0.31 % 1 < 0.72 else -0.7


_Arm = tuple[Shape, Shape, Group]


def _arm(group: Group, fur: Fur, colour: tuple[float, float, float]) -> _Arm:
    outline, sleeve = group.line(Path(), fur.edge, 17.6, 0.85), group.line(Path(), colour, 15)
    hand = group.group()
    hand.fill(Path().circle(0, 0, 10), colour)
    hand.fill(Path().circle(5, -5, 2.3).circle(7.5, 0, 2.3).circle(5, 5, 2.3), fur.pale)
    return outline, sleeve, hand


def _reach(arm: _Arm, shoulder: Point, hand: Point) -> None:
    outline, sleeve, palm = arm
    bend = (shoulder[0] * 1.35 + (hand[0] - shoulder[0]) * 0.3, max(shoulder[1], hand[1]) + 4)
    path = Path().move(*shoulder).quad(*bend, *hand)
    outline.reshape(path)
    sleeve.reshape(path)
    away = 0.0 if hand[0] > 0 else 180.0
    palm.place(at(*hand, degrees=away + (-60 if hand[0] > 0 else 60) * (hand[1] < shoulder[1])))


def _foot(group: Group, fur: Fur) -> Group:
    foot = group.group()
    shape = Path().move(-13, 0).cubic(-15, -13, -2, -17, 8, -14).cubic(17, -12, 22, -6, 20, 0)
    foot.line(shape.close(), fur.edge, 2.4, 0.85)
    foot.fill(shape, fur.main)
    foot.fill(Path().circle(19, -3, 2.8).circle(16, -8, 2.6).circle(11, -12, 2.4), fur.pale)
    return foot


def _sole(group: Group, fur: Fur) -> Group:
    """A foot seen from below."""
    foot = group.group()
    shape = Path().oval(0, -14, 13, 15.5)
    foot.line(shape, fur.edge, 2.4, 0.85)
    foot.fill(shape, fur.main)
    toes = Path().circle(-7, -22.5, 2.9).circle(0, -25, 3.1).circle(7, -22.5, 2.9)
    foot.fill(toes.oval(0, -11, 7.4, 7.6), fur.pale)
    return foot
