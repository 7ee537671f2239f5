"""The sound of a clip: one track, act after act, changes faded into one another.

Asked for by the encoder in blocks. The one invariant: it is as long as the clip, and only
a few seconds of it are in memory at a time.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from bot.studio.renderer import sound
from bot.studio.renderer.act import FADE_SECONDS
from bot.studio.renderer.encode import SAMPLE_RATE, Samples
from bot.studio.renderer.spec import SceneSpec
from bot.studio.renderer.stream import Streams

_LONGEST_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of sound; `play` makes so many seconds of it, 2 x n samples."""

    seconds: float
    play: Callable[[float], Samples]


def composed(spec: SceneSpec, streams: Streams, seconds: int) -> list[Passage]:
    """The sound of a scene as passages that are not too long to be made at once."""
    count = math.ceil(seconds / _LONGEST_SECONDS)
    return [Passage(seconds / count, partial(sound.compose, spec, streams))] * count


def mixed(passages: Sequence[Passage]) -> Iterator[Samples]:
    """Play the passages one after another, each faded into the next."""
    tail = np.zeros((2, 0), np.float32)
    for index, passage in enumerate(passages):
        following = passages[index + 1].seconds if index + 1 < len(passages) else 0.0
        samples = passage.play(passage.seconds + min(FADE_SECONDS, following))
        samples = _crossed(tail, samples)
        end = round(passage.seconds * SAMPLE_RATE)
        yield samples[:, :end]
        tail = samples[:, end:]


def _crossed(tail: Samples, samples: Samples) -> Samples:
    """`samples` with `tail` dying away over its beginning, at equal power."""
    length = tail.shape[1]
    turn = np.linspace(0, np.pi / 2, length, dtype=np.float32)
    crossed = samples.copy()
    crossed[:, :length] = samples[:, :length] * np.sin(turn) + tail * np.cos(turn)
    return crossed
