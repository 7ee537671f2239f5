"""Single frames, drawn small: what is in the picture, on every back-end there is."""

import io
from contextlib import contextmanager

import numpy as np
import pytest
from PIL import Image

from bot.studio.renderer import mark
from bot.studio.renderer.actors.gait import RUN, WALK
from bot.studio.renderer.backend import open_canvas
from bot.studio.renderer.canvas import at
from bot.studio.renderer.canvas_thorvg import ThorvgCanvas
from bot.studio.renderer.path import Path, ribbon
from bot.studio.renderer.prompt import asked, parse
from bot.studio.renderer.scenes import build
from bot.studio.renderer.scenes.reference import ReferenceScene, UnusableReference, cover
from bot.studio.renderer.stream import Streams

SMALL = (320, 180)


def _skia_fault():
    try:
        import skia  # noqa: F401, PLC0415 - only its being importable matters
    except Exception as error:
        return f"skia is not importable: {error}"
    return ""


SKIA_FAULT = _skia_fault()
needs_skia = pytest.mark.skipif(bool(SKIA_FAULT), reason=SKIA_FAULT or "skia is importable")


@contextmanager
def opened(size=SMALL, backend="thorvg"):
    canvas = open_canvas(backend, *size)
    try:
        yield canvas
    finally:
        canvas.close()


def frame(prompt, *, seed=1, t=1.0, size=SMALL, backend="thorvg"):
    with opened(size, backend) as canvas:
        streams = Streams(prompt=prompt, seed=seed)
        scene = build(canvas.root, parse(prompt, seed), streams, size, 4)
        mark.stamp(canvas.root, *size)
        scene.show(t)
        return canvas.draw().astype(int).copy()


def png(size=(640, 400), kind="png"):
    rows, columns = np.mgrid[0 : size[1], 0 : size[0]]
    picture = np.stack([rows % 256, columns % 256, (rows + columns) % 256], axis=2)
    target = io.BytesIO()
    Image.fromarray(picture.astype(np.uint8)).save(target, kind)
    return target.getvalue()


@pytest.mark.parametrize("size", [(320, 180), (180, 320), (448, 256), (256, 448)])
def test_every_size_is_filled_to_its_edges(size):
    pixels = frame("a cat walks at golden hour, snow", size=size)
    assert (pixels[..., 3] == 255).all()
    assert all(edge.std() > 1 for edge in (pixels[-1], pixels[:, 0], pixels[:, -1]))


@pytest.mark.parametrize(
    "first, second",
    [
        ({"t": 1.0}, {"t": 1.5}),
        ({"seed": 1}, {"seed": 2}),
        ({"prompt": "night"}, {"prompt": "day"}),
        ({"prompt": "day, a sleeping cat"}, {"prompt": "day, a running cat"}),
    ],
    ids=["time", "seed", "light", "pose"],
)
def test_frames_differ_by(first, second):
    base = {"prompt": "a black cat at noon"}
    difference = np.abs(frame(**(base | first)) - frame(**(base | second))).max(axis=2)
    assert (difference > 12).mean() > 0.01


def test_night_is_darker_than_day():
    assert frame("night, a cat")[..., :3].mean() + 40 < frame("day, a cat")[..., :3].mean()


def test_drawing_again_gives_the_same_pixels():
    assert np.array_equal(frame("rain, a cat", t=2.0), frame("rain, a cat", t=2.0))


def test_a_frame_does_not_depend_on_the_frames_before_it():
    """Seeking matters to nobody, but a node left where it was would show here."""
    with opened() as canvas:
        streams = Streams(prompt="day", seed=1)
        scene = build(canvas.root, parse("day", 1), streams, SMALL, 4)
        mark.stamp(canvas.root, *SMALL)
        for t in (0.0, 3.2, 1.0):
            scene.show(t)
        late = canvas.draw().astype(int).copy()
    assert np.array_equal(late, frame("day", seed=1, t=1.0))


@pytest.mark.parametrize("size", [(1280, 720), (720, 1280)])
def test_the_simulated_mark_is_legible_in_the_frame(size):
    with opened(size) as canvas:
        sky = np.full((size[1], size[0], 4), 255, np.uint8)
        sky[..., :3] = (200, 120, 40)
        canvas.root.picture(sky)
        mark.stamp(canvas.root, *size)
        pixels = canvas.draw().astype(int)
        baked = mark.bake(1.0).astype(int)
        x, y = mark.position(*size, 1.0, baked)
    shown = pixels[y : y + baked.shape[0], x : x + baked.shape[1]]
    expected = baked[..., :3] + sky[0, 0, :3] * (255 - baked[..., 3:]) // 255
    assert np.abs(shown[..., :3] - expected).max() <= 2
    ink = shown[..., :3].min(axis=2)
    assert (ink > 215).sum() > 150
    assert ink.max() - ink[baked[..., 3] > 60].min() > 120


