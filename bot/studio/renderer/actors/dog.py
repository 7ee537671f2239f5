"""The dog: one head on four bodies, for going, sitting, playing and sleeping.

Drawn facing right, paws at y = 0, about 115 units long. Called by a scene. The one
invariant: a body is built once; a frame moves its nodes.
"""

from typing import Protocol

from bot.studio.renderer.actors.dog_coat import dyed
from bot.studio.renderer.actors.dog_going import Going
from bot.studio.renderer.actors.dog_playing import Playing
from bot.studio.renderer.actors.dog_sitting import Sitting
from bot.studio.renderer.actors.dog_sleeping import Sleeping
from bot.studio.renderer.actors.gait import RUN, WALK, Gait
from bot.studio.renderer.canvas import Group, at
from bot.studio.renderer.colour import BLACK, mix, rgb
from bot.studio.renderer.path import Path
from bot.studio.renderer.spec import Pose, Subject
from bot.studio.renderer.stage import Stage

#: Left, top, right, bottom around the paws, in units, over all poses and moments.
BOX = (-112.0, -150.0, 125.0, 12.0)

_GAITS: dict[Pose, Gait] = {Pose.WALK: WALK, Pose.RUN: RUN}
_COLLARS = ("#d6455d", "#3f7fd0", "#2aa198", "#8a5bd0", "#e0862e")
_PUPPY = 0.8


class _Body(Protocol):
    def show(self, t: float) -> None: ...


def pace(pose: Pose) -> float:
    """How fast the ground passes under a grown dog in this pose, in units per second."""
    return _GAITS[pose].units_per_second if pose in _GAITS else 0.0


class Dog:
    """A dog with its shadow; a puppy where the scene asks for a young animal."""

    def __init__(
        self, group: Group, stage: Stage, *, hue: str | None = None, haste: float = 1.0
    ) -> None:
        self._size = _PUPPY if stage.spec.kitten else 1.0
        self._node = group.group()
        shadow = Path().oval(4, 1, 66, 6.5)
        self._node.fill(shadow, mix(stage.palette.grass, BLACK, 0.75), 0.30)
        self._body = _bodied(self._node.group(), stage, hue, haste)

    def show(self, t: float, x: float, y: float, scale: float) -> None:
        """Draw it with its paws at (x, y)."""
        self._node.place(at(x, y, scale=scale * self._size))
        self._body.show(t)


def _bodied(group: Group, stage: Stage, hue: str | None, haste: float) -> _Body:
    coat, pose = dyed(stage, hue), stage.spec.pose
    drawn = int(stage.streams.named("dog collar").integers(len(_COLLARS)))
    collar = stage.palette.lit(rgb(stage.spec.accent(Subject.DOG) or _COLLARS[drawn]))
    if pose in _GAITS:
        return Going(group, stage, coat, collar, gait=_GAITS[pose], haste=haste)
    if pose is Pose.SLEEP:
        return Sleeping(group, stage, coat)
    if pose is Pose.PLAY:
        return Playing(group, stage, coat, collar)
    return Sitting(group, stage, coat, collar)
