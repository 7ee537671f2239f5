"""The engine under adversity: outages, clocks, crowds, the one-run mode."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.domain.command import Command, CommandKind
from bot.domain.run import RunState
from bot.errors import DatabaseUnusable, Unavailable
from bot.pipeline import Pipeline
from bot.ports import Stop
from bot.wakers.embedded import EmbeddedWaker
from tests.fakes import World, make_request


@pytest.fixture
async def bot(tmp_path):
    async with World(tmp_path).boot() as bot:
        yield bot


def engine(bot):
    errors = []
    waker = EmbeddedWaker(clock=bot.clock, on_error=lambda *e: errors.append(e))
    return Pipeline(replace(bot.ports, waker=waker), on_error=errors.append), errors


async def test_over_budget_and_stopped_does_not_spin(bot):
    bot.world.cap = Decimal("0.1")
    pipeline, errors = engine(bot)
    await pipeline.stop(Stop(by="e", at=bot.clock.now()))
    async with pipeline.run():
        await pipeline.start(make_request())
        await asyncio.sleep(2.5)
    assert len(errors) <= 1, [repr(e[1]) for e in errors]


async def test_only_mode_moves_no_other_run(bot):
    a, b = (
        await bot.start(key="a"),
        await bot.start(key="b", template=None, prompt="x", caption="c", approval=True),
    )
    pipeline, _errors = engine(bot)
    async with pipeline.run(only={a.id}):
        c = Command(kind=CommandKind.APPROVE, run_id=b.id, by="x", at=bot.clock.now())
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(pipeline.ask(c), 1)
    assert (await bot.store.get_run(b.id)).prompt is None


async def test_watch_survives_a_busy_database(bot):
    run = await bot.settle((await bot.start(approval=True)).id)
    get, calls = bot.store._store.get_run, []

    async def flaky(run_id):
        calls.append(1)
        if len(calls) == 2:
            raise DatabaseUnusable("locked")
        return await get(run_id)

    bot.store._store.get_run = flaky

    async def follow():
        async for _ in bot.pipeline.watch(run.id):
            pass

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(follow(), 2)


async def test_watch_sees_changes_after_the_clock_was_set_back(bot):
    run = await bot.settle((await bot.start(approval=True)).id)
    seen = []

    async def follow():
        async for r in bot.pipeline.watch(run.id):
            seen.append(r)  # noqa: PERF401  # what was seen until the task is cancelled

    task = asyncio.create_task(follow())
    await asyncio.sleep(0.1)
    bot.clock._now -= timedelta(hours=1)
    await bot.tell("edit", run.id, caption="Z")
    await asyncio.sleep(1.2)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert any(r.generation == 2 for r in seen)


async def test_a_waiting_cancel_does_not_write_all_the_time(bot):
    bot.world.vendor.script = ["lose"]
    pipeline, _errors = engine(bot)
    async with pipeline.run():
        run = await pipeline.start(make_request())
        await asyncio.sleep(0.5)
        before = bot.store.commits
        t = asyncio.create_task(
            pipeline.ask(
                Command(kind=CommandKind.CANCEL, run_id=run.id, by="x", at=bot.clock.now())
            )
        )
        await asyncio.sleep(2)
        n = bot.store.commits - before
        t.cancel()
        await asyncio.gather(t, return_exceptions=True)
    assert n < 10, n


async def test_an_outage_of_half_an_hour_is_survived(bot):
    until = bot.clock.now() + timedelta(minutes=30)
    real = bot.provider.download

    async def down(job, variant):
        if bot.clock.now() < until:
            raise Unavailable
        async for c in real(job, variant):
            yield c

    bot.provider.download = down
    run = await bot.settle((await bot.start()).id)
    assert run.state is RunState.SUCCEEDED, bot.clock.elapsed


async def test_low_disk_goes_on_by_itself(bot):
    bot.world.media.free = 0
    run = await bot.start()
    for _ in range(14):
        run = await bot.advance(run.id)
        if run.state.is_terminal:
            break
        await bot.clock.advance((bot.waker.due[run.id] - bot.clock.now()).total_seconds())
    assert not run.state.is_terminal, bot.clock.elapsed  # hint: "the run goes on by itself"


async def test_a_broken_start_of_the_engine(bot):
    await bot.start()
    bot.store._store.unfinished = lambda: (_ for _ in ()).throw(DatabaseUnusable("x"))
    with pytest.raises(DatabaseUnusable):
        async with bot.pipeline.run():
            pass
    assert bot.pipeline._running is False


async def test_equal_runs_do_not_occupy_all_workers(bot):
    pipeline, _errors = engine(bot)
    gate = asyncio.Event()
    create = bot.provider.create

    async def slow(request):
        if "cat" in request.prompt:
            await gate.wait()
        return await create(request)

    bot.provider.create = slow
    async with pipeline.run():
        for n in range(8):
            await pipeline.start(make_request(key=f"k{n}"))
        await asyncio.sleep(0.5)
        dog = await pipeline.start(
            make_request(key="dog", template=None, prompt="dog", caption="d")
        )
        await asyncio.sleep(1)
        got = (await bot.store.get_run(dog.id)).prompt
        gate.set()
    assert got is not None
