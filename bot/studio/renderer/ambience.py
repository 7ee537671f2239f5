"""What a place sounds like: water, wind, birds, traffic, a fire and a clock, a drone.

Called by `sound`, which lays music over it. The one invariant: prompt and seed decide
every sample, and a setting's sounds draw from streams of their own.
"""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.studio.renderer.encode import SAMPLE_RATE
from bot.studio.renderer.spec import Light, SceneSpec, Setting, Weather
from bot.studio.renderer.stream import Streams

Wave = NDArray[np.floating[Any]]

_WILD = (Setting.WATER, Setting.MOUNTAINS, Setting.MEADOW)


def around(spec: SceneSpec, clock: Wave, streams: Streams, root: float) -> Wave:
    """The sounds of a scene's place, weather and hour, as 2 x n samples; `root` is in Hz."""
    track = _place(spec, clock, streams, root)
    stream = streams.named("ambience")
    if spec.setting is not Setting.SPACE:
        track += weather(spec, clock, stream)
    if spec.setting in _WILD and spec.fine:
        track += _crickets(clock) if spec.light is Light.NIGHT else _birds(clock, streams)
    return track


def _place(spec: SceneSpec, clock: Wave, streams: Streams, root: float) -> Wave:
    stream = streams.named(f"ambience {spec.setting}")
    if spec.setting is Setting.WATER:
        waves = 0.26 if spec.light is not Light.STORM else 0.36
        return _stereo(_swell(clock, stream, 3.7 + side * 0.4, waves) for side in (0.0, 1.0))
    if spec.setting is Setting.MOUNTAINS:
        return _stereo(0.5 * _gusts(clock, stream) + _swell(clock, stream, 4.3, 0.10) for _ in "lr")
    if spec.setting is Setting.CITY:
        return _traffic(clock, stream)
    if spec.setting is Setting.SPACE:
        return _drone(clock, stream, root)
    if spec.setting is Setting.INTERIOR:
        return _hearth(clock, stream)
    return _stereo(_leaves(clock, stream) for _ in "lr")


def weather(spec: SceneSpec, clock: Wave, stream: np.random.Generator) -> Wave:
    """Rain and wind; a room's walls keep the high notes out."""
    track = np.zeros((2, clock.size), np.float32)
    inside = spec.setting is Setting.INTERIOR
    if spec.weather is Weather.RAIN:
        top, gain = (1600, 0.12) if inside else (9000, 0.15)
        track += _stereo(gain * _noise(clock.size, stream, 0.35, 300, top) for _ in "lr")
    windy = spec.weather in (Weather.SNOW, Weather.WIND) or spec.light is Light.STORM
    if windy:
        gain = 0.5 if inside else 1.0
        track += _stereo(gain * _gusts(clock, stream) for _ in "lr")
    return track


def _stereo(sides: Iterable[Wave]) -> Wave:
    return np.stack(list(sides))


def _swell(clock: Wave, stream: np.random.Generator, period: float, gain: float) -> Wave:
    breath = 0.55 + 0.45 * np.sin(math.tau * clock / period + stream.random() * math.tau)
    wave: Wave = gain * breath * _noise(clock.size, stream, 1.0, 60, 2500)
    return wave


def _gusts(clock: Wave, stream: np.random.Generator) -> Wave:
    breath = 0.6 + 0.4 * np.sin(math.tau * clock / 5.1 + stream.random() * math.tau)
    wave: Wave = 0.22 * breath * _noise(clock.size, stream, 1.3, 80, 1200)
    return wave


def _leaves(clock: Wave, stream: np.random.Generator) -> Wave:
    """A breeze in leaves and grass."""
    breath = 0.5 + 0.5 * np.sin(math.tau * clock / 4.4 + stream.random() * math.tau)
    wave: Wave = 0.10 * breath * _noise(clock.size, stream, 0.6, 700, 6000)
    return wave


def _traffic(clock: Wave, stream: np.random.Generator) -> Wave:
    """A hum from all around, and cars that pass from one side to the other."""
    track = _stereo(0.22 * _noise(clock.size, stream, 1.5, 40, 500) for _ in "lr")
    tyres = _noise(clock.size, stream, 0.8, 120, 2200)
    for start in np.arange(0.3, clock[-1], 2.6).tolist():
        shift, way = stream.random(2).tolist()
        since = (clock - start - shift) / 0.75
        near = np.exp(-(since**2))
        side = 0.5 + 0.5 * np.tanh(since) * (1 if way < 0.5 else -1)
        track += 0.20 * near * tyres * np.stack([1 - side, side])
    return track


