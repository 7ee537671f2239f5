"""The stop gate: after a stop no paid or public request leaves, restarts included."""

from pathlib import Path

import pytest

from bot.domain.run import RunState
from bot.pipeline import Gate
from bot.ports import Stop
from tests.fakes import Bot, Killer, World


async def stop(bot: Bot) -> None:
    await bot.pipeline.stop(Stop(by="eve", at=bot.clock.now()))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


class StopAt(Killer):
    """Stops everything, through another door, when a line is passed."""

    def __init__(self, line: str, folder: Path) -> None:
        super().__init__()
        self._line = line
        self._file = folder / "STOP"

    def line(self, name: str) -> None:
        super().line(name)
        if name.startswith(self._line):
            self._file.touch()


@pytest.mark.parametrize(
    "line, created, posted",
    [
        ("claim: after", 0, 0),
        ("commit Reserve Intend", 0, 0),  # between the intent and the request
        ("download", 1, 0),
        ("prepare", 1, 0),
    ],
)
async def test_a_stop_at_any_moment_holds_the_next_request_back(
    world: World, line: str, created: int, posted: int
) -> None:
    async with world.boot(StopAt(line, world.folder)) as bot:
        run = await bot.start()
        run = await bot.advance(run.id)
        while run.reason == "provider":
            await bot.clock.advance(10)
            run = await bot.advance(run.id)

        assert (run.state, run.reason) == (RunState.WAITING, "stopped")

    async with world.boot() as bot:  # a restart changes nothing about it
        run = await bot.advance(run.id)
        assert (run.state, run.reason) == (RunState.WAITING, "stopped")
        assert (len(world.vendor.jobs), len(world.posts)) == (created, posted)

        await bot.pipeline.resume()
        run = await bot.settle(run.id)

    assert run.state is RunState.SUCCEEDED
    assert len(world.vendor.jobs) == 1
    assert world.posts == ["slack:#cats", "x:@reelbot"]


async def test_a_stop_is_a_row_and_survives(world: World) -> None:
    async with world.boot() as bot:
        await stop(bot)
    async with world.boot() as bot:
        found = await bot.gate.stopped()

    assert found
    assert found.by == "eve"


async def test_a_job_in_flight_is_kept_and_paid_for_once(world: World) -> None:
    async with world.boot() as bot:
        run = await bot.start()
        bot.waker.crowded = True
        run = await bot.advance(run.id)
        assert run.reason == "provider"

        await stop(bot)
        bot.waker.crowded = False
        await bot.clock.advance(60)
        run = await bot.advance(run.id)
        assert run.video is not None  # fetched: reading is free and shows nothing
        assert run.reason == "stopped"

        await bot.pipeline.resume()
        assert (await bot.settle(run.id)).state is RunState.SUCCEEDED
        assert len(world.vendor.jobs) == 1


async def test_the_money_stays_promised_while_stopped(world: World) -> None:
    async with world.boot(StopAt("commit Reserve Intend", world.folder)) as bot:
        run = await bot.start()
        await bot.advance(run.id)

        assert {s.state for s in await bot.store.spends(run.id)} == {"reserved"}


async def test_starting_removes_the_stop_file(world: World) -> None:
    (world.folder / "STOP").touch()
    async with world.boot() as bot:
        assert await bot.gate.stopped()

        await bot.pipeline.resume()

        assert await bot.gate.stopped() is None
        assert not (world.folder / "STOP").exists()


async def test_a_file_that_cannot_be_looked_at_is_one_stop_and_not_ever_new_ones(
    world: World, tmp_path: Path
) -> None:
    (tmp_path / "no folder").touch()
    async with world.boot() as bot:
        gate = Gate(bot.store, tmp_path / "no folder" / "STOP")
        assert await gate.stopped()
        assert await gate.stopped() == await gate.stopped()
