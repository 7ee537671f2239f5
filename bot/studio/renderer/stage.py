"""What every component of a scene is told: the decisions, the colours, the frame."""

from dataclasses import dataclass

from bot.studio.renderer.camera import Camera
from bot.studio.renderer.layout import Layout
from bot.studio.renderer.palette import Palette
from bot.studio.renderer.spec import SceneSpec
from bot.studio.renderer.stream import Streams


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One clip's decisions, shared by its components and never changed by them."""

    spec: SceneSpec
    palette: Palette
    layout: Layout
    camera: Camera
    streams: Streams

    def span(self, depth: float) -> float:
        """How wide, in pixels, a layer must be so that the camera never sees its end."""
        return self.layout.width * (1.0 + 0.25 * depth) + self.camera.reach * depth
