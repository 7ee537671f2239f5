"""What the acts of a clip show: drawn scenes, a picture that comes alive, or footage.

Asked by `film`, act by act, in order. The one invariant: an act is shown as if no other
came after it, so that what extends a clip never changes it.
"""

from dataclasses import replace
from pathlib import Path
from typing import Protocol

from bot.studio.renderer import footage, scenes, sound
from bot.studio.renderer.camera import Start
from bot.studio.renderer.canvas import Group, Pixels
from bot.studio.renderer.encode import FRAMES_PER_SECOND, Samples
from bot.studio.renderer.prompt import Asked, asked
from bot.studio.renderer.scenes.footage import FootageScene
from bot.studio.renderer.scenes.reference import ReferenceScene, cover
from bot.studio.renderer.script import Script
from bot.studio.renderer.shot import Shot
from bot.studio.renderer.soundtrack import Passage
from bot.studio.renderer.spec import Light, Move, Setting

#: A camera that is told to zoom out later on must first be close.
_CLOSE = 1.14
_FRAME = 1 / FRAMES_PER_SECOND


class Scene(Protocol):
    """Nodes on a canvas that move with the seconds of the clip."""

    def show(self, t: float) -> None: ...


class Story(Protocol):
    """The scenes of a clip; close it when done."""

    def lasts(self, index: int) -> bool:
        """Tell whether act `index`, not the first, goes on with the scene of the act before."""

    def scene(self, index: int, root: Group) -> Scene:
        """Build the scene of act `index`; the acts before have been shown."""

    def passages(self) -> list[Passage]:
        """The sound of all acts."""

    def close(self) -> None: ...


def story(shot: Shot) -> Story:
    """Tell what a shot shows. Raises UnusableReference for files that cannot be read."""
    if shot.footage is not None:
        return FilmedStory(shot, shot.footage)
    if shot.reference is not None:
        return PicturedStory(shot, cover(shot.reference, shot.width, shot.height))
    return DrawnStory(shot)


class DrawnStory:
    """Scenes drawn from the words alone."""

    def __init__(self, shot: Shot) -> None:
        self._shot, self._script = shot, Script(shot)
        self._told: scenes.Scene | None = None
        self._start = Start()
        self._seconds = float(shot.acts[0].seconds)

    @property
    def _size(self) -> tuple[int, int]:
        return self._shot.width, self._shot.height

    def _travels(self, index: int) -> bool:
        return scenes.travels(self._script.spec(index), self._script.streams, self._size)

    def lasts(self, index: int) -> bool:
        same = self._script.spec(index) == self._script.spec(index - 1)
        return same and not self._travels(index)

    def scene(self, index: int, root: Group) -> Scene:
        if self._told is not None:
            self._go_on(index, self._told)
        spec, streams = self._script.spec(index), self._script.streams
        self._told = scenes.build(root, spec, streams, self._size, self._seconds, start=self._start)
        return self._told

    def _go_on(self, index: int, told: scenes.Scene) -> None:
        """Hand over to the next camera: it goes on, makes a new move, or sees new country."""
        before, spec = self._script.spec(index - 1), self._script.spec(index)
        at = float(self._shot.starts[index])
        if self._travels(index - 1) or self._travels(index):
            self._hand_over(index, lens=told.camera.lens(at), moved=spec.move is before.move)
        elif spec.move is not before.move:
            camera = told.camera
            lens = max(camera.lens(at), _CLOSE if spec.move is Move.ZOOM_OUT else 1.0)
            self._hand_over(index, lens=lens)
            self._start = replace(
                self._start, travel=camera.travel(at), reach=camera.reach, centre=camera.centre
            )
        if (spec.pose, spec.cast) != (before.pose, before.cast) or self._start.at == at:
            self._start = replace(
                self._start,
                lead=told.astray(at),
                lead_at=at,
                lead_speed=(told.astray(at) - told.astray(at - _FRAME)) / _FRAME,
            )

    def _hand_over(self, index: int, *, lens: float, moved: bool = False) -> None:
        self._seconds = float(self._shot.acts[index].seconds)
        self._start = Start(at=float(self._shot.starts[index]), lens=lens, moved=moved)

    def passages(self) -> list[Passage]:
        return self._script.composed(0)

    def close(self) -> None:
        self._told = None


class PicturedStory:
    """A picture that comes alive, in act `first` and those after it."""

    def __init__(
        self, shot: Shot, picture: Pixels, *, first: int = 0, known: Asked | None = None
    ) -> None:
        """`known` is what the picture shows already."""
        self._shot, self._script, self._picture = shot, Script(shot), picture
        self._first, self._known = first, known

    def _wanted(self, index: int) -> Asked:
        wanted = asked(self._script.texts(index))
        known = self._known
        if known and (known.light, known.hues) == (wanted.light, wanted.hues):
            return replace(wanted, light=None, hues=())
        return wanted

    def lasts(self, index: int) -> bool:
        script = self._script
        return index > self._first and script.spec(index) == script.spec(index - 1)

    def scene(self, index: int, root: Group) -> Scene:
        shot, weather = self._shot, self._known.weather if self._known else None
        return ReferenceScene(
            root,
            self._script.spec(index),
            self._script.streams,
            self._picture,
            self._wanted(index),
            seconds=shot.acts[self._first].seconds,
            began=shot.starts[self._first],
            settled=index > self._first or weather is not None,
        )

    def passages(self) -> list[Passage]:
        return self._script.composed(self._first)

    def close(self) -> None: ...


class FilmedStory:
    """Footage in the first act; its last picture comes alive in the second."""

    def __init__(self, shot: Shot, path: Path) -> None:
        self._shot, self._script, self._path = shot, Script(shot), path
        self._reel = footage.Reel(path, shot.width, shot.height)
        #: The footage is what it is: only what was asked of it later counts.
        self._wanted = asked(self._script.texts(0)[1:])
        self._played: FootageScene | None = None
        self._after: PicturedStory | None = None

    def lasts(self, index: int) -> bool:
        return self._after is not None and self._after.lasts(index)

    def scene(self, index: int, root: Group) -> Scene:
        if self._played is None:
            self._played = FootageScene(
                root, self._script.spec(0), self._script.streams, self._reel, self._wanted
            )
            return self._played
        if self._after is None:
            last = self._played.at(self._shot.starts[1])
            self._after = PicturedStory(self._shot, last, first=1, known=self._wanted)
        return self._after.scene(index, root)

    def passages(self) -> list[Passage]:
        seconds = self._shot.acts[0].seconds
        if not footage.sounds(self._path):
            return self._script.composed(0)
        return [Passage(seconds, self._heard), *self._script.composed(1)]

    def _heard(self, seconds: float) -> Samples:
        """The footage's own sound, with the weather that was asked for."""
        samples = footage.sound(self._path, seconds)
        if self._wanted.weather is None:
            return samples
        spec = self._script.spec(0)
        # A setting and a light drawn by lot say nothing of where the footage plays.
        spec = replace(spec, setting=Setting.WATER, light=self._wanted.light or Light.DAY)
        return sound.weathered(spec, self._script.streams, samples)

    def close(self) -> None:
        self._reel.close()
