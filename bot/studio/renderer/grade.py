"""Colour grading: a picture that is there already, seen at another time of day or tinted.

Every grade is one affine map of colours, so grading a frame costs one matrix product.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.studio.renderer.canvas import Pixels
from bot.studio.renderer.colour import Colour, luminance, mix, rgb
from bot.studio.renderer.prompt import Asked
from bot.studio.renderer.spec import Light

_WEIGHTS = np.array([0.0722, 0.7152, 0.2126])  # BT.709, in the order of pixels: blue first
_ROWS = 64
#: How much of the picture's own colour a named palette leaves.
_TINT = 0.55


@dataclass(frozen=True, slots=True)
class _Mood:
    """How a time of day looks: saturation, gain and lift of red, green, blue."""

    saturation: float
    gain: tuple[float, float, float]
    lift: tuple[float, float, float]


_MOODS = {
    Light.GOLDEN: _Mood(0.95, (1.10, 0.95, 0.70), (14, 6, 0)),
    Light.SUNSET: _Mood(0.85, (1.08, 0.74, 0.70), (20, 4, 18)),
    Light.DAWN: _Mood(0.80, (0.98, 0.90, 0.94), (24, 18, 26)),
    Light.DAY: _Mood(1.08, (1.06, 1.06, 1.05), (4, 5, 7)),
    Light.NIGHT: _Mood(0.42, (0.30, 0.39, 0.58), (2, 5, 18)),
    Light.STORM: _Mood(0.40, (0.62, 0.68, 0.74), (6, 9, 13)),
}


class Grade:
    """The colours that texts ask of a picture; grading twice grades twice."""

    def __init__(self, wanted: Asked) -> None:
        self._matrix = np.eye(3)
        self._lift = np.zeros(3)
        if wanted.light is not None:
            self._shine(_MOODS[wanted.light])
        if wanted.hues:
            self._tint(tuple(rgb(hue) for hue in wanted.hues))

    @property
    def idle(self) -> bool:
        """Nothing is asked: colours stay as they are."""
        return bool((self._matrix == np.eye(3)).all() and not self._lift.any())

    def _shine(self, mood: _Mood) -> None:
        grey = np.tile(_WEIGHTS, (3, 1))
        saturated = mood.saturation * np.eye(3) + (1 - mood.saturation) * grey
        self._matrix = np.diag(mood.gain[::-1]) @ saturated
        self._lift = np.array(mood.lift[::-1], float)

    def _tint(self, hues: tuple[Colour, ...]) -> None:
        """Shadows take the first colour, lights the last one, both as light as they were."""
        shadow, light = (_chroma(hue) for hue in (hues[0], mix(hues[-1], (255, 255, 255), 0.25)))
        toned = np.outer(light, _WEIGHTS)
        blend = _TINT * toned + (1 - _TINT) * np.eye(3)
        self._matrix = blend @ self._matrix
        self._lift = blend @ self._lift + (shadow - 1.0) * 14

    def apply(self, pixels: Pixels) -> Pixels:
        """Return `pixels`, which must be opaque, in the colours of this grade."""
        graded = np.empty_like(pixels)
        matrix: NDArray[np.float32] = self._matrix.T.astype(np.float32)
        lift = (self._lift + 0.5).astype(np.float32)
        for top in range(0, pixels.shape[0], _ROWS):
            rows = pixels[top : top + _ROWS]
            colours = rows[..., :3].astype(np.float32) @ matrix + lift
            graded[top : top + _ROWS, :, :3] = np.clip(colours, 0, 255, out=colours)
        graded[..., 3] = 255
        return graded


def _chroma(hue: Colour) -> NDArray[np.float64]:
    """A colour scaled to the lightness of white: blue, green, red, about 1."""
    return np.minimum(np.array(hue[::-1]) / max(luminance(hue), 24.0), 2.2)
