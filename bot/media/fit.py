"""The same video as a network takes it: H.264 and AAC in an MP4 that plays before it is loaded.

The pipeline fits a video to each target before people approve it. Nothing is done that need not
be: a track that already fits is copied bit by bit, and a video is never cut.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

import av
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.filter import Graph
from av.packet import Packet
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream

from bot.domain.post import Limits
from bot.domain.video import Asset, Inspection
from bot.errors import Unusable
from bot.media.keep import Keep
from bot.media.probe import Probe, opened, picture, probe, rational, sound

#: Bits per second below which a picture is not worth posting.
_LEAST_BIT_RATE = 60_000
#: Encodings tried to get below a limit of bytes.
_TRIES = 4
#: What the muxer writes of its own accord.
_MUXERS_OWN = {"major_brand", "minor_version", "compatible_brands", "encoder"}
#: A rate that is an average over rounded times comes out a little high.
_FPS_SLACK = 1.01
#: A video of 0 seconds has no bit rate.
_LEAST_SECONDS = 0.04
_STEREO = 2
#: ITU-T H.273 as FFmpeg numbers it.
_BT709 = 1
_LIMITED_RANGE = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """How the new file differs from the old one."""

    width: int
    height: int
    #: None keeps the rate as it is.
    fps: Fraction | None
    #: Bits per second; None leaves it to the quality.
    bit_rate: int | None = None
    copy_picture: bool
    copy_sound: bool


def fit(keep: Keep, asset: Asset, inspection: Inspection, limits: Limits) -> Asset:
    """Return *asset* within *limits*, itself if it already is.

    Repeatable. Raises `Unusable` for a video of a length or shape that no scaling changes, or
    that cannot be made small enough.
    """
    if inspection.seconds > limits.max_seconds:
        raise Unusable(
            f"The video lasts {inspection.seconds:.1f} seconds; "
            f"{limits.max_seconds:g} are the most that fit.",
            hint="Ask for a shorter one; it is never cut.",
        )
    said = probe(keep.path(asset))
    width, height = _shown(said)
    if why := limits.misfit(round(width), round(height), inspection.seconds):
        raise Unusable(f"The place that it goes to {why}.", hint="Ask for another length or size.")
    plan = _plan(said, limits)
    as_it_is = plan.copy_picture and plan.copy_sound and asset.bytes <= limits.max_bytes
    # Moving the index to the front would cost a signed file its signature, and gain little.
    if as_it_is and said.container == "mp4" and (said.faststart or said.signed):
        return asset
    return _make(keep, asset, said, plan, limits)


def _plan(said: Probe, limits: Limits) -> _Plan:
    width, height = _size(said, limits)
    too_fast = said.fps > limits.max_fps * _FPS_SLACK
    return _Plan(
        width=width,
        height=height,
        fps=Fraction(limits.max_fps).limit_denominator(1001) if too_fast else None,
        copy_picture=(
            (said.video_codec, said.pixel_format) == ("h264", "yuv420p")
            and (width, height) == (said.width, said.height)
            and said.pixel_aspect == 1
            and not too_fast
        ),
        copy_sound=said.audio_codec in {None, "aac"} and said.channels <= _STEREO,
    )


def _size(said: Probe, limits: Limits) -> tuple[int, int]:
    """Return even width and height within *limits*, which hold in either orientation.

    X documents 1280x1024 as the largest size and recommends 720x1280 for portrait
    (docs.x.com, media best practices), so the longer side counts against the longer limit.
    """
    width, height = _shown(said)
    long, short = sorted((limits.max_width, limits.max_height), reverse=True)
    room = (long, short) if width >= height else (short, long)
    scale = min(Fraction(1), room[0] / width, room[1] / height)
    even = _even(width * scale), _even(height * scale)
    longest = min(even) * limits.max_aspect  # rounding may have made it a little longer
    if max(even) <= longest:
        return even
    return min(even[0], int(longest) // 2 * 2), min(even[1], int(longest) // 2 * 2)


def _shown(said: Probe) -> tuple[Fraction, Fraction]:
    """Return width and height in square pixels."""
    return Fraction(said.width) * said.pixel_aspect, Fraction(said.height)


def _even(side: Fraction) -> int:
    return max(2, int(side) // 2 * 2)


def _make(keep: Keep, asset: Asset, said: Probe, plan: _Plan, limits: Limits) -> Asset:
    size = asset.bytes
    for _ in range(_TRIES):
        if size > limits.max_bytes:
            plan = _smaller(plan, size, said.seconds, limits.max_bytes)
        with keep.part() as part:
            _rewrite(keep.path(asset), part, said, plan)
            size = part.stat().st_size
            if size <= limits.max_bytes:
                return keep.adopt(part, "video/mp4")
    raise _too_big(limits.max_bytes)


def _smaller(plan: _Plan, size: int, seconds: float, max_bytes: int) -> _Plan:
    """Return *plan* with a bit rate that should turn *size* bytes into less than *max_bytes*."""
    before = plan.bit_rate or size * 8 / max(seconds, _LEAST_SECONDS)
    bit_rate = int(before * max_bytes / size * 0.9)
    if bit_rate < _LEAST_BIT_RATE:
        raise _too_big(max_bytes)
    return replace(plan, bit_rate=bit_rate, copy_picture=False)


def _too_big(max_bytes: int) -> Unusable:
    return Unusable(
        f"The video cannot be made smaller than {max_bytes / 1e6:g} MB.",
        hint="Ask for a shorter one.",
    )


def _rewrite(source: Path, part: Path, said: Probe, plan: _Plan) -> None:
    with (
        opened(source) as old,
        av.open(str(part), "w", format="mp4", options={"movflags": "+faststart"}) as new,
    ):
        new.metadata.update({k: v for k, v in said.metadata.items() if k not in _MUXERS_OWN})
        if said.stamp:  # under whatever key it stood: MP4 drops keys it does not know
            new.metadata["comment"] = said.stamp
        tracks = _tracks(old, new, plan)
        for packet in old.demux([old.streams[index] for index in tracks]):
            new.mux(list(tracks[packet.stream.index].take(packet)))
        for track in tracks.values():
            new.mux(list(track.finish()))


class _Track(Protocol):
    """One stream on its way into the new file."""

    def take(self, packet: "Packet[Any]") -> Iterable["Packet[Any]"]: ...

    def finish(self) -> Iterable["Packet[Any]"]: ...


def _tracks(old: InputContainer, new: OutputContainer, plan: _Plan) -> dict[int, _Track]:
    video = picture(old)
    tracks: dict[int, _Track] = {}
    tracks[video.index] = _Copy(new, video) if plan.copy_picture else _Picture(new, video, plan)
    audio = sound(old)
    if audio:
        tracks[audio.index] = _Copy(new, audio) if plan.copy_sound else _Sound(new)
    return tracks


class _Copy:
    """A stream whose packets go over as they are."""

    def __init__(self, new: OutputContainer, stream: VideoStream | AudioStream) -> None:
        self._stream = new.add_stream_from_template(stream)

    def take(self, packet: "Packet[Any]") -> Iterator["Packet[Any]"]:
        if packet.size:  # the empty one only flushes decoders
            packet.stream = self._stream
            yield packet

    def finish(self) -> Iterator["Packet[Any]"]:
        return iter(())


class _Picture:
    """A video stream that is decoded, scaled and encoded as H.264."""

    def __init__(self, new: OutputContainer, old: VideoStream, plan: _Plan) -> None:
        options = {"crf": "20", "preset": "veryfast", "profile": "high", "threads": "2"}
        if plan.bit_rate:
            options |= {"maxrate": str(plan.bit_rate), "bufsize": str(plan.bit_rate)}
        rate = plan.fps or rational(old.average_rate) or Fraction(24)
        self._stream = new.add_stream("libx264", rate=rate, options=options)
        context = self._stream.codec_context
        context.width, context.height, context.pix_fmt = plan.width, plan.height, "yuv420p"
        context.time_base = 1 / rate if plan.fps else rational(old.time_base)
        context.sample_aspect_ratio = Fraction(1)
        self._keep_colours(old)
        self._graph = _graph(old, plan)

    def _keep_colours(self, old: VideoStream) -> None:
        context, was = self._stream.codec_context, old.codec_context
        context.color_range = _LIMITED_RANGE
        context.colorspace = was.colorspace if _is_yuv(old) else _BT709
        context.color_primaries = was.color_primaries
        context.color_trc = was.color_trc

    def take(self, packet: "Packet[VideoStream]") -> Iterator["Packet[VideoStream]"]:
        for frame in packet.decode():
            self._graph.vpush(frame)
            yield from self._encode()

    def finish(self) -> Iterator["Packet[VideoStream]"]:
        self._graph.vpush(None)
        yield from self._encode()
        yield from self._stream.encode(None)

    def _encode(self) -> Iterator["Packet[VideoStream]"]:
        for frame in _pulled(self._graph):
            frame.pict_type = PictureType.NONE  # else x264 repeats the old file's key frames
            yield from self._stream.encode(frame)


class _Sound:
    """An audio stream that is decoded and encoded as stereo AAC."""

    def __init__(self, new: OutputContainer) -> None:
        self._stream = new.add_stream("aac", rate=48_000, layout="stereo")
        self._stream.bit_rate = 128_000
        self._resampler = av.AudioResampler(format="fltp", layout="stereo", rate=48_000)

    def take(self, packet: "Packet[AudioStream]") -> Iterator["Packet[AudioStream]"]:
        for frame in packet.decode():
            for resampled in self._resampler.resample(frame):
                yield from self._stream.encode(resampled)

    def finish(self) -> Iterator["Packet[AudioStream]"]:
        for resampled in self._resampler.resample(None):
            yield from self._stream.encode(resampled)
        yield from self._stream.encode(None)


def _graph(old: VideoStream, plan: _Plan) -> Graph:
    matrix = "" if _is_yuv(old) else ":out_color_matrix=bt709"
    graph = Graph()
    nodes = [
        graph.add_buffer(template=old),
        graph.add("scale", f"{plan.width}:{plan.height}:flags=lanczos:out_range=limited{matrix}"),
        graph.add("setsar", "1"),
        graph.add("format", "yuv420p"),
    ]
    if plan.fps:
        nodes.append(graph.add("fps", str(plan.fps)))
    graph.link_nodes(*nodes, graph.add("buffersink")).configure()
    return graph


def _pulled(graph: Graph) -> Iterator[VideoFrame]:
    while True:
        try:
            yield graph.vpull()
        except (BlockingIOError, EOFError):
            return


def _is_yuv(stream: VideoStream) -> bool:
    return (stream.codec_context.pix_fmt or "").startswith("yuv")
