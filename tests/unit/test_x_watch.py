"""The X accounts in use are looked at, from the start on."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest
from structlog.testing import capture_logs

from bot.app.x_watch import XWatch
from bot.domain.budget import Budget
from bot.domain.post import Target
from bot.domain.refusal import Refusal
from bot.domain.schedule import AdHoc, ApprovalMode, ApprovalPolicy, Plan, Schedule, VideoDefaults
from bot.errors import TargetPaused, TargetUnavailable
from tests.clock import FakeClock

REEL, OTHER, CATS = (Target.parse(text) for text in ("x:@reel", "x:@other", "slack:#cats"))
AUTO = ApprovalPolicy(mode=ApprovalMode.AUTO)
SCHEDULE = Schedule(
    id="a",
    cron="0 0 * * *",
    timezone="UTC",
    template="t",
    provider="p",
    video=VideoDefaults(),
    targets=(CATS, REEL),
    approval=AUTO,
)
PLAN = Plan(
    timezone="UTC",
    budget=Budget(per_day_usd=Decimal(1)),
    providers={},
    ad_hoc=AdHoc(provider="p", video=VideoDefaults(), targets=(REEL,), approval=AUTO),
    schedules=(SCHEDULE, replace(SCHEDULE, id="b", targets=(OTHER,), enabled=False)),
)


class World:
    """What X says, and a watch over it."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.plan = PLAN
        self.wrong: Exception | None = None
        self.asked: list[tuple[datetime, Target]] = []
        self.watch = XWatch(self._check, plan=lambda: self.plan, clock=self.clock)

    async def _check(self, target: Target) -> None:
        self.asked.append((self.clock.now(), target))
        if self.wrong:
            raise self.wrong


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def lines() -> Iterator[list]:
    with capture_logs() as lines:
        yield lines


async def test_each_account_in_use_is_looked_at_once_at_the_start(world: World) -> None:
    assert world.watch.states == {"x:@reel": "it is being asked"}

    async with world.watch.open():
        await world.clock.idle()

    assert [target for _, target in world.asked] == [REEL]
    assert world.watch.states == {"x:@reel": "ok"}


async def test_what_is_wrong_is_told_once_and_until_it_is_right(world: World, lines: list) -> None:
    world.wrong = TargetPaused("Those are @other's.", hint="Take its own.")
    async with world.watch.open():
        await world.clock.advance(300)
        assert world.watch.states == {"x:@reel": "Those are @other's."}

        world.wrong = None
        await world.clock.advance(30)

    assert world.watch.states == {"x:@reel": "ok"}
    assert [(line["log_level"], line["state"]) for line in lines] == [
        ("warning", "Those are @other's."),
        ("info", "ok"),
    ]
    assert lines[0]["hint"] == "Take its own."
    assert len(world.asked) == 12


async def test_an_account_that_the_file_gains_is_looked_at_too(world: World) -> None:
    async with world.watch.open():
        await world.clock.idle()
        world.plan = replace(PLAN, schedules=(replace(SCHEDULE, targets=(OTHER,)),))
        assert world.watch.states == {"x:@other": "it is being asked", "x:@reel": "ok"}
        await world.clock.advance(30)

    assert world.watch.states == {"x:@other": "ok", "x:@reel": "ok"}


async def test_what_nobody_foresaw_ends_no_watch(world: World, lines: list) -> None:
    world.wrong = ZeroDivisionError("by zero")
    async with world.watch.open():
        await world.clock.idle()
        world.wrong = None
        await world.clock.advance(30)

    assert lines[0]["log_level"] == "error"
    assert world.watch.states == {"x:@reel": "ok"}


async def test_it_knows_which_accounts_need_a_person(world: World) -> None:
    world.wrong = TargetPaused("Those are @other's.", hint="Take its own.")
    assert world.watch.refusals == {REEL: None}
    async with world.watch.open():
        await world.clock.advance(60)
        asked = world.clock.now()
        told = Refusal(target=REEL, why="Those are @other's.", hint="Take its own.", at=asked)
        assert world.watch.refusals == {REEL: told}

        world.wrong = TargetUnavailable("X cannot be reached.")
        await world.clock.advance(30)
        assert world.watch.refusals == {REEL: told}  # it says nothing new of the account

        world.wrong = None
        await world.clock.advance(30)
        assert world.watch.refusals == {}
