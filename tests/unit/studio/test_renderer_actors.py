"""The subjects, each alone on a plain ground, drawn small: what people must see in them."""

import colorsys
import importlib
import itertools
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from bot.studio.renderer.actors import bird
from bot.studio.renderer.actors.monster_stance import BOUND, WADDLE
from bot.studio.renderer.backend import open_canvas
from bot.studio.renderer.camera import Camera
from bot.studio.renderer.colour import luminance, octets, rgb
from bot.studio.renderer.layout import compose
from bot.studio.renderer.palette import palette
from bot.studio.renderer.path import Path
from bot.studio.renderer.prompt import parse
from bot.studio.renderer.spec import Mood, Move, Pose
from bot.studio.renderer.stage import Stage
from bot.studio.renderer.stream import Streams

NOUNS = ("dog", "monster", "kite", "cup", "balloon", "bird")
ALIVE = ("dog", "monster", "bird")
SIDE = 176
SCALE = 0.5
GROUND = (150.0, 150.0, 150.0)


def _skia_fault():
    try:
        import skia  # noqa: F401, PLC0415 - only its being importable matters
    except Exception as error:
        return f"skia is not importable: {error}"
    return ""


SKIA_FAULT = _skia_fault()
needs_skia = pytest.mark.skipif(bool(SKIA_FAULT), reason=SKIA_FAULT or "skia is importable")


def module(noun):
    return importlib.import_module(f"bot.studio.renderer.actors.{noun}")


def staged(prompt="noon", *, seed=1, pose=Pose.SIT, **changes):
    spec = replace(parse(prompt, seed), pose=pose, **{"kitten": False} | changes)
    streams = Streams(prompt=prompt, seed=seed)
    layout = replace(compose(SIDE, SIDE, streams), mirrored=False)
    camera = Camera(layout=layout, move=Move.STATIC, seconds=4)
    return Stage(spec=spec, palette=palette(spec), layout=layout, camera=camera, streams=streams)


@contextmanager
def shown(noun, stage, *, ground=GROUND, backend="thorvg", **options):
    """A function of (t, x, y, scale) that gives the frame as blue, green, red, alpha."""
    canvas = open_canvas(backend, SIDE, SIDE)
    try:
        canvas.root.fill(Path().rect(0, 0, SIDE, SIDE), ground)
        actor = getattr(module(noun), noun.capitalize())(canvas.root.group(), stage, **options)

        def draw(t, x, y, scale=SCALE):
            actor.show(t, x, y, scale)
            return canvas.draw().astype(int).copy()

        yield draw
    finally:
        canvas.close()


def middle(noun, scale=SCALE):
    """Where (x, y) must be for the middle of the noun's box to be the middle of the canvas."""
    left, top, right, bottom = module(noun).BOX if noun in NOUNS else (-90, -135, 110, 12)
    return SIDE / 2 - scale * (left + right) / 2, SIDE / 2 - scale * (top + bottom) / 2


def frame(noun, *, t=1.0, ground=GROUND, backend="thorvg", hue=None, **stage):
    options = {} if hue is None else {"hue": hue}
    with shown(noun, staged(**stage), ground=ground, backend=backend, **options) as draw:
        return draw(t, *middle(noun))


def drawn(pixels, ground=GROUND):
    """Which pixels are not ground."""
    return np.abs(pixels[..., 2::-1] - np.asarray(ground)).max(axis=2) > 6


def lightness(pixels):
    return pixels[..., :3] @ np.array((0.0722, 0.7152, 0.2126))


@pytest.mark.parametrize("pose", list(Pose))
@pytest.mark.parametrize("noun", NOUNS)
def test_every_pose_is_whole_in_its_first_frame_and_moves(noun, pose):
    with shown(noun, staged(pose=pose)) as draw:
        frames = [draw(t, *middle(noun)) for t in (0.0, 0.4, 1.3)]
    areas = [drawn(pixels).sum() for pixels in frames]
    assert areas[0] > 0.04 * SIDE**2
    assert areas[0] > 0.75 * max(areas)
    for first, second in itertools.pairwise(frames):
        assert (np.abs(first - second).max(axis=2) > 12).sum() > 30


@pytest.mark.parametrize("pose", list(Pose))
@pytest.mark.parametrize("noun", NOUNS)
def test_it_keeps_within_its_box(noun, pose):
    """A scene frames a subject by its box; only the string of a kite leaves it."""
    left, top, right, bottom = module(noun).BOX
    options = {"anchor": (0.0, 90.0)} if noun == "kite" else {}
    x, y = middle(noun)
    with shown(noun, staged(pose=pose), **options) as draw:
        seen = np.any([drawn(draw(t * 0.37, x, y)) for t in range(24)], axis=0)
    rows, columns = np.nonzero(seen)
    assert not seen[0].any()
    assert not seen[:, 0].any()
    assert left - 2 <= (columns.min() - x) / SCALE
    assert (columns.max() + 1 - x) / SCALE <= right + 2
    assert top - 2 <= (rows.min() - y) / SCALE
    assert (rows.max() + 1 - y) / SCALE <= bottom + 2


