"""Acts: what extends a clip never changes what was there, and goes on from its next frame."""

import io
from contextlib import closing
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from bot.studio.renderer import Act, Shot, film, soundtrack
from bot.studio.renderer.backend import open_canvas
from bot.studio.renderer.camera import Camera, Start
from bot.studio.renderer.encode import FRAMES_PER_SECOND, SAMPLE_RATE
from bot.studio.renderer.film import Film
from bot.studio.renderer.layout import compose
from bot.studio.renderer.prompt import asked, parse
from bot.studio.renderer.scenes.reference import ReferenceScene
from bot.studio.renderer.script import Script
from bot.studio.renderer.soundtrack import Passage
from bot.studio.renderer.spec import Move
from bot.studio.renderer.story import story
from bot.studio.renderer.stream import Streams
from bot.studio.renderer.stroll import Stroll

SIZE = (96, 64)
STILL = "a black cat sits by the lake at noon, pan"
NIGHT = ("at night",)


def shot(*acts, prompt=STILL, **options):
    return Shot(prompt=prompt, seed=4, width=SIZE[0], height=SIZE[1], acts=acts, **options)


def frames(wanted, *, only=None):
    """The frames of a shot as drawn, or those whose numbers are in `only`."""
    with closing(story(wanted)) as told, closing(Film(wanted, told, "thorvg")) as drawn:
        shown = enumerate(drawn.frames())
        return [pixels.copy() for index, pixels in shown if only is None or index in only]


def gradient():
    target = io.BytesIO()
    Image.radial_gradient("L").convert("RGB").resize(SIZE).save(target, "png")
    return target.getvalue()


@pytest.mark.parametrize(
    "prompt",
    [
        STILL,
        "a cat walks, static camera, day",
        "a cat runs, zoom in, dawn",
        "a sleeping cat, drifting, rain",
        "a dog runs in the city at night, pan, fog",
        "a cat walks in a cozy room, snow",
        "a bird flies over the meadow, static, wind",
        "a monster in space, tilt, zoom out",
        "a balloon and a kite over the mountains, tracking shot",
        "a boat on the lake, tracking shot, storm",
    ],
)
@pytest.mark.parametrize("changes", [(), NIGHT], ids=["plain", "changed"])
def test_an_extension_leaves_what_was_there_as_it_was(prompt, changes):
    parent = shot(Act(seconds=1, changes=changes), prompt=prompt)
    longer = shot(
        Act(seconds=1, changes=changes),
        Act(seconds=1, changes=(*changes, "snow, a red sky")),
        prompt=prompt,
    )
    drawn = frames(longer)
    assert len(drawn) == 2 * FRAMES_PER_SECOND
    assert np.array_equal(drawn[:FRAMES_PER_SECOND], frames(parent))


def test_an_extension_of_an_extension_leaves_both_as_they_were():
    acts = [Act(seconds=1), Act(seconds=1, changes=NIGHT), Act(seconds=1, changes=("rain",))]
    prompt = "a cat walks, day"
    before = frames(shot(*acts[:2], prompt=prompt))
    assert np.array_equal(frames(shot(*acts, prompt=prompt))[: len(before)], before)


@pytest.mark.parametrize("prompt", [STILL, "a cat runs by the lake at noon"])
def test_the_first_new_frame_is_the_next_one_of_the_same_motion(prompt):
    boundary = range(FRAMES_PER_SECOND - 2, FRAMES_PER_SECOND + 2)
    drawn = frames(
        shot(Act(seconds=1), Act(seconds=1, changes=NIGHT), prompt=prompt), only=boundary
    )
    steps = [np.abs(b.astype(int) - a).mean() for a, b in pairwise(drawn)]
    assert 0 < steps[1] < 1.5 * steps[0] + 0.2


def test_what_changes_fades_in():
    drawn = frames(shot(Act(seconds=1), Act(seconds=2, changes=NIGHT)))
    light = [pixels[..., :3].mean() for pixels in drawn]
    assert light[30] == pytest.approx(light[23], rel=0.15)
    assert light[60] == pytest.approx(light[71], rel=0.05)
    assert light[71] < 0.7 * light[23]
    falls = np.diff(light[24:62])
    assert falls.min() > -10


