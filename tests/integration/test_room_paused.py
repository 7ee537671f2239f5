"""A target that takes no posts: one message, whoever and however many wait for it; one end."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.command import CommandKind
from bot.domain.post import Target
from bot.domain.refusal import Refusal
from bot.domain.run import RunState
from bot.errors import TargetPaused, TargetUnavailable
from tests.slack_room import House, Live, X, ask, button_names

PARROT = Target.parse("x:@parrot")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path)
    house.ask_for(targets=(X,), approval=False)
    house.world.vendor.seconds = 2.0
    async with house.slack.serving():
        yield house


def out_of_credits(house: House, why: str = "No credits are left.") -> None:
    house.world.x.script = [TargetPaused(why, hint="Top up.") for _ in range(500)]


async def ask_for(house: House, n: int) -> None:
    await ask(house, f'a cat, {n} --caption "A cat, {n}."', user=house.bob)


async def until_paused(house: House, bot: Live, many: int) -> None:
    for _ in range(2000):
        runs = await bot.store.list_runs(limit=50)
        if sum(run.reason == "target_paused" for run in runs) == many:
            return
        await house.clock.advance(0.5)
        await asyncio.sleep(0.005)
    raise AssertionError([(run.state, run.reason) for run in runs])


def told(house: House, event: str = "reelbot_paused") -> list[dict]:
    messages = house.slack.messages(house.desk.id)
    return [m for m in messages if (m["metadata"] or {}).get("event_type") == event]


def calls(house: House) -> int:
    """Return how many messages called the admin."""
    return sum("<@U0ANN>" in str(args) for args in house.slack.called("chat.postMessage"))


async def until_said(house: House, text: str, many: int = 1) -> None:
    await house.until(lambda: sum(text in str(m["blocks"]) for m in told(house)) == many, tick=1.0)


async def test_ten_runs_are_one_message_and_one_recovered_follows(house: House) -> None:
    out_of_credits(house)
    async with house.boot() as bot:
        await ask_for(house, 0)
        await until_paused(house, bot, 1)
        await until_said(house, "1 video waits")
        for n in range(1, 10):
            await ask_for(house, n)
        await until_paused(house, bot, 10)
        await until_said(house, "10 videos wait")
        await house.calm(30)
        [message] = told(house)
        for said in ("Nothing goes out to @reelbot", "No credits are left.", "Top up.", "Retry"):
            assert said in str(message["blocks"])
        assert (calls(house), told(house, "reelbot_mended")) == (1, [])

        house.world.x.script.clear()
        await house.clock.advance(900)
        await house.until(lambda: len(house.world.posts) == 10, tick=1.0)
        await house.until(lambda: "go out to @reelbot" in told(house)[0]["text"], tick=1.0)
        await house.calm(60)

    [message], [mended] = told(house), told(house, "reelbot_mended")
    assert mended["thread_ts"] == message["ts"]
    assert "Posts go out to @reelbot on X again" in str(mended["blocks"])
    assert "wait" not in str(message["blocks"])
    assert calls(house) == 1


async def test_after_a_restart_it_is_the_same_message_and_another_outage_is_told_anew(
    house: House,
) -> None:
    out_of_credits(house)
    async with house.boot() as bot:
        await ask_for(house, 0)
        await until_paused(house, bot, 1)
        await until_said(house, "1 video waits")
    async with house.boot() as bot:
        await ask_for(house, 1)
        await until_paused(house, bot, 2)
        await until_said(house, "2 videos wait")
        house.world.x.script.clear()
        await house.clock.advance(900)
        await house.until(lambda: len(house.world.posts) == 2, tick=1.0)
        await house.until(lambda: told(house, "reelbot_mended"), tick=1.0)
    async with house.boot() as bot:
        await house.calm(60)
        assert (len(told(house)), calls(house)) == (1, 1)

        out_of_credits(house)
        await ask_for(house, 2)
        await until_paused(house, bot, 1)
        await until_said(house, "1 video waits")
        await house.calm(60)

    assert (len(told(house)), calls(house)) == (2, 2)
    assert len(told(house, "reelbot_mended")) == 1


async def test_another_failure_in_between_is_no_recovery_and_other_words_no_other_outage(
    house: House,
) -> None:
    house.world.x.script = [
        TargetPaused("The clock is 91 seconds ahead."),
        TargetUnavailable("X cannot be reached.", retry_after=120.0),
        TargetPaused("The clock is 92 seconds ahead."),
    ]
    async with house.boot() as bot:
        await ask_for(house, 0)
        await until_paused(house, bot, 1)
        await until_said(house, "91 seconds")
        await house.clock.advance(900)
        await bot.state("backoff")
        await house.calm(60)
        assert told(house, "reelbot_mended") == []
        await house.clock.advance(120)
        await until_said(house, "92 seconds")

    assert (len(told(house)), calls(house)) == (1, 1)


async def test_when_nothing_waits_any_more_that_is_told_once(house: House) -> None:
    out_of_credits(house)
    async with house.boot() as bot:
        await ask_for(house, 0)
        run = await bot.state("target_paused")
        await until_said(house, "1 video waits")
        await house.slack.click(house.cards()[0], "run.cancel", house.bob)
        await bot.state(RunState.CANCELLED)
        await house.until(lambda: told(house, "reelbot_mended"), tick=1.0)
        await house.calm(60)

    assert run.failure.target == "x:@reelbot"
    [mended] = told(house, "reelbot_mended")
    assert "Nothing is held back for @reelbot on X any more" in str(mended["blocks"])
    assert told(house)[0]["text"] == mended["text"]


async def test_each_account_of_a_run_is_told_of_by_its_own_name(house: House) -> None:
    house.ask_for(targets=(X, PARROT), approval=False)
    out_of_credits(house)
    async with house.boot() as bot:
        await ask_for(house, 0)
        run = await bot.state("target_paused")
        assert run.failure.target == "x:@reelbot"
        await until_said(house, "Nothing goes out to @reelbot")
        house.world.x.script = [None, *(TargetPaused("No credits are left.") for _ in range(9))]
        await house.clock.advance(900)
        await until_said(house, "Nothing goes out to @parrot")
        await house.until(lambda: told(house, "reelbot_mended"), tick=1.0)

    assert house.world.posts == ["x:@reelbot"]
    assert len(told(house)) == 2
    assert "@reelbot" in told(house, "reelbot_mended")[0]["text"]


async def test_an_account_that_is_found_paused_before_any_run_is_the_same_message(
    house: House,
) -> None:
    asked = house.clock.now() + timedelta(seconds=1)
    why = "Those are @other's."
    spelt = Target.parse("x:@ReelBot")
    house.refusals = {spelt: Refusal(target=spelt, why=why, hint=None, at=asked)}
    out_of_credits(house)
    async with house.boot() as bot:
        await until_said(house, "no video waits yet")
    house.refusals = {spelt: None}  # who starts has not asked it yet
    async with house.boot() as bot:
        await house.calm(60)
        assert told(house, "reelbot_mended") == []
        await ask_for(house, 0)
        await until_paused(house, bot, 1)
        await until_said(house, "1 video waits")
        house.refusals.clear()
        await house.calm(60)
        assert told(house, "reelbot_mended") == []
        assert (len(told(house)), calls(house)) == (1, 1)
        house.world.x.script.clear()
        await house.clock.advance(900)
        await house.until(lambda: told(house, "reelbot_mended"), tick=1.0)

    assert len(told(house)) == 1


async def test_retry_asks_the_target_at_once(house: House) -> None:
    out_of_credits(house)
    async with house.boot() as bot:
        await ask_for(house, 0)
        await bot.state("target_paused")
        await house.until(lambda: "run.retry" in button_names(house.cards()[0]), tick=0.5)
        house.world.x.script.clear()
        started = house.clock.now()
        await house.slack.click(house.cards()[0], "run.retry", house.bob)
        run = await bot.state(RunState.SUCCEEDED)

    assert house.world.x.asked_again == ["x:@reelbot"]
    assert house.world.posts == ["x:@reelbot"]
    assert house.clock.now() - started < timedelta(minutes=1)
    assert run.generation == 1
    assert [act.kind for act in run.acts] == [CommandKind.RETRY]


async def test_the_first_post_is_the_recovery_though_others_still_wait_their_turn(
    house: House,
) -> None:
    out_of_credits(house)
    async with house.boot() as bot:
        for n in range(2):
            await ask_for(house, n)
        await until_paused(house, bot, 2)
        await until_said(house, "2 videos wait")
        house.world.x.script.clear()
        await house.until(lambda: "run.retry" in button_names(house.cards()[0]), tick=0.5)
        await house.slack.click(house.cards()[0], "run.retry", house.bob)
        await house.until(lambda: told(house, "reelbot_mended"), tick=1.0)
        await house.calm(60)
        assert len(house.world.posts) == 1
    async with house.boot():
        await house.calm(60)

    assert len(house.world.posts) == 1
    assert (len(told(house)), len(told(house, "reelbot_mended")), calls(house)) == (1, 1, 1)
