"""One card per run, one video per command: whatever is lost, repeated, slow or dead in between."""

import asyncio
from itertools import pairwise

import pytest

from bot.domain.run import RunState
from tests.fake_slack import Hang, RateLimit, Refuse, Reset, Status
from tests.slack_room import Executioner, House, ask, button_names

POST, UPDATE = "chat.postMessage", "chat.update"


@pytest.fixture
async def house(tmp_path):
    house = House(tmp_path)
    house.world.vendor.seconds = 2.0
    house.timeout = 0.5
    async with house.slack.serving():
        yield house


def is_slack(line):
    """Whether *line* is a call of Slack on the way of a card."""
    name = line.split(":")[0]
    return name.startswith(("chat.", "conversations.", "users.info", "files."))


async def trip(house, killer=None):
    """Ask, be killed perhaps, start again, be asked the same again, come to the end."""
    async with house.boot(killer) as bot:
        delivery = await house.slack.slash("/video", "a cat", user=house.jane, channel="#cats")
        for _ in range(400):
            runs = await bot.store.list_runs() if not (killer and killer.is_dead) else ()
            if (killer and killer.is_dead) or (runs and runs[0].state == RunState.SUCCEEDED):
                break
            await house.clock.advance(0.5)
            await asyncio.sleep(0.005)
        if killer and not killer.is_dead:
            await house.calm()
    async with house.boot() as bot:
        await house.slack.replay(delivery)
        run = await bot.state(RunState.SUCCEEDED)
        await house.until(lambda: house.cards() and "osted" in house.cards()[0]["text"], tick=0.5)
        await house.calm(8)
        assert len(await bot.store.list_runs()) == 1
        return await bot.store.get_run(run.id)


@pytest.mark.slow
async def test_killed_between_any_two_calls_there_is_one_card_and_one_video(tmp_path):
    async def new(name):
        folder = tmp_path / name
        folder.mkdir()
        house = House(folder)
        house.world.vendor.seconds = 2.0
        return house

    first = await new("count")
    counting = Executioner(counts=is_slack)
    async with first.slack.serving():
        await trip(first, counting)
    assert any(POST in line for line in counting.passed)

    for at, line in enumerate(counting.passed[:24], 1):
        house = await new(str(at))
        async with house.slack.serving():
            killer = Executioner(at, is_slack)
            run = await trip(house, killer)

            assert killer.is_dead, line
            assert len(house.cards()) == 1, line
            assert "osted" in house.cards()[0]["text"], line
            assert [card.id for card in run.cards] == [house.cards()[0]["ts"]], line
            assert len(house.world.vendor.jobs) == 1, line
            assert house.world.posts == ["slack:#cats"], line


@pytest.mark.parametrize(
    "fault",
    [
        RateLimit(7),
        Reset(),
        Reset(happens=True),
        Hang(),
        Hang(happens=True),
        Status(503),
        Status(503, happens=True),
        Refuse("internal_error"),
    ],
    ids=str,
)
async def test_a_card_whose_answer_is_lost_is_put_up_once(house, fault):
    house.slack.fail(POST, fault, channel=house.cats.id)
    async with house.boot() as bot:
        await ask(house)
        await bot.state(RunState.SUCCEEDED)
        await house.until(lambda: house.cards() and "osted" in house.cards()[0]["text"], tick=0.5)
        await house.calm()
        run = await bot.run()

    assert len(house.cards()) == 1
    assert [card.id for card in run.cards] == [house.cards()[0]["ts"]]


async def test_an_approval_card_that_did_not_go_out_follows_by_itself(house):
    house.ask_for()
    house.set(approvers="#approvals")
    house.slack.fail(POST, Status(503), channel=house.approvals.id)
    async with house.boot() as bot:
        await ask(house)
        await bot.state("approval")
        await house.until(lambda: house.cards(house.approvals), tick=0.5)
        await house.calm(40)

    assert len(house.cards(house.approvals)) == 1


@pytest.mark.parametrize(
    "fault", [RateLimit(5), Hang(), Status(500), Refuse("internal_error")], ids=str
)
async def test_the_last_state_always_arrives(house, fault):
    house.slack.fail(UPDATE, fault, times=3)
    async with house.boot() as bot:
        await ask(house)
        await bot.state(RunState.SUCCEEDED)
        await house.until(lambda: house.cards() and "osted" in house.cards()[0]["text"], tick=0.5)


async def test_one_card_is_edited_at_most_every_three_seconds(house):
    house.world.vendor.seconds = 30.0
    async with house.boot() as bot:
        await ask(house)
        await bot.state(RunState.SUCCEEDED)
        await house.calm()

    at = [call.at for call in house.slack.calls if call.method in {POST, UPDATE}]
    card = house.cards()[0]["ts"]
    at = [c.at for c in house.slack.calls if c.method == UPDATE and c.args["ts"] == card]
    assert len(at) >= 3
    assert min((b - a).total_seconds() for a, b in pairwise(at)) >= 3, at


async def test_replayed_deliveries_do_nothing_twice(house):
    house.ask_for()
    async with house.boot() as bot:
        command = await ask(house)
        await bot.state("approval")
        await house.until(lambda: house.cards() and "run.reject" in button_names(house.cards()[0]))
        again = await house.slack.replay(command)
        assert again.error is None
        click = await house.slack.click(house.cards()[0], "run.reject", house.bob)
        await house.slack.replay(click)
        await bot.state(RunState.CANCELLED)
        await house.calm()
        assert len(await bot.store.list_runs()) == 1

    assert len(house.cards()) == 1
    assert house.slack.responses == []


async def test_a_command_replayed_after_a_restart_is_the_same_run(house):
    async with house.boot() as bot:
        command = await ask(house)
        await bot.state(RunState.SUCCEEDED)
    async with house.boot() as bot:
        await house.slack.replay(command)
        await house.calm()
        assert len(await bot.store.list_runs()) == 1

    assert len(house.cards()) == 1
    assert len(house.world.vendor.jobs) == 1


async def test_a_card_that_somebody_deleted_stays_deleted(house):
    house.world.vendor.seconds = 60.0
    async with house.boot() as bot:
        await ask(house)
        await house.until(house.cards)
        house.cats.messages.clear()
        await bot.state(RunState.SUCCEEDED)
        await house.calm()
        assert len([c for c in house.slack.calls if c.method == UPDATE]) <= 2

    assert house.cards() == []


async def test_cards_are_brought_up_to_date_after_a_start(house):
    async with house.boot() as bot:
        await ask(house)
        await house.until(house.cards)
        house.slack.fail(UPDATE, Status(500), times=1000)
        await bot.state(RunState.SUCCEEDED)
    house.slack._planned.clear()
    assert "osted" not in house.cards()[0]["text"]

    async with house.boot():
        await house.until(lambda: "osted" in house.cards()[0]["text"])
