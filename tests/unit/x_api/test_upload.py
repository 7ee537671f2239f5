"""A video on its way to X: whole, in constant memory, and again where a piece got lost."""

import asyncio
import random
from datetime import timedelta
from functools import partial

import httpx
import pytest

from bot.domain.video import Asset
from bot.errors import AmbiguousPost, PostRejected, TargetPaused, TargetUnavailable
from bot.x_api import segments
from bot.x_api.upload import describe, upload_video
from bot.x_api.web_api import XApi
from tests.fake_x import HTML, Cut, Processing, RateLimit, Reset, Status

PLACE = "x:@reel"
#: Bytes of a segment here, so that the tests move few.
SEGMENT = 1 << 16
SIZE = 3 * SEGMENT + 7  # four segments


@pytest.fixture(autouse=True)
def small_segments(monkeypatch):
    monkeypatch.setattr(segments, "_SEGMENT", SEGMENT)
    monkeypatch.setattr(segments, "_PIECE", SEGMENT // 4)


@pytest.fixture
def clip(tmp_path):
    path = tmp_path / "clip.mp4"
    path.write_bytes(random.Random(0).randbytes(SIZE))  # no two segments are alike
    return path


def asset(size=SIZE):
    return Asset(sha256="0" * 64, path="clip.mp4", media_type="video/mp4", bytes=size)


async def upload(api, clip, clock, size=SIZE):
    return await upload_video(api, clip, asset(size), PLACE, clock=clock)


@pytest.fixture
def send(api, clip, clock):
    """Uploads the clip."""
    return partial(upload, api, clip, clock)


def only(x):
    [media] = x.library.all.values()
    return media


# --- the way of every video ----------------------------------------------------------------------


async def test_a_video_arrives_whole_and_ready(x, clip, send, clock):
    began = clock.now()
    media = await send()
    there = only(x)
    assert there.holds(clip.read_bytes())
    assert there.state(clock.now()) == "succeeded"
    assert (media.id, media.key) == (there.id, there.key)
    assert media.expires_at == began + timedelta(days=1)
    assert (there.category, there.type) == ("tweet_video", "video/mp4")


@pytest.mark.parametrize("size", [1, SEGMENT, SEGMENT + 1])
async def test_any_size_is_cut_right(x, api, tmp_path, clock, size):
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"x" * size)
    await upload(api, path, clock, size)
    assert only(x).holds(b"x" * size)
    assert x.count("append") == -(-size // SEGMENT)


async def test_a_large_file_takes_larger_segments_rather_than_too_many(tmp_path):
    path = tmp_path / "clip.mp4"
    with path.open("wb") as file:
        file.truncate(5_000_000_000)
    with segments.opened(path, 5_000_000_000) as opened:
        found = list(opened.segments())
    assert found[-1].index == len(found) - 1 == 999


async def test_segments_are_under_way_together_on_kept_connections(x, api, tmp_path, clock):
    path, size = tmp_path / "clip.mp4", 40 * SEGMENT
    with path.open("wb") as file:
        file.truncate(size)
    await upload(api, path, clock, size)
    assert x.count("append") == 40
    assert 2 <= x.connections <= 12


async def test_x_is_asked_as_often_as_it_wants_to_be(x, send, clock):
    x.library.processing = Processing(pending=8, working=16, check_after=6)
    await send()
    assert x.count("status") == 4
    assert clock.elapsed == 24


@pytest.mark.parametrize("asked, waits", [(0, 1), (3600, 30), (None, 5), ("soon", 5), (-3, 1)])
async def test_what_x_asks_for_is_kept_sane(x, send, clock, asked, waits):
    x.library.processing = Processing(pending=0, working=0)
    info = {"state": "processing", "check_after_secs": asked}
    x.fail("finalize", Status(200, {"data": {"processing_info": info}}, happens=True))
    await send()
    assert clock.elapsed == waits


@pytest.mark.parametrize("processing", [Processing(0, 0), Processing(1, 1, vanishes=True)])
async def test_where_x_tells_of_no_processing_there_is_none(x, send, clock, processing):
    x.library.processing = processing
    await send()
    assert only(x).state(clock.now()) == "succeeded"


async def test_media_ends_when_x_says_so_if_that_is_sooner(x, send, clock):
    began = clock.now()
    data = {"id": "1", "media_key": "7_1", "expires_after_secs": 600}
    x.fail("initialize", Status(200, {"data": data}))
    x.fail("append", Status(204, ""), times=4)
    x.fail("finalize", Status(200, {"data": data}))
    media = await send()
    assert media.expires_at == began + timedelta(minutes=10)


# --- pieces that get lost ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [Reset(), Reset(happens=True), Reset(reading=True), Status(503, HTML), Cut(), Status(408)],
)
async def test_a_lost_segment_is_sent_again_alone(x, clip, send, fault):
    x.fail("append", fault, after=1)
    await send()
    assert only(x).holds(clip.read_bytes())
    assert (x.count("initialize"), x.count("append")) == (1, 5)


async def test_a_segment_that_keeps_getting_lost_ends_the_try(x, send):
    x.fail("append", Status(503), times=99)
    with pytest.raises(TargetUnavailable, match="got lost 3 times"):
        await send()
    assert x.count("append") <= 12
    assert x.count("finalize") == 0


async def test_a_rate_limit_ends_the_try_at_once(x, send):
    x.fail("append", RateLimit(70), times=4)
    with pytest.raises(TargetUnavailable, match="slow down") as refused:
        await send()
    assert refused.value.retry_after == pytest.approx(70, abs=2)
    assert x.count("append") <= 4


