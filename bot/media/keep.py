"""Files on disk, named by their content. Used by the rest of the media library alone.

A name is given last: bytes go to a `*.part` beside, are synced, then renamed. So a file that has
its name is whole, and whatever a kill leaves behind is a part that nobody reads.
"""

import asyncio
import errno
import os
import shutil
import threading
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import file_digest
from pathlib import Path
from typing import BinaryIO

from bot.domain.video import Asset
from bot.errors import LowDisk, MediaError

#: Seconds without a write after which a part belongs to nobody. Another process may be writing
#: into the same library while this one opens it.
ABANDONED_AFTER = 3600.0
#: Bytes gathered before a thread is bothered with writing them.
_BLOCK = 1 << 20
_FULL = {errno.ENOSPC, errno.EDQUOT}
_SUFFIX = {
    "video/mp4": ".mp4",
    "video/quicktime": ".mov",
    "video/webm": ".webm",
    "image/webp": ".webp",
    "image/jpeg": ".jpg",
    "image/png": ".png",
}


class Keep:
    """A folder of files named by their content."""

    def __init__(self, folder: Path, *, min_free_bytes: int) -> None:
        self._folder = folder
        self._min_free_bytes = min_free_bytes
        #: Nobody removes a file while it gets its name again.
        self._naming = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)
        self._sweep()

    def path(self, asset: Asset) -> Path:
        """Return where *asset* is on this disk."""
        return self._folder / asset.path

    def free_bytes(self) -> int:
        """Return the room left on the folder's disk."""
        return shutil.disk_usage(self._folder).free

    async def save(self, chunks: AsyncIterator[bytes], media_type: str) -> Asset:
        """Keep the bytes; raises `LowDisk` or what *chunks* raises, and then keeps nothing."""
        with self.part() as part:
            with await asyncio.to_thread(part.open, "xb") as file:
                async for block in _blocks(chunks):
                    await asyncio.to_thread(self._append, file, block)
            return await asyncio.to_thread(self.adopt, part, media_type)

    @contextmanager
    def part(self) -> Iterator[Path]:
        """Yield a name to write a new file under, and leave nothing there at the end.

        Raises `LowDisk` at once with too little room, and when the disk fills up meanwhile.
        """
        self._require_room()
        part = self._folder / f"{uuid.uuid4().hex}.part"
        try:
            yield part
        except OSError as error:
            if error.errno in _FULL:
                raise LowDisk(hint=_ROOM_HINT) from error
            raise
        finally:
            part.unlink(missing_ok=True)

    def adopt(self, part: Path, media_type: str) -> Asset:
        """Give a whole file its name; one that is kept already is replaced by its equal."""
        with part.open("rb+") as file:
            sha256 = file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())
        media_type = media_type.partition(";")[0].strip().lower()
        name = f"{sha256[:2]}/{sha256}{_SUFFIX.get(media_type, '.bin')}"
        home = self._folder / name
        size = part.stat().st_size
        home.parent.mkdir(exist_ok=True)
        with self._naming:
            os.utime(part)
            part.replace(home)
        for folder in (home.parent, self._folder):
            _sync(folder)
        return Asset(sha256=sha256, path=name, media_type=media_type, bytes=size)

    def remove(self, asset: Asset, unless_kept_since: datetime) -> bool:
        """Delete the file; see `MediaLibrary.remove`.

        One that got its name again just now belongs to somebody who has not written so down yet;
        an older one, to nobody: a library that was copied has new times on all its files.
        """
        home = self.path(asset)
        try:
            with self._naming:
                kept_at = home.stat().st_mtime
                again = kept_at > unless_kept_since.timestamp()
                if again and kept_at > time.time() - ABANDONED_AFTER:
                    return False
                home.unlink()
            _sync(home.parent)
        except FileNotFoundError:
            return True
        except OSError as error:
            raise MediaError(
                f"The file {home} cannot be deleted: {error.strerror}.",
                hint="Correct the permissions of the data folder, then delete it again.",
            ) from error
        return True

    def _append(self, file: BinaryIO, block: bytes) -> None:
        self._require_room()
        file.write(block)

    def _require_room(self) -> None:
        free = self.free_bytes()
        if free < self._min_free_bytes:
            raise LowDisk(
                f"Only {free / 1e6:.0f} MB are free on the disk of {self._folder}; "
                f"{self._min_free_bytes / 1e6:.0f} MB must stay free.",
                hint=_ROOM_HINT,
            )

    def _sweep(self) -> None:
        for part in self._folder.glob("*.part"):
            try:
                if part.stat().st_mtime < time.time() - ABANDONED_AFTER:
                    part.unlink()
            except FileNotFoundError:  # its writer was quicker
                continue


_ROOM_HINT = "Free some room; the run goes on by itself."


async def _blocks(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    gathered = bytearray()
    async for chunk in chunks:
        gathered += chunk
        if len(gathered) >= _BLOCK:
            yield bytes(gathered)
            gathered.clear()
    yield bytes(gathered)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
