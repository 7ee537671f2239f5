"""The songbird's head: one bright eye, a short beak, a crest that nods after it.

Drawn around (0, 0) in the middle of the skull, about fifty units wide, looking right.
"""

import math

from bot.studio.renderer.actors.bird_plumage import Plumage
from bot.studio.renderer.actors.edge import ink
from bot.studio.renderer.actors.eyes import Eyes
from bot.studio.renderer.canvas import Group, at
from bot.studio.renderer.colour import BLACK, mix, rgb
from bot.studio.renderer.path import Path
from bot.studio.renderer.spec import Mood
from bot.studio.renderer.stage import Stage


class Head:
    """A head in a group of its own; the body carries it."""

    def __init__(self, group: Group, stage: Stage, plumage: Plumage, *, asleep: bool) -> None:
        self._sleepy = stage.spec.mood is Mood.SLEEPY
        self._node = group.group()
        self._crest = self._node.group()
        _draw_crest(self._crest, plumage)
        self._upper, self._lower = self._node.group(), self._node.group()
        _draw_beak(self._upper, self._lower, plumage)
        skull = Path().oval(0, 0, 26, 25)
        brow = Path().move(-26, 2).cubic(-26, -33, 24, -33, 26, -1).quad(26, 8, 23, 13)
        self._node.line(brow, plumage.edge, 2.4, 0.8)
        self._node.fill(skull, plumage.main)
        inside = self._node.group(clip=skull)
        inside.fill(Path().oval(14, 20, 21, 18), plumage.breast)
        rim = Path().move(-25, 2).cubic(-25, -32, 20, -32, 25, -4)
        inside.line(rim, stage.palette.key, 3.6, 0.5)
        self._node.fill(Path().oval(4, 9, 5.6, 3.6), rgb("#ff8f80"), 0.5)
        self._eyes = Eyes(
            self._node,
            ((9, -3, 7.6),),
            ball=stage.palette.lit(rgb("#4a3226")),
            pupil=0.7,
            lid=ink(plumage.main),
            asleep=asleep,
        )

    def show(self, t: float, x: float, y: float, *, tilt: float = 0.0, sing: float = 0.0) -> None:
        """Carry the head at (x, y); `sing` from 0 to 1 opens the beak."""
        self._node.place(at(x, y, degrees=tilt))
        self._crest.place(at(-6, -22, degrees=-0.5 * tilt + 5 * math.sin(t * 3.1)))
        self._upper.place(at(21, 2, degrees=-13 * sing))
        self._lower.place(at(21, 4, degrees=18 * sing))
        self._eyes.show(t, gaze=0.5, openness=0.62 if self._sleepy else 1.0)


def _draw_crest(group: Group, plumage: Plumage) -> None:
    for lean, length in ((-16, 15), (-9, 20), (0, 16)):
        feather = Path().move(-5, 3).quad(lean - 2, -length * 0.5, lean - 3, -length)
        group.fill(feather.quad(lean + 7, -length * 0.6, 6, 2).close(), plumage.dark)


def _draw_beak(upper: Group, lower: Group, plumage: Plumage) -> None:
    dark = mix(plumage.horn, BLACK, 0.22)
    lower.fill(Path().move(-2, -3).quad(10, -1, 15, 1).quad(8, 7, -2, 6).close(), dark)
    upper.fill(Path().move(-2, -9).quad(10, -7, 20, 2).quad(8, 4, -2, 4).close(), plumage.horn)