def _drone(clock: Wave, stream: np.random.Generator, root: float) -> Wave:
    """Low tones that beat against each other, and a breath of static."""
    track = _stereo(0.07 * _noise(clock.size, stream, 1.8, 30, 900) for _ in "lr")
    for step, gain in ((0.5, 0.20), (0.75, 0.10), (1.003, 0.07)):
        for side, detune in enumerate((1.0, 1.006)):
            slow = 0.7 + 0.3 * np.sin(math.tau * clock * (0.11 + 0.07 * step) + side)
            track[side] += gain * slow * np.sin(math.tau * root * step * detune * clock)
    return track


def _hearth(clock: Wave, stream: np.random.Generator) -> Wave:
    """The quiet of a room, a fire that crackles, a clock that ticks."""
    track = _stereo(0.10 * _noise(clock.size, stream, 1.2, 60, 900) for _ in "lr")
    for at, size, side in stream.random((round(11 * clock[-1]), 3)).tolist():
        _strike(track, at * clock[-1], 0.03 + 0.14 * size**3, 1800 + 2600 * side, 0.25 + 0.5 * side)
    for second in range(math.ceil(clock[-1] * 2)):
        _strike(track, second / 2 + 0.1, 0.05, 2300 if second % 2 else 1900, 0.6)
    return track


def _strike(track: Wave, at: float, gain: float, pitch: float, side: float) -> None:
    """Add a short knock at `at` seconds."""
    start = round(at * SAMPLE_RATE)
    local = np.arange(min(1200, max(0, track.shape[1] - start)), dtype=np.float32) / SAMPLE_RATE
    knock = gain * np.exp(-local * 260) * np.sin(math.tau * pitch * local)
    track[0, start : start + local.size] += (1 - side) * knock
    track[1, start : start + local.size] += side * knock


def _birds(clock: Wave, streams: Streams) -> Wave:
    """Short songs now and then: a few whistles that glide upwards or down."""
    track = np.zeros((2, clock.size), np.float32)
    stream = streams.named("birdsong")
    for start in np.arange(0.4, clock[-1] - 0.8, 1.9).tolist():
        shift, pitch, side, turn = stream.random(4).tolist()
        for note in range(2 + int(3 * turn)):
            begin = round((start + shift + 0.13 * note) * SAMPLE_RATE)
            size = max(0, min(round(0.10 * SAMPLE_RATE), clock.size - begin))
            local = np.arange(size, dtype=np.float32) / SAMPLE_RATE
            glide = (2600 + 1500 * pitch + 180 * note) * local + (turn - 0.5) * 14000 * local**2
            song = 0.035 * np.sin(math.pi * local / 0.10) * np.sin(math.tau * glide)
            track[0, begin : begin + size] += (1 - side) * song
            track[1, begin : begin + size] += side * song
    return track


def _crickets(clock: Wave) -> Wave:
    chirp = np.clip(np.sin(math.tau * 1.15 * clock), 0, 1) * (np.sin(math.tau * 31 * clock) > 0)
    song = 0.012 * chirp * np.sin(math.tau * 4300 * clock)
    return np.stack([song, song * 0.5])


def _noise(count: int, stream: np.random.Generator, slope: float, low: float, high: float) -> Wave:
    """Noise that falls with frequency, limited to a band, its peak at 1."""
    size = 1 << (count - 1).bit_length()
    frequencies = np.fft.rfftfreq(size, 1 / SAMPLE_RATE)
    band = (frequencies > low) & (frequencies < high)
    spectrum = np.zeros(frequencies.size, np.complex64)
    turns = stream.random(int(band.sum()), np.float32) * np.float32(math.tau)
    spectrum[band] = frequencies[band] ** -slope * np.exp(1j * turns)
    wave: Wave = np.fft.irfft(spectrum, size)[:count]
    return np.asarray(wave / np.abs(wave).max(), np.float32)