def test_a_scene_that_changes_nothing_goes_on_without_being_built_again(monkeypatch):
    opened = count_canvases(monkeypatch)
    drawn = frames(shot(Act(seconds=1), Act(seconds=1)))
    assert opened == [1]
    assert not np.array_equal(drawn[23], drawn[47])


def count_canvases(monkeypatch):
    """How many canvases are open after each opening."""
    opened, living = [], set()
    real = film.open_canvas

    def count(*arguments):
        canvas = real(*arguments)
        close = canvas.close
        living.add(id(canvas))
        opened.append(len(living))
        canvas.close = lambda: (living.discard(id(canvas)), close())
        return canvas

    monkeypatch.setattr(film, "open_canvas", count)
    return opened


def test_no_more_than_two_scenes_exist_at_a_time(monkeypatch):
    opened = count_canvases(monkeypatch)
    acts = [Act(seconds=1, changes=(word,)) for word in ("day", "night", "rain", "snow", "dawn")]
    frames(shot(*acts))
    assert opened == [1, 2, 2, 2, 2]


def test_a_picture_lives_on_in_the_acts_after_it():
    acts = (Act(seconds=1), Act(seconds=1, changes=("night, heavy rain",)))
    drawn = frames(shot(*acts, prompt="slow zoom", reference=gradient()))
    parent = frames(shot(acts[0], prompt="slow zoom", reference=gradient()))
    assert np.array_equal(drawn[:24], parent)
    assert drawn[47][..., :3].mean() < 0.7 * drawn[0][..., :3].mean()


@pytest.mark.parametrize("move", list(Move))
@pytest.mark.parametrize("size", [SIZE, (64, 96)], ids=["wide", "tall"])
def test_a_picture_never_shows_what_is_beside_it(move, size):
    width, height = size
    picture = np.full((height, width, 4), 255, np.uint8)
    with closing(open_canvas("thorvg", width, height)) as canvas:
        for seed in range(8):
            spec = replace(parse("a lake", seed), move=move)
            streams = Streams(prompt="a lake", seed=seed)
            nothing = asked(["a lake"])
            scene = ReferenceScene(canvas.root, spec, streams, picture, nothing, seconds=2)
            for t in range(400):
                zoom, _, left, _, _, top = scene._view(t / 20)
                assert max(left, top) <= 0
                assert zoom * width + left >= width
                assert zoom * height + top >= height


def camera(move=Move.STATIC, **options):
    layout = compose(*SIZE, Streams(prompt="", seed=1))
    return Camera(layout=layout, move=move, seconds=4, **options)


@pytest.mark.parametrize("move", list(Move))
def test_a_camera_comes_to_rest_after_its_move(move):
    still = camera(move)
    speed = [(still.travel(t + 0.04) - still.travel(t)) / 0.04 for t in (3.9, 4.0, 5.0, 8.0)]
    assert speed[1] == pytest.approx(speed[0], abs=0.15 * abs(speed[0]) + 1e-9)
    assert abs(speed[3]) < 0.01
    assert still.travel(60) - still.travel(4) <= 0.05 * SIZE[0]


def test_a_following_camera_brings_its_subject_back_without_a_jerk():
    after = camera(speed=20.0, start=Start(at=4.0, lead=30.0, lead_at=4.0, lead_speed=20.0))
    assert after.astray(4.0) == 30.0
    assert after.astray(4.04) == pytest.approx(30.8, abs=0.05)
    assert after.travel(4.0) == 0.0
    assert abs(after.astray(28.0)) < 0.5
    assert max(after.astray(4 + t / 10) for t in range(160)) < 0.6 * SIZE[0]


def test_a_walker_before_a_static_camera_never_leaves_the_picture():
    walk = Stroll(began=0.0, origin=-5.0, speed=10.0, low=-10.0, high=30.0)
    moments = [frame / FRAMES_PER_SECOND for frame in range(60 * FRAMES_PER_SECOND)]
    places, sides = zip(*(walk.at(t) for t in moments), strict=True)
    assert -13 < min(places) < -9
    assert 29 < max(places) < 33
    steps = np.abs(np.diff(places)) * FRAMES_PER_SECOND
    assert steps.max() < 10.1
    assert (min(sides), max(sides)) == (-1.0, 1.0)
    assert np.abs(np.diff(sides)).max() < 0.25


