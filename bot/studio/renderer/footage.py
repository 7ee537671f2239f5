"""Uploaded clips: looked at, and played as frames and sound of a clip of ours.

Called by the server's own process for `look`, and by the renderer. All reading of
foreign video is in this module. The one invariant: whatever the file holds, it is decoded
frame by frame in bounded memory, and what cannot be used is an UnusableReference.
"""

import math
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream

from bot.studio.renderer.canvas import Pixels
from bot.studio.renderer.encode import SAMPLE_RATE, Samples
from bot.studio.renderer.telling import telling
from bot.studio.renderer.unusable import UnusableReference

LONGEST_SECONDS = 60
LARGEST_SIDE = 4096
_SMALLEST_SIDE = 16
_SLIMMEST = 8
#: Of a clip at most so many pictures are decoded: more is no clip but an attack.
_MOST_FRAMES = LONGEST_SECONDS * 125
#: What may be opened: neither playlists nor lists of files, which would open others.
_FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,flv,mpeg,mpegts,ogg,asf,gif,mxf,ivf,h264,hevc,m4v"
)
_EMPTY = "The clip holds no picture that can be decoded."
_THREADS = 2
_LOOKS, _LOOK_SIDE = 5, 96
_FADE_SECONDS = 0.05
#: Seconds by which moments may differ without meaning it.
_SLACK = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class Footage:
    """An uploaded clip as it is shown upright: pixels, seconds, its two telling colours."""

    width: int
    height: int
    seconds: float
    #: `#rrggbb`, of what the clip is about rather than what is behind it.
    coat: str
    accent: str


def look(path: Path) -> Footage:
    """Read what a clip is; some frames are decoded, the sound is not.

    Raises UnusableReference for what is no clip of at most 60 seconds and 4096 pixels a side.
    """
    with _opened(path) as container:
        stream = _stream(container)
        seconds = _length(container, stream)
        pictures = list(_glances(container, stream, seconds))
    if not pictures:
        raise UnusableReference(_EMPTY)
    width, height = pictures[0].size
    coat, accent = telling([one.covering(*_reduced(width, height)) for one in pictures])
    return Footage(width=width, height=height, seconds=seconds, coat=coat, accent=accent)


class Reel:
    """The pictures of a clip, upright and covering a frame; close it when done."""

    def __init__(self, path: Path, width: int, height: int) -> None:
        self._size = (width, height)
        self._resources = ExitStack()
        with self._resources:
            container = self._resources.enter_context(_opened(path))
            self._frames = _decoded(container, _stream(container))
            self._next = next(self._frames, None)
            if self._next is None:
                raise UnusableReference(_EMPTY)
            self._origin = self._next.moment
            self._pixels = self._next.covering(width, height)
            self._resources = self._resources.pop_all()

    def at(self, t: float) -> Pixels:
        """Return what is shown `t` seconds in; `t` may only rise. After the end, the last one."""
        shown = None
        while self._next is not None and self._next.moment - self._origin <= t + _SLACK:
            shown, self._next = self._next, next(self._frames, None)
        if shown is not None:
            self._pixels = shown.covering(*self._size)
        return self._pixels

    def close(self) -> None:
        self._resources.close()


def sounds(path: Path) -> bool:
    """Tell whether a clip has sound that can be decoded."""
    with _opened(path) as container:
        return next(_heard(container), None) is not None


def sound(path: Path, seconds: float) -> Samples:
    """Return a clip's own sound as 2 x n samples, made `seconds` long; it fades at its end."""
    count = round(seconds * SAMPLE_RATE)
    samples, filled = np.zeros((2, count), np.float32), 0
    with _opened(path) as container:
        for block in _heard(container):
            part = block[:, : count - filled]
            samples[:, filled : filled + part.shape[1]] = part
            filled += part.shape[1]
            if filled == count:
                break
    fade = min(filled, round(_FADE_SECONDS * SAMPLE_RATE))
    samples[:, filled - fade : filled] *= np.linspace(1, 0, fade, dtype=np.float32)
    return np.clip(np.nan_to_num(samples), -1, 1)


@contextmanager
def _opened(path: Path) -> Iterator[InputContainer]:
    """Open a clip as a stream of bytes, so that nothing in it can name another file."""
    try:
        with (
            path.open("rb") as file,
            av.open(
                file,
                "r",
                options={"max_pixels": str(LARGEST_SIDE**2)},
                container_options={"format_whitelist": _FORMATS},
                metadata_errors="ignore",
            ) as container,
        ):
            yield container
    except UnusableReference:
        raise
    except (av.error.FFmpegError, MemoryError, ValueError) as error:
        raise UnusableReference("The clip is not a video that can be read.") from error
    except OSError as error:
        raise UnusableReference("The clip cannot be opened.") from error


