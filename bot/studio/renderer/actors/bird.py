"""A small round songbird: on the ground or a perch, or on the wing.

Drawn facing right, about 110 units from beak to tail. Called by a scene, which asks
`aloft` where it belongs. The one invariant: it is built once; a frame moves its nodes.
"""

from typing import Protocol

from bot.studio.renderer.actors.bird_flying import Flying
from bot.studio.renderer.actors.bird_perched import Perched
from bot.studio.renderer.actors.bird_plumage import dyed
from bot.studio.renderer.canvas import Group, at
from bot.studio.renderer.colour import BLACK, mix
from bot.studio.renderer.path import Path
from bot.studio.renderer.spec import Pose
from bot.studio.renderer.stage import Stage

#: Left, top, right, bottom around (x, y), in units, over all poses and moments.
BOX = (-100.0, -120.0, 80.0, 88.0)

#: Its parts are drawn larger than it is.
_SIZE = 0.8
#: Units per second on the wing; at play it circles where it is.
_FLIGHTS = {Pose.WALK: 85.0, Pose.RUN: 170.0, Pose.PLAY: 0.0}


class _Body(Protocol):
    def show(self, t: float) -> None: ...


def pace(pose: Pose) -> float:
    """How fast the ground passes beneath a bird in this pose, in units per second."""
    return _FLIGHTS.get(pose, 0.0)


def aloft(pose: Pose) -> bool:
    """Whether a bird in this pose flies: then (x, y) is the middle of its body, else its feet."""
    return pose in _FLIGHTS


class Bird:
    """A bird, with a shadow where it stands."""

    def __init__(
        self, group: Group, stage: Stage, *, hue: str | None = None, haste: float = 1.0
    ) -> None:
        pose, plumage = stage.spec.pose, dyed(stage, hue)
        self._node = group.group()
        self._body: _Body
        if aloft(pose):
            self._body = Flying(self._node, stage, plumage, haste=haste)
            return
        shadow = mix(stage.palette.grass, BLACK, 0.75)
        self._node.fill(Path().oval(2, 1, 42, 5.5), shadow, 0.30)
        self._body = Perched(self._node, stage, plumage, asleep=pose is Pose.SLEEP)

    def show(self, t: float, x: float, y: float, scale: float) -> None:
        """Draw it with its feet, or on the wing the middle of its body, at (x, y)."""
        self._node.place(at(x, y, scale=scale * _SIZE))
        self._body.show(t)
