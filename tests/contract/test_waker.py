"""What every `Waker` does. A new one is added to `WAKERS` and must pass all of it."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from bot.ports import Waker
from bot.wakers.embedded import EmbeddedWaker

WAKERS = {"embedded": EmbeddedWaker}

#: Seconds; long enough for a busy machine, short enough to tell that something hangs.
PATIENCE = 10.0


class WallClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Advances:
    """Writes down what it advances; each id waits for `gate` while that is closed."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.finished: list[str] = []
        self.cancelled: list[str] = []
        self.now: Counter[str] = Counter()
        self.overlapped = False
        self.gate = asyncio.Event()
        self.gate.set()
        self.changed = asyncio.Condition()

    async def __call__(self, run_id: str) -> None:
        self.now[run_id] += 1
        self.overlapped |= self.now[run_id] > 1
        self.started.append(run_id)
        await self._tell()
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled.append(run_id)
            raise
        finally:
            self.now[run_id] -= 1
        self.finished.append(run_id)
        await self._tell()

    async def _tell(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE), self.changed:
            await self.changed.wait_for(true)


Make = Callable[..., Waker]


@pytest.fixture(params=WAKERS)
def make(request) -> Make:
    def build(on_error=None, **options) -> Waker:
        def fail(run_id: str, error: BaseException) -> None:
            raise AssertionError(f"{run_id} raised {error!r}")

        return WAKERS[request.param](clock=WallClock(), on_error=on_error or fail, **options)

    return build


@pytest.fixture
async def advances() -> Advances:
    return Advances()


def soon(seconds: float = 0.05) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


async def test_a_run_is_advanced_at_its_appointment_and_not_before(make, advances):
    waker = make()
    when = soon()
    async with waker.run(advances):
        await waker.at("a", when)
        assert advances.started == []
        await advances.until(lambda: advances.finished == ["a"])
        assert datetime.now(UTC) >= when


async def test_an_appointment_in_the_past_is_kept_at_once(make, advances):
    waker = make()
    async with waker.run(advances):
        await waker.at("a", soon(-3600))
        await advances.until(lambda: advances.finished == ["a"])


async def test_appointments_wake_in_the_order_of_their_time(make, advances):
    waker = make(workers=1)
    async with waker.run(advances):
        for run_id, seconds in (("c", 0.15), ("a", 0.05), ("b", 0.1)):
            await waker.at(run_id, soon(seconds))
        await advances.until(lambda: len(advances.finished) == 3)
    assert advances.finished == ["a", "b", "c"]


async def test_a_new_appointment_replaces_the_old_one(make, advances):
    waker = make()
    async with waker.run(advances):
        await waker.at("a", soon(0.05))
        await waker.at("a", soon(3600))
        await waker.at("b", soon(0.1))
        await advances.until(lambda: "b" in advances.finished)
    assert advances.finished == ["b"]


async def test_an_appointment_can_be_made_earlier(make, advances):
    waker = make()
    async with waker.run(advances):
        await waker.at("a", soon(3600))
        await waker.at("a", soon())
        await advances.until(lambda: advances.finished == ["a"])


async def test_a_poked_run_is_advanced_without_an_appointment(make, advances):
    waker = make()
    async with waker.run(advances):
        await waker.poke("a")
        await advances.until(lambda: advances.finished == ["a"])


async def test_wake_ups_from_before_the_start_are_kept(make, advances):
    waker = make()
    await waker.poke("a")
    await waker.at("b", soon())
    async with waker.run(advances):
        await advances.until(lambda: sorted(advances.finished) == ["a", "b"])


async def test_a_queued_run_is_queued_once(make, advances):
    waker = make(workers=1)
    advances.gate.clear()
    async with waker.run(advances):
        await waker.poke("busy")
        await advances.until(lambda: advances.started == ["busy"])
        for _ in range(5):
            await waker.poke("a")
        await waker.poke("b")
        advances.gate.set()
        await advances.until(lambda: "b" in advances.finished)
    assert advances.finished == ["busy", "a", "b"]


async def test_a_run_poked_while_it_is_advanced_is_advanced_once_more_afterwards(make, advances):
    waker = make()
    advances.gate.clear()
    async with waker.run(advances):
        await waker.poke("a")
        await advances.until(lambda: advances.started == ["a"])
        for _ in range(3):
            await waker.poke("a")
        await waker.poke("b")
        await advances.until(lambda: "b" in advances.started)
        assert advances.started == ["a", "b"]
        advances.gate.set()
        await advances.until(lambda: len(advances.finished) == 3)
    assert Counter(advances.started) == {"a": 2, "b": 1}
    assert not advances.overlapped


async def test_a_run_may_make_its_own_next_appointment(make):
    """This is how every waiting run goes on: the same id, from inside its own advance."""
    waker = make()
    third = asyncio.Event()
    times = []

    async def advance(run_id: str) -> None:
        times.append(run_id)
        if len(times) == 3:
            third.set()
        else:
            await waker.at(run_id, soon(0.01))

    async with asyncio.timeout(PATIENCE), waker.run(advance):
        await waker.poke("a")
        await third.wait()
    assert times == ["a", "a", "a"]


