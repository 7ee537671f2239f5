"""The cat's head: the part of the picture that people look at.

It is drawn around (0, 0) between the eyes, about sixty units wide, looking slightly
to the right; the body carries it. Eyes blink, pupils follow, ears twitch.
"""

import math

from bot.studio.renderer.actors import helmet
from bot.studio.renderer.actors.coat import Fur
from bot.studio.renderer.canvas import Group, Shape, at
from bot.studio.renderer.colour import Colour, mix, rgb
from bot.studio.renderer.path import Path
from bot.studio.renderer.spec import Mood
from bot.studio.renderer.stage import Stage

_EYES = ((-10.0, 1.0), (15.0, 1.0))
_INK = rgb("#1d1a22")


class Head:
    """A head in a group of its own; `show` turns it, the caller's `place` carries it."""

    def __init__(self, group: Group, stage: Stage, fur: Fur, *, asleep: bool) -> None:
        self._node = group.group()
        self._mood, self._asleep = stage.spec.mood, asleep
        self._ears = [self._ear(fur, x, lean) for x, lean in ((-17.0, -6.0), (16.0, 7.0))]
        self._skull(fur, stage.palette.key)
        self._open, self._pupils = self._eyes(fur)
        self._lids = [self._lid(x, y) for x, y in _EYES]
        self._muzzle(fur)
        helmet.put_on(self._node, stage, 47)

    def _ear(self, fur: Fur, x: float, lean: float) -> Group:
        ear = self._node.group()
        tone = fur.dark if fur.masked else fur.main
        outer = Path().move(-13, 9).cubic(-13, -8, lean - 7, -26, lean - 1, -28)
        outer.cubic(lean + 5, -26, 13, -8, 13, 10).close()
        ear.fill(outer, tone)
        inner = Path().move(-6.5, 8).cubic(-7, -4, lean - 4, -17, lean - 1, -20)
        inner.cubic(lean + 2, -17, 7, -4, 7, 9).close()
        ear.fill(inner, fur.ear, 0.9)
        ear.place(at(x, -17))
        return ear

    def _skull(self, fur: Fur, rim: Colour) -> None:
        outline = _skull_outline()
        self._node.fill(outline, fur.main)
        inside = self._node.group(clip=outline)
        if fur.patches:
            inside.fill(Path().oval(-20, -16, 22, 20), fur.patches[0])
            inside.fill(Path().oval(24, -20, 16, 17), fur.patches[-1])
        if fur.masked:
            inside.fill(Path().oval(4, 9, 25, 19), fur.dark, 0.35)
            inside.fill(Path().oval(4, 11, 18, 14), fur.dark, 0.6)
        if fur.striped:
            stripes = Path()
            for x, length in ((-6.0, 12.0), (2.0, 14.5), (10.0, 12.0)):
                stripes.move(x, -27).line(x * 0.86 + 0.4, -27 + length)
            for side, x in ((-1, -26.5), (1, 29.0)):
                for y in (4.0, 10.0):
                    stripes.move(x + side * 6, y - 1).line(x - side * 3, y + 1.2)
            inside.line(stripes, fur.dark, 3.4, 0.8)
        if not fur.masked:
            cheeks = Path().oval(-3, 14, 12, 9.5).oval(10, 14, 12, 9.5).oval(3.5, 19, 12, 8)
            inside.fill(cheeks, fur.pale)
        top = Path().move(-31, 0).cubic(-30, -22, -15, -25.2, 1, -25.2)
        top.cubic(17, -25.2, 31, -21, 32, 0)
        inside.line(top, rim, 3.6, 0.5)

    def _eyes(self, fur: Fur) -> tuple[list[Group], list[Group]]:
        opened, pupils = [], []
        for x, y in _EYES:
            eye = self._node.group()
            eye.fill(Path().oval(0, 0, 7.4, 8.6), _INK)
            eye.fill(Path().oval(0, 0.3, 6.2, 7.3), fur.iris)
            pupil = eye.group()
            pupil.fill(Path().oval(0, 0, 4.6, 6.4), _INK)
            pupil.fill(Path().circle(1.9, -2.6, 2.1), (255, 255, 255), 0.96)
            pupil.fill(Path().circle(-1.6, 2.6, 1.1), (255, 255, 255), 0.7)
            eye.place(at(x, y))
            opened.append(eye)
            pupils.append(pupil)
        return opened, pupils

    def _lid(self, x: float, y: float) -> Shape:
        droop = 1.0 if self._asleep else -1.0
        curve = Path().move(x - 7, y + 1).quad(x, y + 1 + 6.5 * droop, x + 7, y + 1)
        lid = self._node.line(curve, _INK, 2.4)
        lid.fade(1.0 if self._asleep else 0.0)
        return lid

    def _muzzle(self, fur: Fur) -> None:
        blush = Path().oval(-18.5, 11.5, 5.6, 3.2).oval(23.5, 11.5, 5.2, 3.2)
        self._node.fill(blush, rgb("#f58f84"), 0.42)
        nose = Path().move(0, 8.6).quad(3.5, 7.4, 7, 8.6).quad(6, 12.2, 3.5, 12.6)
        self._node.fill(nose.quad(1, 12.2, 0, 8.6).close(), rgb("#d9707a"))
        mouth = Path().move(-3.4, 15).quad(0.4, 18.6, 3.5, 14.2).quad(6.6, 18.6, 10.4, 15)
        line = mix(fur.dark, _INK, 0.6) if not fur.masked else fur.pale
        self._node.line(mouth, line, 1.5, 0.9)
        whiskers = Path()
        for y in (-1.5, 2.6):
            whiskers.move(19, 13 + y).quad(30, 10.5 + y * 1.8, 41, 11 + y * 2.8)
            whiskers.move(-13, 13 + y).quad(-24, 10.5 + y * 1.8, -35, 11 + y * 2.8)
        self._node.line(whiskers, (255, 255, 255), 0.9, 0.75)

    def show(self, t: float, x: float, y: float, *, tilt: float = 0.0, gaze: float = 0.0) -> None:
        """Carry the head at (x, y); `gaze` from -1 (left) to 1 (right, where the head points)."""
        self._node.place(at(x, y, degrees=tilt))
        for index, ear in enumerate(self._ears):
            twitch = 7 * math.exp(-((((t * 0.7 + index * 1.3) % 3.1) * 9 - 2) ** 2))
            ear.place(at((-17, 16)[index], -17, degrees=twitch * (-1, 1)[index]))
        if self._asleep:
            for eye in self._open:
                eye.place(at(0, 0, scale=0.001))
            return
        self._look(t, gaze)

    def _look(self, t: float, gaze: float) -> None:
        openness = (0.62 if self._mood is Mood.SLEEPY else 1.0) * _blink(t)
        shut = openness < 0.25
        for (x, y), eye, pupil, lid in zip(
            _EYES, self._open, self._pupils, self._lids, strict=True
        ):
            eye.place(at(x, y, stretch=max(openness, 0.02)) if not shut else at(scale=0.001))
            pupil.place(at(1.3 * gaze, 0.3 * math.sin(t * 0.8), scale=self._width))
            lid.fade(1.0 if shut else 0.0)

    @property
    def _width(self) -> float:
        """Curious and playful cats have wide pupils."""
        return {Mood.CURIOUS: 1.12, Mood.PLAYFUL: 1.15, Mood.SLEEPY: 0.86}.get(self._mood, 1.0)


def _skull_outline() -> Path:
    """Wider than high, with cheeks that come to a soft tuft."""
    path = Path().move(1, -25).cubic(18, -25, 30, -16, 31.5, 0)
    path.cubic(32.5, 7, 36, 11, 37, 15).cubic(33, 17, 30, 17.5, 27, 17.5)
    path.cubic(20, 24, 12, 26.5, 2, 26.5).cubic(-9, 26.5, -18, 24, -24, 17.5)
    path.cubic(-28, 17.5, -31, 17, -34, 15).cubic(-33, 11, -30, 7, -29.5, 0)
    return path.cubic(-28, -16, -16, -25, 1, -25).close()


def _blink(t: float) -> float:
    """How open the eyes are: a quick blink about every three seconds, sometimes two."""
    phase = (t + 0.6) % 3.3
    if phase > 3.0 or 0.42 > (t + 0.6) % 6.6 > 0.25:
        return 0.0 if abs(phase - 3.12) < 0.09 or phase < 0.42 else 0.55
    return 1.0
