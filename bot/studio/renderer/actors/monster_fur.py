"""The furs a monster can wear, and how tufts are drawn."""

import math
from dataclasses import dataclass

from bot.studio.renderer.actors.edge import edge
from bot.studio.renderer.colour import BLACK, WHITE, Colour, mix, rgb
from bot.studio.renderer.path import Path
from bot.studio.renderer.stage import Stage

_HUES = ("#8a63d2", "#35b3a6", "#f08a48", "#86bd45", "#e878a8", "#5590ea")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fur:
    """One fur in the light of a scene."""

    main: Colour
    #: Spots, tufts and the far arm.
    dark: Colour
    #: Belly and soles.
    pale: Colour
    edge: Colour
    horn: Colour


def dyed(stage: Stage, hue: str | None) -> Fur:
    """The fur of this colour, else one drawn by lot, under the scene's light."""
    drawn = _HUES[int(stage.streams.named("monster fur").integers(len(_HUES)))]
    colour, palette = rgb(hue or drawn), stage.palette
    main = palette.lit(colour)
    return Fur(
        main=main,
        dark=palette.lit(mix(colour, BLACK, 0.24)),
        pale=palette.lit(mix(colour, WHITE, 0.55)),
        edge=edge(main, palette),
        horn=palette.lit(rgb("#fff1d6")),
    )


def fuzzy(y: float, rx: float, ry: float, tufts: int) -> Path:
    """An egg around (0, y), broad below, its outline all tufts that hang."""
    path = Path().move(*_on_egg(y, rx, ry, 0.0))
    for tuft in range(tufts):
        start, end = (math.tau * (tuft + step) / tufts for step in (0, 1))
        droop = 0.35 * math.cos((start + end) / 2)
        tip = _on_egg(y, rx * 1.075, ry * 1.055, (start + end) / 2 + droop * math.tau / tufts)
        root = _on_egg(y, rx, ry, end)
        path.quad(*_on_egg(y, rx * 1.04, ry * 1.03, start + 0.02), *tip)
        path.quad(*_on_egg(y, rx * 1.03, ry * 1.02, end - 0.02), *root)
    return path.close()


def _on_egg(y: float, rx: float, ry: float, angle: float) -> tuple[float, float]:
    down = math.sin(angle)
    return rx * math.cos(angle) * (1 + 0.10 * down), y + ry * down
