"""Writes the MP4: H.264 and AAC through PyAV, in a thread of its own.

The drawing thread hands in pixels and goes on; converting and encoding happen here,
where PyAV releases the GIL. All writing by PyAV is in this module. The one invariant:
the same frames and samples give the same bytes, so the thread count is fixed and no
time of creation is written.
"""

import math
import queue
import threading
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np
from av.audio.stream import AudioStream
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream
from numpy.typing import NDArray

from bot.studio.renderer.canvas import Pixels

FRAMES_PER_SECOND = 24
SAMPLE_RATE = 48_000

#: x264 is repeatable for a given number of threads; another number gives other bytes.
_THREADS = "2"
#: A light preset with the two features that pay: macroblock tree and B-frames.
_X264 = (
    "mbtree=1:rc-lookahead=10:bframes=2:b-adapt=0:weightp=1:aq-mode=1:subme=1:open-gop=0:sar=1/1"
)
_BT709, _FULL, _LIMITED = 1, 2, 1
_AAC_FRAME = 1024
_BUFFERS = 3
#: Sound goes ahead of the pictures by this much, so that the file can be played as it comes.
_SOUND_AHEAD_SECONDS = 0.5

Samples = NDArray[np.float32]


class Encoder:
    """An MP4 being written; use as a context manager, leaving it finishes the file.

    `sound` is called in the encoder's thread and yields blocks of 2 x n samples, which are
    asked for as the pictures come. An error in that thread surfaces at the next `add` or on
    leaving.
    """

    def __init__(
        self,
        path: Path,
        *,
        width: int,
        height: int,
        sound: Callable[[], Iterator[Samples]],
        comment: str,
    ) -> None:
        self._container = av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"})
        self._container.metadata["comment"] = comment
        self._video = self._video_stream(width, height)
        self._audio: AudioStream = self._container.add_stream(
            "aac", rate=SAMPLE_RATE, layout="stereo"
        )
        self._audio.bit_rate = 128_000
        self._sound = sound
        self._free: queue.Queue[av.VideoFrame] = queue.Queue()
        self._full: queue.Queue[av.VideoFrame | None] = queue.Queue()
        for _ in range(_BUFFERS):
            self._free.put(av.VideoFrame(width, height, "bgra"))
        self._heard = 0.0
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="encoder", daemon=True)

    def _video_stream(self, width: int, height: int) -> VideoStream:
        options = {
            "preset": "superfast",
            "crf": "23",
            "threads": _THREADS,
            "profile": "high",
            "x264-params": _X264,
        }
        stream: VideoStream = self._container.add_stream(
            "libx264", rate=FRAMES_PER_SECOND, options=options
        )
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        context = stream.codec_context
        context.gop_size = FRAMES_PER_SECOND * 2
        context.time_base = Fraction(1, FRAMES_PER_SECOND)
        context.color_primaries = context.color_trc = context.colorspace = _BT709
        context.color_range = _LIMITED
        return stream

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._full.put(None)
        self._thread.join()
        self._container.close()
        if error is None:
            self._raise()

    def add(self, pixels: Pixels) -> None:
        """Append a frame; waits while three frames are already on their way."""
        frame = self._free.get()
        self._raise()
        plane = frame.planes[0]
        target = np.frombuffer(memoryview(plane), np.uint8).reshape(
            frame.height, plane.line_size // 4, 4
        )
        target[:, : frame.width] = pixels
        self._full.put(frame)

    def _raise(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        try:
            self._encode(_frames_of_sound(self._sound()))
        except BaseException as error:  # noqa: BLE001 - carried to the drawing thread
            self._failure = error
            self._free.put(av.VideoFrame(2, 2, "bgra"))

    def _encode(self, sound: Iterator[av.AudioFrame]) -> None:
        reformatter, index = VideoReformatter(), 0
        while (frame := self._full.get()) is not None:
            self._encode_sound(sound, until=index / FRAMES_PER_SECOND + _SOUND_AHEAD_SECONDS)
            picture = reformatter.reformat(
                frame,
                format="yuv420p",
                src_colorspace=_BT709,
                dst_colorspace=_BT709,
                src_color_range=_FULL,
                dst_color_range=_LIMITED,
            )
            self._free.put(frame)
            picture.pts, picture.time_base = index, Fraction(1, FRAMES_PER_SECOND)
            self._container.mux(self._video.encode(picture))
            index += 1
        self._container.mux(self._video.encode(None))
        self._encode_sound(sound, until=math.inf)
        self._container.mux(self._audio.encode(None))

    def _encode_sound(self, sound: Iterator[av.AudioFrame], *, until: float) -> None:
        while self._heard < until and (frame := next(sound, None)) is not None:
            self._heard += frame.samples / SAMPLE_RATE
            self._container.mux(self._audio.encode(frame))


def _frames_of_sound(blocks: Iterator[Samples]) -> Iterator[av.AudioFrame]:
    """Cut blocks of any length into frames of the size AAC wants."""
    start, rest = 0, np.zeros((2, 0), np.float32)
    for block in blocks:
        rest = np.concatenate([rest, block], axis=1)
        whole = rest.shape[1] // _AAC_FRAME * _AAC_FRAME
        for offset in range(0, whole, _AAC_FRAME):
            yield _frame_of_sound(rest[:, offset : offset + _AAC_FRAME], start + offset)
        start, rest = start + whole, rest[:, whole:].copy()
    if rest.shape[1]:
        yield _frame_of_sound(rest, start)


def _frame_of_sound(samples: Samples, start: int) -> av.AudioFrame:
    frame = av.AudioFrame.from_ndarray(
        np.ascontiguousarray(samples), format="fltp", layout="stereo"
    )
    frame.sample_rate = SAMPLE_RATE
    frame.pts, frame.time_base = start, Fraction(1, SAMPLE_RATE)
    return frame
