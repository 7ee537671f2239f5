"""The cat's tail: one ribbon, reshaped in every frame."""

import math

from bot.studio.renderer.actors.coat import Fur
from bot.studio.renderer.canvas import Group
from bot.studio.renderer.colour import BLACK, mix
from bot.studio.renderer.path import Path, Point, ribbon


class Tail:
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
