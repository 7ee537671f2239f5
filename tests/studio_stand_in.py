"""A renderer in no time, for tests of the studio's server: the prompt says how the render goes.

A clip to look at is text as well: `footage 640x360 2.5`, or words that say how looking goes.
"""

import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    prompt: str
    seed: int
    width: int
    height: int
    seconds: int
    acts: list[dict[str, Any]]
    characters: list[dict[str, str]]
    reference: bytes | None
    footage: bytes | None

    @classmethod
    def ordered(cls, order: Mapping[str, Any]) -> Self:
        files = {name: _read(order[name]) for name in ("reference", "footage")}
        seconds = sum(act["seconds"] for act in order["acts"])
        return cls(**{**order, **files}, seconds=seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Footage:
    width: int
    height: int
    seconds: float
    coat: str
    accent: str


class UnusableReference(Exception):
    """As the renderer's."""


class footage:  # noqa: N801 - stands in for a module
    @staticmethod
    def look(path: Path) -> Footage:
        content = path.read_bytes()
        if content[4:8] == b"ftyp":
            content = b"footage 320x180 1"
        match content.split(b"\0")[0].decode().split():
            case ["footage", size, seconds]:
                width, height = map(int, size.split("x"))
            case ["die"]:
                os.kill(os.getpid(), signal.SIGKILL)
            case ["hang"]:
                time.sleep(3600)
            case ["raise"]:
                raise ValueError("what no decoder expects")
            case _:
                raise UnusableReference("It is no clip.")
        coat, accent = "#d98e4a", "#3366aa"
        return Footage(width=width, height=height, seconds=float(seconds), coat=coat, accent=accent)


def _read(path: str | None) -> bytes | None:
    return Path(path).read_bytes() if path else None


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
