"""A renderer in no time, for tests of the studio's server: the prompt says how the render goes."""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    prompt: str
    seed: int
    width: int
    height: int
    seconds: int
    reference: bytes | None


def render(shot: Shot, folder: Path, on_progress: Callable[[int], None]) -> None:
    on_progress(10)
    studio = folder.parent.parent
    match shot.prompt.split():
        case ["raise", *_]:
            raise ValueError("a shot nobody can draw")
        case ["die", "always"]:
            os.kill(os.getpid(), signal.SIGKILL)
        case ["die", "once"] if not (studio / "died").exists():
            (studio / "died").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        case ["hang", *_]:
            time.sleep(3600)
        case ["hold", *_]:
            _hold(studio, on_progress)
        case ["print", *_]:
            os.write(1, b"noise on stdout\n")
    on_progress(90)
    for name in ("video.mp4", "thumbnail.webp", "spritesheet.jpg"):
        (folder / name).write_bytes(f"{name} of {shot!r}".encode() * 100)


def _hold(studio: Path, on_progress: Callable[[int], None]) -> None:
    """Say so, halfway, and wait for the test to let go."""
    on_progress(50)
    (studio / "held").write_text(str(os.getpid()))
    while not (studio / "release").exists():
        time.sleep(0.01)
