"""The dog's tail: feathered, and never long still."""

import math

from bot.studio.renderer.actors.dog_coat import Coat
from bot.studio.renderer.canvas import Group
from bot.studio.renderer.path import Path, Point, ribbon

_JOINTS, _TIP, _LENGTH = 9, 6, 6.6
#: Thin at the root, full in the middle.
_WIDTHS = (9.0, 10.5, 12.0, 13.2, 13.6, 13.0, 11.4, 8.6, 5.0)


class Tail:
    """One ribbon, reshaped in every frame; the wag runs out along it."""

    def __init__(self, group: Group, coat: Coat) -> None:
        nothing = Path().circle(0, 0, 1)
        self._edge = group.fill(nothing, coat.edge, 0.8)
        self._whole = group.fill(nothing, coat.main)
        self._tip = group.fill(nothing, coat.pale)

    def show(self, root: Point, angles: tuple[float, float, float], phase: float) -> None:
        """Hang it on `root`; angles are (start, curl, wag) in radians, 0 pointing left."""
        start, curl, wag = angles
        x, y = root
        spine = [root]
        for joint in range(1, _JOINTS):
            along = joint / (_JOINTS - 1)
            angle = start + curl * along + wag * math.sin(phase - along * 1.1)
            x, y = x - math.cos(angle) * _LENGTH, y - math.sin(angle) * _LENGTH
            spine.append((x, y))
        self._edge.reshape(ribbon(spine, [width + 2.4 for width in _WIDTHS]))
        self._whole.reshape(ribbon(spine, _WIDTHS))
        self._tip.reshape(ribbon(spine[_TIP:], _WIDTHS[_TIP:]))
