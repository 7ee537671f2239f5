"""The process dies at every save and at every effect; the outside world sees each thing once.

A first trip counts the lines that matter. Then, for each of them, a new world: die there, start
again, go to the end. What is asserted is what the vendor and the networks saw.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.domain.run import Run, RunState
from bot.errors import StoreError
from tests.fakes import SLACK, Killed, Killer, World


async def trip(world: World, killer: Killer) -> Run | None:
    """Start the run and take it to its end; None if the process died on the way."""
    async with world.boot(killer) as bot:
        try:
            run = await bot.start()
            return await bot.settle(run.id)
        except Killed:
            return None


async def recover(world: World) -> Run:
    """Start again after a death, as the engine does: free the leases, go on with what is there."""
    async with world.boot() as bot:
        await bot.store.release_all()
        run = await bot.start()  # the trigger fires again: the same key is the same run
        return await bot.settle(run.id)


async def lines(tmp_path: Path, prepare: Callable[[World], None]) -> list[str]:
    world = World(tmp_path)
    prepare(world)
    killer = Killer()
    assert await trip(world, killer)
    return killer.passed


def plain(world: World) -> None:
    """Everybody answers."""


def lagging(world: World) -> None:
    """What was sent shows in listings only after a while, but within the settle time."""
    world.vendor.lag = world.slack.lag = world.x.lag = 15.0


def losing(world: World) -> None:
    """Every first answer is lost although the request arrived."""
    world.vendor.script = ["lose"]
    world.slack.script = ["lose"]
    world.x.script = ["lose"]


@pytest.mark.parametrize("prepare", [plain, lagging, losing])
async def test_killed_at_any_line_creates_once_and_posts_once(
    tmp_path: Path, prepare: Callable[[World], None]
) -> None:
    """One create, one post per target, nothing lost; wherever the process died."""
    (tmp_path / "count").mkdir()
    passed = await lines(tmp_path / "count", prepare)
    assert len(passed) > 20

    for at, line in enumerate(passed, 1):
        world = World(tmp_path / str(at))
        world.folder.mkdir()
        prepare(world)
        assert await trip(world, Killer(at)) is None, line

        run = await recover(world)

        assert run.state is RunState.SUCCEEDED, (line, run)
        assert len(world.vendor.jobs) == 1, line
        assert world.posts == ["slack:#cats", "x:@reelbot"], line


async def test_killed_twice_at_any_two_lines(tmp_path: Path) -> None:
    """The recovery itself is killed at each of its lines, too."""
    for first in range(3, 40, 5):
        for second in range(1, 30, 4):
            world = World(tmp_path / f"{first}-{second}")
            world.folder.mkdir()
            await trip(world, Killer(first))
            async with world.boot(Killer(second)) as bot:
                try:
                    await bot.store.release_all()
                    run = await bot.start()
                    await bot.settle(run.id)
                except Killed:
                    pass

            run = await recover(world)

            assert run.state is RunState.SUCCEEDED, (first, second, run)
            assert len(world.vendor.jobs) == 1, (first, second)
            assert world.posts == ["slack:#cats", "x:@reelbot"], (first, second)


async def test_where_looking_proves_nothing_a_person_is_asked(tmp_path: Path) -> None:
    """Without an authoritative listing nothing is sent twice: the run asks, wherever it died."""
    (tmp_path / "count").mkdir()
    passed = await lines(tmp_path / "count", plain)
    asked = 0
    for at, line in enumerate(passed, 1):
        world = World(tmp_path / str(at), authoritative=False)
        world.folder.mkdir()
        assert await trip(world, Killer(at)) is None

        run = await recover(world)

        assert len(world.vendor.jobs) <= 1, line
        assert len(world.slack.posts) <= 1, line
        assert len(world.x.posts) <= 1, line
        if run.state is RunState.ATTENTION:
            asked += 1
        else:
            assert run.state is RunState.SUCCEEDED, (line, run)
            assert len(world.vendor.jobs) == 1, line
            assert world.posts == ["slack:#cats", "x:@reelbot"], line
    assert asked > 0


async def test_two_candidates_are_never_chosen_between(tmp_path: Path) -> None:
    """Two jobs that could be ours: neither is adopted, none is created, a person is asked."""
    world = World(tmp_path)
    world.vendor.script = ["lose"]
    async with world.boot() as bot:
        run = await bot.start()
        await bot.advance(run.id)
        stranger = world.vendor.jobs["video_1"]
        world.vendor.strangers.append(bot.provider.vendor.create("vendor", _request_of(stranger)))

        run = await bot.settle(run.id)

    assert run.state is RunState.ATTENTION
    assert run.failure
    assert run.failure.code == "uncertain"
    assert world.posts == []


def _request_of(job: object) -> object:
    return job


async def test_a_cancelled_task_in_mid_send_is_looked_after(tmp_path: Path) -> None:
    """A graceful stop that cuts a request off leaves an intent; the next start looks first."""
    world = World(tmp_path)
    async with world.boot() as bot:
        run = await bot.start()
        arrived = asyncio.Event()
        create = bot.provider.create

        async def cut_off(request: object) -> object:
            await create(request)  # type: ignore[arg-type]
            arrived.set()
            await asyncio.Event().wait()

        bot.provider.create = cut_off  # type: ignore[method-assign,assignment]
        task = asyncio.create_task(bot.runner.advance(run.id))
        await arrived.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    run = await recover(world)

    assert run.state is RunState.SUCCEEDED
    assert len(world.vendor.jobs) == 1


async def test_a_zombie_writes_nothing(tmp_path: Path) -> None:
    """Whoever lost the lease learns it at the next save, and what it sent is remembered."""
    world = World(tmp_path)
    async with world.boot() as first, world.boot() as second:
        run = await first.start()
        create = first.provider.create

        async def slow(request: object) -> object:
            await second.store.release_all()
            await second.advance(run.id)  # meanwhile the other one holds the run
            return await create(request)  # type: ignore[arg-type]

        first.provider.create = slow  # type: ignore[method-assign,assignment]
        await first.runner.advance(run.id)
        run = await second.settle(run.id)

    assert run.state is RunState.SUCCEEDED
    assert len(world.vendor.jobs) == 1
    assert world.posts == ["slack:#cats", "x:@reelbot"]
    assert not [e for e in first.ears.errors if not isinstance(e, StoreError)]


async def test_a_plain_run_takes_few_commits(tmp_path: Path) -> None:
    """One target, nothing goes wrong: at most eight commits, adding it included."""
    world = World(tmp_path)
    world.vendor.seconds = 10.0
    async with world.boot() as bot:
        run = await bot.start(targets=(SLACK,))
        run = await bot.settle(run.id)

        assert run.state is RunState.SUCCEEDED
        assert bot.store.commits <= 8, bot.killer.passed
