"""The sound of a scene: slow chords, plucked notes, and what its place sounds like.

The one invariant: a clip lands near -15 LUFS and its peaks stay below 0.8.
"""

import math

import numpy as np

from bot.studio.renderer import ambience
from bot.studio.renderer.ambience import Wave
from bot.studio.renderer.encode import SAMPLE_RATE, Samples
from bot.studio.renderer.spec import Light, SceneSpec
from bot.studio.renderer.stream import Streams

_MINOR = (Light.NIGHT, Light.STORM, Light.SUNSET)
_MAJOR_CHORDS = ((0, 4, 7, 11), (-3, 0, 4, 9), (-7, -3, 0, 5), (-5, -1, 2, 7))
_MINOR_CHORDS = ((0, 3, 7, 10), (-4, 0, 3, 7), (-7, -4, 0, 5), (-2, 2, 5, 10))
_PEAK = 0.78
_LUFS = -15.0
#: The two filters of ITU-R BS.1770 at 48 kHz, as (b0, b1, b2), (1, a1, a2).
_K_WEIGHTING = (
    (
        (1.53512485958697, -2.69169618940638, 1.19839281085285),
        (1.0, -1.69065929318241, 0.73248077421585),
    ),
    ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621)),
)


def compose(spec: SceneSpec, streams: Streams, seconds: float) -> Samples:
    """Play `seconds` of stereo sound for a scene: 2 x n samples, -1 to 1."""
    count = round(seconds * SAMPLE_RATE)
    clock = np.arange(count, dtype=np.float32) / SAMPLE_RATE
    minor = spec.light in _MINOR
    root = 110 * 2 ** (int(streams.named("key").integers(-3, 4)) / 12)
    chords = _MINOR_CHORDS if minor else _MAJOR_CHORDS
    track = _pad(clock, root, chords)
    track += _plucks(clock, root, chords, streams.named("plucks"))
    track += ambience.around(spec, clock, streams, root)
    edges = np.clip(clock / 0.25, 0, 1) * np.clip((seconds - clock) / 0.6, 0, 1)
    return _levelled(track * edges)


def weathered(spec: SceneSpec, streams: Streams, samples: Samples) -> Samples:
    """Let the weather of a scene be heard over `samples`, 2 x n, which stay as loud as they are."""
    clock = np.arange(samples.shape[1], dtype=np.float32) / SAMPLE_RATE
    heard = ambience.weather(spec, clock, streams.named("ambience"))
    edges = np.clip(clock / 0.25, 0, 1) * np.clip((clock[-1] - clock) / 0.25, 0, 1)
    return np.asarray(np.clip(samples + heard * edges, -1, 1), np.float32)


def _pad(clock: Wave, root: float, chords: tuple[tuple[int, ...], ...]) -> Wave:
    track = np.zeros((2, clock.size), np.float32)
    span = clock.size / len(chords)
    for index, chord in enumerate(chords):
        start = max(0, round(index * span - 0.35 * SAMPLE_RATE))
        stop = min(clock.size, round((index + 1) * span + 0.6 * SAMPLE_RATE))
        local = clock[start:stop] - clock[start]
        envelope = np.clip(local / 0.9, 0, 1) * np.clip((local[-1] - local) / 0.9, 0, 1)
        for note in chord:
            frequency = math.tau * root * 2 ** (note / 12)
            for side, detune in enumerate((1.0012, 0.9988)):
                phase = frequency * detune * local
                tone = 0.5 * np.sin(phase) + 0.22 * np.sin(2 * phase + note)
                track[side, start:stop] += 0.16 * envelope * tone
    return track


def _plucks(
    clock: Wave,
    root: float,
    chords: tuple[tuple[int, ...], ...],
    stream: np.random.Generator,
) -> Wave:
    track = np.zeros((2, clock.size), np.float32)
    beats = max(8, round(clock[-1] / 0.5))
    for beat in range(beats - 1):
        rest, choice, side = stream.random(3)
        if rest < 0.3:
            continue
        chord = chords[beat * len(chords) // beats]
        start = round(beat * clock.size / beats)
        local = clock[: min(round(1.7 * SAMPLE_RATE), clock.size - start)]
        phase = math.tau * 4 * root * 2 ** (chord[int(choice * len(chord))] / 12) * local
        bite = 1.3 * np.exp(-6 * local) * np.sin(2 * phase)
        decay = np.exp(-4 * local) * np.clip(local / 0.004, 0, 1) * 0.15
        note = np.sin(phase + bite) * decay
        pan = 0.25 + 0.5 * side
        track[0, start : start + local.size] += (1 - pan) * note
        track[1, start : start + local.size] += pan * note
    return track


def _levelled(track: Wave) -> Samples:
    """Bring to the wanted loudness, rounding off what would be too loud."""
    gain = 10 ** ((_LUFS - _loudness(track)) / 20)
    return np.asarray(np.tanh(track * gain / _PEAK) * _PEAK, np.float32)


def _loudness(track: Wave) -> float:
    """Loudness in LUFS, without the gate that only music with pauses needs."""
    spectrum = np.abs(np.fft.rfft(track)) ** 2
    turn = np.exp(-1j * np.linspace(0, math.pi, spectrum.shape[1]))
    for top, bottom in _K_WEIGHTING:
        spectrum *= np.abs(np.polyval(top[::-1], turn) / np.polyval(bottom[::-1], turn)) ** 2
    power = 2 * float(spectrum.sum()) / track.shape[1] ** 2
    return -0.691 + 10 * math.log10(max(power, 1e-12))
