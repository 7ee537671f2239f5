"""A renderer for the studio in no time, whose files begin as real ones do.

The prompt says how it goes: `slow …` takes a while, `doomed …` fails.
"""

import time
from collections.abc import Callable
from pathlib import Path

from tests.studio_stand_in import Shot, footage

__all__ = ["FILES", "Shot", "footage", "render"]

FILES = {
    "video.mp4": b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + bytes(range(256)) * 2400,
    "thumbnail.webp": b"RIFF\x24\x00\x00\x00WEBPVP8 " + b"\x00" * 24,
    "spritesheet.jpg": b"\xff\xd8\xff\xe0" + b"\x00" * 32,
}


def render(shot: Shot, folder: Path, on_progress: Callable[[int], None]) -> None:
    on_progress(50)
    if shot.prompt.startswith("slow"):
        time.sleep(1)
    if shot.prompt.startswith("doomed"):
        raise ValueError("a shot nobody can draw")
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
