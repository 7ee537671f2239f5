import io
import random
import wave

import pytest

from bot.errors import MediaError, Truncated, Unusable
from bot.media import Library
from tests.clips import chunks, clip, cut_at_box, truncated


@pytest.fixture
def library(tmp_path):
    return Library(tmp_path)


async def inspect(library, data):
    return await library.inspect(await library.save(chunks(data), "video/mp4"))


async def test_a_good_clip_is_described_and_nothing_is_odd_about_it(library):
    found = await inspect(library, clip(seconds=1, fps=24))
    assert (found.container, found.video_codec, found.pixel_format, found.audio_codec) == (
        "mp4",
        "h264",
        "yuv420p",
        "aac",
    )
    assert (found.width, found.height, found.frames, found.fps) == (320, 180, 24, 24.0)
    assert found.seconds == pytest.approx(1.0, abs=0.05)
    assert found.faststart
    assert found.simulated
    assert found.findings == ()


@pytest.mark.parametrize(
    "variation,finding",
    [
        ({"audio": None}, "It has no sound."),
        ({"volume": 0.0}, "It has a sound track, but all of it is silent."),
        ({"look": "black"}, "It is black from the first to the last frame."),
        ({"look": "still"}, "The picture never changes."),
        (
            {"faststart": False},
            "It must be loaded whole before it plays (not faststart).",
        ),
    ],
)
async def test_what_is_odd_is_one_finding(library, variation, finding):
    assert (await inspect(library, clip(**variation))).findings == (finding,)


async def test_full_range_and_other_pixel_formats_can_be_looked_at(library):
    found = await inspect(library, clip(codec="libx264rgb", pixels="rgb24"))
    assert (found.pixel_format, found.findings) == ("gbrp", ())


@pytest.mark.parametrize(
    "metadata,simulated",
    [
        ((("comment", "SIMULATED by the studio"),), True),
        ((("description", "SIMULATED by the studio"),), True),
        ((("comment", "not SIMULATED at all"),), False),
        ((), False),
    ],
)
async def test_a_file_that_says_so_is_simulated(library, metadata, simulated):
    assert (await inspect(library, clip(metadata=metadata))).simulated is simulated


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("faststart", [True, False])
async def test_a_download_that_ends_too_early_is_truncated(library, faststart, keep):
    with pytest.raises(Truncated) as caught:
        await inspect(library, truncated(clip(faststart=faststart), keep))
    assert caught.value.retryable


async def test_a_file_cut_exactly_before_its_index_is_truncated(library):
    with pytest.raises(Truncated, match="index"):
        await inspect(library, cut_at_box(clip(faststart=False), b"moov"))


async def test_a_file_that_promises_more_frames_than_play_is_truncated(library):
    """Its boxes add up, as after a proxy that pads a broken transfer with zeros."""
    data = clip(look="noise")
    whole = truncated(data, 0.5).ljust(len(data), b"\0")
    with pytest.raises(Truncated, match="of 24 frames"):
        await inspect(library, whole)


async def test_an_empty_download_is_truncated(library):
    with pytest.raises(Truncated, match="empty"):
        await inspect(library, b"")


@pytest.mark.parametrize(
    "data", [b"<html>Bad gateway</html>" * 50, bytes(range(256)) * 20, b"{}"], ids=str
)
async def test_garbage_is_unusable_with_a_hint(library, data):
    with pytest.raises(Unusable) as caught:
        await inspect(library, data)
    assert caught.value.hint
    assert not caught.value.retryable


async def test_a_sound_file_is_unusable(library, tmp_path):
    sound = io.BytesIO()
    with wave.open(sound, "wb") as out:
        out.setparams((1, 2, 8000, 800, "NONE", ""))
        out.writeframes(bytes(1600))
    with pytest.raises(Unusable, match="no video"):
        await inspect(library, sound.getvalue())


async def test_a_file_that_has_gone_is_unusable_and_says_so(library):
    asset = await library.save(chunks(clip()), "video/mp4")
    library.path(asset).unlink()
    with pytest.raises(Unusable, match="no longer in the media library"):
        await library.inspect(asset)


async def test_a_picture_in_a_codec_that_nobody_knows_is_unusable(library):
    with pytest.raises(Unusable, match="no video that can be played"):
        await inspect(library, clip().replace(b"avc1", b"zzzz"))


async def test_sound_in_a_codec_that_nobody_knows_counts_as_no_sound(library):
    data = clip().replace(b"mp4a", b"zzzz")
    data = data.replace(b"esds", b"zzzz")
    found = await inspect(library, data)
    assert found.audio_codec is None
    assert found.findings == ("It has no sound.",)


async def test_whatever_happens_to_a_file_on_its_way_it_ends_as_video_or_as_media_error(library):
    """A traceback would tell nobody what to do."""
    chance = random.Random(7)
    for _ in range(60):
        data = bytearray(clip(seconds=0.25))
        for _ in range(chance.choice([1, 5, 30])):
            data[chance.randrange(3000)] = chance.randrange(256)
        try:
            await inspect(library, bytes(data))
        except MediaError:
            continue
