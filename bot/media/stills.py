"""Pictures out of a video, for providers that make none. Used by the media library alone."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from av.video.frame import VideoFrame
from PIL import Image

from bot.domain.video import Asset
from bot.errors import Unusable
from bot.media.keep import Keep
from bot.media.probe import opened, picture, probe

_GRID = 4
#: Pixels of a sprite's longer side.
_SPRITE = 320
#: Frames of a strip, and the pixels between them.
_STRIP, _GAP = 4, 6
_QUALITY = 82


def thumbnail(keep: Keep, asset: Asset) -> Asset:
    """Keep the frame at a third of the video as webp, in the video's own size."""
    path = keep.path(asset)
    frame = next(_frames(path, [probe(path).seconds / 3]))
    still = _image(frame, frame.width, frame.height)
    with keep.part() as part:
        still.save(part, format="webp", quality=_QUALITY)
        return keep.adopt(part, "image/webp")


def spritesheet(keep: Keep, asset: Asset) -> Asset:
    """Keep 4x4 evenly spread frames as one jpeg, 320 pixels each on the longer side."""
    path = keep.path(asset)
    said = probe(path)
    scale = _SPRITE / max(said.width, said.height)
    width, height = (max(2, round(side * scale)) for side in (said.width, said.height))
    times = [said.seconds * (i + 0.5) / _GRID**2 for i in range(_GRID**2)]
    sheet = Image.new("RGB", (width * _GRID, height * _GRID))
    for i, frame in enumerate(_frames(path, times)):
        sheet.paste(_image(frame, width, height), (i % _GRID * width, i // _GRID * height))
    with keep.part() as part:
        sheet.save(part, format="jpeg", quality=_QUALITY)
        return keep.adopt(part, "image/jpeg")


def strip(keep: Keep, asset: Asset) -> Asset:
    """Keep 4 evenly spread frames as one jpeg that tells something at 360 pixels' width.

    Side by side where the video is taller than wide, else in two rows.
    """
    path = keep.path(asset)
    said = probe(path)
    scale = _SPRITE / max(said.width, said.height)
    width, height = (max(2, round(side * scale)) for side in (said.width, said.height))
    columns = _STRIP if height > width else 2
    rows = _STRIP // columns
    size = (columns * (width + _GAP) - _GAP, rows * (height + _GAP) - _GAP)
    sheet = Image.new("RGB", size, "white")
    times = [said.seconds * (i + 0.5) / _STRIP for i in range(_STRIP)]
    for i, frame in enumerate(_frames(path, times)):
        at = (i % columns * (width + _GAP), i // columns * (height + _GAP))
        sheet.paste(_image(frame, width, height), at)
    with keep.part() as part:
        sheet.save(part, format="jpeg", quality=_QUALITY)
        return keep.adopt(part, "image/jpeg")


def _image(frame: VideoFrame, width: int, height: int) -> Image.Image:
    scaled = frame.reformat(width=width, height=height, format="rgb24")
    return Image.fromarray(scaled.to_ndarray())


def _frames(path: Path, times: Sequence[float]) -> Iterator[VideoFrame]:
    """Yield the first frame at or after each of *times*, ascending seconds; else the last one."""
    left = list(times)
    last = None
    with opened(path) as container:
        for last in container.decode(picture(container)):
            while left and (last.time or 0.0) >= left[0]:
                left.pop(0)
                yield last
            if not left:
                return
        if last is None:
            raise Unusable("The file holds no picture.", hint="Make another one.")
        for _ in left:
            yield last
