"""What a video turns out to be when played from first to last frame.

The pipeline inspects each download before anybody is asked to approve it. What forbids posting
is raised; what is merely odd is a finding, for approvers to judge.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from bot.domain.video import Inspection
from bot.errors import Truncated, Unusable
from bot.media.probe import Probe, opened, picture, probe, sound

#: Every so many frames one is measured: four in a second at 24 fps.
_STRIDE = 6
#: 0..255; black after lossy coding is rarely 0.
_BLACK = 24
#: Mean difference of two pictures, 0..255, that lossy coding of one picture stays below.
_STILL = 0.75
#: Full scale is 1; this is -60 dB.
_SILENT = 0.001


@dataclass(slots=True)
class _Seen:
    """What playing the file has shown so far."""

    frames: int = 0
    #: Frames that the file itself says not to show.
    discarded: int = 0
    brightest: float = 0.0
    moved: float = 0.0
    loudest: float = 0.0
    first: NDArray[Any] | None = None
    _floats: av.AudioResampler = field(default_factory=lambda: av.AudioResampler(format="fltp"))

    def see(self, frame: VideoFrame) -> None:
        if self.frames % _STRIDE == 0:
            self._measure(frame)
        self.frames += 1

    def _measure(self, frame: VideoFrame) -> None:
        luma = frame.reformat(width=160, height=90, format="gray").to_ndarray().astype(np.float32)
        self.brightest = max(self.brightest, float(np.percentile(luma, 99.5)))
        if self.first is None:
            self.first = luma
        self.moved = max(self.moved, float(np.abs(luma - self.first).mean()))

    def hear(self, frame: AudioFrame) -> None:
        for samples in self._floats.resample(frame):
            self.loudest = max(self.loudest, float(np.abs(samples.to_ndarray()).max(initial=0.0)))


def inspect(path: Path) -> Inspection:
    """Play *path*; raises `Truncated` when frames are missing, `Unusable` when it is no video.

    Memory does not grow with the length of the file.
    """
    said = probe(path)
    seen = _play(path)
    if seen.frames + seen.discarded < said.frames:
        raise Truncated(
            f"Only {seen.frames} of {said.frames} frames can be played.",
            hint="The download is tried again.",
        )
    if not seen.frames:
        raise Unusable("The file holds no picture.", hint="Make another one.")
    return Inspection(
        container=said.container,
        video_codec=said.video_codec,
        pixel_format=said.pixel_format,
        audio_codec=said.audio_codec,
        width=said.width,
        height=said.height,
        seconds=said.seconds or (seen.frames / said.fps if said.fps else 0.0),
        frames=seen.frames,
        fps=said.fps,
        faststart=said.faststart,
        simulated=said.stamp is not None,
        findings=_findings(said, seen),
    )


def _play(path: Path) -> _Seen:
    seen = _Seen()
    with opened(path) as container:
        video = picture(container)
        video.thread_type = "AUTO"
        audio = sound(container)
        for packet in container.demux([video, audio] if audio else [video]):
            _take(packet, seen)
    return seen


def _take(packet: "Packet[Stream]", seen: _Seen) -> None:
    try:
        frames = packet.decode()
    except av.error.InvalidDataError:
        return  # its frame is missed in the count
    if packet.stream.type == "video" and packet.is_discard:
        seen.discarded += 1
    for frame in frames:
        if isinstance(frame, VideoFrame):
            seen.see(frame)
        elif isinstance(frame, AudioFrame):
            seen.hear(frame)


def _findings(said: Probe, seen: _Seen) -> tuple[str, ...]:
    odd = {
        "It is black from the first to the last frame.": seen.brightest < _BLACK,
        "The picture never changes.": seen.brightest >= _BLACK and seen.moved < _STILL,
        "It has no sound.": said.audio_codec is None,
        "It has a sound track, but all of it is silent.": (
            said.audio_codec is not None and seen.loudest < _SILENT
        ),
        "It must be loaded whole before it plays (not faststart).": (
            said.container == "mp4" and not said.faststart
        ),
    }
    return tuple(sentence for sentence, true in odd.items() if true)