def _stream(container: InputContainer) -> VideoStream:
    """The first video of a container, after a look at its size."""
    stream = next(iter(container.streams.video), None)
    context = stream and stream.codec_context  # None for a codec nobody knows
    if stream is None or context is None:
        raise UnusableReference("The clip holds no video that can be decoded.")
    _check(context.width, context.height)
    context.options = {"max_pixels": str(LARGEST_SIDE**2)}
    stream.thread_type, stream.thread_count = "AUTO", _THREADS
    return stream


def _check(width: int, height: int) -> None:
    longer, shorter = max(width, height), min(width, height)
    if longer > LARGEST_SIDE or shorter < _SMALLEST_SIDE or longer > _SLIMMEST * shorter:
        raise UnusableReference(
            f"The clip is {width}x{height}; its sides must be {_SMALLEST_SIDE} to"
            f" {LARGEST_SIDE} pixels, and none {_SLIMMEST} times the other."
        )


def _length(container: InputContainer, stream: VideoStream) -> float:
    """Seconds of video by its packets: what a header says may be anything."""
    first, last, count = math.inf, -math.inf, 0
    tick, rate = float(stream.time_base or 0), float(stream.average_rate or 24)
    for packet in container.demux(stream):
        if packet.size and packet.pts is not None:
            first = min(first, packet.pts * tick)
            last = max(last, packet.pts * tick + ((packet.duration or 0) * tick or 1 / rate))
        count += bool(packet.size)
        if last - first > LONGEST_SECONDS + _SLACK or count > _MOST_FRAMES:
            raise UnusableReference(f"The clip is longer than {LONGEST_SECONDS} seconds.")
    if not count:
        raise UnusableReference(_EMPTY)
    return round(last - first if last > first else count / rate, 3)


@dataclass(frozen=True, slots=True)
class _Picture:
    """One picture of a clip."""

    #: Seconds by the clip's own clock.
    moment: float
    frame: av.VideoFrame
    #: How much wider than high a pixel is.
    aspect: float

    @property
    def turns(self) -> int:
        """Quarter turns, counterclockwise, that bring it upright."""
        return round(self.frame.rotation / 90) % 4

    @property
    def size(self) -> tuple[int, int]:
        """Width and height as they are meant to be seen: square pixels, upright."""
        width, height = max(2, round(self.frame.width * self.aspect)), self.frame.height
        return (height, width) if self.turns % 2 else (width, height)

    def covering(self, width: int, height: int) -> Pixels:
        """Return it scaled and cropped about its centre, so that it fills a frame."""
        scale = max(width / self.size[0], height / self.size[1])
        wide, high = (
            max(side, round(own * scale))
            for side, own in zip((width, height), self.size, strict=True)
        )
        flat = (high, wide) if self.turns % 2 else (wide, high)
        frame = self.frame.reformat(*flat, format="bgra", dst_color_range="JPEG")
        left, top = (wide - width) // 2, (high - height) // 2
        upright = np.rot90(frame.to_ndarray(), self.turns)
        pixels = upright[top : top + height, left : left + width].astype(np.uint8)
        pixels[..., 3] = 255
        return pixels


def _decoded(container: InputContainer, stream: VideoStream) -> Iterator[_Picture]:
    """Yield the pictures in order; what cannot be decoded ends them."""
    now, rate = -math.inf, float(stream.average_rate or 24)
    aspect = float(stream.sample_aspect_ratio or 1)
    aspect = aspect if 0.25 <= aspect <= 4 else 1.0
    try:
        for frame in islice(container.decode(stream), _MOST_FRAMES):
            _check(frame.width, frame.height)
            moment = frame.time if frame.time is not None else max(now, 0.0) + 1 / rate
            now = max(now, moment)
            yield _Picture(now, frame, aspect)
    except av.error.FFmpegError:
        return


def _glances(container: InputContainer, stream: VideoStream, seconds: float) -> Iterator[_Picture]:
    """Yield a few pictures spread over the clip, as far as they can be decoded."""
    start = (stream.start_time or 0) * float(stream.time_base or 0)
    for index in range(_LOOKS):
        with suppress(av.error.FFmpegError):
            container.seek(int((start + seconds * index / _LOOKS) * av.time_base))
            yield from islice(_decoded(container, stream), 1)


def _reduced(width: int, height: int) -> tuple[int, int]:
    scale = _LOOK_SIDE / max(width, height)
    return max(2, round(width * scale)), max(2, round(height * scale))


def _heard(container: InputContainer) -> Iterator[Samples]:
    """Yield the sound as blocks of stereo samples; what cannot be decoded ends it."""
    stream = next(iter(container.streams.audio), None)
    if stream is None or stream.codec_context is None:
        return
    resampler = av.AudioResampler(format="fltp", layout="stereo", rate=SAMPLE_RATE)
    try:
        for frame in container.decode(stream):
            for piece in resampler.resample(frame):
                yield piece.to_ndarray().astype(np.float32, copy=False)
        for piece in resampler.resample(None):
            yield piece.to_ndarray().astype(np.float32, copy=False)
    except (av.error.FFmpegError, ValueError):
        return
