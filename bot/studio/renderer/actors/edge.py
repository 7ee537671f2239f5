"""The lines around and on a thing: they part a pale coat from snow, a dark one from the night."""

from bot.studio.renderer.colour import WHITE, Colour, luminance, mix, rgb
from bot.studio.renderer.palette import Palette

_DUSK = rgb("#3b3038")
_INK = rgb("#1d1a22")
_DARK = 95.0


def edge(body: Colour, palette: Palette) -> Colour:
    """A shade of the body's own colour; for a dark body, the light that rims it."""
    if luminance(body) < _DARK:
        return mix(body, palette.key, 0.32)
    return mix(body, palette.lit(_DUSK), 0.42)


def ink(body: Colour) -> Colour:
    """What a shut eye or a mouth is drawn with, so that it shows on this body."""
    return mix(body, WHITE, 0.6) if luminance(body) < _DARK else _INK
