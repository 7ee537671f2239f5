"""What a video file says of itself, read in milliseconds. Used by `inspect` and `fit`.

Nothing here is proof: a file whose second half is missing still says that it is whole, unless
its boxes run over its end.
"""

import errno
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.stream import VideoStream

from bot.errors import Truncated, Unusable

#: What a file that no AI model and no camera made begins its comment with.
STAMP = "SIMULATED"
_DOWNLOAD_HINT = "The download is tried again."
#: The boxes an MP4 or MOV may begin with.
_FIRST_BOXES = {b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide"}


#: The kind of the box with a C2PA manifest (C2PA specification 2, "BMFF-based assets").
_C2PA = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")

#: A comment that is not UTF-8 makes no video unusable. PyAV 19 knows that by itself.
_LENIENT: dict[str, Any] = {"metadata_errors": "replace"} if av.__version__ < "19" else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What a video file says of itself."""

    container: str
    video_codec: str
    pixel_format: str
    #: Width to height of one pixel.
    pixel_aspect: Fraction
    audio_codec: str | None
    channels: int
    width: int
    height: int
    seconds: float
    #: 0 where the container does not say.
    frames: int
    fps: float
    faststart: bool
    #: It carries a signed account of its making (C2PA), which holds for these very bytes.
    signed: bool
    metadata: dict[str, str]

    @property
    def stamp(self) -> str | None:
        """The words by which the file says that it is simulated."""
        return next((v for v in self.metadata.values() if v.startswith(STAMP)), None)


def probe(path: Path) -> Probe:
    """Read the head of *path*; raises `Truncated` or `Unusable`."""
    boxes = _boxes(path)
    with opened(path) as container:
        video = picture(container)
        audio = sound(container)
        return Probe(
            container=_container(container),
            video_codec=video.codec_context.name,
            pixel_format=video.codec_context.pix_fmt or "unknown",
            pixel_aspect=rational(video.sample_aspect_ratio) or Fraction(1),
            audio_codec=audio.codec_context.name if audio else None,
            channels=audio.codec_context.channels if audio else 0,
            width=video.codec_context.width,
            height=video.codec_context.height,
            seconds=_seconds(container, video),
            frames=video.frames,
            fps=float(rational(video.average_rate)),
            faststart=b"moov" in boxes and boxes.index(b"moov") < _index(boxes, b"mdat"),
            signed=_C2PA in boxes,
            metadata=dict(container.metadata),
        )


@contextmanager
def opened(path: Path) -> Iterator[InputContainer]:
    """Open *path* for decoding; what the decoder makes of a bad file becomes `Unusable`."""
    try:
        with av.open(str(path), **_LENIENT) as container:
            yield container
    except av.error.FFmpegError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise
        raise Unusable(
            f"The file cannot be played ({error.strerror}).", hint="Look at it, or make another."
        ) from error


def picture(container: InputContainer) -> VideoStream:
    """Return the video stream that can be played; `Unusable` without one."""
    # The stubs do not say that a codec nobody knows leaves no context.
    for stream in container.streams.video:
        if stream.codec_context is not None:
            return stream
    raise Unusable("The file holds no video that can be played.", hint="Make another one.")


def sound(container: InputContainer) -> AudioStream | None:
    """Return the audio stream that can be played, None without one."""
    return next((s for s in container.streams.audio if s.codec_context is not None), None)


class _Ratio(Protocol):
    @property
    def numerator(self) -> int: ...

    @property
    def denominator(self) -> int: ...


def rational(value: _Ratio | None) -> Fraction:
    """Return PyAV's ratio as a fraction, 0 where it is not set.

    Not set is None up to PyAV 18 and a ratio of its own class, 0/1 or 0/0, from 19 on.
    """
    return Fraction(value.numerator, value.denominator) if value else Fraction(0)


def _container(container: InputContainer) -> str:
    name = container.format.name
    if "mp4" not in name.split(","):
        return name.partition(",")[0]
    return "mov" if container.metadata.get("major_brand", "").startswith("qt") else "mp4"


def _seconds(container: InputContainer, video: VideoStream) -> float:
    if container.duration is not None:
        return container.duration / av.time_base
    if video.duration is not None:
        return float(video.duration * rational(video.time_base))
    return 0.0


def _boxes(path: Path) -> list[bytes]:
    """Return the kinds of the top-level boxes of an MP4, in order; none for other files.

    A kind that is no word but a UUID stands as its 16 bytes.

    ISO/IEC 14496-12 §4.2: 32-bit size and kind; size 1 means that 64 bits of size follow, size 0
    that the box goes to the end of the file.
    """
    kinds: list[bytes] = []
    end = _bytes(path)
    if not end:
        raise Truncated("The file is empty.", hint=_DOWNLOAD_HINT)
    at = 0
    with path.open("rb") as file:
        while at < end:
            file.seek(at)
            head = file.read(32).ljust(32, b"\0")
            size, kind = struct.unpack(">I4s", head[:8])
            wide = size == 1
            if not at and kind not in _FIRST_BOXES:
                return []
            size = struct.unpack(">Q", head[8:16])[0] if wide else size or end - at
            at += max(size, 8)
            kinds.append(kind if kind != b"uuid" else head[16:32] if wide else head[8:24])
    if at > end:
        missing = at - end
        raise Truncated(f"The file ends {missing} bytes too early.", hint=_DOWNLOAD_HINT)
    if b"moov" not in kinds:
        raise Truncated("The file ends before its index.", hint=_DOWNLOAD_HINT)
    return kinds


def _bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError as error:
        raise Unusable(
            f"{path.name} is no longer in the media library.", hint="Make another one."
        ) from error


def _index(boxes: list[bytes], kind: bytes) -> int:
    return boxes.index(kind) if kind in boxes else len(boxes)
