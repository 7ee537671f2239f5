"""The settings: what each shows, in every weather and light, and what a remix leaves alone."""

from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pytest

from bot.studio.renderer.backend import open_canvas
from bot.studio.renderer.camera import Camera
from bot.studio.renderer.layout import compose
from bot.studio.renderer.prompt import parse
from bot.studio.renderer.scenes import build
from bot.studio.renderer.spec import Light, Move, Setting, Subject, Weather
from bot.studio.renderer.stream import Streams

SMALL = (320, 180)
PROMPT, SEED = "a cat sits", 3
STREAMS = Streams(prompt=PROMPT, seed=SEED)


@contextmanager
def opened(size, backend="thorvg"):
    canvas = open_canvas(backend, *size)
    try:
        yield canvas
    finally:
        canvas.close()


def spec_of(**fields):
    spec = parse(PROMPT, SEED)
    return replace(spec, **({"light": Light.DAY, "move": Move.STATIC, "hues": ()} | fields))


def frame(*, t=1.0, size=SMALL, backend="thorvg", **fields):
    with opened(size, backend) as canvas:
        scene = build(canvas.root, spec_of(**fields), STREAMS, size, 4)
        scene.show(t)
        return canvas.draw().astype(float).copy()


def grey(pixels):
    return pixels[..., :3] @ np.array([0.0722, 0.7152, 0.2126])


class Recorder:
    """A canvas node that keeps what it is given instead of drawing it."""

    def __init__(self, log):
        self._log = log

    def group(self, clip=None):
        return Recorder(self._log)

    def fill(self, path, colour, alpha=1.0):
        self._log.append((bytes(path.commands), path.points.tobytes()))
        return Recorder(self._log)

    line = picture = None

    def place(self, matrix):
        self._log.append(matrix)

    def reshape(self, path):
        self._log.append((bytes(path.commands), path.points.tobytes()))

    def fade(self, opacity):
        pass


def _line(self, path, colour, width, alpha=1.0):
    return self.fill(path, colour, alpha)


def _picture(self, pixels):
    self._log.append(pixels.shape)
    return Recorder(self._log)


Recorder.line, Recorder.picture = _line, _picture


def drawn(prompt, *changes, seed=SEED, t=1.5):
    """All outlines and places of a scene at `t`, without colours."""
    log = []
    streams = Streams(prompt=prompt, seed=seed)
    scene = build(Recorder(log), parse(prompt, seed, changes), streams, SMALL, 4)
    scene.show(t)
    return log


def things(log):
    """The outlines in it that are more than a speck of dust, a star or a flake."""
    outlines = (entry for entry in log if isinstance(entry[0], bytes))
    return [outline for outline in outlines if len(outline[0]) > 12]


@pytest.mark.parametrize("setting", Setting)
@pytest.mark.parametrize("size", [(320, 180), (180, 320)], ids=["wide", "tall"])
def test_every_setting_fills_the_frame_in_every_weather(setting, size):
    for weather in Weather:
        pixels = frame(setting=setting, weather=weather, light=Light.SUNSET, size=size)
        assert (pixels[..., 3] == 255).all()
        rows, columns = (np.array_split(np.arange(length), 5) for length in pixels.shape[:2])
        # No fifth by fifth of the picture is one flat tone.
        blocks = [grey(pixels)[np.ix_(*block)].std() for block in product(rows, columns)]
        assert min(blocks) > 0.8


@pytest.mark.parametrize("setting", Setting)
def test_every_weather_and_light_is_seen(setting):
    looks = [frame(setting=setting, weather=weather, light=Light.DAY) for weather in Weather]
    looks += [frame(setting=setting, light=light) for light in Light if light is not Light.DAY]
    for one, other in combinations(looks, 2):
        assert (np.abs(one - other).max(axis=2) > 10).mean() > 0.004


@pytest.mark.parametrize("setting", Setting)
def test_every_setting_moves_by_itself(setting):
    still, later = frame(setting=setting, t=1.0), frame(setting=setting, t=1.4)
    assert (np.abs(still - later).max(axis=2) > 10).mean() > 0.004


@pytest.mark.parametrize("setting", Setting)
def test_drawing_a_setting_again_gives_the_same_pixels(setting):
    fields = {"setting": setting, "weather": Weather.RAIN, "light": Light.NIGHT}
    assert np.array_equal(frame(**fields), frame(**fields))


@pytest.mark.parametrize("setting", Setting)
def test_a_frame_does_not_depend_on_the_frames_before_it(setting):
    spec = spec_of(setting=setting, weather=Weather.RAIN, move=Move.ZOOM_IN)
    with opened(SMALL) as canvas:
        scene = build(canvas.root, spec, STREAMS, SMALL, 4)
        for t in (0.0, 3.1, 1.0):
            scene.show(t)
        late = canvas.draw().astype(float).copy()
    assert np.array_equal(late, frame(setting=setting, weather=Weather.RAIN, move=Move.ZOOM_IN))


def look(setting, light):
    """What a picture in grey looks like at a glance: where its edges are, by fields of 8 pixels.

    The lowest fifth is left out: some ground is everywhere. Edges are freed of the picture's
    own contrast, so that neither the hour nor the exposure can tell two pictures apart.
    """
    lightness = grey(frame(setting=setting, light=light, size=(256, 160)))[:128]
    edges = (np.sqrt(abs(slope)) for slope in np.gradient(lightness))
    fields = [edge.reshape(16, 8, 32, 8).mean(axis=(1, 3)) for edge in edges]
    return np.concatenate([((field - field.mean()) / field.std()).ravel() for field in fields])


