"""Picks the library that draws: the fast one where it works, else the one always there."""

import importlib
from typing import Literal

from bot.studio.renderer.canvas import Canvas
from bot.studio.renderer.canvas_thorvg import ThorvgCanvas

Backend = Literal["auto", "thorvg", "skia"]


def open_canvas(backend: Backend, width: int, height: int) -> Canvas:
    """Open a canvas; `auto` prefers Skia and falls back when it cannot be imported.

    Asking for `skia` by name raises its ImportError instead.
    """
    if backend == "thorvg":
        return ThorvgCanvas(width, height)
    try:
        skia = importlib.import_module("bot.studio.renderer.canvas_skia")
        canvas: Canvas = skia.SkiaCanvas(width, height)
    except Exception:
        # A wheel without its system libraries fails in more ways than ImportError.
        if backend == "skia":
            raise
        return ThorvgCanvas(width, height)
    return canvas
