"""What every component of a scene is given: the spec, its colours, the frame."""

from dataclasses import dataclass

from bot.studio.renderer.camera import Camera
from bot.studio.renderer.canvas import Group
from bot.studio.renderer.layout import Layout
from bot.studio.renderer.palette import Palette
from bot.studio.renderer.spec import Light, SceneSpec, Weather
from bot.studio.renderer.stream import Streams


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One clip's decisions, shared by its components and never changed by them."""

    spec: SceneSpec
    palette: Palette
    layout: Layout
    camera: Camera
    streams: Streams

    @property
    def wind(self) -> float:
        """How much stronger than a breeze it blows."""
        if self.spec.light is Light.STORM:
            return 1.8
        return 2.2 if self.spec.weather is Weather.WIND else 1.0

    @property
    def dark(self) -> bool:
        """Lamps are lit."""
        return self.spec.light in (Light.NIGHT, Light.SUNSET, Light.STORM)

    def span(self, depth: float) -> float:
        """How wide, in pixels, a layer must be so that the camera never sees its end."""
        return self.layout.width * (1.0 + 0.25 * depth) + self.camera.reach * depth

    def plane(self, frame: Group) -> Group:
        """Add a group to the frame in which things are placed as they are composed."""
        plane = frame.group()
        if self.layout.mirrored:
            plane.place((-1.0, 0.0, float(self.layout.width), 0.0, 1.0, 0.0))
        return plane
