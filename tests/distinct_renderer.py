"""A renderer in no time, each of whose clips is playable and unlike every other."""

from collections.abc import Callable
from pathlib import Path

from tests import quick_renderer, tiny_renderer
from tests.studio_stand_in import Shot

__all__ = ["Shot", "render"]


def render(shot: Shot, folder: Path, on_progress: Callable[[int], None]) -> None:
    """Write the files of *shot*, with who they are of at the end, where no player looks."""
    tiny_renderer.render(shot, folder, on_progress)
    for name in ("thumbnail.webp", "spritesheet.jpg"):
        (folder / name).write_bytes(quick_renderer.FILES[name])
    mark = str(folder.name).encode()
    for name in quick_renderer.FILES:
        with (folder / name).open("ab") as file:
            file.write((len(mark) + 8).to_bytes(4, "big") + b"free" + mark)
