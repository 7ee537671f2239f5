"""A nudge has a run look at its provider at once; it is never lost, and never kept."""

import asyncio
from contextlib import aclosing
from dataclasses import replace

import pytest

from bot.domain.command import Command, CommandKind
from bot.domain.run import RunState
from bot.domain.video import VideoStatus
from bot.pipeline import Pipeline
from bot.wakers.embedded import EmbeddedWaker
from tests.fakes import Killer, World, make_request, soon

#: Seconds after which the vendor wants to be looked at so seldom that runs are parked.
SELDOM = 60.0


@pytest.fixture
async def bot(tmp_path):
    async with World(tmp_path).boot() as bot:
        bot.world.vendor.seconds = 1e6
        yield bot


def engine(bot):
    """Return a pipeline that moves its runs by itself, and the errors it meets."""
    errors = []
    waker = EmbeddedWaker(clock=bot.clock, on_error=lambda *e: errors.append(e))
    return Pipeline(replace(bot.ports, waker=waker), on_error=errors.append), errors


async def until(condition):
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  # threads of the store move, too
            await asyncio.sleep(0.005)


async def rest(pipeline, run_id):
    """Return the run when it is over; the clock stands still."""
    async with asyncio.timeout(10), aclosing(pipeline.watch(run_id)) as runs:
        return [run async for run in runs][-1]


def finish(bot):
    """Let the vendor be done with every job from now on."""
    bot.world.vendor.stays = VideoStatus.COMPLETED


async def hold(bot, pipeline, **changes):
    """Return a run that is held until its next look."""
    run = await pipeline.start(make_request(**changes))
    sleepers = bot.clock.sleepers
    await until(lambda: bot.clock.sleepers == sleepers + 1)
    return run


async def park(bot, pipeline):
    """Return a run that is parked until its next look."""
    run = await hold(bot, pipeline)
    await bot.clock.advance(SELDOM)
    await until(lambda: not pipeline._ports.waker._advancing)
    assert (await bot.store.get_run(run.id)).reason == "provider"
    return run


async def test_a_run_that_is_held_looks_at_once(bot):
    pipeline, errors = engine(bot)
    async with pipeline.run():
        run = await hold(bot, pipeline)
        finish(bot)

        await pipeline.nudge(run.id)

        assert (await rest(pipeline, run.id)).state is RunState.SUCCEEDED
    assert (bot.clock.elapsed, bot.world.vendor.looks) == (0, 2)
    assert errors == []


async def test_a_run_that_is_parked_looks_at_once(bot):
    pipeline, errors = engine(bot)
    async with pipeline.run():
        run = await park(bot, pipeline)
        finish(bot)
        looks = bot.world.vendor.looks

        await pipeline.nudge(run.id)

        assert (await rest(pipeline, run.id)).state is RunState.SUCCEEDED
    assert (bot.clock.elapsed, bot.world.vendor.looks) == (SELDOM, looks + 1)
    assert errors == []


async def test_a_nudge_for_nothing_goes_on_waiting_and_writes_nothing(bot):
    """Nothing but the lease is taken and given back; a nudge itself is not counted on the row."""
    pipeline, _errors = engine(bot)
    pokes = []
    bot.store._store.poke = pokes.append
    async with pipeline.run():
        run = await park(bot, pipeline)
        row, looks, writes = (
            await bot.store.get_run(run.id),
            bot.world.vendor.looks,
            bot.store.commits,
        )

        await pipeline.nudge(run.id)
        await until(lambda: bot.store.commits == writes + 2)
        await until(lambda: not pipeline._ports.waker._advancing)

        assert await bot.store.get_run(run.id) == row
        assert bot.world.vendor.looks == looks + 1
        finish(bot)
        await bot.clock.advance(599)
        assert bot.world.vendor.looks == looks + 1
    assert (pokes, bot.store.commits) == ([], writes + 2)


async def test_a_held_run_that_was_nudged_for_nothing_stays_with_its_worker(bot):
    pipeline, _errors = engine(bot)
    async with pipeline.run():
        run = await hold(bot, pipeline)
        writes = bot.store.commits

        await pipeline.nudge(run.id)
        await until(lambda: bot.world.vendor.looks == 2)
        await until(lambda: bot.clock.sleepers == 1)

        assert bot.store.commits == writes
        await bot.clock.advance(5)  # the rhythm goes on from the last look
        await until(lambda: bot.world.vendor.looks == 3)


