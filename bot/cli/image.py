"""The first frame that a person names: a file, a web address, or a `data:` URL.

`make` loads it before anything is written, and keeps it once all else is right.
"""

import base64
import binascii
import io
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from bot.domain.video import Asset
from bot.errors import RequestError

if TYPE_CHECKING:
    from bot.app import App

MOST_BYTES = 20_000_000
#: Characters of a name that people get to see.
_SHOWN = 100
#: By what Pillow calls them; an MPO is what some telephones make of a JPEG.
_MEDIA_TYPES = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    "WEBP": "image/webp",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image in memory."""

    content: bytes
    media_type: str

    @property
    def stand_in(self) -> Asset:
        """What to check a request with before the image is kept."""
        return Asset(sha256="", path="", media_type=self.media_type, bytes=len(self.content))

    async def keep(self, app: "App") -> Asset:
        """Keep the image in the media library."""
        return await app.media.save(self._chunks(), self.media_type)

    async def _chunks(self) -> AsyncGenerator[bytes]:
        yield self.content


async def load(given: str) -> Image:
    """Return the image; raises `RequestError` in words about what was *given*."""
    scheme = given.partition(":")[0].lower()
    if scheme in {"http", "https"}:
        from bot.app import fetch

        content, name = await fetch(given, most_bytes=MOST_BYTES), given
    elif scheme == "data":
        content, name = _decode(given), "The data: URL"
    else:
        content, name = _read(Path(given)), given
    return Image(content=content, media_type=_media_type(content, name))


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as e:
        raise RequestError(
            f"The image {path} cannot be read: {e.strerror or 'it is damaged'}.",
            hint="Check the path after --image.",
        ) from e


def _decode(url: str) -> bytes:
    head, _, data = url.partition(",")
    content = unquote_to_bytes(data)
    try:
        return base64.b64decode(content, validate=True) if head.endswith(";base64") else content
    except binascii.Error as e:
        raise RequestError(
            "The data: URL is damaged.", hint="It begins with data:image/png;base64, and so on."
        ) from e


def _media_type(content: bytes, name: str) -> str:
    from PIL import Image as Pillow

    try:
        if len(content) <= MOST_BYTES:
            formats = [each for each in _MEDIA_TYPES if each != "MPO"]
            with Pillow.open(io.BytesIO(content), formats=formats) as image:
                image.verify()
                return _MEDIA_TYPES[image.format or ""]
    except (OSError, SyntaxError, ValueError, Pillow.DecompressionBombError):
        pass  # what Pillow says of damage
    shown = name if len(name) <= _SHOWN else f"{name[: _SHOWN - 1]}…"
    raise RequestError(
        f"{shown} is not an image of up to {MOST_BYTES // 1_000_000} MB.",
        hint="Give --image a PNG, a JPEG or a WebP file.",
    )