def hue_of(colour):
    return 360 * colorsys.rgb_to_hsv(*(part / 255 for part in colour))[0]


def mean_hue(pixels):
    """The circular mean of the hues of what is drawn, in degrees; vivid pixels count more."""
    colours, counts = np.unique(pixels[drawn(pixels)][:, 2::-1], axis=0, return_counts=True)
    turns = np.exp(1j * np.radians([hue_of(colour) for colour in colours.tolist()]))
    vivid = colours.max(axis=1) - colours.min(axis=1)
    return float(np.degrees(np.angle(np.sum(counts * vivid * turns))))


@pytest.mark.parametrize("hue", ["#d8433b", "#e8b23a", "#4f9d5d", "#3f6fd0", "#cf4fa0"])
@pytest.mark.parametrize("noun", NOUNS)
def test_it_wears_the_colour_it_is_given(noun, hue):
    """30 degrees is half way to the next of red, yellow, green, cyan, blue and magenta."""
    away = mean_hue(frame(noun, hue=hue)) - hue_of(rgb(hue))
    assert abs((away + 180) % 360 - 180) < 30


@pytest.mark.parametrize("noun", NOUNS)
def test_the_seed_draws_what_the_prompt_leaves_open(noun):
    assert len({frame(noun, seed=seed).tobytes() for seed in range(6)}) > 2


@pytest.mark.parametrize("noun", NOUNS)
def test_a_colour_moves_nothing(noun):
    """A remix that names a colour keeps shape and motion."""
    plain, dyed = (drawn(frame(noun, hue=hue, seed=3)) for hue in (None, "#3f6fd0"))
    assert (plain != dyed).mean() < 0.01


@pytest.mark.parametrize("pose", [Pose.WALK, Pose.SIT])
@pytest.mark.parametrize("noun", NOUNS)
def test_frames_repeat_whatever_was_shown_before(noun, pose):
    with shown(noun, staged(pose=pose)) as draw:
        for t in (0.0, 3.7, 2.7):
            draw(t, *middle(noun))
        late = draw(1.0, *middle(noun))
    assert np.array_equal(late, frame(noun, t=1.0, pose=pose))


