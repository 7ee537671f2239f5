"""Small real video files for tests, made with the encoder the bot itself uses."""

import tempfile
from collections.abc import AsyncIterator
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy as np


@cache
def clip(
    *,
    width: int = 320,
    height: int = 180,
    seconds: float = 1.0,
    fps: int = 24,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    audio: str | None = "aac",
    channels: str = "stereo",
    volume: float = 0.3,
    container: str = "mp4",
    faststart: bool = True,
    metadata: tuple[tuple[str, str], ...] = (("comment", "SIMULATED: made by a test"),),
    look: str = "moving",
    blue: int = 160,
    aspect: tuple[int, int] = (1, 1),
) -> bytes:
    """Return a whole file; *look* is `moving`, `still`, `black` or `noise`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip"
        options = {"movflags": "+faststart"} if faststart and container == "mp4" else {}
        with av.open(str(path), "w", format=container, options=options) as out:
            out.metadata.update(metadata)
            video = out.add_stream(codec, rate=fps)
            video.width, video.height, video.pix_fmt = width, height, pixels
            video.codec_context.thread_count = 1
            video.codec_context.sample_aspect_ratio = Fraction(*aspect)
            sound = out.add_stream(audio, rate=48_000, layout=channels) if audio else None
            for i in range(round(seconds * fps)):
                frame = av.VideoFrame.from_ndarray(
                    _pixels(look, i, width, height, blue), format="rgb24"
                )
                out.mux(video.encode(frame))
            out.mux(video.encode(None))
            if sound:
                for frame in _tone(seconds, volume, channels):
                    out.mux(sound.encode(frame))
                out.mux(sound.encode(None))
        return path.read_bytes()


def truncated(data: bytes, keep: float = 0.6) -> bytes:
    """Return the first part of *data*, as an interrupted download leaves it."""
    return data[: int(len(data) * keep)]


def cut_at_box(data: bytes, kind: bytes) -> bytes:
    """Return *data* up to the top-level box *kind*."""
    at = 0
    while data[at + 4 : at + 8] != kind:
        at += int.from_bytes(data[at : at + 4], "big")
    return data[:at]


async def chunks(data: bytes, size: int = 64 * 1024) -> AsyncIterator[bytes]:
    """Yield *data* piece by piece, as a download does."""
    for at in range(0, len(data), size):
        yield data[at : at + size]


def _pixels(look: str, i: int, width: int, height: int, blue: int) -> np.ndarray:
    if look == "black":
        return np.zeros((height, width, 3), np.uint8)
    if look == "noise":
        return np.random.default_rng(i).integers(0, 256, (height, width, 3), np.uint8)
    y, x = np.mgrid[0:height, 0:width]
    shift = i * 4 if look == "moving" else 0
    red, green = (x + shift) * 255 // width % 256, y * 255 // height
    return np.stack([red, green, np.full_like(red, blue)], axis=-1).astype(np.uint8)


def _tone(seconds: float, volume: float, layout: str) -> list[av.AudioFrame]:
    count = {"mono": 1, "stereo": 2, "5.1": 6}[layout]
    wave = volume * np.sin(2 * np.pi * 440 * np.arange(int(seconds * 48_000)) / 48_000)
    frame = av.AudioFrame.from_ndarray(
        np.tile(wave.astype(np.float32), (count, 1)), format="fltp", layout=layout
    )
    frame.sample_rate = 48_000
    frame.pts = 0
    return [frame]
