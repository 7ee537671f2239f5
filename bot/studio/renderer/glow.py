"""Soft light: a round glow painted once, for lamps, windows, neon and moons.

A bitmap that is never scaled or turned costs a fraction of stacked circles, and a
dithered one shows no rings. Glows live in the frame, not in a turned plane.
"""

import numpy as np

from bot.studio.renderer.canvas import Group, Node, Pixels, at
from bot.studio.renderer.colour import Colour
from bot.studio.renderer.stage import Stage


def bake(rx: int, ry: int, colour: Colour, strength: float) -> Pixels:
    """An elliptic glow, strongest in its middle, premultiplied; sizes are radii in pixels."""
    across = np.linspace(-1, 1, 2 * rx, dtype=np.float32)[None, :] ** 2
    down = np.linspace(-1, 1, 2 * ry, dtype=np.float32)[:, None] ** 2
    fall = np.clip(1 - across - down, 0, 1) ** 2 * strength
    # A fixed pattern, not a stream: equal glows are equal pictures.
    noise = np.random.Generator(np.random.PCG64(rx * 8191 + ry)).random(fall.shape, np.float32)
    pixels = np.empty((*fall.shape, 4), np.uint8)
    alpha = np.floor(fall * 255 + noise * (fall > 0))
    for channel, level in enumerate((colour[2], colour[1], colour[0], 255.0)):
        pixels[..., channel] = np.minimum(alpha * level / 255 + 0.5, alpha)
    return pixels


class Glow:
    """One glow in the frame, put where it belongs by its scene."""

    def __init__(
        self, frame: Group, stage: Stage, *, rx: float, ry: float, colour: Colour, strength: float
    ) -> None:
        self._layout = stage.layout
        self._rx, self._ry = max(2, round(rx)), max(2, round(ry))
        self._node: Node = frame.picture(bake(self._rx, self._ry, colour, strength))

    def put(self, x: float, y: float) -> None:
        """Centre it on (x, y) of the layout."""
        self._node.place(at(round(self._layout.turned(x)) - self._rx, round(y) - self._ry))
