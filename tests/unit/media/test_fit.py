import struct
from uuid import UUID

import av
import numpy as np
import pytest

from bot.domain.post import Limits
from bot.errors import Unusable
from bot.media import Library
from bot.publishers.limits import X
from tests.clips import chunks, clip

#: The box of a C2PA manifest.
C2PA = UUID("d8fec3d6-1b0e-483c-9297-5828877ec481").bytes


@pytest.fixture
def library(tmp_path):
    return Library(tmp_path)


async def fitted(library, data, limits=X):
    """Return the asset, the one made to fit, and what is in that."""
    asset = await library.save(chunks(data), "video/mp4")
    fit = await library.fit(asset, await library.inspect(asset), limits)
    return asset, fit, await library.inspect(fit)


def packets(path, kind):
    with av.open(str(path)) as container:
        return b"".join(bytes(p) for p in container.demux() if p.stream.type == kind)


@pytest.mark.parametrize("variation", [{}, {"audio": None}, {"channels": "mono"}, {"fps": 60}])
async def test_a_video_that_fits_is_returned_as_it_is(library, variation):
    asset, fit, _ = await fitted(library, clip(**variation))
    assert fit == asset


@pytest.mark.parametrize("faststart", [True, False])
@pytest.mark.parametrize("wide", [True, False])
async def test_a_signed_account_of_its_making_is_kept_where_the_video_fits(
    library, faststart, wide
):
    """C2PA: the signature holds for these bytes, so none of them may be written anew."""
    manifest = C2PA + b"\0" * 40
    head = struct.pack(">I4sQ", 1, b"uuid", 16 + len(manifest))
    if not wide:
        head = struct.pack(">I4s", 8 + len(manifest), b"uuid")
    data = clip(faststart=faststart)
    asset, fit, _ = await fitted(library, data + head + manifest)
    assert fit == asset


async def test_another_box_of_a_maker_keeps_nothing_from_being_rewrapped(library):
    other = struct.pack(">I4s", 24, b"uuid") + b"\1" * 16
    asset, fit, found = await fitted(library, clip(faststart=False) + other)
    assert fit != asset
    assert found.faststart


@pytest.mark.parametrize("variation", [{"faststart": False}, {"container": "matroska"}])
async def test_a_wrong_wrapping_is_changed_without_touching_picture_or_sound(library, variation):
    asset, fit, found = await fitted(library, clip(**variation))
    assert (found.container, found.faststart, found.frames) == ("mp4", True, 24)
    assert packets(library.path(fit), "audio") == packets(library.path(asset), "audio")
    if asset.path.endswith(".mp4") and "container" not in variation:
        assert packets(library.path(fit), "video") == packets(library.path(asset), "video")


@pytest.mark.parametrize(
    "variation",
    [
        {"codec": "libvpx-vp9", "audio": "libopus", "container": "webm"},
        {"codec": "mpeg4"},
        {"pixels": "yuv444p", "width": 321, "height": 181},
        {"codec": "libx264rgb", "pixels": "rgb24"},
        {"audio": "libmp3lame"},
        {"codec": "libx265"},
        {"channels": "5.1"},
        {"fps": 120},
    ],
    ids=lambda v: "-".join(map(str, v.values())),
)
async def test_any_other_video_becomes_h264_and_aac(library, variation):
    _, fit, found = await fitted(library, clip(**variation))
    assert (found.container, found.video_codec, found.pixel_format, found.audio_codec) == (
        "mp4",
        "h264",
        "yuv420p",
        "aac",
    )
    assert found.faststart
    assert found.fps <= 60.1
    assert found.seconds == pytest.approx(1.0, abs=0.06)
    assert found.findings == ()
    assert fit.media_type == "video/mp4"


@pytest.mark.parametrize(
    "size,expected",
    [
        ((1792, 1024), (1280, 730)),
        ((1024, 1792), (730, 1280)),
        ((1080, 1080), (1024, 1024)),
    ],
)
async def test_a_larger_video_is_scaled_in_its_own_shape(library, size, expected):
    asset, fit, found = await fitted(library, clip(width=size[0], height=size[1], seconds=0.5))
    assert (found.width, found.height) == expected
    assert found.frames == 12
    assert packets(library.path(fit), "audio") == packets(library.path(asset), "audio")


@pytest.mark.parametrize("size", [(1800, 600), (600, 1800), (1794, 600), (98, 33), (97, 33)])
async def test_the_longest_shape_that_fits_is_not_made_longer_by_rounding(library, size):
    data = clip(pixels="yuv444p", width=size[0], height=size[1], seconds=0.5)
    _, fit, found = await fitted(library, data)
    short, long = sorted((found.width, found.height))
    assert long <= 3 * short
    assert max(size) / min(size) == pytest.approx(long / short, rel=0.04)
    assert X.misfit(found.width, found.height, found.seconds) is None
    assert await library.fit(fit, found, X) == fit