def test_a_reference_is_the_first_frame_except_for_the_mark():
    prompt, size = "rain, slow pan", (320, 180)
    picture = cover(png(), *size)
    with opened(size) as canvas:
        streams = Streams(prompt=prompt, seed=1)
        wanted = asked([prompt])
        scene = ReferenceScene(canvas.root, parse(prompt, 1), streams, picture, wanted, seconds=4)
        scene.show(0.0)
        assert np.array_equal(canvas.draw(), picture)
        scene.show(2.0)
        assert not np.array_equal(canvas.draw(), picture)


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
def test_references_are_cropped_about_their_centre(kind):
    picture = cover(png((600, 300), kind), 300, 300)
    assert picture.shape == (300, 300, 4)
    assert abs(int(picture[150, 150, 1]) - 300 % 256) < 6


@pytest.mark.parametrize("data", [b"", b"GIF89a", png()[:200]], ids=["empty", "gif", "cut"])
def test_what_is_no_picture_is_refused(data):
    with pytest.raises(UnusableReference, match=r"PNG, JPEG or WebP"):
        cover(data, 320, 180)


@pytest.mark.parametrize("gait", [WALK, RUN])
def test_a_standing_paw_moves_with_the_ground(gait):
    step = 0.01
    for leg in range(4):
        start = gait.phases[leg] + 0.05
        first, second = gait.paw(start, leg), gait.paw(start + step, leg)
        speed = (first[0] - second[0]) / (step * gait.period)
        assert speed == pytest.approx(gait.units_per_second)
        assert first[1] == 0


def test_a_ribbon_ends_round():
    path = ribbon([(0, 0), (10, 0), (20, 0)], [8, 8, 8])
    assert max(path.points[0::2]) == pytest.approx(24)


@pytest.mark.parametrize("leftwards", [True, False])
def test_combing_an_outline_changes_no_pixel_by_more_than_a_shade(leftwards):
    """Ovals, a hole and an open run: the area is the same, whichever way it is drawn."""
    hole = [(6, 6), (6, 30), (30, 30), (30, 6)]
    path = Path().rect(2, 2, 32, 32).polygon(hole).circle(50, 40, 9).oval(18, 18, 5, 8)
    path.move(40, 5).line(60, 5).line(60, 15)
    pictures = []
    for outline in (path, path.combed(leftwards=leftwards)):
        with opened((64, 64), "thorvg") as canvas:
            canvas.root.fill(outline, (255, 255, 255))
            pictures.append(canvas.draw().astype(int).copy())
    assert np.abs(pictures[0] - pictures[1]).max() <= 2
    assert pictures[0][18, 18, 0] == 255
    assert pictures[0][10, 10, 0] == 0


def test_auto_falls_back_when_skia_cannot_be_loaded(monkeypatch):
    """A wheel without its system libraries raises more than ImportError."""

    def broken(name):
        raise OSError("libEGL.so.1: cannot open shared object file")

    monkeypatch.setattr("importlib.import_module", broken)
    canvas = open_canvas("auto", 64, 64)
    assert isinstance(canvas, ThorvgCanvas)
    canvas.close()
    with pytest.raises(OSError, match="libEGL"):
        open_canvas("skia", 64, 64)


def test_closing_twice_is_harmless():
    canvas = open_canvas("thorvg", 64, 64)
    canvas.close()
    canvas.close()


def test_a_clipped_group_shows_nothing_outside():
    with opened((64, 64)) as canvas:
        inner = canvas.root.group(clip=Path().circle(0, 0, 10))
        inner.fill(Path().rect(-32, -32, 64, 64), (255, 255, 255))
        inner.place(at(32, 32))
        pixels = canvas.draw()
    assert pixels[32, 32, 0] == 255
    assert pixels[32, 48, 0] == 0


@needs_skia
def test_both_back_ends_draw_the_same_picture():
    prompt = "sunset, a cat walks, a boat"
    ours = frame(prompt, size=(640, 360))
    theirs = frame(prompt, size=(640, 360), backend="skia")
    assert np.abs(ours - theirs).mean() < 1.0
