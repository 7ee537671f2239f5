"""The two colours that tell what a picture is about.

Used for characters made from a clip. Colours count for more in the middle of the picture
and when they are vivid, and for less the more of them is along its edges: that is where
the background is.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bot.studio.renderer.canvas import Pixels
from bot.studio.renderer.colour import octets

_HUES, _SHADES = 18, 3
_GREY = _HUES * _SHADES
_VIVID = 0.18

_Field = NDArray[np.float64]


def telling(pictures: Sequence[Pixels]) -> tuple[str, str]:
    """Return the two most telling colours of pictures, as `#rrggbb`, the first the main one."""
    colours = np.concatenate([picture[..., 2::-1].reshape(-1, 3) for picture in pictures]) / 255.0
    middle = np.concatenate([_middle(picture).ravel() for picture in pictures])
    bins, vivid = _binned(colours)
    count = _GREY + _SHADES
    inside = np.bincount(bins, middle * vivid, count)
    outside = np.bincount(bins, (1 - middle) * vivid, count)
    score = inside - 0.9 * outside * inside.sum() / max(outside.sum(), 1e-9)
    first = int(score.argmax())
    second = int((score - _likeness(first) * (np.abs(score).max() + 1)).argmax())
    return _mean(colours, middle, bins == first), _mean(colours, middle, bins == second)


def _middle(picture: Pixels) -> _Field:
    """1 in the middle of a picture, 0 along its edges."""
    height, width = picture.shape[:2]
    down, across = (np.linspace(-1, 1, size) ** 2 for size in (height, width))
    return np.clip(1 - (down[:, None] + across[None, :]) ** 1.5, 0, 1)


def _binned(colours: _Field) -> tuple[NDArray[np.int64], _Field]:
    """Which bin each colour falls into, and how much its vividness makes it count."""
    top, bottom = colours.max(axis=1), colours.min(axis=1)
    chroma = top - bottom
    red, green, blue = colours.T
    around = np.arctan2(np.sqrt(3) * (green - blue), 2 * red - green - blue) / (2 * np.pi) % 1.0
    shade = np.minimum((top + bottom) / 2 * _SHADES, _SHADES - 1).astype(int)
    hue = np.minimum(around * _HUES, _HUES - 1).astype(int)
    bins = np.where(chroma < _VIVID, _GREY + shade, hue * _SHADES + shade)
    return bins, 0.08 + chroma


def _likeness(chosen: int) -> _Field:
    """1 for the bins that would look like `chosen` beside it, 0 for the others."""
    bins = np.arange(_GREY + _SHADES)
    if chosen >= _GREY:
        return np.asarray(bins == chosen, float)
    apart = np.abs(bins // _SHADES - chosen // _SHADES)
    apart = np.minimum(apart, _HUES - apart)
    return np.asarray((apart <= 2) & (bins < _GREY), float)


def _mean(colours: _Field, middle: _Field, chosen: NDArray[np.bool_]) -> str:
    """The mean of the chosen colours; grey where nothing was chosen."""
    if not chosen.any():
        return "#8e949c"
    red, green, blue = np.average(colours[chosen], axis=0, weights=middle[chosen] + 1e-6) * 255
    return "#{:02x}{:02x}{:02x}".format(*octets((red, green, blue)))
