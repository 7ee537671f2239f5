"""The canvas on ThorVG: one wheel without system libraries, always installed.

All use of the untyped ThorVG library is in this module. The C functions are called
through ctypes directly: the package's wrappers set up argument types on every call,
which costs more than the drawing. The one invariant: one canvas, one thread. Two
canvases of one engine drawn from two threads crash the process.
"""

import ctypes
from typing import Any, TypeVar

import numpy as np
from thorvg_python.engine import Engine

from bot.studio.renderer.canvas import Matrix, Pixels
from bot.studio.renderer.colour import BLACK, Colour, octets
from bot.studio.renderer.path import Path

_ARGB8888 = 1  # premultiplied; in memory (little endian) blue, green, red, alpha
_OPTION_NONE = 0
_ROUND_CAP, _ROUND_JOIN = 1, 1
_SHARE = False
#: Every scene covers the frame, so nothing needs to be cleared first.
_KEEP = False

_POINTER = ctypes.c_void_p
_FLOAT, _BYTE, _WORD = ctypes.c_float, ctypes.c_uint8, ctypes.c_uint32

_SETTERS: dict[str, tuple[Any, list[Any]]] = {
    "tvg_shape_new": (_POINTER, []),
    "tvg_shape_reset": (_WORD, [_POINTER]),
    "tvg_shape_append_path": (_WORD, [_POINTER, _POINTER, _WORD, _POINTER, _WORD]),
    "tvg_shape_set_fill_color": (_WORD, [_POINTER, _BYTE, _BYTE, _BYTE, _BYTE]),
    "tvg_shape_set_stroke_width": (_WORD, [_POINTER, _FLOAT]),
    "tvg_shape_set_stroke_color": (_WORD, [_POINTER, _BYTE, _BYTE, _BYTE, _BYTE]),
    "tvg_shape_set_stroke_cap": (_WORD, [_POINTER, _WORD]),
    "tvg_shape_set_stroke_join": (_WORD, [_POINTER, _WORD]),
    "tvg_scene_new": (_POINTER, []),
    "tvg_scene_add": (_WORD, [_POINTER, _POINTER]),
    "tvg_picture_new": (_POINTER, []),
    "tvg_picture_load_raw": (
        _WORD,
        [_POINTER, _POINTER, _WORD, _WORD, _WORD, ctypes.c_bool],
    ),
    "tvg_paint_set_transform": (_WORD, [_POINTER, _POINTER]),
    "tvg_paint_set_opacity": (_WORD, [_POINTER, _BYTE]),
    "tvg_paint_set_clip": (_WORD, [_POINTER, _POINTER]),
    "tvg_swcanvas_create": (_POINTER, [_WORD]),
    "tvg_swcanvas_set_target": (_WORD, [_POINTER, _POINTER, _WORD, _WORD, _WORD, _WORD]),
    "tvg_canvas_add": (_WORD, [_POINTER, _POINTER]),
    "tvg_canvas_destroy": (_WORD, [_POINTER]),
}
_DRAWING: dict[str, tuple[Any, list[Any]]] = {
    "tvg_canvas_update": (_WORD, [_POINTER]),
    "tvg_canvas_draw": (_WORD, [_POINTER, ctypes.c_bool]),
    "tvg_canvas_sync": (_WORD, [_POINTER]),
}


class _Library:
    """ThorVG's C functions: the short ones keep the GIL, drawing releases it."""

    def __init__(self, path: str) -> None:
        #: What pictures show must outlive their nodes, which a scene may drop.
        self.kept: list[Pixels] = []
        for binding, functions in (
            (ctypes.PyDLL(path), _SETTERS),
            (ctypes.CDLL(path), _DRAWING),
        ):
            for name, (result, arguments) in functions.items():
                function = getattr(binding, name)
                function.restype, function.argtypes = result, arguments
                setattr(self, name.removeprefix("tvg_"), function)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


class _Paint:
    """Any ThorVG paint: a handle and the nine numbers of its matrix."""

    __slots__ = ("_library", "_matrix", "handle")

    def __init__(self, library: _Library, handle: int) -> None:
        self._library = library
        self.handle = handle
        self._matrix = (ctypes.c_float * 9)(1, 0, 0, 0, 1, 0, 0, 0, 1)

    def place(self, matrix: Matrix) -> None:
        self._matrix[0:6] = list(matrix)
        self._library.paint_set_transform(self.handle, self._matrix)


_AnyPaint = TypeVar("_AnyPaint", bound=_Paint)


