"""What the embedded waker does beyond the contract of all wakers."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from bot.wakers import embedded
from bot.wakers.embedded import EmbeddedWaker
from tests.clock import FakeClock

HOUR = timedelta(hours=1)


def fail(run_id: str, error: BaseException) -> None:
    raise AssertionError(f"{run_id} raised {error!r}")


class Advanced(list):
    """The ids in the order of their advances; `until` waits for a number of them."""

    def __init__(self) -> None:
        self._grew = asyncio.Event()

    async def __call__(self, run_id: str) -> None:
        self.append(run_id)
        self._grew.set()

    async def until(self, count: int) -> None:
        async with asyncio.timeout(10):
            while len(self) < count:
                self._grew.clear()
                await self._grew.wait()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


async def test_a_poke_takes_the_place_of_the_appointment(clock):
    waker, advanced = EmbeddedWaker(clock=clock, on_error=fail), Advanced()
    async with waker.run(advanced):
        await waker.at("a", clock.now() + timedelta(seconds=0.05))
        await waker.poke("a")
        await waker.at("b", clock.now() + timedelta(seconds=0.1))
        await advanced.until(2)
    assert advanced == ["a", "b"]


async def test_an_appointment_that_the_loop_slept_through_is_still_kept(clock):
    """By default APScheduler drops what is more than one second late, without a word."""
    waker, advanced = EmbeddedWaker(clock=clock, on_error=fail), Advanced()
    async with waker.run(advanced):
        await waker.at("a", clock.now() + timedelta(seconds=0.01))
        with time_machine.travel(datetime.now(UTC) + HOUR, tick=True):
            await advanced.until(1)


async def test_ten_thousand_runs_can_wait(clock):
    waker, advanced = EmbeddedWaker(clock=clock, on_error=fail), Advanced()
    async with waker.run(advanced):
        for n in range(10_000):
            await waker.at(f"run-{n}", clock.now() + HOUR)
        await waker.at("next", clock.now() + timedelta(seconds=0.01))
        await advanced.until(1)
        assert advanced == ["next"]
        with time_machine.travel(datetime.now(UTC) + 2 * HOUR, tick=True):
            await waker.at("a push", clock.now() + timedelta(seconds=0.01))
            await advanced.until(10_002)


async def test_an_advance_that_will_not_be_cancelled_is_left_behind(clock, monkeypatch):
    monkeypatch.setattr(embedded, "CLEAN_UP", 0.02)
    waker = EmbeddedWaker(clock=clock, on_error=fail, grace=0.02)
    started, released = asyncio.Event(), asyncio.Event()

    async def stubborn(_: str) -> None:
        started.set()
        while not released.is_set():
            try:
                await released.wait()
            except asyncio.CancelledError:
                continue

    before = asyncio.all_tasks()
    async with asyncio.timeout(10), waker.run(stubborn):
        await waker.poke("a")
        await started.wait()
    left = asyncio.all_tasks() - before
    assert len(left) == 1
    released.set()
    await asyncio.wait(left)


async def test_appointments_say_nothing_in_the_log(clock, caplog):
    caplog.set_level(logging.INFO)
    waker, advanced = EmbeddedWaker(clock=clock, on_error=fail), Advanced()
    async with waker.run(advanced):
        await waker.at("a", clock.now() + timedelta(seconds=0.01))
        await advanced.until(1)
    assert caplog.text == ""
