import asyncio

import pytest

from tests.clock import FakeClock


async def test_advance_wakes_sleepers_at_their_own_instants_in_order():
    clock, seen = FakeClock(), []

    async def nap_twice(seconds):
        for _ in range(2):
            await clock.sleep(seconds)
            seen.append((seconds, clock.elapsed))

    async with asyncio.TaskGroup() as group:
        for seconds in (3, 1, 2):
            group.create_task(nap_twice(seconds))
        await clock.advance(2.5)
        assert seen == [(1, 1), (2, 2), (1, 2)]
        assert clock.elapsed == 2.5
        await clock.advance(10)
    assert seen[3:] == [(3, 3), (2, 4), (3, 6)]


async def test_auto_jumps_over_hours_that_nobody_uses():
    clock = FakeClock()
    async with clock.auto():
        await asyncio.gather(clock.sleep(3600), clock.sleep(7200))
    assert clock.elapsed == 7200


async def test_auto_ends_what_would_sleep_for_ever():
    clock = FakeClock()

    async def tick_for_ever():
        while True:
            await clock.sleep(7)

    async with clock.auto(limit=100):
        with pytest.raises(TimeoutError):
            await tick_for_ever()


async def test_a_held_clock_stands_still():
    clock = FakeClock()
    async with clock.auto():
        sleeper = asyncio.create_task(clock.sleep(5))
        with clock.hold():
            await asyncio.to_thread(sum, range(100_000))
            assert not sleeper.done()
        await sleeper
    assert clock.elapsed == 5


async def test_a_cancelled_sleeper_is_forgotten():
    clock = FakeClock()
    sleeper = asyncio.create_task(clock.sleep(5))
    await clock.idle()
    sleeper.cancel()
    await clock.idle()
    assert clock.sleepers == 0
