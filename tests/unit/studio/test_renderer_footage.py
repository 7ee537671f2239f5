"""Uploaded clips: what they are, how they play, and that a hostile one is only refused."""

import random
from contextlib import closing
from fractions import Fraction

import av
import numpy as np
import pytest

from bot.studio.renderer import Act, Shot, UnusableReference, footage, render
from bot.studio.renderer.encode import SAMPLE_RATE
from bot.studio.renderer.film import Film
from bot.studio.renderer.story import story
from tests.clips import clip, truncated

SIZE = (96, 64)
ORANGE, BLUE = (226, 120, 48), (24, 60, 210)


def subject(path, *, rotation=None, aspect=Fraction(1), fps=25, frames=50, codec="libx264"):
    """An orange ball with a blue band that rolls over pale ground; red marks the upper left."""
    width, height = 160, 90
    y, x = np.mgrid[0:height, 0:width]
    with av.open(str(path), "w", format="matroska" if codec == "ffv1" else "mp4") as out:
        video = out.add_stream(codec, rate=fps)
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        video.codec_context.sample_aspect_ratio = aspect
        if rotation is not None:
            video.set_display_rotation(rotation)
        for index in range(frames):
            picture = np.full((height, width, 3), (170, 176, 172), np.uint8)
            ball = np.hypot(x - 50 - index, y - 50) < 26
            picture[ball] = ORANGE
            picture[ball & (np.abs(y - 50) < 7)] = BLUE
            picture[:20, :20] = (255, 0, 0)
            out.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(video.encode(None))
    return path


@pytest.fixture(scope="module")
def ball(tmp_path_factory):
    return subject(tmp_path_factory.mktemp("footage") / "ball.mp4")


def saved(tmp_path, data):
    path = tmp_path / "clip"
    path.write_bytes(data)
    return path


def shot(path, *acts, size=SIZE):
    return Shot(
        prompt="pan", seed=1, width=size[0], height=size[1], acts=acts or (Act(seconds=2),),
        footage=path,
    )  # fmt: skip


def frames(wanted):
    with closing(story(wanted)) as told, closing(Film(wanted, told, "thorvg")) as film:
        return [pixels.copy() for pixels in film.frames()]


def distance(colour, wanted):
    channels = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    return max(abs(ours - theirs) for ours, theirs in zip(channels, wanted, strict=True))


def test_a_look_says_size_length_and_the_two_telling_colours(ball):
    seen = footage.look(ball)
    assert (seen.width, seen.height, seen.seconds) == (160, 90, 2.0)
    assert distance(seen.coat, ORANGE) < 30
    assert distance(seen.accent, BLUE) < 60


def test_a_look_at_grey_says_grey(tmp_path):
    seen = footage.look(saved(tmp_path, clip(look="black", seconds=0.5)))
    assert distance(seen.coat, (0, 0, 0)) < 20


def test_looking_repeats_itself(ball):
    assert footage.look(ball) == footage.look(ball)


@pytest.mark.parametrize(
    "options",
    [
        {"codec": "libx264", "fps": 60},
        {"codec": "mpeg4", "fps": 12, "audio": None},
        {"codec": "libvpx-vp9", "container": "webm", "audio": "libopus"},
        {"codec": "mjpeg", "container": "avi", "pixels": "yuvj420p", "audio": None},
        {"codec": "libx265", "pixels": "yuv420p10le"},
        {"codec": "gif", "container": "gif", "pixels": "rgb8", "audio": None, "fps": 10},
    ],
    ids=lambda options: options["codec"],
)
def test_any_common_clip_plays(tmp_path, options):
    path = saved(tmp_path, clip(width=64, height=48, seconds=1.0, **options))
    assert footage.look(path).seconds == pytest.approx(1.0, abs=0.1)
    drawn = frames(shot(path, Act(seconds=1)))
    assert len(drawn) == 24
    assert not np.array_equal(drawn[0], drawn[20])


