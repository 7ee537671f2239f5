"""The sound of a scene, measured as broadcasters do."""

from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest

from bot.studio.renderer import ambience, sound
from bot.studio.renderer.encode import SAMPLE_RATE
from bot.studio.renderer.prompt import parse
from bot.studio.renderer.spec import Setting, Weather
from bot.studio.renderer.stream import Streams

SCENES = [
    "lake, golden hour",
    "meadow, night",
    "city, thunderstorm",
    "mountains, snow at dawn",
    "space",
    "interior, rain, day",
    "meadow, windy noon",
]


def play(prompt, *, seed=1, seconds=4):
    return sound.compose(parse(prompt, seed), Streams(prompt=prompt, seed=seed), seconds)


def loudness(samples):
    """Integrated loudness in LUFS by EBU R 128."""
    graph = av.filter.Graph()
    source = graph.add_abuffer(
        format="fltp", sample_rate=SAMPLE_RATE, layout="stereo", time_base=Fraction(1, SAMPLE_RATE)
    )
    meter, sink = graph.add("ebur128", "metadata=1"), graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    measured = []
    for start in range(0, samples.shape[1], 4800):
        block = np.ascontiguousarray(samples[:, start : start + 4800])
        audio = av.AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
        audio.sample_rate, audio.pts = SAMPLE_RATE, start
        audio.time_base = Fraction(1, SAMPLE_RATE)
        graph.push(audio)
        try:
            while True:
                measured.append(float(graph.pull().metadata["lavfi.r128.I"]))
        except (av.error.BlockingIOError, av.error.EOFError):
            continue
    return measured[-1]


@pytest.mark.parametrize("prompt", SCENES)
def test_it_is_about_15_lufs_and_never_clips(prompt):
    samples = play(prompt)
    assert loudness(samples) == pytest.approx(-15, abs=0.5)
    assert np.abs(samples).max() < 0.8


def test_it_lasts_exactly_as_long_as_the_clip():
    assert play("day", seconds=12).shape == (2, 12 * SAMPLE_RATE)


def test_it_begins_and_ends_in_silence():
    samples = play("day")
    assert np.abs(samples[:, 0]).max() < 0.01
    assert np.abs(samples[:, -1]).max() < 0.01


def test_it_repeats_itself():
    assert np.array_equal(play("rain"), play("rain"))


@pytest.mark.parametrize("other", [{"seed": 2}, {"prompt": "rain, day"}])
def test_it_follows_scene_and_seed(other):
    assert not np.array_equal(play("day"), play(**({"prompt": "day"} | other)))


def test_rain_is_brighter_than_still_water():
    def treble(samples):
        spectrum = np.abs(np.fft.rfft(samples[0])) ** 2
        return spectrum[len(spectrum) // 6 :].sum() / spectrum.sum()

    assert treble(play("lake, rain, day")) > 2 * treble(play("lake, clear, day"))


def test_every_setting_has_a_sound_of_its_own():
    """Prompt and seed are one and the same: only the place differs."""
    streams = Streams(prompt="a cat at noon", seed=1)
    spec = parse("a cat at noon", 1)
    tracks = [
        sound.compose(replace(spec, setting=setting), streams, 2).tobytes() for setting in Setting
    ]
    assert len(set(tracks)) == len(Setting)


def test_walls_keep_the_high_notes_of_the_rain_out():
    streams = Streams(prompt="rain", seed=1)
    spec = replace(parse("rain, noon", 1), setting=Setting.MEADOW)
    inside = replace(spec, setting=Setting.INTERIOR)
    dry = replace(spec, weather=Weather.CLEAR)

    def treble(spec):
        clock = np.arange(2 * SAMPLE_RATE, dtype=np.float32) / SAMPLE_RATE
        spectrum = np.abs(np.fft.rfft(ambience.around(spec, clock, streams, 110)[0])) ** 2
        return spectrum[len(spectrum) // 4 :].sum()

    assert treble(spec) > 2 * treble(inside)
    assert treble(spec) > 2 * treble(dry)
