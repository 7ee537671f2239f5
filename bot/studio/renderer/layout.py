"""Where things stand in a picture: per setting one composition for wide sizes, one for tall."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from bot.studio.renderer.spec import Setting
from bot.studio.renderer.stream import Streams

#: (x, y, scale): where a subject's feet or base are, in pixels, and its size.
Spot = tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Composition:
    """Shares of the picture's width and height; scales are in units."""

    horizon: float
    #: The upper edge of the near ground.
    bank: float
    sun: tuple[float, float]
    lead: Spot
    #: Others on the ground, in the air, on water (or its toy place) and a cup's place.
    beside: tuple[Spot, ...]
    aloft: tuple[Spot, ...]
    afloat: Spot
    rest: Spot


_WIDE = _Composition(
    horizon=0.52,
    bank=0.81,
    sun=(0.56, 64),
    lead=(0.31, 0.893, 1.75),
    beside=((0.62, 0.90, 1.35), (0.13, 0.885, 1.25), (0.80, 0.89, 1.2)),
    aloft=((0.62, 0.40, 1.25), (0.85, 0.30, 0.95), (0.47, 0.24, 0.8)),
    afloat=(0.64, 0.685, 1.05),
    rest=(0.47, 0.915, 0.9),
)
_TALL = _Composition(
    horizon=0.45,
    bank=0.735,
    sun=(0.54, 80),
    lead=(0.395, 0.845, 2.5),
    beside=((0.76, 0.83, 1.75), (0.14, 0.80, 1.5), (0.58, 0.81, 1.4)),
    aloft=((0.64, 0.38, 1.6), (0.26, 0.24, 1.25), (0.80, 0.20, 1.1)),
    afloat=(0.70, 0.575, 1.15),
    rest=(0.72, 0.86, 1.3),
)

#: Wide and tall, per setting.
_COMPOSITIONS: dict[Setting, tuple[_Composition, _Composition]] = {
    Setting.WATER: (_WIDE, _TALL),
    Setting.MEADOW: (
        replace(_WIDE, horizon=0.50, bank=0.77, afloat=(0.60, 0.90, 0.8)),
        replace(_TALL, horizon=0.46, bank=0.72, afloat=(0.74, 0.86, 1.2)),
    ),
    Setting.MOUNTAINS: (
        replace(_WIDE, horizon=0.64, bank=0.82, sun=(0.50, 250), afloat=(0.66, 0.72, 0.62)),
        replace(_TALL, horizon=0.60, bank=0.76, sun=(0.46, 420), afloat=(0.68, 0.665, 0.8)),
    ),
    Setting.CITY: (
        replace(
            _WIDE,
            horizon=0.715,
            bank=0.845,
            sun=(0.52, 310),
            lead=(0.31, 0.925, 1.75),
            afloat=(0.60, 0.925, 0.75),
            rest=(0.46, 0.935, 0.9),
        ),
        replace(
            _TALL,
            horizon=0.66,
            bank=0.765,
            sun=(0.46, 520),
            lead=(0.395, 0.86, 2.5),
            afloat=(0.76, 0.86, 1.2),
        ),
    ),
    Setting.SPACE: (
        replace(_WIDE, horizon=0.70, bank=0.80, sun=(0.66, 300), afloat=(0.62, 0.90, 0.8)),
        replace(_TALL, horizon=0.66, bank=0.75, sun=(0.60, 480), afloat=(0.74, 0.86, 1.2)),
    ),
    Setting.INTERIOR: (
        replace(
            _WIDE,
            horizon=0.735,
            bank=0.735,
            sun=(0.36, 330),
            lead=(0.335, 0.90, 1.85),
            beside=((0.60, 0.91, 1.4), (0.13, 0.92, 1.3), (0.47, 0.84, 1.1)),
            aloft=((0.615, 0.47, 1.2), (0.20, 0.40, 0.95), (0.46, 0.28, 0.8)),
            afloat=(0.56, 0.93, 0.75),
            rest=(0.80, 0.665, 0.95),
        ),
        replace(
            _TALL,
            horizon=0.70,
            bank=0.70,
            sun=(0.38, 560),
            lead=(0.37, 0.86, 2.5),
            beside=((0.66, 0.90, 1.75), (0.15, 0.80, 1.5), (0.58, 0.79, 1.3)),
            aloft=((0.76, 0.40, 1.5), (0.24, 0.46, 1.2), (0.52, 0.20, 1.0)),
            afloat=(0.62, 0.91, 1.1),
            rest=(0.69, 0.662, 1.2),
        ),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Positions in pixels of a picture that is composed with its lead on the left."""

    width: int
    height: int
    #: One drawing unit: a 720 pixel short side has units of one pixel.
    unit: float
    portrait: bool
    #: The whole scene is turned left to right.
    mirrored: bool
    horizon: float
    #: The upper edge of the near ground.
    bank: float
    sun: tuple[float, float]
    #: Where the main subject's feet are, and its size in pixels per unit.
    lead: Spot
    beside: tuple[Spot, ...]
    aloft: tuple[Spot, ...]
    afloat: Spot
    rest: Spot

    def turned(self, x: float) -> float:
        """Where `x` is in the finished frame."""
        return self.width - x if self.mirrored else x


def compose(width: int, height: int, streams: Streams, setting: Setting = Setting.WATER) -> Layout:
    """Compose a picture of this size; the seed turns it and moves the sun."""
    portrait = height > width
    shares = _COMPOSITIONS[setting][portrait]
    stream = streams.named("layout")
    mirrored = bool(stream.random() < 0.5)
    sun_x, sun_rise, boat_x = stream.random(3)
    unit = min(width, height) / 720

    def spots(*places: Spot) -> Iterator[Spot]:
        return ((x * width, y * height, scale * unit) for x, y, scale in places)

    left, rise = shares.sun
    x, y, scale = next(spots(shares.afloat))
    return Layout(
        width=width,
        height=height,
        unit=unit,
        portrait=portrait,
        mirrored=mirrored,
        horizon=height * shares.horizon,
        bank=height * shares.bank,
        sun=(
            width * (left + (0.20 if portrait else 0.22) * sun_x),
            height * shares.horizon - unit * (rise + 60 * sun_rise * (1.25 if portrait else 1.0)),
        ),
        lead=next(spots(shares.lead)),
        beside=tuple(spots(*shares.beside)),
        aloft=tuple(spots(*shares.aloft)),
        afloat=(x + width * (0.10 if portrait else 0.14) * boat_x, y, scale),
        rest=next(spots(shares.rest)),
    )
