"""Brings a video to X and waits until it can be posted.

Nothing of it shows before a post takes it, and what is left over expires by itself, so whatever
goes wrong here, nothing was posted.

The calls: docs.x.com/x-api/media/quickstart/media-upload-chunked.
"""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from bot.domain.video import Asset
from bot.errors import AmbiguousPost, PostRejected, TargetUnavailable
from bot.ports import Clock
from bot.x_api.refusal import Answer, Missing, Place, clean
from bot.x_api.segments import Clip, Segment, opened
from bot.x_api.web_api import XApi

_UPLOAD = "/2/media/upload"
_ID = re.compile(r"[0-9]{1,19}")
#: Segments under way at once: 100 MB, at some 50 ms to X, wait for two round trips.
_IN_FLIGHT = 12
#: How often one segment is sent at most, and the seconds before each time but the first.
_SENDS, _PAUSE = 3, 1.0
#: Seconds between two looks at the processing: the least and most that X may ask, and ours.
_LEAST, _MOST, _USUAL = 1.0, 30.0, 5.0
#: How long X may process a video.
_PATIENCE = timedelta(minutes=15)
#: Seconds that X keeps media which no post took; it may say fewer.
_KEPT = 24 * 3600
#: X's words for a failure of its own.
_TRANSIENT = re.compile(r"internal|time(d )?.?out|unavailable|try again|capacity", re.IGNORECASE)
#: Characters of an alt text.
_ALT_TEXT = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A video at X that a post can take."""

    id: str
    #: What a post shows of it, unlike the id; no other upload has it.
    key: str
    expires_at: datetime


async def upload_video(api: XApi, path: Path, asset: Asset, place: Place, *, clock: Clock) -> Media:
    """Send *asset*, the file at *path*, and return it when X has processed it.

    Repeatable: every time makes new media. Raises `TargetUnavailable` when it did not get that
    far, `TargetPaused`, and `PostRejected` when the file is not the one that was approved, or X
    does not take it.
    """
    with opened(path, asset.bytes) as clip:
        began = clock.now()
        media = _media(await _initialize(api, asset, place), began)
        await _append_all(api, media.id, clip, place, clock)
    await _process(api, media.id, place, clock)
    return media


def check_alt_text(alt_text: str) -> None:
    """Raise `PostRejected` for more than X takes (docs.x.com, "Create Media Metadata")."""
    if len(alt_text) > _ALT_TEXT:
        raise PostRejected(
            f"The alt text has {len(alt_text)} characters; X takes {_ALT_TEXT}.",
            hint="Shorten it in the template.",
        )


async def describe(api: XApi, media_id: str, alt_text: str, place: Place) -> None:
    """Give the media the text that screen readers read. Repeatable, and charged each time.

    Raises `AmbiguousPost` where X may have done it.
    """
    check_alt_text(alt_text)
    wish = {"id": media_id, "metadata": {"alt_text": {"text": alt_text}}}
    await api.call("POST", "/2/media/metadata", place, json=wish)


async def _initialize(api: XApi, asset: Asset, place: Place) -> Answer:
    wish = {
        "media_type": asset.media_type,
        "total_bytes": asset.bytes,
        "media_category": "tweet_video",
    }
    return await api.read("POST", f"{_UPLOAD}/initialize", place, json=wish)


def _media(answer: Answer, began: datetime) -> Media:
    data = _data(answer)
    name, key = str(data.get("id")), data.get("media_key")
    if not _ID.fullmatch(name) or not isinstance(key, str) or not key:
        raise _broken("X gave it no id")
    kept = data.get("expires_after_secs")
    lasts = min(kept, _KEPT) if isinstance(kept, int) and kept > 0 else _KEPT
    return Media(id=name, key=key, expires_at=began + timedelta(seconds=lasts))


async def _append_all(api: XApi, media_id: str, clip: Clip, place: Place, clock: Clock) -> None:
    waiting = clip.segments()

    async def work() -> None:
        for segment in waiting:  # shared: each takes the next one that nobody has
            await _append(api, media_id, segment, place, clock)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(_IN_FLIGHT):
                group.create_task(work())
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None


async def _append(api: XApi, media_id: str, segment: Segment, place: Place, clock: Clock) -> None:
    """Send one segment; again if it got lost.

    The runner alone retries what people would notice. A segment replaces itself unseen, and one
    lost out of a hundred must not cost the ninety-nine.
    """
    path = f"{_UPLOAD}/{media_id}/append"
    for sent in range(1, _SENDS + 1):
        try:
            await api.call("POST", path, place, content=segment, headers=segment.headers)
        except (AmbiguousPost, TargetUnavailable) as error:
            if error.retry_after is not None:
                raise
            if sent == _SENDS:
                raise _broken(f"segment {segment.index} got lost {_SENDS} times") from error
            await clock.sleep(_PAUSE * sent)
        else:
            return


async def _process(api: XApi, media_id: str, place: Place, clock: Clock) -> None:
    """Return when X is done with the media."""
    until = clock.now() + _PATIENCE
    info, asked = await _finalize(api, media_id, place), 0.0
    while not _is_done(info, place):
        pause = max(_pause(info), asked)
        if clock.now() + timedelta(seconds=pause) > until:
            raise _broken("X has not processed it within a quarter of an hour")
        await clock.sleep(pause)
        try:
            info, asked = await _look(api, media_id, place), 0.0
        except TargetUnavailable as error:  # a look that failed says nothing of the video
            asked = error.retry_after or 0.0


async def _finalize(api: XApi, media_id: str, place: Place) -> Mapping[str, object]:
    """End the upload and return what X tells of the processing.

    Where the answer got lost, the status tells whether X knows the media; if not, it is asked
    again, once.
    """
    path = f"{_UPLOAD}/{media_id}/finalize"
    # An empty object, though nothing is asked for: X has refused to read no body at all.
    for last in (False, True):
        try:
            return _info(await api.call("POST", path, place, json={}))
        except AmbiguousPost as error:
            try:
                return await _look(api, media_id, place)
            except Missing:
                if last:
                    raise _broken("X did not take the end of it") from error
    raise AssertionError


async def _look(api: XApi, media_id: str, place: Place) -> Mapping[str, object]:
    asked = {"command": "STATUS", "media_id": media_id}
    return _info(await api.read("GET", _UPLOAD, place, params=asked))


def _is_done(info: Mapping[str, object], place: Place) -> bool:
    """Return whether a post can take the media; raises if X could not process it."""
    if not info:
        return True
    state = info.get("state")
    if state != "failed":
        return state == "succeeded"
    error = info.get("error")
    about = error if isinstance(error, dict) else {}
    words = clean(" ".join(str(about[k]) for k in ("name", "message") if k in about))
    if _TRANSIENT.search(words):
        raise _broken(f"X failed to process it: “{words}”")
    raise PostRejected(
        f"X could not process the video for {place}" + (f": “{words}”." if words else "."),
        hint="Look at it with `reelbot videos`; X takes H.264 and AAC in MP4.",
    )


def _pause(info: Mapping[str, object]) -> float:
    asked = info.get("check_after_secs")
    return min(max(float(asked), _LEAST), _MOST) if isinstance(asked, int | float) else _USUAL


def _info(answer: Answer) -> Mapping[str, object]:
    info = _data(answer).get("processing_info")
    return info if isinstance(info, dict) else {}


def _data(answer: Answer) -> Mapping[str, object]:
    data = answer.get("data")
    return data if isinstance(data, dict) else {}


def _broken(how: str) -> TargetUnavailable:
    return TargetUnavailable(
        f"The video was not uploaded to X: {how}.", hint="It is tried again by itself."
    )
