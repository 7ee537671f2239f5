"""How a monster holds itself at a moment, pose by pose.

Lengths are units of the drawing; hands are given within the body, feet on the ground.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from bot.studio.renderer.actors.gait import Gait
from bot.studio.renderer.path import Point
from bot.studio.renderer.spec import Pose

#: Short legs take short steps; a run is a bound with both feet off the ground.
WADDLE = Gait(stride=24, duty=0.6, period=0.9, lift=8, bob=2.5, phases=(0.0, 0.5, 0.0, 0.5))
BOUND = Gait(stride=34, duty=0.38, period=0.52, lift=15, bob=7.0, phases=(0.0, 0.42, 0.0, 0.42))

_LEFT, _RIGHT = -20.0, 22.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stance:
    """One moment; angles in degrees."""

    #: How far the body is off its place; negative is up.
    rise: float = 0.0
    roll: float = 0.0
    #: Above 1 is drawn out, below 1 pressed flat.
    stretch: float = 1.0
    left_hand: Point = (-58.0, -22.0)
    right_hand: Point = (58.0, -24.0)
    #: (x, y, turn) of the feet.
    left_foot: tuple[float, float, float] = (_LEFT, 0.0, 0.0)
    right_foot: tuple[float, float, float] = (_RIGHT, 0.0, 0.0)


def walking(t: float, cycle: float) -> Stance:
    """Rolling from foot to foot."""
    turn = cycle * math.tau
    swing = 15 * math.sin(turn + 0.5)
    return Stance(
        rise=-WADDLE.bob * abs(math.sin(turn)),
        roll=4.5 * math.sin(turn - 0.3),
        left_hand=(-54 + swing * 0.6, -24 - abs(swing) * 0.3),
        right_hand=(56 + swing * 0.6, -26 - 3 * math.sin(t * 2)),
        left_foot=_stepped(WADDLE, cycle, 0, _LEFT),
        right_foot=_stepped(WADDLE, cycle, 1, _RIGHT),
    )


def running(t: float, cycle: float) -> Stance:
    """Leaning into it, arms out, both feet off the ground at times."""
    turn = cycle * math.tau
    beat = math.sin(turn * 2 - 0.8)
    return Stance(
        rise=-BOUND.bob * (0.6 + beat),
        roll=7 + 3 * math.sin(turn),
        stretch=1 + 0.04 * beat,
        left_hand=(-66, -52 + 12 * math.sin(t * 13)),
        right_hand=(68, -84 + 10 * math.sin(t * 13 + 1)),
        left_foot=_stepped(BOUND, cycle, 0, _LEFT),
        right_foot=_stepped(BOUND, cycle, 1, _RIGHT),
    )


def sitting(t: float, _: float) -> Stance:
    """Feet stretched out; now and then it waves."""
    waves = max(0.0, min(1.0, 0.4 + 1.6 * math.sin(t * 1.1 + 0.9)))
    wave = 0.5 + 0.5 * math.sin(t * 9)
    tap = 9 * math.sin(t * 3.2)
    return Stance(
        rise=5.0,
        roll=2.5 * math.sin(t * 1.1),
        stretch=0.97 + 0.012 * math.sin(t * 2),
        left_hand=(-54, -12),
        right_hand=(58 + waves * (4 + 14 * wave), -18 - waves * (78 - 9 * wave)),
        left_foot=(_LEFT - 10, 1.0, tap - 8),
        right_foot=(_RIGHT + 12, 1.0, 12 - tap),
    )


def playing(t: float, _: float) -> Stance:
    """Jumping for joy, pressed flat when it lands."""
    jump = (t / 0.86 + 0.22) % 1.0
    height = max(0.0, math.sin(math.pi * (jump - 0.18) / 0.82)) if jump > 0.18 else 0.0
    landing = math.sin(math.pi * jump / 0.18) if jump < 0.18 else 0.0
    flutter = 8 * math.sin(t * 16)
    return Stance(
        rise=-34 * height,
        roll=5 * math.sin(t * math.pi / 0.86),
        stretch=1 + 0.05 * height - 0.13 * landing,
        left_hand=(-60 - 6 * height, -52 - 52 * height + flutter),
        right_hand=(62 + 6 * height, -54 - 52 * height - flutter),
        left_foot=(_LEFT - 5 * height, -27 * height, 24 * height),
        right_foot=(_RIGHT + 5 * height, -27 * height, -24 * height),
    )


def sleeping(t: float, _: float) -> Stance:
    """Sunk down where it sat."""
    breath = math.sin(t * 1.5)
    return Stance(
        rise=6.0,
        roll=7.0,
        stretch=0.9 + 0.028 * breath,
        left_hand=(-46, -8),
        right_hand=(52, -10),
        left_foot=(_LEFT - 10, 1.0, -22.0),
        right_foot=(_RIGHT + 12, 1.0, 24.0),
    )


#: What each pose asks, given the seconds and the cycles of its gait that have passed.
STANCES: dict[Pose, Callable[[float, float], Stance]] = {
    Pose.WALK: walking,
    Pose.RUN: running,
    Pose.SIT: sitting,
    Pose.PLAY: playing,
    Pose.SLEEP: sleeping,
}


def _stepped(gait: Gait, cycle: float, leg: int, hip: float) -> tuple[float, float, float]:
    x, y = gait.paw(cycle, leg)
    return hip + x, y, -1.6 * y
