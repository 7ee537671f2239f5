"""The SIMULATED mark: drawn into every frame, so that no copy of a clip loses it."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from bot.studio.renderer.canvas import Group, Pixels, at

TEXT = "SIMULATED"
COMMENT = "SIMULATED: procedural preview renderer, not an AI model"

_SUPERSAMPLE = 3
#: Letters of smaller units cannot be read.
_SMALLEST = 0.55


def bake(unit: float) -> Pixels:
    """Draw the mark at its final size, with Pillow's own bundled font."""
    size = round(15 * unit * _SUPERSAMPLE)
    font = ImageFont.load_default(size)
    gap = size * 0.16
    advances = [font.getlength(letter) + gap for letter in TEXT]
    pad_x, height = size * 0.8, size * 1.9
    width = sum(advances) - gap + 2 * pad_x
    snap = _SUPERSAMPLE
    mask = Image.new("L", (-(-round(width) // snap) * snap, -(-round(height) // snap) * snap))
    draw = ImageDraw.Draw(mask)
    draw.rounded_rectangle((0, 0, mask.width - 1, mask.height - 1), height / 2, fill=255)
    plate = _reduced(mask)
    mask.paste(0, (0, 0, mask.width, mask.height))
    x = pad_x
    for letter, advance in zip(TEXT, advances, strict=True):
        draw.text((x, mask.height / 2), letter, fill=255, font=font, anchor="lm", stroke_width=1)
        x += advance
    return _compose(plate, _reduced(mask))


def _reduced(mask: Image.Image) -> np.ndarray:
    return np.asarray(mask.reduce(_SUPERSAMPLE), np.float32) / 255


def _compose(plate: np.ndarray, letters: np.ndarray) -> Pixels:
    """White letters on a dark, half transparent plate, premultiplied."""
    under, ink = plate * 0.55, letters * 0.94
    alpha = ink + under * (1 - ink)
    pixels = np.empty((*plate.shape, 4), np.uint8)
    pixels[..., :3] = (255 * ink + 12 * under * (1 - ink))[..., None] + 0.5
    pixels[..., 3] = alpha * 255 + 0.5
    return pixels


def position(width: int, height: int, unit: float, mark: Pixels) -> tuple[int, int]:
    """The upper left corner of the mark: it sits in the lower right of the picture."""
    margin = round(18 * unit)
    return width - margin - mark.shape[1], height - margin - mark.shape[0]


def stamp(root: Group, width: int, height: int) -> None:
    """Add the mark on top of everything in `root` so far."""
    unit = max(min(width, height) / 720, min(_SMALLEST, width / 640))
    mark = bake(unit)
    x, y = position(width, height, unit, mark)
    root.picture(mark).place(at(x, y))
