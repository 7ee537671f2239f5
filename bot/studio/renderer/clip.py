"""Renders one clip: draws its frames, has them encoded, keeps the stills.

The one invariant: files appear whole or not at all, and rendering a shot again gives
the same bytes.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol, Self

from bot.studio.renderer import mark, sound
from bot.studio.renderer.backend import Backend, open_canvas
from bot.studio.renderer.canvas import Canvas, Pixels
from bot.studio.renderer.encode import FRAMES_PER_SECOND, Encoder
from bot.studio.renderer.prompt import parse
from bot.studio.renderer.scenes.reference import ReferenceScene, cover
from bot.studio.renderer.scenes.water import WaterScene
from bot.studio.renderer.spec import SceneSpec
from bot.studio.renderer.stills import Stills
from bot.studio.renderer.stream import Streams

_VERSIONED = ("av", "numpy", "pillow")
_REPORT_EVERY = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """What to render: even sizes in pixels, whole seconds, any prompt."""

    prompt: str
    seed: int
    width: int
    height: int
    seconds: int
    #: Bytes of a PNG, JPEG or WebP; the clip then begins with this picture.
    reference: bytes | None = None

    def __post_init__(self) -> None:
        if self.width % 2 or self.height % 2 or min(self.width, self.height) < 64:
            raise ValueError(f"A clip cannot be {self.width}x{self.height}: sizes are even, >= 64.")
        if self.seconds < 1:
            raise ValueError("A clip lasts at least one second.")

    @classmethod
    def ordered(cls, order: Mapping[str, Any]) -> Self:
        """Return the shot of a script with one act and no changes."""
        (act,) = order["acts"]
        picture = order["reference"]
        return cls(
            **{name: order[name] for name in ("prompt", "seed", "width", "height")},
            seconds=act["seconds"],
            reference=Path(picture).read_bytes() if picture else None,
        )

    @property
    def frames(self) -> int:
        return self.seconds * FRAMES_PER_SECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """A rendered clip: its files, and what drew it."""

    video: Path
    thumbnail: Path
    spritesheet: Path
    backend: str


class _Scene(Protocol):
    def show(self, t: float) -> None: ...


def render(
    shot: Shot,
    folder: Path,
    on_progress: Callable[[int], None],
    *,
    backend: Backend = "auto",
) -> Clip:
    """Render a clip into `folder` as video.mp4, thumbnail.webp and spritesheet.jpg.

    Files appear whole or not at all; rendering again replaces them with the same bytes.
    `on_progress` is called with a percentage that rises to 100. Raises UnusableReference
    if the reference is no picture. Call it from one thread at a time.
    """
    canvas = open_canvas(backend, shot.width, shot.height)
    stills = Stills(width=shot.width, height=shot.height, frames=shot.frames)
    video = folder / "video.mp4"
    try:
        with _part(video) as part:
            _film(shot, canvas, part, stills, on_progress)
    finally:
        canvas.close()
    clip = Clip(
        video=video,
        thumbnail=_write(folder / "thumbnail.webp", stills.thumbnail()),
        spritesheet=_write(folder / "spritesheet.jpg", stills.spritesheet()),
        backend=canvas.backend,
    )
    on_progress(100)
    return clip


def _film(
    shot: Shot,
    canvas: Canvas,
    target: Path,
    stills: Stills,
    on_progress: Callable[[int], None],
) -> None:
    """Draw and encode every frame; encoding runs in its own thread, drawing in this one."""
    spec = parse(shot.prompt, shot.seed)
    streams = Streams(prompt=shot.prompt, seed=shot.seed)
    picture = cover(shot.reference, shot.width, shot.height) if shot.reference else None
    encoder = Encoder(
        target,
        width=shot.width,
        height=shot.height,
        sound=lambda: sound.compose(spec, streams, shot.seconds),
        comment=_comment(shot, canvas.backend),
    )
    with encoder:
        scene = _stage(shot, canvas, spec, streams, picture)
        for index in range(shot.frames):
            scene.show(index / FRAMES_PER_SECOND)
            pixels = canvas.draw()
            stills.see(index, pixels)
            encoder.add(pixels)
            if index % _REPORT_EVERY == 0:
                on_progress(index * 98 // shot.frames)


def _stage(
    shot: Shot, canvas: Canvas, spec: SceneSpec, streams: Streams, picture: Pixels | None
) -> _Scene:
    """Build the scene, with the mark on top."""
    scene: _Scene
    if picture is None:
        size = (shot.width, shot.height)
        scene = WaterScene(canvas.root, spec, streams, size=size, seconds=shot.seconds)
    else:
        scene = ReferenceScene(canvas.root, spec, streams, picture, seconds=shot.seconds)
    mark.stamp(canvas.root, shot.width, shot.height)
    return scene


def _comment(shot: Shot, backend: str) -> str:
    libraries = "; ".join(f"{name} {version(name)}" for name in _VERSIONED)
    return f"{mark.COMMENT}; {backend}; {libraries}; seed {shot.seed}"


@contextmanager
def _part(path: Path) -> Iterator[Path]:
    """Yield a name to write to; it becomes `path` on success and vanishes on failure."""
    part = path.with_name(path.name + ".part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _write(path: Path, data: bytes) -> Path:
    with _part(path) as part:
        part.write_bytes(data)
    return path
