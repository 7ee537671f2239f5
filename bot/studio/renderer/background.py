"""The painted background: sky and still water, computed once per clip.

Dry settings cover the water. It moves only up and down, when the camera tilts, so a
frame pays one copy for it. Colours are mixed in floating point and dithered, because a
gradient rounded to 8 bits shows bands.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bot.studio.renderer.canvas import Pixels
from bot.studio.renderer.colour import Colour, mix
from bot.studio.renderer.spec import Light
from bot.studio.renderer.stage import Stage

Field = NDArray[np.float32]


def taller(stage: Stage) -> Stage:
    """The stage with the rows above the frame that a tilting camera sees."""
    layout, more = stage.layout, round(stage.camera.headroom)
    sun = (layout.sun[0], layout.sun[1] + more)
    taller = replace(layout, height=layout.height + more, horizon=layout.horizon + more, sun=sun)
    return replace(stage, layout=taller)


def dither(stage: Stage) -> Field:
    """Noise of one level to and fro, for every pixel."""
    layout, stream = stage.layout, stage.streams.named("background")
    size = (layout.height, layout.width)
    noise: Field = stream.random(size, np.float32) - stream.random(size, np.float32)
    return noise


def finish(stage: Stage, pixels: Pixels) -> Pixels:
    """Turn what was painted as the layout is turned."""
    return np.ascontiguousarray(pixels[:, ::-1]) if stage.layout.mirrored else pixels


def paint(stage: Stage) -> Pixels:
    """Paint sky and water as wide as the frame, and as high as the camera ever sees."""
    stage = taller(stage)
    height, width = stage.layout.height, stage.layout.width
    noise = dither(stage)
    veils, streaks = _veils(stage), _streaks(stage)
    glow = _glow(stage)
    pixels = np.full((height, width, 4), 255, np.uint8)
    for channel in range(3):
        plane = _plane(stage, channel, glow, veils, streaks)
        np.clip(plane + noise + 0.5, 0, 255, out=plane)
        pixels[..., 2 - channel] = plane
    if stage.spec.light is Light.NIGHT:
        sow_stars(stage, pixels)
    return finish(stage, pixels)


def _plane(
    stage: Stage, channel: int, glow: list[tuple[Field, Colour]], veils: Field, streaks: Field
) -> Field:
    """One colour channel of the whole background."""
    layout, palette = stage.layout, stage.palette
    horizon = round(layout.horizon)
    sky, water = _columns(stage, channel)
    plane = np.empty((layout.height, layout.width), np.float32)
    plane[:horizon] = sky[:, None]
    plane[horizon:] = water[:, None]
    for strength, colour in glow:
        plane += (colour[channel] - plane) * strength
    upper, lower = plane[:horizon], plane[horizon:]
    cloud = mix(palette.cloud_lit, palette.cloud_shade, 0.25)[channel]
    upper += (cloud - upper) * veils
    lower += streaks * (1.0 + 0.3 * (channel == 2))
    return plane


def _columns(stage: Stage, channel: int) -> tuple[Field, Field]:
    """The vertical gradients of sky and water in one channel."""
    layout, palette = stage.layout, stage.palette
    horizon = round(layout.horizon)
    places = np.linspace(0, 1, len(palette.sky)) ** 0.92
    rise = np.linspace(0, 1, horizon)
    sky = np.interp(rise, places, [stop[channel] for stop in palette.sky])
    sky = _smooth(sky, horizon // 8)
    haze = np.exp(-(((rise - 1) / 0.10) ** 2)) * 0.35
    sky += (palette.haze[channel] - sky) * haze
    fall = np.linspace(0, 1, layout.height - horizon)
    mirrored = np.interp(1 - 0.9 * fall, rise, sky)
    deep = mix(palette.water, (8, 16, 32), 0.28)[channel]
    body = palette.water[channel] + (deep - palette.water[channel]) * fall
    water = mirrored * 0.94 + (body - mirrored * 0.94) * (0.34 + 0.56 * fall**0.7)
    return sky.astype(np.float32), water.astype(np.float32)


def _smooth(column: NDArray[np.float64], reach: int) -> NDArray[np.float64]:
    """Round the corners where two gradient stops meet, which the eye reads as lines."""
    kernel = np.hanning(2 * reach + 1)
    padded = np.pad(column, reach, mode="edge")
    return np.convolve(padded, kernel / kernel.sum(), mode="valid")


def _glow(stage: Stage) -> list[tuple[Field, Colour]]:
    """The light around the disc, and the column it lays on the water."""
    layout, palette = stage.layout, stage.palette
    x, y = layout.sun
    across = np.arange(layout.width, dtype=np.float32)[None, :] - np.float32(x)
    down = np.arange(layout.height, dtype=np.float32)[:, None] - np.float32(y)
    wide = (across / 1.3) ** 2 + down**2
    size = min(layout.width, layout.height) * 1.15
    horizon = np.float32(layout.horizon)
    rows = np.arange(layout.height, dtype=np.float32)[:, None]
    below = np.clip((rows - horizon) / (layout.height - horizon), 0, 1)
    dim = np.where(rows < horizon, 1.0, 0.5 * (1 - below)).astype(np.float32)
    spread = layout.unit * (60 + 190 * below)
    column = np.exp(-((across / spread) ** 2)) * (1 - below) ** 1.3 * (rows >= horizon)
    soft = palette.glow * dim / (1 + 6 * wide / (size * size * 0.42)) ** 1.5
    core = palette.glow * dim / (1 + 6 * wide / (size * size * 0.020)) ** 1.5
    return [
        (soft.astype(np.float32), palette.key),
        (core.astype(np.float32), palette.disc),
        ((0.62 * palette.glow * column).astype(np.float32), palette.key),
    ]


def clouding(stream: np.random.Generator, size: tuple[int, int], cells: tuple[int, int]) -> Field:
    """Soft noise, 0 to 1: five octaves of random grids, each enlarged smoothly."""
    width, height = size
    field = np.zeros((height, width), np.float32)
    for octave in range(5):
        grid = stream.random((cells[1] << octave, cells[0] << octave), np.float32)
        image = Image.fromarray(grid).resize(size, Image.Resampling.BICUBIC)
        field += np.asarray(image, np.float32) * 0.5**octave
    low, high = np.percentile(field[::8, ::8], (2, 98))
    return np.asarray(np.clip((field - low) / max(high - low, 1e-6), 0, 1), np.float32)


def _veils(stage: Stage) -> Field:
    """Thin high cloud, as how much it covers; thick in a storm."""
    layout, horizon = stage.layout, round(stage.layout.horizon)
    cells = (2, 7) if layout.portrait else (3, 6)
    field = clouding(stage.streams.named("veils"), (layout.width, horizon), cells)
    rise = np.linspace(0, 1, horizon, dtype=np.float32)[:, None]
    band = np.sin(np.pi * rise).clip(0, 1) ** 0.8
    storm = stage.spec.light is Light.STORM
    start, strength = (0.25, 0.55) if storm else (0.52, 0.42)
    cover = np.clip((field - start) / (1 - start), 0, 1)
    night = 0.35 if stage.spec.light is Light.NIGHT else 1.0
    return np.asarray(cover * cover * (3 - 2 * cover) * band * strength * night, np.float32)


def _streaks(stage: Stage) -> Field:
    """Long, faint swells on the water, in 8-bit levels."""
    layout = stage.layout
    depth = layout.height - round(layout.horizon)
    field = clouding(stage.streams.named("swells"), (layout.width, depth), (2, 9))
    return (field - 0.5) * 11


def sow_stars(stage: Stage, pixels: Pixels) -> None:
    """Set the many faint stars that do not twinkle."""
    layout, stream = stage.layout, stage.streams.named("faint stars")
    count = round(layout.width * layout.horizon / 1500)
    columns = stream.integers(0, layout.width, count)
    rows = (stream.random(count) ** 1.25 * layout.horizon * 0.93).astype(int)
    light = (stream.random(count) ** 2 * 120 + 20)[:, None]
    spots = pixels[rows, columns, :3].astype(np.float32)
    pixels[rows, columns, :3] = np.minimum(255, spots + light)
