"""The monster's body, which is also its head: fur, belly, horns, a grin.

Drawn around (0, 0) at its lowest point, about 95 units wide and 106 high without horns.
"""

import math

from bot.studio.renderer.actors.edge import ink
from bot.studio.renderer.actors.eyes import Eyes, Spot
from bot.studio.renderer.actors.monster_fur import Fur, fuzzy
from bot.studio.renderer.canvas import Group, at
from bot.studio.renderer.colour import BLACK, WHITE, mix, rgb
from bot.studio.renderer.path import Path
from bot.studio.renderer.spec import Mood
from bot.studio.renderer.stage import Stage

#: One to three eyes.
_EYES: tuple[tuple[Spot, ...], ...] = (
    ((8, -72, 19),),
    ((-9, -72, 13.5), (25, -73, 12.5)),
    ((-15, -68, 10.5), (8, -79, 11.5), (30, -69, 10)),
)
_TUFTS = 28
_SPOTS = ((-33, -72, 7, 8), (-22, -92, 5, 4), (-24, -22, 7, 6), (36, -30, 7, 8), (-6, -97, 7, 5))


class Body:
    """Everything that rolls and squashes as one; the arms are added by the caller."""

    def __init__(self, group: Group, stage: Stage, fur: Fur, *, asleep: bool) -> None:
        self._sleepy = stage.spec.mood is Mood.SLEEPY
        eyes, spotted = stage.streams.named("monster body").random(2).tolist()
        self._horns = [_horn(group, fur, x, side) for x, side in ((-17, -1.0), (29, 1.0))]
        self._draw_coat(group, stage, fur, spotted=spotted < 0.5)
        self._eyes = Eyes(
            group,
            _EYES[int(eyes * len(_EYES))],
            ball=mix(WHITE, stage.palette.lit(WHITE), 0.6),
            pupil=0.6,
            lid=ink(fur.main),
            asleep=asleep,
        )
        self._mouth = group.group()
        if asleep:
            self._mouth.fill(Path().oval(0, 0, 5.5, 4.2), mix(fur.dark, BLACK, 0.45))
        else:
            _draw_grin(self._mouth, stage, fur)

    def _draw_coat(self, group: Group, stage: Stage, fur: Fur, *, spotted: bool) -> None:
        group.fill(fuzzy(-52, 47.4, 54.4, _TUFTS), fur.edge, 0.85)
        group.fill(fuzzy(-52, 46, 53, _TUFTS), fur.main)
        inside = group.group(clip=Path().oval(0, -50, 48, 55))
        inside.fill(Path().oval(8, -25, 31, 24), fur.pale, 0.9)
        if spotted:
            spots = Path()
            for spot in _SPOTS:
                spots.oval(*spot)
            inside.fill(spots, fur.dark)
        else:
            inside.line(_tufts(), fur.dark, 2.6, 0.75)
        rim = Path().move(-48, -34).cubic(-47, -82, -24, -104, 2, -104)
        inside.line(rim.cubic(24, -104, 40, -90, 46, -56), stage.palette.key, 3.8, 0.4)
        cheeks = Path().oval(-20, -52, 7, 4.4).oval(36, -53, 6.4, 4.2)
        group.fill(cheeks, rgb("#ff8f8f"), 0.5)

    def show(self, t: float, gaze: float) -> None:
        for horn, (x, side) in zip(self._horns, ((-19, -1), (29, 1)), strict=True):
            horn.place(at(x, -99, degrees=side * (13 + 3 * math.sin(t * 2.3))))
        self._eyes.show(t, gaze=gaze, openness=0.62 if self._sleepy else 1.0)
        self._mouth.place(at(9, -48, scale=1 + 0.05 * math.sin(t * 2.7)))


def _horn(group: Group, fur: Fur, x: float, side: float) -> Group:
    horn = group.group()
    outline = Path().move(-9, 10).cubic(-9, -2, -4 + 3 * side, -12, 5 * side, -19)
    outline.cubic(5 + 3 * side, -12, 9, -2, 9, 10).close()
    horn.line(outline, mix(fur.horn, BLACK, 0.35), 2.0, 0.8)
    horn.fill(outline, fur.horn)
    rings = Path().move(-8, 1).quad(0, 4, 8, 1).move(-6, -6).quad(side, -3, 7, -6)
    horn.line(rings, mix(fur.horn, BLACK, 0.22), 1.6, 0.8)
    horn.place(at(x, -99))
    return horn


def _tufts() -> Path:
    """Small curls where the fur catches the light."""
    curls = Path()
    for x, y in ((-31, -80), (-36, -56), (-30, -30), (38, -36), (-12, -95), (36, -88)):
        curls.move(x - 6, y - 3).quad(x - 4, y + 5, x, y + 4).quad(x + 1, y, x + 1, y - 2)
        curls.move(x + 1, y + 1).quad(x + 3, y + 6, x + 7, y + 2)
    return curls


def _draw_grin(group: Group, stage: Stage, fur: Fur) -> None:
    grin = Path().move(-19, -5).quad(0, 4, 19, -5).cubic(18, 8, 9, 14, 0, 14)
    grin.cubic(-9, 14, -18, 8, -19, -5).close()
    group.fill(grin, mix(fur.dark, rgb("#3a1226"), 0.78))
    inside = group.group(clip=grin)
    inside.fill(Path().oval(0, 13, 11, 6), stage.palette.lit(rgb("#f0788a")))
    white = stage.palette.lit(WHITE)
    for x in (-11, 11):
        tooth = Path().move(x - 4, -4).line(x + 4, -4).quad(x + 4.5, 6, x, 6.5)
        inside.fill(tooth.quad(x - 4.5, 6, x - 4, -4).close(), white)
    group.line(Path().move(-20, -5.5).quad(0, 4, 20, -5.5), ink(fur.main), 1.8, 0.7)
