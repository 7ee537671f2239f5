"""The studio's renderer: a prompt and a seed in, an illustrated clip with sound out.

Called by the studio's worker process. It reads no environment, no network and no
fonts of the machine. The one invariant: prompt, seed, size, seconds, back-end and
library versions decide every byte of the clip.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import av
import numpy as np

from bot.studio.renderer import mark, sound
from bot.studio.renderer.canvas import Canvas
from bot.studio.renderer.canvas_thorvg import ThorvgCanvas
from bot.studio.renderer.encode import FRAMES_PER_SECOND, Encoder
from bot.studio.renderer.prompt import parse
from bot.studio.renderer.scenes.water import WaterScene
from bot.studio.renderer.stills import Stills
from bot.studio.renderer.stream import Streams

Backend = Literal["auto", "thorvg", "skia"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """What to render: sizes in pixels (even), `reference` as the bytes of an image file."""

    prompt: str
    seed: int
    width: int
    height: int
    seconds: int
    reference: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """A rendered clip: its files, and what drew it."""

    video: Path
    thumbnail: Path
    spritesheet: Path
    backend: str


def render(
    shot: Shot,
    folder: Path,
    on_progress: Callable[[int], None],
    *,
    backend: Backend = "auto",
) -> Clip:
    """Render a clip into `folder` as video.mp4, thumbnail.webp and spritesheet.jpg.

    Files appear whole or not at all; rendering again replaces them with the same bytes.
    `on_progress` is called with a rising percentage.
    """
    streams = Streams(prompt=shot.prompt, seed=shot.seed)
    spec = parse(shot.prompt, shot.seed)
    canvas: Canvas = ThorvgCanvas(shot.width, shot.height)
    frames = shot.seconds * FRAMES_PER_SECOND
    stills = Stills(width=shot.width, height=shot.height, frames=frames)
    part = folder / "video.mp4.part"
    comment = f"{mark.COMMENT}; {canvas.backend}; av {av.__version__}; numpy {np.__version__}; seed {shot.seed}"
    with Encoder(
        part,
        width=shot.width,
        height=shot.height,
        sound=lambda: sound.compose(spec, streams, shot.seconds),
        comment=comment,
    ) as encoder:
        scene = WaterScene(
            canvas.root, spec, streams, width=shot.width, height=shot.height, seconds=shot.seconds
        )
        mark.stamp(canvas.root, shot.width, shot.height)
        for index in range(frames):
            scene.show(index / FRAMES_PER_SECOND)
            pixels = canvas.draw()
            stills.see(index, pixels)
            encoder.add(pixels)
            if index % 8 == 0:
                on_progress(index * 98 // frames)
    canvas.close()
    clip = Clip(
        video=folder / "video.mp4",
        thumbnail=folder / "thumbnail.webp",
        spritesheet=folder / "spritesheet.jpg",
        backend=canvas.backend,
    )
    _write(clip.thumbnail, stills.thumbnail())
    _write(clip.spritesheet, stills.spritesheet())
    os.replace(part, clip.video)
    on_progress(100)
    return clip


def _write(path: Path, data: bytes) -> None:
    part = path.with_name(path.name + ".part")
    part.write_bytes(data)
    os.replace(part, path)
