"""The songbird on the wing: a few beats, then a glide."""

import math

from bot.studio.renderer.actors.bird_head import Head
from bot.studio.renderer.actors.bird_plumage import Plumage
from bot.studio.renderer.camera import ease
from bot.studio.renderer.canvas import Group, at
from bot.studio.renderer.colour import Colour, mix
from bot.studio.renderer.path import Path
from bot.studio.renderer.spec import Pose
from bot.studio.renderer.stage import Stage

#: Wing beats per second; a bird falls out of the air below this share of them.
_BEATS = {Pose.WALK: 2.6, Pose.RUN: 4.2, Pose.PLAY: 3.4}
_SLOWEST = 0.75
#: The wing's hind edge from its tip to the body, one round feather after another.
_FEATHERS = (
    ((-26, -92), (-23, -70)),
    ((-42, -76), (-34, -54)),
    ((-54, -56), (-40, -37)),
    ((-57, -34), (-41, -20)),
    ((-52, -12), (-36, -4)),
)


class Flying:
    """Seen from the side, its body around (0, 0)."""

    def __init__(self, group: Group, stage: Stage, plumage: Plumage, *, haste: float) -> None:
        pose = stage.spec.pose
        self._beats = _BEATS[pose] * max(haste, _SLOWEST)
        self._tumbling = pose is Pose.PLAY
        self._whole = group.group()
        self._far = self._whole.group()
        _draw_wing(self._far, mix(plumage.dark, plumage.edge, 0.5), plumage.edge, plumage.dark)
        self._tail = self._whole.group()
        _draw_tail(self._tail, plumage)
        _draw_body(self._whole, plumage, stage.palette.key)
        self._head = Head(self._whole, stage, plumage, asleep=False)
        self._near = self._whole.group()
        _draw_wing(self._near, plumage.dark, plumage.edge, plumage.main)

    def show(self, t: float) -> None:
        turn = t * self._beats * math.tau + 0.9
        effort = ease(0.75 + 1.1 * math.sin(t * 1.5 + 0.8))
        wing = effort * (0.12 + 0.95 * math.sin(turn)) + (1 - effort) * 0.62
        lag = 0.35 * effort * math.cos(turn)
        heave = -4.5 * effort * math.sin(turn - 0.9) - 10 * math.sin(t * 1.5)
        nose = -7 * math.cos(t * 1.5) * (1.7 if self._tumbling else 1.0)
        sway = 20 * math.sin(t * 2.1) if self._tumbling else 0.0
        lift = 22 * math.sin(t * 3.0) if self._tumbling else 0.0
        self._whole.place(at(sway, heave + lift, degrees=nose + 1.5 * math.cos(turn)))
        for node, x, share in ((self._near, 2, 1.0), (self._far, 11, 0.86)):
            node.place((1.0, -lag, x, 0.0, share * wing, -14))
        self._tail.place(at(-36, 0, stretch=1.15 - 0.25 * effort, degrees=4 * math.sin(turn - 1.4)))
        self._head.show(t, 34, -13 + 1.5 * math.sin(turn - 0.5), tilt=-nose * 0.8)


def _draw_wing(group: Group, colour: Colour, edge: Colour, light: Colour) -> None:
    """An open wing that points up from its shoulder; a beat only flattens and turns it over."""
    wing = Path().move(18, 6).cubic(24, -22, 12, -62, -12, -88)
    for (bulge_x, bulge_y), (notch_x, notch_y) in _FEATHERS:
        wing.quad(bulge_x, bulge_y, notch_x, notch_y)
    wing.quad(-12, 14, 18, 6).close()
    group.line(wing, edge, 2.2, 0.8)
    group.fill(wing, colour)
    quills = Path().move(-12, -40).quad(-17, -54, -23, -68).move(-16, -28).quad(-24, -42, -33, -53)
    group.line(quills.move(-20, -18).quad(-30, -28, -39, -37), light, 2.6, 0.8)
    covert = Path().move(15, 0).cubic(16, -22, 10, -40, 0, -52).quad(-14, -42, -14, -30)
    covert.quad(-26, -24, -22, -12).quad(-22, 0, -6, 4).quad(6, 6, 15, 0).close()
    group.fill(covert, light, 0.55)


def _draw_tail(group: Group, plumage: Plumage) -> None:
    fan = Path().move(8, -8).cubic(-10, -14, -28, -20, -42, -20).quad(-50, -14, -42, -8)
    fan.quad(-54, -2, -44, 4).quad(-50, 10, -40, 14).cubic(-26, 14, -8, 12, 8, 8).close()
    group.line(fan, plumage.edge, 2.2, 0.8)
    group.fill(fan, plumage.dark)
    group.line(Path().move(2, -3).line(-38, -9).move(2, 2).line(-36, 5), plumage.main, 2.2, 0.7)


def _draw_body(group: Group, plumage: Plumage, key: Colour) -> None:
    body = Path().move(-48, -2).cubic(-34, -22, -6, -32, 22, -30)
    body.cubic(46, -28, 56, -4, 44, 12).cubic(32, 28, -2, 30, -22, 18)
    body.cubic(-34, 11, -42, 4, -48, -2).close()
    group.line(body, plumage.edge, 2.4, 0.8)
    group.fill(body, plumage.main)
    inside = group.group(clip=body)
    inside.fill(Path().oval(32, 16, 34, 20), plumage.breast)
    inside.fill(Path().oval(-8, 24, 34, 12), plumage.pale, 0.9)
    back = Path().move(-49, -3).cubic(-34, -21.5, -6, -31.5, 14, -30)
    inside.line(back, key, 3.6, 0.5)
    feet = Path().move(-12, 21).quad(-20, 27, -28, 25).move(-6, 22).quad(-14, 29, -21, 28)
    group.line(feet, plumage.horn, 3.0)