@pytest.mark.parametrize(
    "fault, kind",
    [(Status(401), TargetPaused), (Status(402), TargetPaused), (Status(400), PostRejected)],
)
@pytest.mark.parametrize("call", ["initialize", "append", "finalize", "status"])
async def test_a_refusal_ends_the_try_as_what_it_is(x, send, call, fault, kind):
    x.fail(call, fault, times=9)
    with pytest.raises(kind):
        await send()
    assert x.count(call) <= 4


@pytest.mark.parametrize("fault", [Reset(), Reset(happens=True), Status(500), Cut()])
async def test_an_upload_that_could_not_begin_is_tried_later(x, send, fault):
    x.fail("initialize", fault)
    with pytest.raises(TargetUnavailable):
        await send()
    assert x.count("append") == 0


@pytest.mark.parametrize(
    "data", [{}, {"id": "1"}, {"id": "../1", "media_key": "7_1"}, {"id": "1", "media_key": 7}, None]
)
async def test_an_upload_without_an_id_is_tried_later(x, send, data):
    x.fail("initialize", Status(200, {"data": data}))
    with pytest.raises(TargetUnavailable, match="gave it no id"):
        await send()
    assert x.count("append") == 0


async def test_a_cancelled_upload_leaves_nothing_running(x, send):
    x.delay = 0.3
    task = asyncio.create_task(send())
    async with asyncio.timeout(10):
        while not x.count("append"):  # noqa: ASYNC110 the fake has no event for it
            await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert x.count("finalize") == 0
    assert [t for t in asyncio.all_tasks() if "work" in repr(t.get_coro())] == []


# --- the end of it -------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [Status(503, happens=True), Reset(happens=True), Cut()])
async def test_an_end_that_x_took_is_known_by_the_status(x, send, clock, fault):
    x.fail("finalize", fault)
    await send()
    assert x.count("finalize") == 1
    assert only(x).state(clock.now()) == "succeeded"


@pytest.mark.parametrize("fault", [Status(503), Reset()])
async def test_an_end_that_x_did_not_take_is_sent_again(x, send, fault):
    x.fail("finalize", fault)
    await send()
    assert (x.count("finalize"), x.count("append")) == (2, 4)


async def test_an_end_that_x_never_takes_is_tried_later(x, send):
    x.fail("finalize", Status(503), times=9)
    with pytest.raises(TargetUnavailable, match="did not take the end"):
        await send()
    assert x.count("finalize") == 2


@pytest.mark.parametrize("fault", [Status(503), Reset(), RateLimit(20), Cut()])
async def test_a_look_that_failed_says_nothing_of_the_video(x, send, fault):
    x.fail("status", fault, times=2)
    await send()
    assert x.count("initialize") == 1


async def test_a_video_that_x_cannot_process_is_refused(x, send):
    x.library.processing = Processing(fails=True)
    with pytest.raises(PostRejected, match="could not process the video for x:@reel"):
        await send()


@pytest.mark.parametrize(
    "error, kind, words",
    [
        (
            {"code": 1, "name": "InvalidMedia", "message": "Unsupported video format"},
            PostRejected,
            "“InvalidMedia Unsupported video format”",
        ),
        ({"name": "InternalError", "message": "oops"}, TargetUnavailable, "“InternalError oops”"),
        ({"message": "The request timed out"}, TargetUnavailable, "timed out"),
        ("no", PostRejected, "could not process"),
    ],
)
async def test_a_failure_of_x_itself_is_tried_later(x, send, error, kind, words):
    info = {"state": "failed", "error": error}
    x.fail("status", Status(200, {"data": {"processing_info": info}}))
    with pytest.raises(kind) as refused:
        await send()
    assert words in str(refused.value)


async def test_processing_without_end_is_tried_later(x, send, clock):
    x.library.processing = Processing(pending=1, working=10**6, check_after=60)
    with pytest.raises(TargetUnavailable, match="quarter of an hour"):
        await send()
    assert clock.elapsed == pytest.approx(900, abs=30)


# --- the file ------------------------------------------------------------------------------------


async def test_a_file_of_another_size_is_not_uploaded(x, send):
    with pytest.raises(PostRejected, match=f"has {SIZE} bytes instead of 10"):
        await send(10)
    assert not x.calls


async def test_a_file_that_is_gone_is_not_uploaded(x, clip, send):
    clip.unlink()
    with pytest.raises(PostRejected, match="cannot be read"):
        await send()
    assert not x.calls


async def test_a_file_that_becomes_shorter_meanwhile_is_not_posted(x, api, clip, clock):
    class Shortening(httpx.Auth):
        """Cuts the file when the upload has begun."""

        def auth_flow(self, request):
            if request.url.path.endswith("initialize"):
                clip.write_bytes(b"short")
            yield from api._auth.auth_flow(request)

    cut = XApi(api._client, Shortening(), clock=clock)
    with pytest.raises(PostRejected, match="became shorter"):
        await upload(cut, clip, clock)
    assert x.count("finalize") == 0


# --- alt text ------------------------------------------------------------------------------------


async def test_alt_text_stands_with_the_media(x, api, send):
    media = await send()
    await describe(api, media.id, "A tabby in a red boat.", PLACE)
    assert only(x).alt_text == "A tabby in a red boat."


async def test_alt_text_may_be_sent_again(x, api, send):
    media = await send()
    x.fail("metadata", Reset(happens=True))
    with pytest.raises(AmbiguousPost):
        await describe(api, media.id, "A cat.", PLACE)
    await describe(api, media.id, "A cat.", PLACE)
    assert only(x).alt_text == "A cat."


async def test_alt_text_that_is_too_long_is_counted_before_it_is_sent(x, api):
    with pytest.raises(PostRejected, match="has 1001 characters; X takes 1000"):
        await describe(api, "1", "x" * 1001, PLACE)
    assert not x.calls
