"""A renderer in no time, for tests that need many finished videos: one tiny real clip for all."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

from tests.clips import clip
from tests.studio_stand_in import Shot, UnusableReference, footage

__all__ = ["Shot", "UnusableReference", "footage", "render"]


@cache
def _video() -> bytes:
    return clip(width=64, height=36, seconds=0.5)


def render(shot: Shot, folder: Path, on_progress: Callable[[int], None]) -> None:
    """Write the files of *shot*; thumbnail and sprite sheet are not looked at by anyone."""
    on_progress(50)
    (folder / "video.mp4").write_bytes(_video())
    for name in ("thumbnail.webp", "spritesheet.jpg"):
        (folder / name).write_bytes(shot.prompt.encode())
