"""Renders one clip: draws its frames, has them encoded, keeps the stills.

The one invariant: files appear whole or not at all, and rendering a shot again gives
the same bytes.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from bot.studio.renderer import mark, soundtrack
from bot.studio.renderer.backend import Backend
from bot.studio.renderer.encode import Encoder
from bot.studio.renderer.film import Film
from bot.studio.renderer.shot import Shot
from bot.studio.renderer.stills import Stills
from bot.studio.renderer.story import Story, story

_VERSIONED = ("av", "numpy", "pillow")
_REPORT_EVERY = 8


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
    `on_progress` is called with a percentage that rises to 100. Raises UnusableReference
    if the reference is no picture or the footage no clip. Call it from one thread at a time.
    """
    stills = Stills(width=shot.width, height=shot.height, frames=shot.frames)
    video = folder / "video.mp4"
    with closing(story(shot)) as told, closing(Film(shot, told, backend)) as film:
        with _part(video) as part:
            _encode(shot, told, film, target=part, stills=stills, on_progress=on_progress)
        drawn_by = film.backend
    clip = Clip(
        video=video,
        thumbnail=_write(folder / "thumbnail.webp", stills.thumbnail()),
        spritesheet=_write(folder / "spritesheet.jpg", stills.spritesheet()),
        backend=drawn_by,
    )
    on_progress(100)
    return clip


def _encode(
    shot: Shot,
    told: Story,
    film: Film,
    *,
    target: Path,
    stills: Stills,
    on_progress: Callable[[int], None],
) -> None:
    """Draw and encode every frame; encoding runs in its own thread, drawing in this one."""
    encoder = Encoder(
        target,
        width=shot.width,
        height=shot.height,
        sound=lambda: soundtrack.mixed(told.passages()),
        comment=_comment(shot, film.backend),
    )
    with encoder:
        for index, pixels in enumerate(film.frames()):
            stills.see(index, pixels)
            encoder.add(pixels)
            if index % _REPORT_EVERY == 0:
                on_progress(index * 98 // shot.frames)


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
