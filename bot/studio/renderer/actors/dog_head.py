"""The dog's head: floppy ears, a long muzzle, a tongue when it is warm.

Drawn around (0, 0) between the eyes, about sixty units wide, looking to the right; the
body carries it.
"""

import math

from bot.studio.renderer.actors import helmet
from bot.studio.renderer.actors.dog_coat import Coat
from bot.studio.renderer.actors.edge import ink
from bot.studio.renderer.actors.eyes import INK, Eyes
from bot.studio.renderer.canvas import Group, at
from bot.studio.renderer.colour import BLACK, WHITE, Colour, mix, rgb
from bot.studio.renderer.path import Path, Point
from bot.studio.renderer.spec import Mood
from bot.studio.renderer.stage import Stage

_NEAR_EAR: Point = (-20, -18)
_FAR_EAR: Point = (17, -20)


class Head:
    """A head in a group of its own."""

    def __init__(
        self, group: Group, stage: Stage, coat: Coat, *, panting: bool = False, asleep: bool = False
    ) -> None:
        self._mood = stage.spec.mood
        self._node = group.group()
        self._far_ear = self._ear(_far_ear(), mix(coat.dark, BLACK, 0.2), coat.edge)
        self._skull(coat, stage.palette.key)
        self._mouth(coat, stage.palette.lit(rgb("#ef7f88")), panting=panting)
        self._muzzle(coat)
        self._eyes = Eyes(
            self._node,
            ((-8, 0, 6.6), (14, -1, 6.2)),
            ball=stage.palette.lit(rgb("#7a4a2a")),
            pupil=0.62,
            lid=ink(coat.main),
            asleep=asleep,
        )
        self._near_ear = self._ear(_near_ear(), coat.dark, mix(coat.dark, BLACK, 0.3))
        helmet.put_on(self._node, stage, 56)

    def _ear(self, outline: Path, colour: Colour, edge: Colour) -> Group:
        ear = self._node.group()
        ear.line(outline, edge, 2.0, 0.8)
        ear.fill(outline, colour)
        return ear

    def _skull(self, coat: Coat, rim: Colour) -> None:
        outline = _skull_outline()
        self._node.line(outline, coat.edge, 2.4, 0.8)
        self._node.fill(outline, coat.main)
        inside = self._node.group(clip=outline)
        if coat.patch:
            inside.fill(Path().oval(17, -10, 17, 19), coat.patch)
        blaze = Path().move(1, -30).cubic(0, -12, 4, -6, 2, 8)
        inside.fill(blaze.line(14, 8).cubic(7, -6, 10, -14, 8, -30).close(), coat.pale, 0.85)
        inside.fill(Path().oval(-18, 22, 15, 9), coat.pale, 0.6)
        brows = Path().move(-12, -11).quad(-8, -14, -4, -12).move(11, -12).quad(15, -14, 18, -11)
        self._node.line(brows, coat.dark, 2.6, 0.7)
        top = Path().move(-25, -8).cubic(-21, -25, -10, -27.5, 2, -27.5)
        inside.line(top.cubic(14, -27.5, 25, -22, 27, -6), rim, 3.4, 0.5)

    def _mouth(self, coat: Coat, tongue: Colour, *, panting: bool) -> None:
        self._jaw = self._node.group()
        self._tongue = self._jaw.group() if panting else None
        if not self._tongue:
            return
        self._jaw.fill(Path().move(0, 16).cubic(0, 32, 24, 34, 27, 16).close(), coat.pale)
        self._jaw.fill(Path().move(4, 16).cubic(5, 27, 22, 29, 24, 15).close(), rgb("#6b2b36"))
        self._tongue.fill(Path().move(9, 0).cubic(7, 17, 23, 17, 21, 0).close(), tongue)
        self._tongue.line(Path().move(15, 2).line(15, 8), mix(tongue, BLACK, 0.2), 1.2, 0.7)

    def _muzzle(self, coat: Coat) -> None:
        snout = Path().move(-5, 14).cubic(-4, 5, 8, 1, 17, 2)
        snout.cubic(30, 2, 36, 8, 35, 14).cubic(34, 21, 24, 23, 14, 22)
        snout.cubic(4, 23, -5, 21, -5, 14).close()
        self._node.line(snout, mix(coat.edge, coat.pale, 0.35), 1.8, 0.7)
        self._node.fill(snout, coat.pale)
        lips = Path().move(21, 12).line(20.5, 16).quad(13, 21.5, 3, 16)
        self._node.line(lips.move(20.5, 16).quad(27, 21, 33, 16), INK, 1.8, 0.85)
        self._node.fill(Path().circle(6, 13, 0.9).circle(10, 15.4, 0.9), INK, 0.4)
        nose = Path().move(13.5, 6).cubic(14, 1.5, 28.5, 1, 29.5, 5.5)
        self._node.fill(nose.cubic(29.5, 11, 24, 13, 21, 13).cubic(17, 13, 13.5, 10, 13.5, 6), INK)
        self._node.fill(Path().oval(19, 4.6, 3.4, 1.5), WHITE, 0.65)

    def show(
        self,
        t: float,
        x: float,
        y: float,
        *,
        tilt: float = 0.0,
        gaze: float = 0.4,
        flap: float = 0.0,
    ) -> None:
        """Carry the head at (x, y); `flap` is how far, in degrees, the ears fly up."""
        self._node.place(at(x, y, degrees=tilt))
        twitch = 9 * math.exp(-((((t * 0.6) % 3.1) * 9 - 3) ** 2))
        near, far = (2 * math.sin(t * 1.7 + late) - tilt / 2 for late in (0, 1))
        self._near_ear.place(at(*_NEAR_EAR, degrees=near + flap + twitch))
        self._far_ear.place(at(*_FAR_EAR, degrees=far - 0.8 * flap))
        self._eyes.show(t, gaze=gaze, openness=0.62 if self._mood is Mood.SLEEPY else 1.0)
        pant = 0.5 + 0.5 * math.sin(t * 15)
        self._jaw.place(at(0, 2.4 * pant - 1))
        if self._tongue:
            self._tongue.place(at(0, 17, stretch=0.9 + 0.35 * pant))


def _skull_outline() -> Path:
    path = Path().move(2, -28).cubic(16, -28, 27, -20, 28, -5)
    path.cubic(29, 6, 31, 14, 26, 20).cubic(20, 27, 0, 28, -12, 25)
    path.cubic(-24, 22, -28, 10, -27, -4)
    return path.cubic(-26, -20, -14, -28, 2, -28).close()


def _near_ear() -> Path:
    """A long flap, drawn from where it hangs."""
    path = Path().move(6, -6).cubic(-6, -9, -16, -2, -19, 12)
    path.cubic(-23, 28, -21, 44, -11, 45).cubic(0, 46, 5, 30, 6, 18)
    return path.cubic(7, 10, 12, 0, 6, -6).close()


def _far_ear() -> Path:
    path = Path().move(-6, -5).cubic(4, -8, 14, -2, 17, 9)
    return path.cubic(21, 22, 20, 34, 12, 35).cubic(2, 36, -6, 14, -6, -5).close()
