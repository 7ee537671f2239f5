"""The cat: one head on three bodies, for going, sitting and sleeping.

Drawn facing right, paws at y = 0, about 110 units long. Its back is lit by the sun
behind it. The one invariant: a body is built once; a frame moves its nodes.
"""

from typing import Protocol

from bot.studio.renderer.actors.cat_going import Going
from bot.studio.renderer.actors.cat_sitting import Sitting
from bot.studio.renderer.actors.cat_sleeping import Sleeping
from bot.studio.renderer.actors.coat import dyed
from bot.studio.renderer.actors.gait import RUN, WALK, Gait
from bot.studio.renderer.canvas import Group, at
from bot.studio.renderer.colour import BLACK, mix, rgb
from bot.studio.renderer.path import Path
from bot.studio.renderer.spec import Pose, Subject
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

    def __init__(
        self, group: Group, stage: Stage, *, hue: str | None = None, haste: float = 1.0
    ) -> None:
        self._stage, self._node = stage, group.group()
        spec = stage.spec
        shadow = Path().oval(4, 1, 66, 6.5)
        self._node.fill(shadow, mix(stage.palette.grass, BLACK, 0.75), 0.30)
        self._body = self._bodied(self._node.group(), spec.pose, hue, haste)

    def _bodied(self, group: Group, pose: Pose, hue: str | None, haste: float) -> _Body:
        stage = self._stage
        fur = dyed(stage.spec.coat, stage.palette, hue)
        own = _COLLARS[int(stage.streams.named("collar").integers(len(_COLLARS)))]
        collar = stage.palette.lit(rgb(stage.spec.accent(Subject.CAT) or own))
        if pose in _GAITS:
            return Going(group, stage, fur, collar, gait=_GAITS[pose], haste=haste)
        if pose is Pose.SLEEP:
            return Sleeping(group, stage, fur)
        return Sitting(group, stage, fur, collar, playing=pose is Pose.PLAY)

    def show(self, t: float, x: float, y: float, scale: float) -> None:
        """Draw it with its paws at (x, y)."""
        young = 0.8 if self._stage.spec.kitten else 1.0
        self._node.place(at(x, y, scale=scale * young))
        self._body.show(t)
