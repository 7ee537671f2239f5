"""Whole clips, as the studio's worker asks for them."""

import io

import av
import numpy as np
import pytest
from PIL import Image

from bot.studio.renderer import Act, Shot, UnusableReference, render
from bot.studio.renderer.encode import Encoder

SHOT = Shot(
    prompt="a curious cat by the lake", seed=7, width=320, height=180, acts=(Act(seconds=4),)
)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """One full clip for all the facts asked of it."""
    folder, seen = tmp_path_factory.mktemp("clip"), []
    return render(SHOT, folder, seen.append, backend="thorvg"), seen


def test_it_is_h264_and_aac_of_exactly_the_size_and_length_asked_for(rendered):
    with av.open(str(rendered[0].video)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        context = video.codec_context
        assert (context.name, context.profile, context.pix_fmt) == ("h264", "High", "yuv420p")
        assert (context.width, context.height, video.average_rate) == (320, 180, 24)
        assert (video.frames, float(video.duration * video.time_base)) == (96, 4.0)
        assert video.sample_aspect_ratio == 1
        assert (context.colorspace, context.color_range) == (1, 1)
        assert (audio.codec_context.name, audio.codec_context.profile) == ("aac", "LC")
        assert (audio.rate, audio.layout.name) == (48_000, "stereo")
        assert float(audio.duration * audio.time_base) == 4.0
        assert container.duration == 4_000_000


def test_every_frame_decodes(rendered):
    with av.open(str(rendered[0].video)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 96


def test_it_can_be_played_before_it_is_fully_loaded(rendered):
    data = rendered[0].video.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_its_metadata_says_simulated_and_what_drew_it(rendered):
    clip, _ = rendered
    with av.open(str(clip.video)) as container:
        metadata = dict(container.metadata)
    comment = metadata["comment"]
    assert comment.startswith("SIMULATED: procedural preview renderer, not an AI model")
    assert clip.backend in comment
    assert comment.endswith("seed 7")
    assert "creation_time" not in metadata


def test_the_stills_are_there_in_their_sizes(rendered):
    clip, _ = rendered
    with Image.open(clip.thumbnail) as thumbnail, Image.open(clip.spritesheet) as sheet:
        assert (thumbnail.format, thumbnail.size) == ("WEBP", (320, 180))
        assert (sheet.format, sheet.size) == ("JPEG", (1280, 720))
        cells = [sheet.crop((x, 0, x + 320, 180)).tobytes() for x in (0, 960)]
    assert cells[0] != cells[1]


def test_progress_rises_to_100(rendered):
    _, seen = rendered
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0, 100)


def test_the_same_shot_gives_the_same_bytes(rendered, tmp_path):
    clip, _ = rendered
    again = render(SHOT, tmp_path, lambda _: None, backend="thorvg")
    for name in ("video", "thumbnail", "spritesheet"):
        assert getattr(again, name).read_bytes() == getattr(clip, name).read_bytes()


def test_a_reference_picture_survives_decoding(tmp_path):
    picture = Image.radial_gradient("L").convert("RGB").resize((320, 180))
    data = io.BytesIO()
    picture.save(data, "png")
    shot = Shot(
        prompt="static",
        seed=1,
        width=320,
        height=180,
        acts=(Act(seconds=1),),
        reference=data.getvalue(),
    )
    clip = render(shot, tmp_path, lambda _: None, backend="thorvg")
    with av.open(str(clip.video)) as container:
        first = next(container.decode(video=0)).to_image()
    middle = (60, 40, 200, 120)
    pairs = zip(
        first.crop(middle).convert("L").tobytes(),
        picture.crop(middle).convert("L").tobytes(),
        strict=True,
    )
    errors = [abs(ours - theirs) for ours, theirs in pairs]
    assert sum(errors) / len(errors) < 4


def test_a_failed_render_leaves_nothing_behind(tmp_path):
    acts = (Act(seconds=1),)
    shot = Shot(prompt="cat", seed=1, width=320, height=180, acts=acts, reference=b"no picture")
    with pytest.raises(UnusableReference):
        render(shot, tmp_path, lambda _: None, backend="thorvg")
    assert list(tmp_path.iterdir()) == []


def test_a_render_given_up_in_the_middle_leaves_nothing_behind(tmp_path):
    def stop(percent):
        if percent > 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render(SHOT, tmp_path, stop, backend="thorvg")
    assert list(tmp_path.iterdir()) == []


def test_an_error_while_encoding_reaches_the_caller(tmp_path):
    def broken():
        raise RuntimeError("no sound today")

    pixels = np.zeros((64, 64, 4), np.uint8)

    def film():
        path = tmp_path / "a.mp4"
        with Encoder(path, width=64, height=64, sound=broken, comment="") as encoder:
            for _ in range(9):
                encoder.add(pixels)

    with pytest.raises(RuntimeError, match="no sound today"):
        film()


@pytest.mark.parametrize(
    "size, seconds", [((321, 180), 4), ((320, 0), 4), ((320, 180), 0)], ids=["odd", "flat", "short"]
)
def test_impossible_shots_are_refused(size, seconds):
    def shot():
        acts = (Act(seconds=seconds),)
        return Shot(prompt="", seed=0, width=size[0], height=size[1], acts=acts)

    with pytest.raises(ValueError, match=r"clip"):
        shot()
