"""A picture that comes alive: its first frame is the picture, then the air and the light move."""

import io
import math
from dataclasses import replace

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from bot.studio.renderer.camera import Camera, ease
from bot.studio.renderer.canvas import Group, Matrix, Pixels, around, at
from bot.studio.renderer.colour import Colour, luminance
from bot.studio.renderer.grade import Grade
from bot.studio.renderer.layout import compose
from bot.studio.renderer.palette import palette
from bot.studio.renderer.prompt import Asked
from bot.studio.renderer.spec import Light, Move, SceneSpec, Setting
from bot.studio.renderer.stage import Stage
from bot.studio.renderer.stream import Streams
from bot.studio.renderer.unusable import UnusableReference
from bot.studio.renderer.weather import Falling, Fog, Leaves, Motes

_PUSH, _PAN, _TILT = 0.14, 0.05, 0.04
_SLIDING = (Move.PAN, Move.TRACK, Move.TILT)
#: Seconds until weather, which begins outside the picture, fills it.
_ARRIVAL = 1.2
_FOG_SECONDS = 8.0
#: How far a picture sways when its move is over, and how slowly.
_SWAY, _SWAY_PERIOD = 0.018, 9.0
_SLOWEST_DAWN_SECONDS = 6.0
_LARGEST = 50_000_000


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


class Breath:
    """What is in the air before a picture: the weather the texts ask for, or dust in the light."""

    def __init__(
        self, root: Group, spec: SceneSpec, streams: Streams, picture: Pixels, wanted: Asked
    ) -> None:
        self._height, self._width = picture.shape[:2]
        layout = compose(self._width, self._height, streams)
        # Fireflies and storms are for those who ask; a lot would put them into any picture.
        spec = replace(spec, light=wanted.light or Light.DAY, setting=Setting.WATER)
        stage = Stage(
            spec=spec,
            palette=replace(palette(spec), key=light_of(picture)),
            layout=layout,
            camera=Camera(layout=layout, move=Move.STATIC, seconds=_FOG_SECONDS),
            streams=streams,
        )
        self._dust = Motes(root, stage)
        self._side, self._sky = root.group(), root.group()
        self._blown = (Fog(self._side, stage), Leaves(self._side, stage))
        self._falling = Falling(self._sky, stage)

    def show(self, t: float, arrived: float, since: float) -> None:
        """Move everything to where it is at `t` seconds.

        What falls or is blown has `arrived`, 0 to 1; dust shines `since` so many seconds.
        """
        self._dust.show(since)
        away = 1 - ease(arrived)
        self._side.place(at(-1.5 * self._width * away, 0))
        self._sky.place(at(0, -1.3 * self._height * away))
        for part in (*self._blown, self._falling):
            part.show(t)


class ReferenceScene:
    """The picture, pushed into or panned over, in the light and the weather asked for.

    `began` is when the picture was first seen, in seconds of the clip; then `show` shows the
    picture itself, pixel for pixel. A `settled` scene takes over from another of the same
    picture: what it asks for is there at once, because it is faded in as a whole.
    """

    def __init__(
        self,
        root: Group,
        spec: SceneSpec,
        streams: Streams,
        picture: Pixels,
        wanted: Asked,
        *,
        seconds: float,
        began: float = 0.0,
        settled: bool = False,
    ) -> None:
        self._height, self._width = picture.shape[:2]
        self._move, self._seconds, self._began = spec.move, seconds, began
        self._settled = settled
        focus = streams.named("focus").uniform(0.4, 0.6, 2).tolist()
        self._focus = (0.5, 0.5) if spec.move in _SLIDING else (focus[0], focus[1])
        self._picture, self._graded = root.picture(picture), None
        grade = Grade(wanted)
        if not grade.idle:
            self._graded = root.picture(grade.apply(picture))
        self._air = Breath(root, spec, streams, picture, wanted)

    def show(self, t: float) -> None:
        """Move the picture to where it is at `t` seconds."""
        since = t - self._began
        view = self._view(since)
        self._picture.place(view)
        if self._graded is not None:
            self._graded.place(view)
            dawned = 1.0 if self._settled else self._dawned(since)
            self._graded.fade(dawned)
            self._picture.fade(float(dawned < 1.0))
        self._air.show(t, 1.0 if self._settled else since / _ARRIVAL, since)

    def _dawned(self, since: float) -> float:
        return ease(since / min(0.8 * self._seconds, _SLOWEST_DAWN_SECONDS))

    def _view(self, since: float) -> Matrix:
        """A push or a pan, then a sway that is slow enough never to look like another move."""
        done = ease(since / self._seconds)
        push = 0.12 if self._move in _SLIDING else _PUSH
        push = 0.06 if self._move is Move.STATIC else push
        slide = _PAN * self._width * done if self._move in (Move.PAN, Move.TRACK) else 0.0
        climb = _TILT * self._height * done if self._move is Move.TILT else 0.0
        turn = math.tau * max(0.0, since - self._seconds) / _SWAY_PERIOD
        sway = _SWAY * min(self._width, self._height) * ease((since - self._seconds) / 3)
        return around(
            self._focus[0] * self._width,
            self._focus[1] * self._height,
            1 + push * done,
            dx=sway * (1 - math.cos(turn)) / 2 - slide,
            dy=sway * math.sin(turn) / 2 + climb,
        )
