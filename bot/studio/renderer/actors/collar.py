"""A collar with a bell."""

from bot.studio.renderer.canvas import Group
from bot.studio.renderer.colour import WHITE, Colour, mix, rgb
from bot.studio.renderer.path import Path


def fasten(group: Group, colour: Colour, lit: Colour, points: tuple[float, ...]) -> None:
    """Add a collar along a curve: its start, bend and end, then where the bell hangs."""
    x0, y0, cx, cy, x1, y1, bell_x, bell_y = points
    group.line(Path().move(x0, y0).quad(cx, cy, x1, y1), colour, 5)
    group.fill(Path().circle(bell_x, bell_y, 4.4), mix(rgb("#f4c440"), lit, 0.15))
    group.fill(Path().circle(bell_x - 1.2, bell_y - 1.3, 1.3), WHITE, 0.8)
