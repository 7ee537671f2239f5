"""Settings a clip can play in, one module each.

A module has `paint(stage)`, the background, and `dress(frame, stage, cast)`, which
builds everything else in the order it is drawn. The one invariant: a setting decides
nothing that the spec, the layout or the camera has decided.
"""

from bot.studio.renderer.camera import Camera, Start
from bot.studio.renderer.canvas import Group, at
from bot.studio.renderer.cast import Cast, pacing
from bot.studio.renderer.layout import compose
from bot.studio.renderer.palette import palette
from bot.studio.renderer.scenes import city, interior, meadow, mountains, space, water
from bot.studio.renderer.spec import SceneSpec, Setting
from bot.studio.renderer.stage import Stage
from bot.studio.renderer.stream import Streams

_BEGINNING = Start()
_SETTINGS = {
    Setting.WATER: water,
    Setting.MOUNTAINS: mountains,
    Setting.CITY: city,
    Setting.MEADOW: meadow,
    Setting.SPACE: space,
    Setting.INTERIOR: interior,
}


class Scene:
    """One setting with its cast, built once and shown at any moment."""

    def __init__(
        self,
        root: Group,
        spec: SceneSpec,
        streams: Streams,
        *,
        size: tuple[int, int],
        seconds: float,
        start: Start,
    ) -> None:
        layout = compose(*size, streams, spec.setting)
        pace = pacing(spec, layout, seconds, start)
        self.camera = Camera(
            layout=layout, move=spec.move, seconds=seconds, speed=pace.speed, start=start
        )
        stage = Stage(
            spec=spec, palette=palette(spec), layout=layout, camera=self.camera, streams=streams
        )
        setting = _SETTINGS[spec.setting]
        self._background = root.picture(setting.paint(stage))
        self._frame = root.group()
        self._cast = Cast(stage, pace)
        self._parts = tuple(setting.dress(self._frame, stage, self._cast))

    def show(self, t: float) -> None:
        """Move everything to where it is at `t` seconds."""
        for part in self._parts:
            part.show(t)
        tilt = self.camera.tilt(t)
        self._background.place(at(0, round(tilt) - round(self.camera.headroom)))
        self._frame.place(at(0, tilt))

    def astray(self, t: float) -> float:
        """Pixels by which the main subject is off its place at `t` seconds."""
        return self._cast.astray(t)


def build(
    root: Group,
    spec: SceneSpec,
    streams: Streams,
    size: tuple[int, int],
    seconds: float,
    *,
    start: Start = _BEGINNING,
) -> Scene:
    """Build the scene of `spec` into `root`, in pixels of `size`.

    Its camera moves for `seconds` from `start`, and then rests: the scene may be shown longer,
    unless it `travels`.
    """
    return Scene(root, spec, streams, size=size, seconds=seconds, start=start)


def travels(spec: SceneSpec, streams: Streams, size: tuple[int, int]) -> bool:
    """Tell whether the camera follows somebody, who comes to the end of the built world."""
    return pacing(spec, compose(*size, streams, spec.setting), 1.0, _BEGINNING).speed > 0
