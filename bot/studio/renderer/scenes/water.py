"""A cat by the water: far shore, lake, boat, bank."""

from typing import Protocol

from bot.studio.renderer import background
from bot.studio.renderer.actors import cat as cats
from bot.studio.renderer.actors.boat import Boat
from bot.studio.renderer.bank import Bank
from bot.studio.renderer.camera import Camera, Start
from bot.studio.renderer.canvas import Group
from bot.studio.renderer.hills import Hills
from bot.studio.renderer.landmark import Landmark
from bot.studio.renderer.layout import compose
from bot.studio.renderer.palette import palette
from bot.studio.renderer.sky import Birds, Clouds, Disc, Stars
from bot.studio.renderer.spec import Move, SceneSpec
from bot.studio.renderer.stage import Stage
from bot.studio.renderer.stream import Streams
from bot.studio.renderer.surface import Surface
from bot.studio.renderer.weather import Falling, Lightning, Motes, Rings
from bot.studio.renderer.willow import Willow

#: A static camera lets the cat cross this share of the picture.
_CROSSING = 0.5
#: The boat sails along with a moving camera, falling behind an eighth of the picture at most.
_BOAT_DEPTH = 0.55


class _Part(Protocol):
    def show(self, t: float) -> None: ...


class WaterScene:
    """All components of one clip, in the order they are drawn."""

    def __init__(
        self,
        root: Group,
        spec: SceneSpec,
        streams: Streams,
        *,
        size: tuple[int, int],
        seconds: float,
        start: Start | None = None,
    ) -> None:
        width, height = size
        layout = compose(width, height, streams)
        self._crossing, self._haste, speed = _pacing(spec, layout.cat[2], width, seconds)
        if start is not None and travels(spec):
            self._crossing, self._haste, speed = _following(spec, layout.cat[2])
        camera = Camera(
            layout=layout,
            move=spec.move,
            seconds=seconds,
            speed=speed,
            start=start or Start(),
        )
        self.camera = camera
        stage = Stage(
            spec=spec, palette=palette(spec), layout=layout, camera=camera, streams=streams
        )
        self._stage = stage
        root.picture(background.paint(stage))
        world = root.group()
        if layout.mirrored:
            world.place((-1.0, 0.0, float(width), 0.0, 1.0, 0.0))
        self._build(world, stage)

    def _build(self, world: Group, stage: Stage) -> None:
        stars = Stars(world, stage)
        Disc(world, stage)
        clouds, lightning = Clouds(world, stage), Lightning(world, stage)
        birds = Birds(world, stage)
        shore, water = world.group(), world.group()
        hills = Hills(shore, water, stage)
        landmark = Landmark(shore, water, stage)
        surface, rings = Surface(water, stage), Rings(water, stage)
        self._boat = Boat(world, stage, stage.spec.boat) if stage.spec.boat else None
        behind = world.group()
        self._cat = cats.Cat(world, stage, haste=self._haste)
        bank = Bank(behind, world.group(), stage)
        air = (Willow(world, stage), Motes(world, stage), Falling(world, stage))
        self._parts: tuple[_Part, ...] = (
            *(stars, clouds, lightning, birds, hills, landmark, surface, rings, bank),
            *air,
        )

    def show(self, t: float) -> None:
        """Move everything to where it is at `t` seconds."""
        for part in self._parts:
            part.show(t)
        self._show_actors(t)

    def astray(self, t: float) -> float:
        """Pixels by which the subject is off its place at `t`."""
        camera = self._stage.camera
        return camera.astray(t) + self._crossing * (t / camera.seconds - 0.25)

    def _show_actors(self, t: float) -> None:
        layout, camera = self._stage.layout, self._stage.camera
        zoom, _, _, _, _, lift = camera.view(1.0, t)
        x, y, scale = layout.cat
        x += self.astray(t)
        self._cat.show(t, x, zoom * y + lift, scale * zoom)
        if self._boat is not None:
            x, y, scale = layout.boat
            reach = max(camera.reach, 1.0)
            near = camera.view(_BOAT_DEPTH, t)
            drift = camera.travel(t) * (_BOAT_DEPTH - min(0.1, 0.12 * layout.width / reach))
            self._boat.show(
                t, near[0] * (x + drift) + near[2], near[4] * y + near[5], scale * near[0]
            )


def travels(spec: SceneSpec) -> bool:
    """Tell whether the subject leaves where it is, so that a scene cannot last for ever."""
    return cats.pace(spec.pose) > 0


def _following(spec: SceneSpec, scale: float) -> tuple[float, float, float]:
    """As `_pacing`, for a camera that follows whatever its move."""
    return 0.0, 1.0, cats.pace(spec.pose) * scale * (0.8 if spec.kitten else 1.0)


def _pacing(
    spec: SceneSpec, scale: float, width: int, seconds: float
) -> tuple[float, float, float]:
    """(pixels the cat crosses, its haste, pixels per second the camera follows).

    A following camera keeps the cat in place; a static one lets it cross, no faster
    than it can without leaving the picture.
    """
    natural = cats.pace(spec.pose) * scale * (0.8 if spec.kitten else 1.0)
    if spec.move is not Move.STATIC or not natural:
        return 0.0, 1.0, natural
    crossing = min(natural * seconds, _CROSSING * width)
    return crossing, crossing / (natural * seconds), 0.0