async def test_many_nudges_at_once_are_one_look(bot):
    pipeline, errors = engine(bot)
    async with pipeline.run():
        run = await hold(bot, pipeline)

        for _ in range(200):
            await pipeline._runner.nudge(run.id)
        await until(lambda: bot.world.vendor.looks > 1 and bot.clock.sleepers == 1)

        assert bot.world.vendor.looks == 2
        finish(bot)
        await asyncio.gather(*(pipeline.nudge(run.id) for _ in range(200)))
        assert (await rest(pipeline, run.id)).state is RunState.SUCCEEDED
    assert bot.world.vendor.looks == 3
    assert errors == []


async def test_many_runs_nudged_at_once_all_look(bot):
    """More than there are workers: some are held, some queued."""
    bot.world.cap *= 10
    pipeline, errors = engine(bot)
    async with pipeline.run():
        runs = [
            await pipeline.start(
                make_request(key=f"k{n}", template=None, prompt=f"{n}", caption="c")
            )
            for n in range(20)
        ]
        await until(lambda: bot.world.vendor.looks >= 20)
        finish(bot)

        await asyncio.gather(*(pipeline.nudge(run.id) for run in runs * 3))

        ended = [(await rest(pipeline, run.id)).state for run in runs]
    assert ended == [RunState.SUCCEEDED] * 20
    assert bot.clock.elapsed == 0
    assert errors == []


class SlowLooks:
    """Looks that are in the air until they are let land."""

    def __init__(self, bot):
        self.begun = 0
        self.land = asyncio.Event()
        self._bot = bot
        bot.provider.watch = self.watch

    async def watch(self, job):
        while not job.status.is_terminal:
            ahead = job.look_again_at - self._bot.clock.now() if job.look_again_at else None
            await self._bot.clock.sleep(ahead.total_seconds() if ahead else 0)
            self.begun += 1
            await self.land.wait()
            job = self._bot.world.vendor.look(job)
            yield job


async def test_a_look_in_the_air_lands_and_is_followed_by_another(bot):
    """What is in the air may have been answered before the webhook left."""
    looks, (pipeline, _errors) = SlowLooks(bot), engine(bot)
    async with pipeline.run():
        run = await pipeline.start(make_request())
        await until(lambda: looks.begun == 1)

        for _ in range(5):
            await pipeline._runner.nudge(run.id)
            await soon()
        assert looks.begun == 1
        looks.land.set()

        await until(lambda: bot.clock.sleepers == 1)
        assert looks.begun == bot.world.vendor.looks == 2


async def test_a_look_after_a_nudge_is_not_given_up_for_a_crowd(bot):
    looks, (pipeline, _errors) = SlowLooks(bot), engine(bot)
    looks.land.set()
    async with pipeline.run():
        run = await hold(bot, pipeline)
        looks.land.clear()
        await pipeline.nudge(run.id)
        await until(lambda: looks.begun == 2)

        pipeline._ports.waker.is_crowded = lambda: True
        pipeline._runner.make_room()
        await soon()
        finish(bot)
        looks.land.set()

        assert (await rest(pipeline, run.id)).state is RunState.SUCCEEDED
    assert looks.begun == 2


@pytest.mark.parametrize("order", ["nudge first", "command first"])
async def test_a_command_in_the_same_moment_is_obeyed_and_the_nudge_is_kept(bot, order):
    pipeline, _errors = engine(bot)
    async with pipeline.run():
        run = await hold(bot, pipeline)
        finish(bot)
        edit = Command(kind=CommandKind.EDIT, run_id=run.id, by="ann", at=bot.clock.now())
        command = await bot.store.add_command(edit)
        both = [pipeline._runner.nudge(run.id), pipeline._heed(run.id)]

        await asyncio.gather(*(both if order == "nudge first" else both[::-1]))

        assert (await rest(pipeline, run.id)).state is RunState.SUCCEEDED
        assert (await bot.store.get_command(command.id)).answer
    assert bot.clock.elapsed == 0


