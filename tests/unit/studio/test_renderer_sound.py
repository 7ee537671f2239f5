"""The sound of a scene, measured as broadcasters do."""

from fractions import Fraction

import av
import numpy as np
import pytest

from bot.studio.renderer import sound
from bot.studio.renderer.encode import SAMPLE_RATE
from bot.studio.renderer.prompt import parse
from bot.studio.renderer.stream import Streams

SCENES = ["golden hour", "night", "thunderstorm", "snow at dawn", "rain, day"]


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

    assert treble(play("rain, day")) > 2 * treble(play("clear, day"))
