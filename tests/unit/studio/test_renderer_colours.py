"""Palettes and random streams."""

import numpy as np
import pytest

from bot.studio.renderer.colour import luminance, mix, relight, rgb
from bot.studio.renderer.palette import LIGHTS, palette
from bot.studio.renderer.prompt import parse
from bot.studio.renderer.spec import Light
from bot.studio.renderer.stream import Streams


def test_a_hex_colour_is_read():
    assert rgb("#1f8a0b") == (31, 138, 11)


@pytest.mark.parametrize("wanted", [20, 90, 200])
def test_relighting_keeps_to_the_wanted_lightness(wanted):
    assert luminance(relight(rgb("#1f8a8a"), wanted)) == pytest.approx(wanted, abs=0.5)


def test_named_colours_tint_the_sky_and_keep_its_lightness():
    plain, teal = (palette(parse(f"night{words}", 1)) for words in ("", ", teal and rust tones"))
    for before, after in zip(plain.sky, teal.sky, strict=True):
        assert after != before
        assert luminance(after) == pytest.approx(luminance(before), abs=1)


def test_a_coloured_cat_leaves_the_sky_alone():
    assert palette(parse("a black cat, noon", 1)).sky == LIGHTS[Light.DAY].sky


def test_night_dims_what_it_shines_on():
    white = rgb("#ffffff")
    assert luminance(LIGHTS[Light.NIGHT].lit(white)) < luminance(LIGHTS[Light.DAY].lit(white))


def test_mixing_ends_where_it_says():
    assert mix((0, 0, 0), (10, 20, 30), 0.5) == (5, 10, 15)


def test_a_stream_repeats_itself():
    streams = Streams(prompt="a cat", seed=3)
    assert np.array_equal(streams.named("hills").random(5), streams.named("hills").random(5))


def test_drawing_from_one_stream_moves_no_other():
    streams = Streams(prompt="a cat", seed=3)
    untouched = streams.named("trees").random(4)
    streams.named("stars").random(1000)
    assert np.array_equal(streams.named("trees").random(4), untouched)


@pytest.mark.parametrize(
    "other", [Streams(prompt="a cat", seed=4), Streams(prompt="a dog", seed=3)]
)
def test_prompt_and_seed_both_change_a_stream(other):
    ours = Streams(prompt="a cat", seed=3).named("hills").random(4)
    assert not np.array_equal(ours, other.named("hills").random(4))
