"""An uploaded clip as it is, or in the light and the weather that texts ask for."""

from bot.studio.renderer.canvas import Group, Pixels
from bot.studio.renderer.footage import Reel
from bot.studio.renderer.grade import Grade
from bot.studio.renderer.prompt import Asked
from bot.studio.renderer.scenes.reference import Breath
from bot.studio.renderer.spec import SceneSpec
from bot.studio.renderer.stream import Streams


class FootageScene:
    """The pictures of a reel, graded one by one, with weather before them; time may only rise."""

    def __init__(
        self, root: Group, spec: SceneSpec, streams: Streams, reel: Reel, wanted: Asked
    ) -> None:
        self._reel, self._grade = reel, Grade(wanted)
        self._pixels = reel.at(0.0)
        self._picture = root.picture(self._graded(self._pixels))
        self._air = Breath(root, spec, streams, self._pixels, wanted) if wanted.weather else None

    def show(self, t: float) -> None:
        """Show what the clip shows at `t` seconds; past its end, its last picture."""
        pixels = self._reel.at(t)
        if pixels is not self._pixels:
            self._pixels = pixels
            self._picture.repaint(self._graded(pixels))
        if self._air is not None:
            self._air.show(t, 1.0, t)

    def _graded(self, pixels: Pixels) -> Pixels:
        return pixels if self._grade.idle else self._grade.apply(pixels)

    def at(self, t: float) -> Pixels:
        """Return what the clip shows at `t` seconds, without the weather."""
        return self._graded(self._reel.at(t))