@pytest.mark.parametrize(
    "variation, why",
    [
        ({"width": 1280, "height": 400}, r"no shape longer than 3:1, not 1280x400\."),
        ({"width": 400, "height": 1280}, r"no shape longer than 3:1, not 400x1280\."),
        ({"width": 600, "height": 300, "aspect": (2, 1)}, r"3:1, not 1200x300\."),
        ({"width": 64, "height": 30}, r"no side shorter than 32 pixels, not 64x30\."),
        ({"seconds": 0.25, "audio": None}, r"at least 0\.5 seconds, not 0\.25\."),
    ],
    ids=str,
)
async def test_what_no_scaling_makes_fit_is_refused(library, tmp_path, variation, why):
    with pytest.raises(Unusable, match=why) as caught:
        await fitted(library, clip(**variation))
    assert caught.value.hint
    assert len(list(tmp_path.iterdir())) == 1, "the video as it came, and no other"


@pytest.mark.parametrize("size", [(720, 1280), (1280, 720)])
async def test_limits_hold_in_either_orientation(library, size):
    asset, fit, _ = await fitted(library, clip(width=size[0], height=size[1], seconds=0.5))
    assert fit == asset


async def test_pixels_that_are_not_square_become_square(library):
    _, _, found = await fitted(library, clip(aspect=(4, 3)))
    assert (found.width, found.height) == (426, 180)


async def test_colours_survive(library):
    asset, fit, _ = await fitted(library, clip(width=1792, height=1024, seconds=0.5))

    def middle(asset):
        with av.open(str(library.path(asset))) as container:
            frame = next(container.decode(video=0)).reformat(64, 36, "rgb24")
            return frame.to_ndarray().astype(int)

    assert np.abs(middle(fit) - middle(asset)).mean() < 3


@pytest.mark.parametrize(
    "variation",
    [
        {"faststart": False},
        {"pixels": "yuv444p"},
        {"container": "matroska"},
        {"codec": "libvpx-vp9", "audio": "libopus", "container": "webm"},
        {"container": "matroska", "metadata": (("odd_key", "SIMULATED under an odd key"),)},
    ],
    ids=str,
)
async def test_the_stamp_survives_whatever_is_done(library, variation):
    """Losing it would let an imitation reach a live account."""
    _, fit, found = await fitted(library, clip(**variation))
    assert found.simulated
    with av.open(str(library.path(fit))) as container:
        assert container.metadata["comment"].startswith("SIMULATED")


async def test_a_stamp_that_is_not_utf_8_is_read_and_survives(library):
    latin = clip(pixels="yuv444p").replace(b"made by", b"m\xe4de by")
    assert b"m\xe4de by" in latin
    _, _, found = await fitted(library, latin)
    assert found.simulated


async def test_a_video_too_big_in_bytes_is_made_smaller(library):
    small = Limits(max_width=1280, max_height=1024, max_seconds=140, max_bytes=120_000)
    asset, fit, found = await fitted(library, clip(look="noise"), small)
    assert asset.bytes > 500_000
    assert fit.bytes <= 120_000
    assert found.frames == 24


async def test_a_video_that_cannot_be_made_small_enough_is_unusable(library, tmp_path):
    tiny = Limits(max_width=1280, max_height=1024, max_seconds=140, max_bytes=6_000)
    with pytest.raises(Unusable, match=r"smaller than 0\.006 MB"):
        await fitted(library, clip(look="noise"), tiny)
    assert not list(tmp_path.glob("*.part"))


async def test_a_video_that_is_too_long_is_refused_and_never_cut(library):
    short = Limits(max_width=1280, max_height=1024, max_seconds=0.5, max_bytes=10**9)
    with pytest.raises(Unusable, match=r"lasts 1\.0 seconds; 0\.5 are the most") as caught:
        await fitted(library, clip(), short)
    assert "never cut" in caught.value.hint


@pytest.mark.parametrize(
    "variation",
    [
        {"pixels": "yuv444p"},
        {"container": "matroska", "fps": 60},
        {"fps": 120},
        {"faststart": False},
    ],
    ids=str,
)
async def test_what_was_made_to_fit_fits(library, variation):
    _, fit, found = await fitted(library, clip(**variation))
    assert await library.fit(fit, found, X) == fit


async def test_the_original_is_left_alone(library):
    data = clip(pixels="yuv444p")
    asset, fit, _ = await fitted(library, data)
    assert fit != asset
    assert library.path(asset).read_bytes() == data
