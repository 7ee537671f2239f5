"""A rectangle in a picture: a window, a house front."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """Its edges in pixels, y downwards."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top