async def test_a_storm_of_pokes_advances_every_run_and_none_twice_at_once(make, advances):
    waker = make(workers=8)
    ids = [f"run-{n}" for n in range(10_000)]
    async with waker.run(advances):
        for _ in range(3):
            for run_id in ids:
                await waker.poke(run_id)
            await asyncio.sleep(0)
        await advances.until(lambda: len(set(advances.finished)) == len(ids))
    assert not advances.overlapped


async def test_a_run_that_always_wants_more_starves_no_other(make):
    waker = make(workers=1)
    order: list[str] = []
    over = asyncio.Event()

    async def greedy(run_id: str) -> None:
        order.append(run_id)
        if run_id == "greedy" and len(order) < 50:
            await waker.poke("greedy")
        if run_id == "last":
            over.set()
        await asyncio.sleep(0)

    async with asyncio.timeout(PATIENCE), waker.run(greedy):
        for run_id in ("greedy", "a", "b", "last"):
            await waker.poke(run_id)
        await over.wait()
    assert order[:4] == ["greedy", "a", "b", "last"]


async def test_as_many_runs_are_advanced_at_once_as_there_are_workers(make, advances):
    waker = make(workers=3)
    advances.gate.clear()
    async with waker.run(advances):
        for n in range(5):
            await waker.poke(str(n))
        await advances.until(lambda: len(advances.started) == 3)
        await asyncio.sleep(0)
        assert len(advances.started) == 3
        advances.gate.set()
        await advances.until(lambda: len(advances.finished) == 5)


async def test_it_is_crowded_while_a_queued_run_finds_no_idle_worker(make, advances):
    waker = make(workers=2)
    advances.gate.clear()
    async with waker.run(advances):
        assert not waker.is_crowded()
        await waker.poke("a")
        await waker.poke("b")
        assert not waker.is_crowded()
        await advances.until(lambda: len(advances.started) == 2)
        assert not waker.is_crowded()
        await waker.poke("c")
        assert waker.is_crowded()
        advances.gate.set()
        await advances.until(lambda: len(advances.finished) == 3)
        assert not waker.is_crowded()


@pytest.mark.parametrize("error", [RuntimeError("broken"), asyncio.CancelledError()])
async def test_an_advance_that_fails_is_told_and_its_worker_goes_on(make, error):
    """A `CancelledError` of something the run awaited must not pass for the worker's own."""
    told = []
    waker = make(on_error=lambda run_id, caught: told.append((run_id, caught)), workers=1)
    after = asyncio.Event()

    async def advance(run_id: str) -> None:
        if run_id == "bad":
            raise error
        after.set()

    async with asyncio.timeout(PATIENCE), waker.run(advance):
        await waker.poke("bad")
        await waker.poke("good")
        await after.wait()
    assert told == [("bad", error)]


async def test_leaving_waits_for_what_is_being_advanced(make, advances):
    waker = make(grace=PATIENCE)
    advances.gate.clear()
    async with waker.run(advances):
        await waker.poke("a")
        await advances.until(lambda: advances.started == ["a"])
        asyncio.get_running_loop().call_later(0.02, advances.gate.set)
    assert advances.finished == ["a"]
    assert advances.cancelled == []


async def test_leaving_cancels_what_outlasts_the_grace_period(make, advances):
    waker = make(grace=0.02)
    advances.gate.clear()
    async with waker.run(advances):
        await waker.poke("a")
        await advances.until(lambda: advances.started == ["a"])
    assert advances.cancelled == ["a"]


async def test_leaving_starts_nothing_more(make, advances):
    waker = make(workers=1, grace=PATIENCE)
    advances.gate.clear()
    async with waker.run(advances):
        for run_id in ("a", "a", "queued"):
            await waker.poke(run_id)
        await advances.until(lambda: advances.started == ["a"])
        await waker.poke("a")
        await waker.at("later", soon(0.01))
        asyncio.get_running_loop().call_later(0.05, advances.gate.set)
    await waker.poke("too late")
    await waker.at("too late", soon())
    await asyncio.sleep(0.1)
    assert advances.started == ["a"]


async def test_leaving_by_an_error_cleans_up_and_lets_it_through(make, advances):
    waker = make(grace=0.02)
    advances.gate.clear()

    async def fail_inside() -> None:
        async with waker.run(advances):
            await waker.poke("a")
            await advances.until(lambda: advances.started == ["a"])
            raise LookupError

    with pytest.raises(LookupError):
        await fail_inside()
    assert advances.cancelled == ["a"]


async def test_leaving_leaves_no_task_behind(make, advances):
    before = asyncio.all_tasks()
    waker = make()
    async with waker.run(advances):
        await waker.poke("a")
        await advances.until(lambda: advances.finished == ["a"])
    assert asyncio.all_tasks() == before
