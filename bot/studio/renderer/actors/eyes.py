"""Eyes that blink and follow: what makes a thing look alive.

A head builds them once and shows them in every frame; eyes of one head blink together.
"""

import math
from collections.abc import Sequence

from bot.studio.renderer.canvas import Group, Shape, at
from bot.studio.renderer.colour import WHITE, Colour, rgb
from bot.studio.renderer.path import Path

INK = rgb("#1d1a22")

#: Where an eye is and how wide half of it is.
Spot = tuple[float, float, float]


class Eyes:
    """Any number of eyes: a ball, a pupil with its glints, a lid for when they are shut."""

    def __init__(
        self,
        group: Group,
        spots: Sequence[Spot],
        ball: Colour,
        pupil: float,
        *,
        lid: Colour,
        asleep: bool,
    ) -> None:
        self._spots, self._asleep = spots, asleep
        self._balls = [group.group() for _ in spots]
        self._pupils = [
            _eyed(node, size, ball, pupil)
            for node, (_, _, size) in zip(self._balls, spots, strict=True)
        ]
        self._lids = [_lid(group, spot, lid, asleep=asleep) for spot in spots]

    def show(self, t: float, *, gaze: float = 0.0, openness: float = 1.0) -> None:
        """Look from -1 (left) to 1 (right); `openness` is 1 for wide awake."""
        openness *= 0.0 if self._asleep else blink(t)
        shut = openness < 0.25
        for (x, y, size), ball, pupil, lid in zip(
            self._spots, self._balls, self._pupils, self._lids, strict=True
        ):
            ball.place(at(x, y, scale=0.001) if shut else at(x, y, stretch=openness))
            pupil.place(at(0.2 * size * gaze, 0.05 * size * math.sin(t * 0.8)))
            lid.fade(1.0 if shut else 0.0)


def _eyed(node: Group, size: float, ball: Colour, pupil: float) -> Group:
    """One open eye of half width `size`; `pupil` is how much of the ball the pupil fills."""
    node.fill(Path().oval(0, 0, size, size * 1.12), INK)
    node.fill(Path().oval(0, 0.03 * size, size * 0.86, size * 0.97), ball)
    inner = node.group()
    inner.fill(Path().oval(0, 0, size * pupil, size * pupil * 1.12), INK)
    inner.fill(Path().circle(size * 0.26, -size * 0.34, size * 0.27), WHITE, 0.96)
    inner.fill(Path().circle(-size * 0.22, size * 0.34, size * 0.14), WHITE, 0.7)
    return inner


def _lid(group: Group, spot: Spot, colour: Colour, *, asleep: bool) -> Shape:
    x, y, size = spot
    droop = size * (0.9 if asleep else -0.9)
    return group.line(
        Path().move(x - size, y).quad(x, y + droop, x + size, y),
        colour,
        min(3.2, max(1.6, size * 0.3)),
    )


def blink(t: float) -> float:
    """How open the eyes are: a quick blink about every three seconds."""
    away = abs((t + 0.25) % 3.1 - 2.95)
    return min(1.0, max(0.0, away - 0.05) / 0.07)
