"""A file in the segments that X takes, each read when it is sent: constant memory at any size.

`upload` sends them, several at once. The invariant: a segment can be read again as often as it is
sent, and holds one piece of the file at a time.
"""

import asyncio
import secrets
from collections.abc import AsyncGenerator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import httpx

from bot.errors import PostRejected

#: X counts segments from 0 to 999.
_MOST = 1000
#: Bytes of a segment, unless a file needs larger ones to fit. X has refused some of nearly 5 MB;
#: those of 2 MiB cost half as much work again.
_SEGMENT = 4 << 20
#: Bytes read at a time.
_PIECE = 256 << 10
_BACK = "Put the approved file back into the media folder, then retry."


class Clip:
    """An open file of a size that was approved."""

    def __init__(self, file: BinaryIO, name: str, size: int, thread: ThreadPoolExecutor) -> None:
        self._file = file
        self._name = name
        self._thread = thread
        self.size = size
        #: Long and random: the file cannot hold it by chance.
        self.boundary = secrets.token_hex(24)

    def segments(self) -> Iterator["Segment"]:
        """Yield the whole file, segment by segment."""
        length = max(_SEGMENT, -(-self.size // _MOST))
        for index, begin in enumerate(range(0, self.size, length)):
            yield Segment(self, index, begin, min(begin + length, self.size))

    async def read(self, begin: int, end: int) -> bytes:
        """Return those bytes; raises `PostRejected` if the file no longer has them."""
        loop = asyncio.get_running_loop()
        try:
            piece = await loop.run_in_executor(self._thread, self._read, begin, end - begin)
        except OSError as error:
            raise _unreadable(self._name, error) from error
        if len(piece) != end - begin:
            raise PostRejected(f"The clip {self._name} became shorter meanwhile.", hint=_BACK)
        return piece

    def _read(self, begin: int, count: int) -> bytes:
        self._file.seek(begin)  # one thread reads for all, so nobody comes between
        return self._file.read(count)


class Segment(httpx.AsyncByteStream):
    """A part of a clip, as the multipart body of an append."""

    def __init__(self, clip: Clip, index: int, begin: int, end: int) -> None:
        self.index = index
        self._clip = clip
        self._begin, self._end = begin, end
        mark = clip.boundary
        self._head = (
            f'--{mark}\r\nContent-Disposition: form-data; name="segment_index"\r\n\r\n{index}\r\n'
            f'--{mark}\r\nContent-Disposition: form-data; name="media"; filename="{index}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        ).encode()
        self._tail = f"\r\n--{mark}--\r\n".encode()

    @property
    def headers(self) -> Mapping[str, str]:
        """What the request says of its body."""
        length = len(self._head) + self._end - self._begin + len(self._tail)
        return {
            "content-type": f"multipart/form-data; boundary={self._clip.boundary}",
            "content-length": str(length),
        }

    async def __aiter__(self) -> AsyncGenerator[bytes]:
        yield self._head
        for begin in range(self._begin, self._end, _PIECE):
            yield await self._clip.read(begin, min(begin + _PIECE, self._end))
        yield self._tail


@contextmanager
def opened(path: Path, size: int) -> Iterator[Clip]:
    """Open the clip at *path*; raises `PostRejected` unless it is there and has *size* bytes."""
    try:
        file = path.open("rb", buffering=0)
    except OSError as error:
        raise _unreadable(path.name, error) from error
    # A thread of its own: the loop's pool would read with one after the other, and each keeps the
    # memory of its last piece.
    with file, ThreadPoolExecutor(1, "x-upload") as thread:
        found = path.stat().st_size
        if found != size:
            raise PostRejected(
                f"The clip {path.name} has {found} bytes instead of {size}.", hint=_BACK
            )
        yield Clip(file, path.name, size, thread)


def _unreadable(name: str, error: OSError) -> PostRejected:
    return PostRejected(
        f"The clip {name} cannot be read ({error.strerror}).",
        hint="Put it back into the media folder, then retry.",
    )
