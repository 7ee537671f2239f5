"""Retry and cancel: a person goes on where a run failed, or ends it; nothing goes out twice."""

from decimal import Decimal
from pathlib import Path

import pytest

from bot.domain.post import DeliveryStatus, Target
from bot.domain.run import RunState
from bot.errors import PostRejected, Rejected, TargetPaused, TargetUnavailable
from tests.fakes import SLACK, Bot, World, X


@pytest.fixture
async def bot(tmp_path: Path):
    async with World(tmp_path).boot() as bot:
        yield bot


async def test_only_the_post_that_failed_is_sent_again(bot: Bot) -> None:
    bot.world.x.script = [PostRejected("No.")]
    run = await bot.settle((await bot.start()).id)
    assert run.state is RunState.FAILED
    assert run.failure
    assert run.failure.message == "Not posted: x:@reelbot: No."

    await bot.tell("retry", run.id)
    run = await bot.settle(run.id)

    assert run.state is RunState.SUCCEEDED
    assert run.generation == 2
    assert bot.world.posts == ["slack:#cats", "x:@reelbot"]
    assert len(bot.world.vendor.jobs) == 1
    assert await bot.store.spent(bot.clock.now().date()) == Decimal("0.815")


async def test_a_failed_video_is_created_anew(bot: Bot) -> None:
    bot.world.vendor.fails = True
    run = await bot.settle((await bot.start()).id)
    bot.world.vendor.fails = False

    await bot.tell("retry", run.id)
    run = await bot.settle(run.id)

    assert run.state is RunState.SUCCEEDED
    assert len(bot.world.vendor.jobs) == 2


async def test_nothing_else_raises_a_generation(bot: Bot) -> None:
    bot.world.x.script = [TargetUnavailable(), TargetUnavailable(), "lose"]

    run = await bot.settle((await bot.start()).id)

    assert run.state is RunState.SUCCEEDED
    assert run.generation == 1
    assert len(bot.world.x.posts) == 1


async def test_a_run_that_is_fine_has_nothing_to_retry(bot: Bot) -> None:
    run = await bot.settle((await bot.start()).id)

    assert await bot.tell("retry", run.id) == "There is nothing to retry: succeeded."
    assert len(bot.world.posts) == 2


async def test_retrying_twice_is_retrying_once(bot: Bot) -> None:
    bot.world.vendor.script = [Rejected()]
    run = await bot.settle((await bot.start()).id)

    await bot.tell("retry", run.id)
    await bot.tell("retry", run.id)
    await bot.settle(run.id)

    assert len(bot.world.vendor.jobs) == 1


async def test_an_unreachable_target_is_given_up_after_many_tries(bot: Bot) -> None:
    bot.world.x.script = [TargetUnavailable() for _ in range(150)]

    run = await bot.settle((await bot.start()).id, limit=200)

    assert run.state is RunState.FAILED
    assert run.delivery(SLACK).status is DeliveryStatus.DELIVERED
    assert run.delivery(X).status is DeliveryStatus.FAILED
    assert len(bot.world.slack.posts) == 1


async def test_a_paused_target_waits_and_the_other_goes_out(bot: Bot) -> None:
    bot.world.x.script = [TargetPaused("Out of credits.")]
    run = await bot.advance((await bot.start()).id)

    assert (run.state, run.reason) == (RunState.WAITING, "target_paused")
    assert bot.world.posts == ["slack:#cats"]
    assert (await bot.settle(run.id)).state is RunState.SUCCEEDED


async def test_cancelling_a_waiting_run_stops_its_job(bot: Bot) -> None:
    bot.waker.crowded = True
    run = await bot.advance((await bot.start()).id)

    answer = await bot.tell("cancel", run.id)
    run = await bot.store.get_run(run.id)

    assert (run.state, run.reason) == (RunState.CANCELLED, "cancelled")
    assert bot.provider.cancelled == ["video_1"]
    assert "counts as paid" in answer


async def test_a_cancel_waits_until_the_write_in_the_air_is_known(bot: Bot) -> None:
    """Cancelled right after a lost answer: the job is looked for first, then cancelled."""
    bot.world.vendor.script = ["lose"]
    run = await bot.advance((await bot.start()).id)
    assert run.reason == "backoff"

    assert await bot.tell("cancel", run.id) == "pending"
    run = await bot.settle(run.id)

    assert run.state is RunState.CANCELLED
    assert bot.provider.cancelled == ["video_1"]
    assert len(bot.world.vendor.jobs) == 1
    assert bot.world.posts == []


async def test_an_error_nobody_foresaw_ends_in_words(bot: Bot) -> None:
    async def broken(*_: object) -> object:
        raise KeyError("bug")

    bot.world.media.inspect = broken  # type: ignore[method-assign,assignment]

    run = await bot.settle((await bot.start()).id)

    assert run.state is RunState.FAILED
    assert run.failure
    assert run.failure.code == "internal"
    assert len(bot.world.vendor.jobs) == 1


async def test_a_waiting_run_says_why_and_forgets_it_when_it_goes_on(bot: Bot) -> None:
    bot.world.x.script = [TargetUnavailable("X is over capacity.")]
    run = await bot.advance((await bot.start()).id)
    assert run.reason == "backoff"
    assert run.failure
    assert run.failure.message == "X is over capacity."

    run = await bot.settle(run.id)

    assert run.state is RunState.SUCCEEDED
    assert run.failure is None


async def test_a_run_says_which_of_its_targets_refused_it(bot: Bot) -> None:
    other = Target.parse("x:@parrot")
    bot.world.x.script = [None, TargetPaused("Out of credits."), TargetPaused("Out of credits.")]
    run = await bot.advance((await bot.start(targets=(X, other))).id)
    assert run.failure
    assert (run.reason, run.failure.target) == ("target_paused", "x:@parrot")

    first = run.failure
    await bot.clock.advance(900)
    run = await bot.advance(run.id)
    assert run.failure == first  # the same words again keep their time


async def test_a_retry_of_a_run_whose_target_is_paused_asks_that_at_once(bot: Bot) -> None:
    bot.world.x.script = [TargetPaused("Out of credits.")]
    run = await bot.advance((await bot.start()).id)

    assert await bot.tell("retry", run.id) == "Tried again at once for ann."
    run = await bot.advance(run.id)

    assert (run.state, run.generation) == (RunState.SUCCEEDED, 1)
    assert (bot.world.x.asked_again, bot.world.slack.asked_again) == (["x:@reelbot"], [])
    assert len(bot.world.slack.posts) == len(bot.world.x.posts) == 1


async def test_a_retry_that_was_answered_is_not_lost_with_the_process(bot: Bot) -> None:
    bot.world.x.script = [TargetPaused("Out of credits.") for _ in range(9)]
    run = await bot.advance((await bot.start()).id)
    asked = bot.clock.now()
    saved = []
    bot.runner._show = saved.append

    await bot.tell("retry", run.id)

    assert saved[0].wake_at == asked
