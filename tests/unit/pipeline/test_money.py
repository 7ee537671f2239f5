"""Money: promised before anything leaves, settled or given back after, capped per day."""

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest

from bot.domain.run import RunState
from bot.errors import RateLimited, Rejected
from tests.fakes import SLACK, Bot, World


@pytest.fixture
async def bot(tmp_path: Path):
    async with World(tmp_path).boot() as bot:
        yield bot


async def spends(bot: Bot, run_id: str) -> dict[str, tuple[Decimal, str]]:
    return {s.what: (s.usd, s.state.value) for s in await bot.store.spends(run_id)}


async def today(bot: Bot) -> Decimal:
    return await bot.store.spent(bot.clock.now().date())


async def test_a_finished_run_has_settled_everything(bot: Bot) -> None:
    run = await bot.settle((await bot.start()).id)

    assert run.price
    assert run.price.total == Decimal("0.815")
    assert await spends(bot, run.id) == {
        "video": (Decimal("0.80"), "settled"),
        "x:@reelbot": (Decimal("0.015"), "settled"),
    }
    assert await today(bot) == Decimal("0.815")


async def test_a_run_over_the_cap_fails_before_anything_is_asked(bot: Bot) -> None:
    bot.world.cap = Decimal("0.81")

    run = await bot.settle((await bot.start()).id)

    assert run.state is RunState.FAILED
    assert run.failure
    assert run.failure.code == "budget_exceeded"
    assert run.prompt is not None
    assert bot.world.vendor.jobs == {}
    assert await today(bot) == 0


async def test_many_runs_at_once_stay_under_the_cap(bot: Bot) -> None:
    bot.world.cap = Decimal("2.50")
    runs = [
        await bot.start(key=f"k{n}", targets=(SLACK,), template=None, prompt=f"cat {n}")
        for n in range(8)
    ]

    async with bot.clock.auto():
        await asyncio.gather(*(bot.runner.advance(run.id) for run in runs))

    assert len(bot.world.vendor.jobs) == 3
    assert await today(bot) <= bot.world.cap


async def test_a_refused_create_gives_the_money_back(bot: Bot) -> None:
    bot.world.vendor.script = [Rejected("No cats, please.")]

    run = await bot.settle((await bot.start()).id)

    assert run.state is RunState.FAILED
    assert run.failure
    assert run.failure.message == "No cats, please."
    assert await today(bot) == 0


async def test_a_job_that_failed_gives_the_money_back(bot: Bot) -> None:
    bot.world.vendor.fails = True

    run = await bot.settle((await bot.start()).id)

    assert run.state is RunState.FAILED
    assert await today(bot) == 0


async def test_while_it_is_uncertain_the_money_stays_promised(tmp_path: Path) -> None:
    world = World(tmp_path, authoritative=False)
    world.vendor.script, world.vendor.lag = ["lose"], 10_000
    async with world.boot() as bot:
        run = await bot.settle((await bot.start()).id)

        assert run.state is RunState.ATTENTION
        assert {state for _, state in (await spends(bot, run.id)).values()} == {"reserved"}


async def test_a_pause_asked_for_is_kept_and_nothing_is_created_meanwhile(bot: Bot) -> None:
    bot.world.vendor.script = [RateLimited(retry_after=77)]
    run = await bot.advance((await bot.start()).id)

    assert (run.state, run.reason) == (RunState.WAITING, "backoff")
    assert run.wake_at
    assert (run.wake_at - bot.clock.now()).total_seconds() >= 77
    assert bot.world.vendor.jobs == {}

    assert (await bot.settle(run.id)).state is RunState.SUCCEEDED
    assert len(bot.world.vendor.jobs) == 1


async def test_a_full_disk_stops_before_paying(bot: Bot) -> None:
    bot.world.media.free = 1_000_000

    run = await bot.advance((await bot.start()).id)

    assert (run.state, run.reason) == (RunState.WAITING, "backoff")
    assert bot.world.vendor.jobs == {}
    bot.world.media.free = 10**12
    assert (await bot.settle(run.id)).state is RunState.SUCCEEDED