def outline(noun, **options):
    """What is drawn, 32 by 32 cells of 0 to 1, as large as fits: its shape, whatever its size."""
    pixels = frame(noun, **options)
    mask = drawn(pixels)
    rows, columns = np.nonzero(mask)
    shape = mask[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    image = Image.fromarray((shape * 255).astype(np.uint8))
    share = 32 / max(image.size)
    image = image.resize([round(side * share) for side in image.size], Image.Resampling.BOX)
    cells = np.zeros((32, 32))
    left = (32 - image.width) // 2
    cells[32 - image.height :, left : left + image.width] = np.asarray(image) / 255
    return cells


def apart(first, second):
    """How much of two shapes, laid over each other, is not shared: 0 to 1."""
    return 1 - np.minimum(first, second).sum() / np.maximum(first, second).sum()


@pytest.mark.parametrize("pose", [Pose.SIT, Pose.WALK])
def test_without_colour_each_is_told_from_the_others(pose):
    """A subject is farther from every other than from itself in another coat and moment."""
    looks = ((1, 0.3), (2, 1.1), (4, 0.7))
    shapes = {
        noun: [outline(noun, pose=pose, seed=seed, t=t) for seed, t in looks]
        for noun in ("cat", *NOUNS)
    }
    for noun in NOUNS:
        own = max(apart(*pair) for pair in itertools.combinations(shapes[noun], 2))
        for other in set(shapes) - {noun}:
            least = min(apart(*pair) for pair in itertools.product(shapes[noun], shapes[other]))
            assert least > own, other


@pytest.mark.parametrize("prompt", ["noon", "night", "noon snow"])
@pytest.mark.parametrize("noun", NOUNS)
def test_its_edge_shows_even_on_a_ground_of_its_own_colour(noun, prompt):
    """Twelve of 255 steps of lightness is four times what an eye just tells apart."""
    colours = staged(prompt).palette
    for ground in (colours.grass, colours.sky[2]):
        own = tuple(255 * part / light for part, light in zip(ground, colours.ambient, strict=True))
        red, green, blue = octets(own)
        hue = f"#{red:02x}{green:02x}{blue:02x}"
        green_screen = (255.0, 0.0, 255.0)
        body = drawn(frame(noun, prompt=prompt, hue=hue, ground=green_screen), green_screen)
        rim = body & ~_shrunk(_shrunk(body))
        pixels = frame(noun, prompt=prompt, hue=hue, ground=ground)
        assert np.abs(lightness(pixels) - luminance(ground))[rim].mean() > 12


def _shrunk(mask):
    sides = ((1, 0), (-1, 0), (0, 1), (0, -1))
    return np.logical_and.reduce([mask, *(np.roll(mask, side, (0, 1)) for side in sides)])


@pytest.mark.parametrize("noun", ALIVE)
def test_it_blinks(noun):
    """For a tenth of a second in three, dark eyes give way to a line."""
    with shown(noun, staged(pose=Pose.SIT), hue="#f0c23d") as draw:
        pictures = [draw(t, *middle(noun)) for t in (2.55, 2.7, 2.85)]
    dark = [(lightness(pixels) < 45).sum() for pixels in pictures]
    assert dark[1] < min(dark[0], dark[2])


@pytest.mark.parametrize("noun", ALIVE)
def test_a_sleeper_keeps_its_eyes_shut(noun):
    awake = lightness(frame(noun, pose=Pose.SIT, hue="#f0c23d")) < 45
    asleep = lightness(frame(noun, pose=Pose.SLEEP, hue="#f0c23d")) < 45
    assert asleep.sum() < 0.8 * awake.sum()


@pytest.mark.parametrize("noun", ALIVE)
def test_the_sleepy_droop(noun):
    calm, sleepy = (frame(noun, mood=mood, t=0.5) for mood in (Mood.CALM, Mood.SLEEPY))
    assert not np.array_equal(calm, sleepy)


@pytest.mark.parametrize("noun", ["dog", "monster"])
def test_the_young_are_smaller(noun):
    grown, young = (drawn(frame(noun, kitten=kitten)).sum() for kitten in (False, True))
    assert young == pytest.approx(0.8**2 * grown, rel=0.05)


@pytest.mark.parametrize("gait", [WADDLE, BOUND])
def test_a_standing_foot_moves_with_the_ground(gait):
    start, step = gait.phases[1] + 0.05, 0.01
    first, second = gait.paw(start, 1), gait.paw(start + step, 1)
    assert (first[0] - second[0]) / (step * gait.period) == pytest.approx(gait.units_per_second)
    assert first[1] == second[1] == 0


@pytest.mark.parametrize("noun", ALIVE)
def test_only_what_goes_has_a_pace(noun):
    pace = module(noun).pace
    assert pace(Pose.RUN) > pace(Pose.WALK) > 0
    assert pace(Pose.SIT) == pace(Pose.SLEEP) == 0


def test_a_bird_casts_a_shadow_only_where_it_stands():
    for pose in Pose:
        x, y = middle("bird")
        pixels = frame("bird", pose=pose, t=0.0)
        below = drawn(pixels)[round(y + 2 * SCALE) : round(y + 5 * SCALE), round(x)]
        shadow = lightness(pixels)[round(y + 4 * SCALE), round(x + 18 * SCALE)]
        assert bird.aloft(pose) or (below.all() and shadow < GROUND[0] - 8)
    assert [pose for pose in Pose if not bird.aloft(pose)] == [Pose.SIT, Pose.SLEEP]


def test_steam_is_thicker_in_the_cold():
    def steam(prompt):
        pixels = frame("cup", prompt=prompt, ground=(20.0, 20.0, 20.0), hue="#202020")
        return lightness(pixels)[: SIDE // 2 - 10].max()

    assert steam("noon snow") > steam("noon") + 20
    assert steam("noon") > 40


def test_a_balloon_glows_at_night():
    """The warm light inside lifts red over blue; by day the cloth keeps its colour."""

    def warmth(prompt):
        pixels = frame("balloon", prompt=prompt, hue="#4060d0")
        x, y = (round(place) for place in middle("balloon"))
        mouth = pixels[y + round(15 * SCALE) : y + round(35 * SCALE), x - 3 : x + 3]
        return (mouth[..., 2] - mouth[..., 0]).mean()

    assert warmth("night") > warmth("noon") + 30


def test_a_string_ends_where_the_caller_says():
    with shown("kite", staged(), anchor=(-60.0, 160.0)) as draw:
        for t in (0.0, 1.1):
            string = drawn(draw(t, 70, 60))[:, :45]
            assert string[136:142, 37:43].any()
            assert not string[144:].any()
            assert not string[:, :36].any()


@needs_skia
@pytest.mark.parametrize("noun", NOUNS)
def test_both_back_ends_draw_the_same(noun):
    ours, theirs = (frame(noun, backend=backend) for backend in ("thorvg", "skia"))
    assert np.abs(ours - theirs).mean() < 1.0