def test_footage_plays_at_its_own_speed(ball):
    drawn = frames(shot(ball, size=(160, 90)))

    def place(pixels):
        orange = np.abs(pixels[..., 2::-1].astype(int) - ORANGE).max(axis=2) < 40
        return orange.nonzero()[1].mean()

    assert place(drawn[36]) - place(drawn[12]) == pytest.approx(25, abs=1.5)


def test_without_words_footage_stays_as_it_is(ball):
    first = frames(shot(ball, size=(160, 90)))[0]
    assert np.abs(first[80, 10, 2::-1].astype(int) - (170, 176, 172)).max() < 8
    assert np.abs(first[10, 10, 2::-1].astype(int) - (255, 0, 0)).max() < 24


@pytest.mark.parametrize(
    "words, seen",
    [
        ("make it night", lambda before, after: after.mean() < 0.6 * before.mean()),
        ("golden hour", lambda before, after: after[..., 0].mean() < 0.9 * before[..., 0].mean()),
        (
            "a teal palette",
            lambda before, after: after[..., 2].mean() < 0.9 * before[..., 2].mean(),
        ),
        ("heavy snow", lambda before, after: (after.min(axis=2) > 225).sum() > 20),
    ],
    ids=["night", "golden", "teal", "snow"],
)
def test_an_edit_shows_what_the_words_ask(ball, words, seen):
    size = (320, 180)
    before = frames(shot(ball, Act(seconds=1), size=size))[12][..., :3].astype(float)
    after = frames(shot(ball, Act(seconds=1, changes=(words,)), size=size))[12][..., :3]
    assert seen(before, after.astype(float))


def test_an_extension_goes_on_from_the_last_picture(ball):
    drawn = frames(shot(ball, Act(seconds=2), Act(seconds=2, changes=("night",))))
    assert np.array_equal(drawn[:48], frames(shot(ball)))
    assert np.array_equal(drawn[48], frames(shot(ball, Act(seconds=3)))[60])
    assert drawn[-1][..., :3].mean() < 0.75 * drawn[47][..., :3].mean()


def test_past_its_end_footage_rests_on_its_last_picture(ball):
    drawn = frames(shot(ball, Act(seconds=3)))
    assert np.array_equal(drawn[50], drawn[71])
    assert not np.array_equal(drawn[40], drawn[50])


@pytest.mark.parametrize("rotation, corner", [(-90, (10, 75)), (90, (145, 10)), (180, (75, 145))])
def test_footage_is_shown_upright(tmp_path, rotation, corner):
    path = subject(tmp_path / "turned.mp4", rotation=rotation, frames=3)
    seen, size = footage.look(path), ((160, 90) if rotation == 180 else (90, 160))
    assert (seen.width, seen.height) == size
    first = frames(shot(path, Act(seconds=1), size=size))[0]
    row, column = corner
    assert first[row, column, 2] > 220
    assert first[row, column, 1] < 40


def test_wide_pixels_are_shown_wide(tmp_path):
    path = subject(tmp_path / "wide.mp4", aspect=Fraction(3, 2), frames=3)
    assert footage.look(path).width == 240


