"""The cast: every subject of a scene in its place, moving as the camera sees it.

A scene says where in its order of drawing they come: in the air, on the water, on the
ground. The one invariant: a place depends on the order of the cast, never on colours.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from bot.studio.renderer.actors import bird, cat, dog, monster
from bot.studio.renderer.actors.balloon import Balloon
from bot.studio.renderer.actors.bird import Bird
from bot.studio.renderer.actors.boat import Boat
from bot.studio.renderer.actors.cat import Cat
from bot.studio.renderer.actors.cup import Cup
from bot.studio.renderer.actors.dog import Dog
from bot.studio.renderer.actors.kite import Kite
from bot.studio.renderer.actors.monster import Monster
from bot.studio.renderer.camera import Start
from bot.studio.renderer.canvas import Group
from bot.studio.renderer.layout import Layout, Spot
from bot.studio.renderer.spec import Move, Pose, Role, SceneSpec, Setting, Subject
from bot.studio.renderer.stage import Stage
from bot.studio.renderer.stroll import Stroll

#: Settings with water that a boat can float on.
_WATERS = (Setting.WATER, Setting.MOUNTAINS)
#: A static camera lets a walker cross this share of the picture.
_CROSSING = 0.5
#: Who turns round is never thinner than this share.
_THINNEST = 0.06
#: A bird on the wing crosses this share at most.
_FLIGHT = 0.35
#: A camera that tracks a flying or sailing lead passes this share of the width per second.
_TRACKING = 0.06
#: How much larger a flying lead is than a flying companion in its place.
_STARRING = 1.45
#: How far away the air's subjects are.
_AIR_DEPTH = 0.4
_BOAT_DEPTH = 0.55
#: Something that stands still is passed when this share of the clip is over.
_PASSED_AT = 0.4


class Part(Protocol):
    """Anything that moves with time."""

    def show(self, t: float) -> None:
        """Move to where it is at `t` seconds."""


class Actor(Protocol):
    """A subject, drawn facing right with its feet or base at the origin."""

    def show(self, t: float, x: float, y: float, scale: float) -> None:
        """Draw it standing at (x, y) at `t` seconds."""


class _Maker(Protocol):
    def __call__(
        self, group: Group, stage: Stage, *, hue: str | None = None, haste: float = 1.0
    ) -> Actor: ...


_MAKERS: Mapping[Subject, _Maker] = {
    Subject.CAT: Cat,
    Subject.DOG: Dog,
    Subject.MONSTER: Monster,
    Subject.BOAT: Boat,
    Subject.KITE: Kite,
    Subject.CUP: Cup,
    Subject.BALLOON: Balloon,
    Subject.BIRD: Bird,
}
_PACES: Mapping[Subject, Callable[[Pose], float]] = {
    Subject.CAT: cat.pace,
    Subject.DOG: dog.pace,
    Subject.MONSTER: monster.pace,
    Subject.BIRD: bird.pace,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pacing:
    """How the walkers of a scene and its camera move."""

    #: Pixels per second a following camera passes over the ground.
    speed: float = 0.0
    #: How walkers go while the camera stays.
    stroll: Stroll | None = None


def pacing(spec: SceneSpec, layout: Layout, seconds: float, start: Start) -> Pacing:
    """The first walker of the cast sets the pace of all.

    A following camera keeps walkers in place; a static one, or one in a room, lets them
    cross, no faster than they can without leaving the picture, and then come back.
    """
    goers = [role for role in spec.cast if role is spec.lead or _stands(role, spec)]
    natural = next((pace for role in goers if (pace := _pace(role, spec))), 0.0)
    natural *= layout.lead[2]
    if spec.move is Move.STATIC or spec.setting is Setting.INTERIOR:
        share = _CROSSING if len(goers) == 1 else _CROSSING / 2
        return Pacing(stroll=_stroll(natural * seconds, share * layout.width, seconds, start))
    if not natural and spec.move is Move.TRACK and not _stands(spec.lead, spec):
        return Pacing(speed=_TRACKING * layout.width)
    return Pacing(speed=natural)


def _stroll(way: float, span: float, seconds: float, start: Start) -> Stroll | None:
    """Go `way` pixels in `seconds`, or no more than `span`, a quarter of it before one's place."""
    way = min(way, span)
    if not way:
        return None
    return Stroll(
        began=start.lead_at,
        origin=start.lead if start.lead_at else -0.25 * way,
        speed=way / seconds,
        low=-0.25 * span,
        high=0.75 * span,
    )