def at_once(work):
    """Run what never really waits, here and now."""
    with pytest.raises(StopIteration):
        work.send(None)


class Trip(Killer):
    """Calls at one of the lines, where a killer would kill."""

    def __init__(self):
        super().__init__()
        self.call = lambda: None

    def line(self, name):
        self.passed.append(name)
        if len(self.passed) == self.at:
            self.call()


@pytest.mark.parametrize("begin", ["new", "parked"])
async def test_a_nudge_at_any_line_is_not_lost(tmp_path, begin):
    """Between steps, while it is claimed, parked, given back: once there is a job, it is seen."""
    line, lines = 1, 1
    while line <= lines:
        folder = tmp_path / f"{line}"
        folder.mkdir()
        trip, world = Trip(), World(folder)
        world.vendor.seconds = 1e6
        world.vendor.look = park_after(world.vendor.look)
        async with world.boot(trip) as bot, bot.pipeline.run():
            run = await bot.pipeline.start(make_request())
            bot.waker.poked.clear()
            if begin == "parked":
                await bot.pipeline._advance(run.id)
            known = len(trip.passed)
            trip.at = known + line
            trip.call = lambda bot=bot, run=run: nudge_finished(bot, run.id)

            await bot.pipeline._advance(run.id)
            lines = len(trip.passed) - known
            while bot.waker.poked:
                await bot.pipeline._advance(bot.waker.poked.pop())

            ended = await bot.store.get_run(run.id)
            assert ended.state is RunState.SUCCEEDED, trip.passed[known + line - 1]
            assert world.clock.elapsed == 0
            assert bot.pipeline._runner._nudged == set()
        line += 1
    assert lines > 3


def park_after(look):
    """Have every look be followed by none for a while."""

    def far(job):
        return replace(seen := look(job), look_again_at=seen.look_again_at.replace(hour=23))

    return far


def nudge_finished(bot, run_id):
    finish(bot)
    if bot.world.vendor.jobs:
        at_once(bot.pipeline._runner.nudge(run_id))


async def test_a_run_that_waits_for_a_person_is_left_alone(bot):
    finish(bot)
    async with bot.pipeline.run():
        waiting = await bot.settle((await bot.start(approval=True)).id)
        bot.world.vendor.script = ["lose"]
        bot.provider.capabilities = replace(bot.provider.capabilities, find_is_authoritative=False)
        bot.world.vendor.lag = 1e6
        asking = await bot.settle((await bot.start(key="b", prompt="dog", caption="d")).id)
        bot.waker.poked.clear()
        writes, looks = bot.store.commits, bot.world.vendor.looks

        await bot.pipeline.nudge(waiting.id)
        await bot.pipeline.nudge(asking.id)

    assert (waiting.reason, asking.state) == ("approval", RunState.ATTENTION)
    assert (bot.waker.poked, bot.pipeline._runner._nudged) == ([], set())
    assert (bot.store.commits, bot.world.vendor.looks) == (writes, looks)


async def test_a_run_that_is_over_or_unknown_is_left_alone(bot):
    finish(bot)
    async with bot.pipeline.run():
        over = await bot.settle((await bot.start()).id)
        bot.waker.poked.clear()
        writes = bot.store.commits

        await bot.pipeline.nudge(over.id)
        await bot.pipeline.nudge("nobody")

    assert over.state is RunState.SUCCEEDED
    assert (bot.waker.poked, bot.store.commits) == ([], writes)


async def test_a_nudge_without_an_engine_is_lost(bot):
    pipeline, _errors = engine(bot)
    async with pipeline.run():
        run = await park(bot, pipeline)
    writes = bot.store.commits

    await pipeline.nudge(run.id)

    assert (pipeline._runner._nudged, bot.store.commits) == (set(), writes)


async def test_an_engine_for_one_run_nudges_no_other(bot):
    pipeline, _errors = engine(bot)
    one, other = await bot.start(key="a"), await bot.start(key="b", prompt="dog", caption="d")
    async with pipeline.run(only=one.id):
        await until(lambda: bot.clock.sleepers == 1)

        await pipeline.nudge(other.id)

        assert pipeline._runner._nudged == set()
    assert (await bot.store.get_run(other.id)).prompt is None