def test_the_clip_keeps_the_sound_of_its_footage(tmp_path):
    path = saved(tmp_path, clip(width=64, height=48, seconds=1.0, channels="mono"))
    folder = tmp_path / "out"
    folder.mkdir()
    made = render(shot(path, Act(seconds=1)), folder, lambda _: None, backend="thorvg")
    with av.open(str(made.video)) as container:
        blocks = [frame.to_ndarray() for frame in container.decode(audio=0)]
    spectrum = np.abs(
        np.fft.rfft(np.concatenate(blocks, axis=1)[0, 4096 : 4096 + SAMPLE_RATE // 2])
    )
    assert abs(spectrum.argmax() * 2 - 440) <= 2


def test_the_weather_that_was_asked_for_is_heard_too(tmp_path):
    path = saved(tmp_path, clip(width=64, height=48, seconds=1.0))

    def treble(changes):
        with closing(story(shot(path, Act(seconds=1, changes=changes)))) as told:
            (passage,) = told.passages()
            spectrum = np.abs(np.fft.rfft(passage.play(1.0)[0]))
        return spectrum[2000:8000].mean()

    assert treble(("heavy rain",)) > 5 * treble(("at night",))


def test_a_clip_without_sound_is_given_some(tmp_path):
    path = saved(tmp_path, clip(width=64, height=48, seconds=1.0, audio=None))
    assert not footage.sounds(path)
    folder = tmp_path / "out"
    folder.mkdir()
    made = render(shot(path, Act(seconds=1)), folder, lambda _: None, backend="thorvg")
    with av.open(str(made.video)) as container:
        loudest = max(np.abs(frame.to_ndarray()).max() for frame in container.decode(audio=0))
    assert loudest > 0.05


def hostile():
    """Files that are no clip, by name."""
    sound = clip(width=64, height=48, seconds=0.2)
    return {
        "empty": b"",
        "text": b"a cat by the lake\n" * 40,
        "playlist": b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/hostname\n",
        "list": b"ffconcat version 1.0\nfile /etc/hostname\n",
        "header": sound[:400],
        "zeros": bytes(100_000),
        "svg": b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>',
    }


@pytest.mark.parametrize("name", hostile())
def test_what_is_no_clip_is_refused_in_a_sentence(tmp_path, name):
    path = saved(tmp_path, hostile()[name])
    for attempt in (footage.look, lambda file: footage.Reel(file, *SIZE)):
        with pytest.raises(UnusableReference, match=r"^The clip .*\.$"):
            attempt(path)


def test_a_sound_file_is_refused(tmp_path):
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w", format="mp4") as out:
        audio = out.add_stream("aac", rate=48_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 48_000), "f4"), "fltp", "mono")
        frame.sample_rate = 48_000
        out.mux(audio.encode(frame))
        out.mux(audio.encode(None))
    with pytest.raises(UnusableReference, match="no video"):
        footage.look(path)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(UnusableReference, match="cannot be opened"):
        footage.look(tmp_path / "nothing")


def test_a_clip_that_is_too_long_is_refused_however_small(tmp_path):
    path = saved(tmp_path, clip(width=32, height=32, seconds=61, fps=1, audio=None, look="still"))
    with pytest.raises(UnusableReference, match="longer than 60 seconds"):
        footage.look(path)


@pytest.mark.parametrize("size", [(4098, 64), (160, 16)], ids=["large", "slim"])
def test_impossible_sizes_are_refused(tmp_path, size):
    options = {"codec": "mjpeg", "container": "avi", "pixels": "yuvj420p", "audio": None}
    data = clip(width=size[0], height=size[1], seconds=0.1, look="still", **options)
    with pytest.raises(UnusableReference, match=f"is {size[0]}x{size[1]}"):
        footage.look(saved(tmp_path, data))


def test_a_clip_that_breaks_off_plays_as_far_as_it_goes(tmp_path):
    path = saved(tmp_path, truncated(clip(width=64, height=48, seconds=1.0, look="noise"), 0.7))
    assert len(frames(shot(path, Act(seconds=1)))) == 24


@pytest.mark.parametrize("seed", range(12))
def test_a_damaged_clip_plays_or_is_refused_but_never_more(tmp_path, seed):
    damaged = bytearray(clip(width=64, height=48, seconds=0.5))
    chance = random.Random(seed)
    for _ in range(chance.choice((3, 40, 400))):
        damaged[chance.randrange(len(damaged))] = chance.randrange(256)
    path = saved(tmp_path, bytes(damaged))
    try:
        footage.look(path)
        drawn = frames(shot(path, Act(seconds=1)))
    except UnusableReference:
        return
    assert len(drawn) == 24


def test_a_render_of_broken_footage_leaves_nothing_behind(tmp_path):
    path, folder = saved(tmp_path, b"no clip"), tmp_path / "out"
    folder.mkdir()
    with pytest.raises(UnusableReference):
        render(shot(path), folder, lambda _: None, backend="thorvg")
    assert list(folder.iterdir()) == []
