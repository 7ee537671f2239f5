"""The canvas on Skia: faster, installed by the extra `fast`, and in need of system libraries.

All use of the untyped Skia library is in this module; importing it fails where libEGL,
libGL or libexpat are missing, and whoever picks a canvas falls back then. Pixels are
BGRA because only that layout has Skia's fast blitters in this build.
"""

from typing import Any

import numpy as np
import skia  # type: ignore[import-not-found, import-untyped, unused-ignore]  # optional, untyped

from bot.studio.renderer.canvas import IDENTITY, Matrix, Pixels
from bot.studio.renderer.colour import Colour, octets
from bot.studio.renderer.path import CLOSE, CUBIC, MOVE, Path

_LINEAR = skia.SamplingOptions(skia.FilterMode.kLinear)


def _skia_path(path: Path) -> Any:
    points, at = path.points, 0
    result = skia.Path()
    for command in path.commands:
        if command == CUBIC:
            result.cubicTo(*points[at : at + 6])
            at += 6
        elif command == CLOSE:
            result.close()
        else:
            (result.moveTo if command == MOVE else result.lineTo)(*points[at : at + 2])
            at += 2
    return result


class _Node:
    """Anything with a place; drawing saves and restores the canvas around it."""

    def __init__(self) -> None:
        self._matrix = IDENTITY

    def place(self, matrix: Matrix) -> None:
        self._matrix = matrix

    def draw(self, canvas: Any) -> None:
        if self._matrix is IDENTITY:
            self.paint(canvas)
            return
        canvas.save()
        canvas.concat(skia.Matrix.MakeAll(*self._matrix, 0, 0, 1))
        self.paint(canvas)
        canvas.restore()

    def paint(self, canvas: Any) -> None:
        raise NotImplementedError


class _Shape(_Node):
    def __init__(self, path: Path, colour: Colour, alpha: float, width: float) -> None:
        super().__init__()
        self._alpha, self._opacity = alpha, 1.0
        self._paint = skia.Paint(AntiAlias=True, Color=skia.Color(*octets(colour)))
        self._paint.setAlphaf(alpha)
        if width:
            self._paint.setStyle(skia.Paint.kStroke_Style)
            self._paint.setStrokeWidth(width)
            self._paint.setStrokeCap(skia.Paint.kRound_Cap)
            self._paint.setStrokeJoin(skia.Paint.kRound_Join)
        self._path = _skia_path(path)

    def reshape(self, path: Path) -> None:
        self._path = _skia_path(path)

    def fade(self, opacity: float) -> None:
        self._opacity = min(1.0, max(0.0, opacity))
        self._paint.setAlphaf(self._alpha * self._opacity)

    def draw(self, canvas: Any) -> None:
        if self._opacity > 0.0:
            super().draw(canvas)

    def paint(self, canvas: Any) -> None:
        canvas.drawPath(self._path, self._paint)


class _Picture(_Node):
    def __init__(self, pixels: Pixels) -> None:
        super().__init__()
        self._ink: Any = None
        self._opacity = 1.0
        self.repaint(pixels)

    def fade(self, opacity: float) -> None:
        self._opacity = min(1.0, max(0.0, opacity))
        self._ink = skia.Paint()
        self._ink.setAlphaf(self._opacity)

    def repaint(self, pixels: Pixels) -> None:
        opaque = bool(pixels[..., 3].min() == 255)
        # Without an alpha type Skia takes the pixels as unpremultiplied, and three times as long.
        self._image = skia.Image.fromarray(
            np.ascontiguousarray(pixels),
            colorType=skia.kBGRA_8888_ColorType,
            alphaType=skia.kOpaque_AlphaType if opaque else skia.kPremul_AlphaType,
        )

    def draw(self, canvas: Any) -> None:
        if not self._opacity:
            return
        a, b, x, d, e, y = self._matrix
        if (a, b, d, e) == (1.0, 0.0, 0.0, 1.0):
            canvas.drawImage(self._image, round(x), round(y), skia.SamplingOptions(), self._ink)
        else:
            super().draw(canvas)

    def paint(self, canvas: Any) -> None:
        canvas.drawImage(self._image, 0, 0, _LINEAR, self._ink)


class _Group(_Node):
    def __init__(self, clip: Path | None = None) -> None:
        super().__init__()
        self._clip = _skia_path(clip) if clip is not None else None
        self._children: list[_Node] = []

    def group(self, clip: Path | None = None) -> "_Group":
        child = _Group(clip)
        self._children.append(child)
        return child

    def fill(self, path: Path, colour: Colour, alpha: float = 1.0) -> _Shape:
        return self._shape(path, colour, alpha, 0.0)

    def line(self, path: Path, colour: Colour, width: float, alpha: float = 1.0) -> _Shape:
        return self._shape(path, colour, alpha, width)

    def _shape(self, path: Path, colour: Colour, alpha: float, width: float) -> _Shape:
        shape = _Shape(path, colour, alpha, width)
        self._children.append(shape)
        return shape

    def picture(self, pixels: Pixels) -> _Picture:
        picture = _Picture(pixels)
        self._children.append(picture)
        return picture

    def paint(self, canvas: Any) -> None:
        if self._clip is None:
            self._paint_children(canvas)
            return
        canvas.save()
        canvas.clipPath(self._clip, doAntiAlias=True)
        self._paint_children(canvas)
        canvas.restore()

    def _paint_children(self, canvas: Any) -> None:
        for child in self._children:
            child.draw(canvas)


class SkiaCanvas:
    """Skia's raster canvas, drawing into memory of our own."""

    def __init__(self, width: int, height: int) -> None:
        self.backend = f"skia {skia.__version__}"
        self.root = _Group()
        self._pixels = np.zeros((height, width, 4), np.uint8)
        info = skia.ImageInfo.Make(width, height, skia.kBGRA_8888_ColorType, skia.kOpaque_AlphaType)
        self._surface = skia.Surface.MakeRasterDirect(info, self._pixels, width * 4)

    def draw(self) -> Pixels:
        self.root.draw(self._surface.getCanvas())
        return self._pixels

    def close(self) -> None:
        self.root = _Group()
