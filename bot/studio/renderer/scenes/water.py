"""By the water: far shore, lake, boat, bank."""

from collections.abc import Iterator

from bot.studio.renderer import background
from bot.studio.renderer.bank import Bank
from bot.studio.renderer.canvas import Group
from bot.studio.renderer.cast import Cast, Part
from bot.studio.renderer.hills import Hills
from bot.studio.renderer.landmark import Landmark
from bot.studio.renderer.sky import Birds, Clouds, Disc, Stars
from bot.studio.renderer.stage import Stage
from bot.studio.renderer.surface import Surface
from bot.studio.renderer.weather import Air, Lightning, Rings
from bot.studio.renderer.willow import Willow

paint = background.paint


def dress(frame: Group, stage: Stage, cast: Cast) -> Iterator[Part]:
    """Build the shore, the lake and the bank."""
    world = stage.plane(frame)
    yield Stars(world, stage)
    Disc(world, stage)
    yield Clouds(world, stage)
    yield Lightning(world, stage)
    yield Birds(world, stage)
    shore, water = world.group(), world.group()
    yield Hills(shore, water, stage)
    yield Landmark(shore, water, stage)
    yield Surface(water, stage)
    yield Rings(water, stage)
    yield cast.afloat(world)
    yield cast.aloft(world)
    behind = world.group()
    yield cast.standing(world)
    yield Bank(behind, world.group(), stage)
    yield Willow(world, stage)
    yield Air(frame, stage)
