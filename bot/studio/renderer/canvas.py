"""The canvas protocol: a retained scene graph that a library draws.

Scenes build their nodes once; each frame only places, fades or reshapes them.
Nodes are drawn in the order they were added. Two implementations exist, one module
per library; a scene must look the same on both up to anti-aliasing.
"""

import math
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bot.studio.renderer.colour import Colour
from bot.studio.renderer.path import Path

#: Pixels as rows x columns x (blue, green, red, alpha), alpha premultiplied.
Pixels = NDArray[np.uint8]

#: (a, b, c, d, e, f): x' = a*x + b*y + c and y' = d*x + e*y + f.
Matrix = tuple[float, float, float, float, float, float]

IDENTITY: Matrix = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def at(
    x: float = 0.0,
    y: float = 0.0,
    *,
    scale: float = 1.0,
    stretch: float = 1.0,
    degrees: float = 0.0,
    skew: float = 0.0,
) -> Matrix:
    """Skew, scale (height by `stretch` more), turn, then move to (x, y)."""
    height = scale * stretch
    if not degrees:
        return (scale, scale * skew, x, 0.0, height, y)
    turn = math.radians(degrees)
    cos, sin = math.cos(turn), math.sin(turn)
    return (
        cos * scale,
        cos * scale * skew - sin * height,
        x,
        sin * scale,
        sin * scale * skew + cos * height,
        y,
    )


def around(x: float, y: float, zoom: float, dx: float = 0.0, dy: float = 0.0) -> Matrix:
    """Zoom about (x, y) after moving by (dx, dy)."""
    return (zoom, 0.0, x + (dx - x) * zoom, 0.0, zoom, y + (dy - y) * zoom)


class Node(Protocol):
    """Something in the picture."""

    def place(self, matrix: Matrix) -> None:
        """Set where it stands within its group."""


class Shape(Node, Protocol):
    """A filled or stroked outline."""

    def fade(self, opacity: float) -> None:
        """Set how visible it is, 0 to 1; at 0 it costs nothing."""

    def reshape(self, path: Path) -> None:
        """Replace its outline, keeping colour and place."""


class Picture(Node, Protocol):
    """A bitmap."""

    def fade(self, opacity: float) -> None:
        """Set how visible it is, 0 to 1; at 0 it costs nothing."""

    def repaint(self, pixels: Pixels) -> None:
        """Replace its pixels by others of the same size; they are copied."""


class Group(Node, Protocol):
    """Nodes that move together."""

    def group(self, clip: Path | None = None) -> "Group":
        """Add a group; with `clip`, its nodes show only inside that outline."""

    def fill(self, path: Path, colour: Colour, alpha: float = 1.0) -> Shape:
        """Add a filled outline (non-zero winding)."""

    def line(self, path: Path, colour: Colour, width: float, alpha: float = 1.0) -> Shape:
        """Add a stroked outline with round caps and joins."""

    def picture(self, pixels: Pixels) -> Picture:
        """Add a bitmap; placed without scaling it lands on whole pixels, which is fast."""


class Canvas(Protocol):
    """A picture of fixed size. Use it from the thread that made it, and close it."""

    #: Name and version of the library, for the clip's metadata.
    backend: str

    @property
    def root(self) -> Group:
        """The group of everything."""

    def draw(self) -> Pixels:
        """Draw the scene graph; the pixels are valid until the next draw."""

    def close(self) -> None:
        """Free what the library holds; the nodes are dead afterwards."""