def test_what_stands_still_does_not_stroll():
    still = Stroll(began=0.0, origin=0.0, speed=0.0, low=-10.0, high=30.0)
    assert still.at(50.0) == (0.0, 1.0)


def test_a_later_pan_goes_back_and_shows_nothing_that_was_not_there():
    first = camera(Move.PAN)
    start = Start(at=4.0, travel=first.travel(4.0), reach=first.reach, centre=first.centre)
    second = camera(Move.PAN, start=start)
    assert second.reach == first.reach
    assert second.travel(4.0) == first.travel(4.0)
    assert 0 < second.travel(60.0) < 0.7 * first.travel(4.0)


def test_moves_that_follow_one_another_stay_within_bounds():
    start = Start()
    for act in range(8):
        move = camera(Move.ZOOM_IN, start=start)
        start = Start(at=4.0 * (act + 1), lens=move.lens(4.0 * (act + 1)))
    assert 1.14 < start.lens <= 1.2


def test_the_sound_is_as_long_as_the_clip_and_made_piece_by_piece():
    script = Script(shot(Act(seconds=30), Act(seconds=31), Act(seconds=2, changes=NIGHT)))
    made = []

    def silence(passage):
        def play(seconds):
            made.append(seconds)
            return np.zeros((2, round(seconds * SAMPLE_RATE)), np.float32)

        return Passage(passage.seconds, play)

    passages = [silence(passage) for passage in script.composed(0)]
    assert sum(block.shape[1] for block in soundtrack.mixed(passages)) == 63 * SAMPLE_RATE
    assert max(made) <= 22


def test_sound_goes_over_into_sound_without_a_gap():
    def tone(level):
        return Passage(2, lambda seconds: np.full((2, round(seconds * SAMPLE_RATE)), level, "f4"))

    track = np.concatenate(list(soundtrack.mixed([tone(0.2), tone(0.4)])), axis=1)
    assert track.shape == (2, 4 * SAMPLE_RATE)
    assert np.abs(np.diff(track)).max() < 0.001
    assert track.min() > 0.19
    assert track[0, -1] == pytest.approx(0.4)


def order(**changed):
    script = {
        "prompt": "Mochi by the lake",
        "seed": 3,
        "width": 96,
        "height": 64,
        "acts": [{"seconds": 4, "changes": []}, {"seconds": 8, "changes": ["at night"]}],
        "characters": [{"name": "Mochi", "coat": "#aa5500", "accent": "#00aa88"}],
        "reference": None,
        "footage": None,
    }
    return script | changed


def test_an_order_is_a_shot(tmp_path):
    picture = tmp_path / "picture"
    picture.write_bytes(b"PNG")
    read = Shot.ordered(order(reference=str(picture)))
    assert (read.seconds, read.starts, read.frames) == (12, (0, 4), 288)
    assert read.acts[1] == Act(seconds=8, changes=("at night",))
    assert read.characters[0].accent == "#00aa88"
    assert (read.reference, read.footage) == (b"PNG", None)


@pytest.mark.parametrize(
    "changed",
    [
        {"acts": []},
        {"acts": [{"seconds": 0, "changes": []}]},
        {"acts": [{"seconds": 1.5, "changes": []}]},
        {"acts": [{"seconds": 121, "changes": []}]},
        {"acts": [{"seconds": 4}]},
        {"acts": [{"seconds": 4, "changes": [7]}]},
        {"acts": None},
        {"width": 97},
        {"height": 32},
        {"width": "96"},
        {"width": 8192},
        {"prompt": None},
        {"seed": "3"},
        {"characters": [{"name": "Mochi", "coat": "red", "accent": "#00aa88"}]},
        {"characters": [{"name": " ", "coat": "#aa5500", "accent": "#00aa88"}]},
        {"characters": [{"name": "Mochi"}]},
        {"reference": "/no/such/picture"},
        {"reference": __file__, "footage": __file__},
    ],
    ids=str,
)
def test_an_order_that_cannot_be_rendered_is_refused_in_a_sentence(changed):
    with pytest.raises(ValueError, match=r"^[A-Z].*\.$"):
        Shot.ordered(order(**changed))


def test_an_order_that_lacks_something_says_what():
    lacking = order()
    del lacking["seed"]
    with pytest.raises(ValueError, match="seed"):
        Shot.ordered(lacking)
