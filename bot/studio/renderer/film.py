"""The frames of a shot, drawn one after another, acts faded into one another.

The one invariant: frame n of an act depends on that act and those before it alone, and at
most two scenes exist at a time.
"""

from collections.abc import Iterator

import numpy as np

from bot.studio.renderer import mark
from bot.studio.renderer.backend import Backend, open_canvas
from bot.studio.renderer.camera import ease
from bot.studio.renderer.canvas import Pixels
from bot.studio.renderer.encode import FRAMES_PER_SECOND
from bot.studio.renderer.shot import Shot
from bot.studio.renderer.story import Story

#: Steps of a fade: few enough that a step times a difference of colours fits 16 bits.
_STEPS = 128


class Film:
    """All frames of a shot; iterate once, then close."""

    def __init__(self, shot: Shot, story: Story, backend: Backend) -> None:
        self._shot, self._story, self._backend = shot, story, backend
        self._takes: list[_Take] = [_Take(shot, story, 0, backend)]
        self._blended = np.empty((shot.height, shot.width, 4), np.uint8)

    @property
    def backend(self) -> str:
        """Name and version of what draws."""
        return self._takes[-1].backend

    def frames(self) -> Iterator[Pixels]:
        """Yield every frame; its pixels are valid until the next one."""
        for index in range(len(self._shot.acts)):
            if index and not self._story.lasts(index):
                self._takes.append(_Take(self._shot, self._story, index, self._backend))
            yield from self._act(index)
            self._drop_old()

    def _act(self, index: int) -> Iterator[Pixels]:
        act, first = self._shot.acts[index], self._shot.starts[index] * FRAMES_PER_SECOND
        for frame in range(act.seconds * FRAMES_PER_SECOND):
            t = (first + frame) / FRAMES_PER_SECOND
            share = ease(frame / FRAMES_PER_SECOND / act.fade)
            if share == 1.0:
                self._drop_old()
            pixels = self._takes[-1].draw(t)
            if len(self._takes) > 1:
                pixels = _blend(self._takes[0].draw(t), pixels, share, self._blended)
            yield pixels

    def _drop_old(self) -> None:
        while len(self._takes) > 1:
            self._takes.pop(0).close()

    def close(self) -> None:
        for take in self._takes:
            take.close()


class _Take:
    """One scene on a canvas of its own, with the mark on top."""

    def __init__(self, shot: Shot, story: Story, index: int, backend: Backend) -> None:
        self._canvas = open_canvas(backend, shot.width, shot.height)
        try:
            self._scene = story.scene(index, self._canvas.root)
            mark.stamp(self._canvas.root, shot.width, shot.height)
        except BaseException:
            self._canvas.close()
            raise
        self.backend = self._canvas.backend

    def draw(self, t: float) -> Pixels:
        self._scene.show(t)
        return self._canvas.draw()

    def close(self) -> None:
        self._canvas.close()


def _blend(first: Pixels, second: Pixels, share: float, target: Pixels) -> Pixels:
    """Mix `second` into `first`; a share of 0 is all `first`, to the bit."""
    difference = np.subtract(second, first, dtype=np.int16)
    difference *= np.int16(round(share * _STEPS))
    difference //= np.int16(_STEPS)
    np.add(first, difference, out=target, casting="unsafe")
    return target