def _pace(role: Role, spec: SceneSpec) -> float:
    """Units per second a subject goes; what only drifts does not."""
    pace = _PACES.get(role.subject)
    return pace(spec.pose) * (0.8 if spec.kitten else 1.0) if pace else 0.0


def _flies(role: Role, spec: SceneSpec) -> bool:
    if role.subject is Subject.BIRD:
        return bird.aloft(spec.pose)
    return role.subject in (Subject.KITE, Subject.BALLOON)


def _floats(role: Role, spec: SceneSpec) -> bool:
    return role.subject is Subject.BOAT and spec.setting in _WATERS


def _stands(role: Role, spec: SceneSpec) -> bool:
    return not _flies(role, spec) and not _floats(role, spec)


@dataclass(frozen=True, slots=True)
class _Placed:
    actor: Actor
    spot: Spot
    place: Callable[[Spot, float], Spot]
    #: A group of its own, and how it goes to and fro in it.
    node: Group
    stroll: Stroll | None

    def show(self, t: float) -> None:
        x, y, scale = self.place(self.spot, t)
        self.actor.show(t, x, y, scale)
        if self.stroll is not None:
            side = self.stroll.at(t)[1]
            side = math.copysign(max(abs(side), _THINNEST), side)
            self.node.place((side, 0.0, x * (1 - side), 0.0, 1.0, 0.0))


class Troupe:
    """Those of the cast who are drawn together."""

    def __init__(self, placed: list[_Placed]) -> None:
        self._placed = placed

    def show(self, t: float) -> None:
        for one in self._placed:
            one.show(t)


