"""A bubble to breathe in, for animals on other worlds."""

from bot.studio.renderer.canvas import Group
from bot.studio.renderer.path import Path
from bot.studio.renderer.spec import Setting
from bot.studio.renderer.stage import Stage


def put_on(head: Group, stage: Stage, radius: float) -> None:
    """Add a helmet of `radius` units around a head drawn about (0, 0), if the scene is in space."""
    if stage.spec.setting is not Setting.SPACE:
        return
    size = radius / 47
    glass = Path().circle(2, -6 * size, radius)
    head.fill(glass, (225, 240, 255), 0.15)
    head.line(glass, (240, 248, 255), 2.4, 0.75)
    shine = Path().move(-30 * size, -22 * size)
    shine.cubic(-26 * size, -36 * size, -14 * size, -45 * size, 0, -47 * size)
    head.line(shine, (255, 255, 255), 5.0, 0.55)
    head.fill(Path().oval(-33 * size, -10 * size, 2.6 * size, 5 * size), (255, 255, 255), 0.5)
