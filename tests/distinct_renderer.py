"""A renderer in no time, each of whose clips is playable and unlike every other, stills and all."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from tests.clips import clip
from tests.quick_renderer import FILES
from tests.studio_stand_in import Shot

__all__ = ["Shot", "render"]


def render(shot: Shot, folder: Path, on_progress: Callable[[int], None]) -> None:
    """Write the files of *shot*; its folder's name, which is nobody else's, decides the picture."""
    on_progress(50)
    wide, high, blue, *_ = sha256(folder.name.encode()).digest()
    width, height = 64 + wide % 32 * 2, 36 + high % 32 * 2
    video = clip(width=width, height=height, seconds=0.25, blue=blue)
    (folder / "video.mp4").write_bytes(video)
    for name in ("thumbnail.webp", "spritesheet.jpg"):
        (folder / name).write_bytes(FILES[name] + folder.name.encode())
