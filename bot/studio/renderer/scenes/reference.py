"""A clip that starts from a given picture: its first frame, then a slow push into it."""

import io
from dataclasses import replace

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from bot.studio.renderer.camera import Camera, ease
from bot.studio.renderer.canvas import Group, Matrix, Pixels, around, at
from bot.studio.renderer.colour import Colour, luminance
from bot.studio.renderer.layout import compose
from bot.studio.renderer.palette import palette
from bot.studio.renderer.spec import Move, SceneSpec
from bot.studio.renderer.stage import Stage
from bot.studio.renderer.stream import Streams
from bot.studio.renderer.weather import Falling, Motes

_PUSH, _PAN = 0.14, 0.05
#: Seconds until rain or snow, which begins above the picture, fills it.
_ARRIVAL = 1.2
_LARGEST = 50_000_000


class UnusableReference(ValueError):
    """The reference is not a picture that can be read; trying again changes nothing."""


def cover(reference: bytes, width: int, height: int) -> Pixels:
    """Decode a picture and crop it about its centre so that it fills the frame."""
    try:
        with Image.open(io.BytesIO(reference), formats=("png", "jpeg", "webp")) as image:
            if image.width * image.height > _LARGEST:
                raise UnusableReference("The reference picture has more than 50 megapixels.")
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise UnusableReference("The reference is not a readable PNG, JPEG or WebP.") from error
    fitted = ImageOps.fit(upright, (width, height), Image.Resampling.LANCZOS)
    pixels = np.full((height, width, 4), 255, np.uint8)
    pixels[..., :3] = np.asarray(fitted)[..., ::-1]
    return pixels


def light_of(pixels: Pixels) -> Colour:
    """The lightest of a picture's main colours: dust in it would shine like this."""
    small = Image.fromarray(pixels[..., 2::-1]).resize((64, 64)).quantize(6).convert("RGB")
    colours = np.unique(np.asarray(small).reshape(-1, 3), axis=0).tolist()
    return max(((float(r), float(g), float(b)) for r, g, b in colours), key=luminance)


class ReferenceScene:
    """The picture, pushed into or panned over, with weather or dust in the air.

    `show(0)` is the picture itself, pixel for pixel.
    """

    def __init__(
        self, root: Group, spec: SceneSpec, streams: Streams, picture: Pixels, *, seconds: float
    ) -> None:
        self._height, self._width = picture.shape[:2]
        self._move, self._seconds = spec.move, seconds
        self._picture = root.picture(picture)
        layout = compose(self._width, self._height, streams)
        stage = Stage(
            spec=spec,
            palette=replace(palette(spec), key=light_of(picture)),
            layout=layout,
            camera=Camera(layout=layout, move=spec.move, seconds=seconds),
            streams=streams,
        )
        self._motes = Motes(root, stage)
        self._sky = root.group()
        self._falling = Falling(self._sky, stage)

    def show(self, t: float) -> None:
        """Move the picture to where it is at `t` seconds."""
        self._picture.place(self._view(t))
        self._motes.show(t)
        self._sky.place(at(0, -1.3 * self._height * (1 - ease(t / _ARRIVAL))))
        self._falling.show(t)

    def _view(self, t: float) -> Matrix:
        done = ease(t / self._seconds)
        push = {Move.STATIC: 0.06, Move.PAN: 0.12}.get(self._move, _PUSH) * done
        slide = _PAN * self._width * done if self._move is Move.PAN else 0.0
        return around(self._width / 2, self._height / 2, 1 + push, dx=-slide)
