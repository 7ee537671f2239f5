"""The stills of a clip, collected from frames as they are drawn: nothing is decoded."""

import io

from PIL import Image

from bot.studio.renderer.canvas import Pixels

_GRID = 4
_CELL = 320
_QUALITY = 82


class Stills:
    """A thumbnail (the frame at one third) and a 4 x 4 sheet of frames spread over the clip."""

    def __init__(self, *, width: int, height: int, frames: int) -> None:
        self._thumbnail_at = frames // 3
        cells = _GRID * _GRID
        self._cells_at = {int(frames * (cell + 0.5) / cells): cell for cell in range(cells)}
        scale = _CELL / (max(width, height))
        self._cell = (round(width * scale / 2) * 2, round(height * scale / 2) * 2)
        self._sheet = Image.new("RGB", (self._cell[0] * _GRID, self._cell[1] * _GRID))
        self._thumbnail: bytes = b""

    def see(self, index: int, pixels: Pixels) -> None:
        """Keep what is needed of frame `index`."""
        if index == self._thumbnail_at:
            self._thumbnail = _saved(_image(pixels), "webp", method=3)
        if (cell := self._cells_at.get(index)) is not None:
            small = _image(pixels).resize(self._cell, Image.Resampling.BOX)
            column, row = cell % _GRID, cell // _GRID
            self._sheet.paste(small, (column * self._cell[0], row * self._cell[1]))

    def thumbnail(self) -> bytes:
        """The thumbnail as WebP."""
        return self._thumbnail

    def spritesheet(self) -> bytes:
        """The sheet as JPEG; cells run left to right, then down."""
        return _saved(self._sheet, "jpeg")


def _image(pixels: Pixels) -> Image.Image:
    height, width = pixels.shape[:2]
    return Image.frombuffer("RGB", (width, height), pixels, "raw", "BGRX", 0, 1)


def _saved(image: Image.Image, kind: str, **options: int) -> bytes:
    target = io.BytesIO()
    image.save(target, kind, quality=_QUALITY, **options)
    return target.getvalue()
