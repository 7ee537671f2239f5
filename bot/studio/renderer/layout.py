"""Where things stand in a picture: one composition for wide sizes, one for tall ones."""

from dataclasses import dataclass

from bot.studio.renderer.stream import Streams


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Positions in pixels of a picture that is composed with the cat on the left."""

    width: int
    height: int
    #: One drawing unit: a 720 pixel short side has units of one pixel.
    unit: float
    portrait: bool
    #: The whole scene is turned left to right.
    mirrored: bool
    horizon: float
    #: The upper edge of the near bank.
    bank: float
    sun: tuple[float, float]
    #: Where the cat's feet are, and its size in units.
    cat: tuple[float, float, float]
    boat: tuple[float, float, float]


def compose(width: int, height: int, streams: Streams) -> Layout:
    """Compose a picture of this size; the seed turns it and moves the sun."""
    portrait = height > width
    stream = streams.named("layout")
    mirrored = bool(stream.random() < 0.5)
    sun_x, sun_rise, boat_x = stream.random(3)
    unit = min(width, height) / 720
    horizon = height * (0.45 if portrait else 0.52)
    sun = (
        width * ((0.54 + 0.2 * sun_x) if portrait else (0.56 + 0.22 * sun_x)),
        horizon - unit * (64 + 60 * sun_rise) * (1.25 if portrait else 1.0),
    )
    return Layout(
        width=width,
        height=height,
        unit=unit,
        portrait=portrait,
        mirrored=mirrored,
        horizon=horizon,
        bank=height * (0.735 if portrait else 0.81),
        sun=sun,
        cat=(
            width * (0.395 if portrait else 0.31),
            height * (0.845 if portrait else 0.893),
            unit * (2.5 if portrait else 1.75),
        ),
        boat=(
            width * ((0.70 + 0.10 * boat_x) if portrait else (0.64 + 0.14 * boat_x)),
            height * (0.575 if portrait else 0.685),
            unit * (1.15 if portrait else 1.05),
        ),
    )
