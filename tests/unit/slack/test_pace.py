"""One message a second and channel, and as Slack asks."""

import asyncio

import pytest

from bot.errors import TargetUnavailable
from bot.slack.pace import Pace
from tests.clock import FakeClock


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def pace(clock):
    return Pace(clock)


def after(clock, moment):
    return (moment - clock.now()).total_seconds()


async def test_messages_in_one_channel_follow_one_another_a_second_apart(pace, clock):
    await pace.turn("C1")
    assert clock.elapsed == 0
    second = asyncio.create_task(pace.turn("C1"))
    await clock.advance(0.9)
    assert not second.done()
    await clock.advance(0.1)
    await second


async def test_other_channels_do_not_wait(pace, clock):
    await pace.turn("C1")
    await pace.turn("C2")
    assert clock.elapsed == 0


async def test_whoever_would_wait_long_is_told_when_to_come_back(pace, clock):
    await pace.turn("C1")
    waiting = asyncio.create_task(pace.turn("C1"))
    await asyncio.sleep(0)
    assert pace.is_crowded("C1")
    with pytest.raises(TargetUnavailable) as told:
        await pace.turn("C1")
    assert told.value.retry_after == 2.0
    await clock.advance(2)
    await waiting
    assert not pace.is_crowded("C1")
    await pace.turn("C1")


async def test_everybody_who_is_put_off_gets_a_second_of_their_own(pace, clock):
    pace.take("C1", clock.now())
    assert [after(clock, pace.promise("C1")) for _ in range(3)] == [1.0, 2.0, 3.0]
    assert after(clock, pace.promise("C2")) == 0.0
    await clock.advance(60)
    assert after(clock, pace.promise("C1")) == 0.0  # what was promised is long over


async def test_what_slack_asks_for_counts_and_never_shortens_a_wait(pace, clock):
    pace.hold("C1", 30.0)
    pace.hold("C1", 5.0)
    pace.hold("C1", None)
    assert after(clock, pace.free_at("C1")) == 30.0
    with pytest.raises(TargetUnavailable) as told:
        await pace.turn("C1")
    assert told.value.retry_after == 30.0
    await clock.advance(30)
    await pace.turn("C1")


async def test_what_goes_out_of_turn_puts_off_the_others_by_a_second(pace, clock):
    pace.take("C1", clock.now())
    pace.take_now("C1")
    assert after(clock, pace.free_at("C1")) == 2.0
    await clock.advance(10)
    pace.take_now("C1")
    assert after(clock, pace.free_at("C1")) == 1.0


async def test_nothing_goes_out_of_turn_while_slack_asked_to_wait(pace, clock):
    pace.hold("C1", 30.0)
    await clock.advance(10)
    with pytest.raises(TargetUnavailable) as told:
        pace.take_now("C1")
    assert told.value.retry_after == 20.0
    pace.take_now("C2")
    await clock.advance(20)
    pace.take_now("C1")
