"""The media library: keeps video files, looks into them, makes them fit a network.

The pipeline downloads into it and publishers read from it. A file is named by its content and
never changes once it has its name, so whatever was approved is what goes out.

* `keep`     files on disk, by SHA-256
* `probe`    what a file says of itself
* `inspect`  what it turns out to be when played from first to last frame
* `fit`      the same video as a network takes it
* `stills`   thumbnail, sprite sheet and strip
* `pictures` whether what people hand in is one
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path
from typing import ParamSpec, TypeVar

from bot.domain.post import Limits
from bot.domain.video import Asset, Inspection
from bot.media import fit, inspect, pictures, stills
from bot.media.keep import Keep

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Library:
    """A `MediaLibrary` in a folder of this disk.

    Decoding runs in a thread, one file at a time (and one for a card), so that memory does not grow
    with the number of runs.
    """

    def __init__(self, folder: Path, *, min_free_bytes: int = 200_000_000) -> None:
        """Open *folder*, made if it is not there; leave at least *min_free_bytes* of its disk."""
        self._keep = Keep(folder, min_free_bytes=min_free_bytes)
        self._turn = asyncio.Lock()

    async def save(self, chunks: AsyncIterator[bytes], media_type: str) -> Asset:
        """Keep the bytes; see `MediaLibrary.save`."""
        return await self._keep.save(chunks, media_type)

    def path(self, asset: Asset) -> Path:
        """Return where *asset* is on this disk."""
        return self._keep.path(asset)

    async def remove(self, asset: Asset, *, unless_kept_since: datetime) -> bool:
        """Delete the file; see `MediaLibrary.remove`."""
        return await asyncio.to_thread(self._keep.remove, asset, unless_kept_since)

    async def inspect(self, asset: Asset) -> Inspection:
        """Play *asset* from first to last frame; raises `Truncated` or `Unusable`."""
        return await self._alone(inspect.inspect, self.path(asset))

    async def fit(self, asset: Asset, inspection: Inspection, limits: Limits) -> Asset:
        """Return *asset* as a network with *limits* takes it; raises `Unusable`, `LowDisk`."""
        return await self._alone(fit.fit, self._keep, asset, inspection, limits)

    async def thumbnail(self, asset: Asset) -> Asset:
        """Return a webp still from a third into the video; raises `Unusable`, `LowDisk`."""
        return await self._alone(stills.thumbnail, self._keep, asset)

    async def spritesheet(self, asset: Asset) -> Asset:
        """Return a jpeg of 4x4 frames of the video; raises `Unusable`, `LowDisk`."""
        return await self._alone(stills.spritesheet, self._keep, asset)

    async def strip(self, asset: Asset) -> Asset:
        """Return a jpeg of 4 frames of the video for a card; raises `Unusable`, `LowDisk`.

        It waits for no other video: the cards wait for it. The caller asks for one at a time.
        """
        return await asyncio.to_thread(stills.strip, self._keep, asset)

    async def is_picture(self, asset: Asset) -> bool:
        """Return whether *asset* decodes as a JPEG, PNG or WebP, of 50 megapixels at most."""
        return await self._alone(pictures.is_picture, self.path(asset))

    def free_bytes(self) -> int:
        """Return the room left on the library's disk."""
        return self._keep.free_bytes()

    async def _alone(self, work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        async with self._turn:
            return await asyncio.to_thread(work, *args, **kwargs)


__all__ = ["Library"]