def apart(one, other):
    """0 for the same edges, 1 for unrelated ones."""
    return 1 - np.corrcoef(one, other)[0, 1]


def test_made_in_grey_the_settings_are_still_told_apart():
    """The threshold lies between what an hour changes in a setting and what another setting is.

    Measured over these lights: a setting differs from itself by 0.27 at most, from another
    by 0.48 at least.
    """
    lights = (Light.DAY, Light.SUNSET, Light.NIGHT)
    looks = {key: look(*key) for key in product(Setting, lights)}
    same = {
        (setting, *pair): apart(looks[setting, pair[0]], looks[setting, pair[1]])
        for setting in Setting
        for pair in combinations(lights, 2)
    }
    others = {
        (one, other, *hours): apart(looks[one, hours[0]], looks[other, hours[1]])
        for one, other in combinations(Setting, 2)
        for hours in product(lights, lights)
    }
    assert max(same.values()) < 0.38 < min(others.values())


@pytest.mark.parametrize("setting", Setting)
def test_new_colours_move_nothing(setting):
    prompt = f"a cat and a red balloon, {setting}, day"
    assert drawn(prompt) == drawn(prompt, "in teal and rust")
    assert drawn(prompt) == drawn(prompt, "make the balloon blue")


@pytest.mark.parametrize("setting", Setting)
@pytest.mark.parametrize("change", ["make it night", "let it snow", "a thunderstorm", "fog"])
def test_new_light_and_weather_move_nothing_that_stays(setting, change):
    """Stars, lamps, flakes and flowers come and go: hills, houses and the cast stay."""
    prompt = f"a cat and a red balloon, {setting}, clear day"
    before, after = (Counter(things(drawn(prompt, *asked))) for asked in ((), (change,)))
    kept = sum((before & after).values())
    assert kept > 0.8 * sum(before.values())


def test_the_lead_keeps_its_place_when_others_join():
    prompt = "a cat sits in a meadow, static"
    before, after = drawn(prompt), drawn(prompt, "add a kite and a dog")
    kept = sum((Counter(before) & Counter(after)).values())
    assert kept > 0.95 * len(before)


@pytest.mark.parametrize("setting", Setting)
@pytest.mark.parametrize("size", [(1280, 720), (720, 1280)], ids=["wide", "tall"])
def test_everyone_stands_inside_the_picture(setting, size):
    layout = compose(*size, STREAMS, setting)
    spots = (layout.lead, *layout.beside, *layout.aloft, layout.afloat, layout.rest)
    for x, y, _ in spots:
        assert 0.05 * size[0] < x < 0.95 * size[0]
        assert 0.1 * size[1] < y < 0.95 * size[1]
    assert all(y >= layout.bank for _, y, _ in (layout.lead, *layout.beside))


def test_a_tall_picture_is_not_a_cropped_wide_one():
    for setting in Setting:
        wide, tall = (compose(*size, STREAMS, setting) for size in ((1280, 720), (720, 1280)))
        assert tall.lead[2] > 1.2 * wide.lead[2]
        assert tall.horizon / tall.height < wide.horizon / wide.height


@pytest.mark.parametrize("setting", Setting)
@pytest.mark.parametrize("subject", Subject)
def test_every_subject_is_seen_in_every_setting(setting, subject):
    words = f"{setting}, day, static, a sitting"
    with_it, without = (
        drawn(f"{words} cat", change, t=1.0) for change in (f"add a {subject}", "no boat")
    )
    if subject is not Subject.CAT:
        assert len(with_it) > len(without) + 4


def camera_of(move, seconds=4):
    layout = compose(1280, 720, STREAMS, Setting.MEADOW)
    return Camera(layout=layout, move=move, seconds=seconds)


def test_a_tilt_begins_above_and_ends_on_the_lead():
    camera = camera_of(Move.TILT)
    heights = [camera.tilt(t) for t in np.linspace(0, 4, 40)]
    assert heights[0] == camera.headroom > 100
    assert heights[-1] == 0
    assert heights == sorted(heights, reverse=True)


@pytest.mark.parametrize("move", [move for move in Move if move is not Move.TILT])
def test_no_other_move_tilts(move):
    assert camera_of(move).headroom == 0


@pytest.mark.parametrize("setting", Setting)
def test_a_tilt_shows_no_edge(setting):
    pixels = frame(setting=setting, move=Move.TILT, t=0.0)
    assert (pixels[..., 3] == 255).all()
    assert not np.array_equal(pixels, frame(setting=setting, move=Move.TILT, t=3.9))


def test_tracking_a_kite_passes_over_the_ground():
    spec = parse("a kite in a meadow, tracking shot", 1)
    with opened(SMALL) as canvas:
        scene = build(canvas.root, spec, STREAMS, SMALL, 4)
        assert scene.camera.travel(4.0) > 0.2 * SMALL[0]


try:
    import skia  # noqa: F401 - only its being importable matters
except Exception as error:
    SKIA_FAULT = f"skia is not importable: {error}"
else:
    SKIA_FAULT = ""


@pytest.mark.skipif(bool(SKIA_FAULT), reason=SKIA_FAULT or "skia is importable")
@pytest.mark.parametrize("setting", Setting)
def test_both_back_ends_draw_the_same_setting(setting):
    fields = {"setting": setting, "light": Light.SUNSET, "size": (640, 360)}
    difference = np.abs(frame(**fields) - frame(**fields, backend="skia"))
    assert difference.mean() < 1.0