class _Picture(_Paint):
    """A bitmap that ThorVG reads where it lies, so that it can be repainted: it loads only once."""

    __slots__ = ("_pixels",)

    def __init__(self, library: _Library, pixels: Pixels) -> None:
        super().__init__(library, library.picture_new())
        self._pixels = pixels.copy()
        library.kept.append(self._pixels)
        height, width = pixels.shape[:2]
        library.picture_load_raw(
            self.handle, self._pixels.ctypes.data, width, height, _ARGB8888, _SHARE
        )

    def fade(self, opacity: float) -> None:
        self._library.paint_set_opacity(self.handle, min(255, max(0, int(opacity * 255 + 0.5))))

    def repaint(self, pixels: Pixels) -> None:
        np.copyto(self._pixels, pixels)


class _Shape(_Paint):
    """An outline; ThorVG's reset drops the fill as well, so the dress is kept and reapplied."""

    __slots__ = ("_dress", "_opacity")

    def __init__(
        self, library: _Library, path: Path, colour: Colour, alpha: float, width: float
    ) -> None:
        super().__init__(library, library.shape_new())
        self._dress = (*octets(colour), min(255, max(0, int(alpha * 255 + 0.5))), width)
        self._opacity = 255
        self._outline(path)

    def fade(self, opacity: float) -> None:
        level = min(255, max(0, int(opacity * 255 + 0.5)))
        if level != self._opacity:
            self._opacity = level
            self._library.paint_set_opacity(self.handle, level)

    def reshape(self, path: Path) -> None:
        self._library.shape_reset(self.handle)
        self._outline(path)

    def _outline(self, path: Path) -> None:
        library, handle = self._library, self.handle
        points = path.points
        library.shape_append_path(
            handle,
            bytes(path.commands),
            len(path.commands),
            points.buffer_info()[0],
            len(points) // 2,
        )
        red, green, blue, alpha, width = self._dress
        if not width:
            library.shape_set_fill_color(handle, red, green, blue, alpha)
            return
        library.shape_set_stroke_width(handle, width)
        library.shape_set_stroke_color(handle, red, green, blue, alpha)
        library.shape_set_stroke_cap(handle, _ROUND_CAP)
        library.shape_set_stroke_join(handle, _ROUND_JOIN)


class _Group(_Paint):
    """A ThorVG scene. A clip does not follow its own scene's matrix, so it gets an inner one.

    ThorVG keeps what it has met of a row of pixels in a list, and searches that from the left:
    outlines drawn from right to left, as the frame sees them, cost up to half as much.
    """

    __slots__ = ("_content", "_turned")

    def __init__(
        self, library: _Library, clip: Path | None = None, *, turned: bool = False
    ) -> None:
        super().__init__(library, library.scene_new())
        self._content, self._turned = self.handle, turned
        if clip is not None:
            self._content = library.scene_new()
            outline = _Shape(library, clip, BLACK, 1.0, 0.0)
            library.paint_set_clip(self._content, outline.handle)
            library.scene_add(self.handle, self._content)

    def place(self, matrix: Matrix) -> None:
        super().place(matrix)
        if matrix[0] < 0:
            self._turned = True

    def group(self, clip: Path | None = None) -> "_Group":
        return self._adopt(_Group(self._library, clip, turned=self._turned))

    def fill(self, path: Path, colour: Colour, alpha: float = 1.0) -> _Shape:
        combed = path.combed(leftwards=not self._turned)
        return self._adopt(_Shape(self._library, combed, colour, alpha, 0.0))

    def line(self, path: Path, colour: Colour, width: float, alpha: float = 1.0) -> _Shape:
        return self._adopt(_Shape(self._library, path, colour, alpha, width))

    def picture(self, pixels: Pixels) -> _Picture:
        return self._adopt(_Picture(self._library, pixels))

    def _adopt(self, paint: _AnyPaint) -> _AnyPaint:
        self._library.scene_add(self._content, paint.handle)
        return paint


class ThorvgCanvas:
    """ThorVG's software canvas, single threaded and therefore repeatable."""

    def __init__(self, width: int, height: int) -> None:
        self._engine = Engine(threads=0)
        self._library = _Library(self._engine.thorvg_lib._name)  # noqa: SLF001 - ctypes has no other name for it
        self.backend = f"thorvg {'.'.join(str(part) for part in self._engine.version()[1:4])}"
        self._pixels = np.zeros((height, width, 4), np.uint8)
        self._canvas: int | None = self._library.swcanvas_create(_OPTION_NONE)
        self._library.swcanvas_set_target(
            self._canvas, self._pixels.ctypes.data, width, width, height, _ARGB8888
        )
        self.root = _Group(self._library)
        self._library.canvas_add(self._canvas, self.root.handle)

    def draw(self) -> Pixels:
        self._library.canvas_update(self._canvas)
        self._library.canvas_draw(self._canvas, _KEEP)
        self._library.canvas_sync(self._canvas)
        return self._pixels

    def close(self) -> None:
        if self._canvas is not None:
            self._library.canvas_destroy(self._canvas)
            self._canvas = None
            self._library.kept.clear()
