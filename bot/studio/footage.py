"""Uploaded clips: what is in them, seen by a process of its own.

Used by `videos` and `cast`. Invariant: whatever the file does to its decoder, the caller gets an
answer or a Problem within `PATIENCE` seconds, and at most two files are looked at at once.
"""

import asyncio
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bot.studio import model
from bot.studio.problem import Problem
from bot.studio.process import spawn

#: Seconds; to decode a minute of video takes a few.
PATIENCE: Final = 60.0
_AT_ONCE: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Footage:
    """A clip as the renderer sees it; the colours (`#rrggbb`) are its two most telling ones."""

    width: int
    height: int
    seconds: float
    coat: str
    accent: str

    @property
    def whole_seconds(self) -> int:
        """Its length rounded up, as an act has it."""
        return max(1, math.ceil(self.seconds - 0.05))

    @property
    def size(self) -> str:
        """Its own size if the studio has it, otherwise the usual one of its shape."""
        own = f"{self.width}x{self.height}"
        if own in model.SIZES:
            return own
        return "1280x720" if self.width > self.height else "720x1280"


class Looker:
    """Looks at files."""

    def __init__(self, renderer: str) -> None:
        self._renderer = renderer
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def look(self, path: Path) -> Footage:
        """Raises a Problem (400) for what is no clip, too long, or too much for its decoder."""
        async with self._turns:
            answer = await self._ask(path)
        if "footage" not in answer:
            why = answer.get("refusal", "It is not a readable video file.")
            raise Problem(f"Invalid 'video': {why}", code="invalid_video", param="video")
        footage = Footage(**answer["footage"])
        if footage.whole_seconds > model.MAX_TOTAL_SECONDS:
            raise Problem(
                f"Invalid 'video': it lasts {footage.whole_seconds} seconds. Expected at most "
                f"{model.MAX_TOTAL_SECONDS}.",
                code="video_too_long",
                param="video",
            )
        return footage

    async def _ask(self, path: Path) -> dict[str, Any]:
        process = await spawn("bot.studio.look", self._renderer, str(path))
        try:
            async with asyncio.timeout(PATIENCE):
                said, _ = await process.communicate()
            return dict(json.loads(said or b"{}"))
        except (TimeoutError, ValueError):
            return {}
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