class Cast:
    """Builds the cast into the groups a scene hands over."""

    def __init__(self, stage: Stage, pacing: Pacing) -> None:
        self._stage, self._pacing = stage, pacing
        self._spots = _spots(stage)

    def aloft(self, group: Group) -> Troupe:
        """Build what flies."""
        flying = [role for role in self._roles() if _flies(role, self._stage.spec)]
        return Troupe(
            [
                self._placed(group, role, self._winged if self._walks(role) else self._flown)
                for role in flying
            ]
        )

    def afloat(self, group: Group) -> Troupe:
        """Build the boat, where there is water."""
        roles = [role for role in self._roles() if _floats(role, self._stage.spec)]
        return Troupe([self._placed(group, role, self._sailed) for role in roles])

    def standing(self, group: Group) -> Troupe:
        """Build what stands on the ground, the farthest first."""
        roles = [role for role in self._roles() if _stands(role, self._stage.spec)]
        roles.sort(key=lambda role: self._spots[role.subject][1])
        return Troupe(
            [
                self._placed(group, role, self._walked if self._walks(role) else self._stood)
                for role in roles
            ]
        )

    def _roles(self) -> tuple[Role, ...]:
        return self._stage.spec.cast

    def _walks(self, role: Role) -> bool:
        return _pace(role, self._stage.spec) > 0

    def _placed(self, group: Group, role: Role, place: Callable[[Spot, float], Spot]) -> _Placed:
        spot = self._spots[role.subject]
        make = _MAKERS[role.subject]
        spec, node = self._stage.spec, group.group()
        guise = spec.guise if role is spec.hero else None
        hue = role.hue or (guise[0] if guise else None)
        actor = make(node, self._stage, hue=hue, haste=self._haste(role, spot))
        return _Placed(actor, spot, place, node, self._stroll(role, spot))

    def _stroll(self, role: Role, spot: Spot) -> Stroll | None:
        """How somebody goes to and fro; None for whoever does not."""
        if not self._walks(role):
            return None
        return self._flight(spot) if _flies(role, self._stage.spec) else self._pacing.stroll

    def astray(self, t: float) -> float:
        """Pixels by which the main subject is off its place on the ground at `t` seconds."""
        stage, stroll = self._stage, self._pacing.stroll
        lead = stage.spec.lead
        if not _stands(lead, stage.spec):
            return 0.0
        strolls = stroll is not None and self._walks(lead)
        return stroll.at(t)[0] if stroll and strolls else stage.camera.astray(t)

    def _haste(self, role: Role, spot: Spot) -> float:
        """How fast a walker must go to keep pace, as a multiple of its natural pace."""
        spec = self._stage.spec
        natural = _pace(role, spec) * spot[2]
        if _flies(role, spec) and role is not spec.lead:
            return 1.0
        stroll = self._pacing.stroll
        wanted = stroll.speed if stroll else self._pacing.speed
        return wanted / natural if natural else 1.0

    def _walked(self, spot: Spot, t: float) -> Spot:
        camera = self._stage.camera
        zoom, _, _, _, _, lift = camera.middle(1.0, t)
        x, y, scale = spot
        x += self._pacing.stroll.at(t)[0] if self._pacing.stroll else camera.astray(t)
        return x, zoom * y + lift, scale * zoom

    def _stood(self, spot: Spot, t: float) -> Spot:
        camera = self._stage.camera
        zoom, _, right, _, _, down = camera.middle(1.0, t)
        x = spot[0] + camera.speed * camera.seconds * _PASSED_AT
        if spot == self._spots[self._stage.spec.lead.subject]:
            x += camera.astray(t)
        return zoom * x + right, zoom * spot[1] + down, spot[2] * zoom

    def _flown(self, spot: Spot, t: float) -> Spot:
        camera = self._stage.camera
        zoom, _, right, _, _, down = camera.middle(_AIR_DEPTH, t)
        x = spot[0] + camera.speed * camera.going(t) * _AIR_DEPTH
        return zoom * x + right, zoom * spot[1] + down, spot[2] * zoom

    def _winged(self, spot: Spot, t: float) -> Spot:
        """Fly like all that flies, and cross some of the picture on the way."""
        x, y, scale = self._flown(spot, t)
        flight = self._flight(spot)
        return (x + flight.at(t)[0] if flight else x), y, scale

    def _flight(self, spot: Spot) -> Stroll | None:
        camera, spec = self._stage.camera, self._stage.spec
        if _flies(spec.lead, spec) and camera.speed:
            return None
        span = _FLIGHT * camera.layout.width
        way = min(bird.pace(spec.pose) * spot[2] * camera.seconds, span)
        return Stroll(
            began=camera.start.at,
            origin=-0.5 * way,
            speed=way / camera.seconds,
            low=-0.5 * span,
            high=0.5 * span,
        )

    def _sailed(self, spot: Spot, t: float) -> Spot:
        """Sail along with a moving camera, falling behind an eighth of the picture at most."""
        camera = self._stage.camera
        zoom, _, right, _, _, down = camera.middle(_BOAT_DEPTH, t)
        reach = max(camera.reach, 1.0)
        drift = camera.travel(t) * (_BOAT_DEPTH - min(0.1, 0.12 * camera.layout.width / reach))
        return zoom * (spot[0] + drift) + right, zoom * spot[1] + down, spot[2] * zoom


def _spots(stage: Stage) -> dict[Subject, Spot]:
    """Give everyone in the cast a place, in their order."""
    layout, spec = stage.layout, stage.spec
    air, ground = iter(layout.aloft), iter(layout.beside)
    spots: dict[Subject, Spot] = {}
    for index, role in enumerate(spec.cast):
        if _flies(role, spec):
            spot = next(air)
            spots[role.subject] = spot if index else (spot[0], spot[1], spot[2] * _STARRING)
        elif role.subject is Subject.BOAT:
            spots[role.subject] = _boat_spot(stage, lead=index == 0)
        elif role.subject is Subject.CUP and index:
            spots[role.subject] = layout.rest
        else:
            free = layout.lead not in spots.values()
            spots[role.subject] = layout.lead if free else next(ground)
    return spots


def _boat_spot(stage: Stage, *, lead: bool) -> Spot:
    x, y, scale = stage.layout.afloat
    if stage.spec.setting in _WATERS:
        return (x, y, scale * 1.35) if lead else (x, y, scale)
    return stage.layout.lead if lead else (x, y, scale)
