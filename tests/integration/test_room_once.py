"""One card per run, one video per command: whatever is lost, repeated, slow or dead in between."""

from datetime import timedelta
from itertools import pairwise

import pytest

from bot.domain.effect import EffectState
from bot.domain.run import RunState
from bot.slack.words import words
from tests.fake_slack import Hang, RateLimit, Refuse, Reset, Status
from tests.slack_room import House, ask, button_names

POST, UPDATE = "chat.postMessage", "chat.update"


@pytest.fixture
async def house(tmp_path):
    house = House(tmp_path)
    house.world.vendor.seconds = 2.0
    house.timeout = 0.5
    async with house.slack.serving():
        yield house


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


@pytest.mark.parametrize("restarts", [False, True], ids=["the same process", "a new one"])
async def test_a_dialog_whose_ack_was_lost_and_that_is_sent_again_asks_for_one_video(
    house, restarts
):
    async def fill_in():
        house.slack.workspace.views |= still_open
        await house.slack.submit(view, {"prompt": "a cat"}, house.jane)
        await bot.state(RunState.SUCCEEDED)

    async with house.boot() as bot:
        await ask(house, "")
        view = await house.until(lambda: house.slack.view_of(house.jane), tick=0)
        still_open = dict(house.slack.workspace.views)
        await fill_in()
        if not restarts:
            await fill_in()
            await house.calm()
    async with house.boot() as bot:
        if restarts:
            await fill_in()
        await house.calm()
        assert len(await bot.store.list_runs()) == 1

    assert len(house.world.vendor.jobs) == 1


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


# --- a run that is over before its card's answer is missed ----------------------------------------


async def fired(house, bot):
    """Have the schedule make a video; its card belongs in #desk."""
    await bot.pipeline.start(bot.intake.fired_by_hand("cat-hourly", "cli:ann"))
    return await bot.state(RunState.SUCCEEDED)


@pytest.mark.parametrize("arrived", [True, False])
async def test_a_card_whose_answer_was_lost_belongs_to_the_run_that_ended_meanwhile(house, arrived):
    house.slack.fail(POST, Reset(happens=arrived), channel=house.desk.id)
    async with house.boot() as bot:
        run = await fired(house, bot)
        assert run.cards == ()
        await house.until(lambda: house.cards(house.desk) and is_posted(house), tick=1.0)
        await house.calm()
        run = await bot.run()

    [card] = house.cards(house.desk)
    assert [card.id for card in run.cards] == [card["ts"]]


@pytest.mark.parametrize("arrived", [True, False])
async def test_a_run_that_ended_finds_its_lost_card_after_a_restart(house, arrived):
    house.slack.fail(POST, Reset(happens=arrived), channel=house.desk.id)
    async with house.boot() as bot:
        run = await fired(house, bot)
        assert run.cards == ()
    async with house.boot() as bot:
        await house.until(lambda: house.cards(house.desk) and is_posted(house), tick=1.0)
        await house.calm()
        run = await bot.run()

    [card] = house.cards(house.desk)
    assert [card.id for card in run.cards] == [card["ts"]]


async def test_a_scheduled_run_that_ended_without_a_card_gets_none_afterwards(house):
    house.set(desk=None)
    async with house.boot() as bot:
        await fired(house, bot)
        house.set(desk="#desk")
        await house.calm(20)
    async with house.boot():
        await house.calm(40)

    assert house.cards(house.desk) == []


def is_posted(house):
    return "osted" in house.cards(house.desk)[0]["text"]


# --- what no run owns -----------------------------------------------------------------------------


def lines(house, channel=None):
    """What was said in public that is no card."""
    messages = house.slack.messages((channel or house.cats).id)
    return [m["text"] for m in messages if m["metadata"]["event_type"] != "reelbot_card"]


@pytest.mark.parametrize(
    "fault",
    [
        RateLimit(7),
        Reset(),
        Reset(happens=True),
        Hang(happens=True),
        Status(503),
        Refuse("fatal_error"),
    ],
    ids=str,
)
async def test_who_changed_what_is_said_once_though_the_answer_is_lost(house, fault):
    house.slack.fail(POST, fault, channel=house.cats.id)
    async with house.boot():
        await ask(house, "pause cat-hourly")
        await house.until(lambda: lines(house), tick=1.0)
        await house.calm(40)

    [line] = lines(house)
    assert "paused cat-hourly" in line


async def test_a_line_is_not_tried_again_before_slack_wants_it(house):
    house.slack.fail(POST, RateLimit(50), channel=house.cats.id)
    async with house.boot():
        await ask(house, "pause cat-hourly")
        await house.until(lambda: house.cats.id in tried_in(house), tick=1.0)
        await house.calm(45)
        asked = [args["channel"] for args in house.slack.called(POST)]
        assert asked.count(house.cats.id) == 1
        await house.until(lambda: lines(house), tick=1.0)


async def test_where_nobody_can_look_a_lost_line_is_not_said_again(house):
    house.slack.token("xoxb-test").scopes -= {"channels:history"}
    house.slack.fail(POST, Reset(happens=True), channel=house.cats.id)
    async with house.boot() as bot:
        await ask(house, "pause cat-hourly")
        await house.until(lambda: lines(house), tick=1.0)
        await house.calm(60)
        [effect] = await bot.store.effects_since(
            house.clock.start, kinds={"told"}, states={EffectState.UNCERTAIN}
        )
        await house.calm(30)

    assert effect.detail
    assert len(lines(house)) == 1


async def test_what_cannot_be_said_for_a_day_is_not_said_any_more(house):
    house.slack.fail(POST, Status(502), times=10_000, channel=house.cats.id)
    async with house.boot():
        await ask(house, "pause cat-hourly")
        await house.until(lambda: tried_in(house), tick=1.0)
    house.slack._planned.clear()
    await house.clock.advance(86400)
    async with house.boot():
        await house.calm(60)

    assert lines(house) == []


async def test_a_line_is_looked_for_in_the_thread_where_it_was_said(house):
    house.ask_for()
    async with house.boot() as bot:
        await ask(house)
        await bot.state("approval")
        await house.until(lambda: "run.edit" in button_names(house.cards()[0]))
        await house.slack.click(house.cards()[0], "run.edit", house.bob)
        view = await house.until(lambda: house.slack.view_of(house.bob), tick=0)
        house.slack.fail(POST, Reset(happens=True), channel=house.cats.id)
        await house.slack.submit(view, {"caption:0": "New words"}, house.bob)
        await house.until(lambda: len(house.cards()) == 2)
        await house.calm(60)
        run = await bot.run()

    card, line = house.cards()
    assert line["thread_ts"] == card["ts"]
    assert "changed the text" in line["text"]
    assert [card.id for card in run.cards] == [card["ts"], line["ts"]]
    assert house.slack.count("conversations.replies") >= 1


def inboxes(house):
    messages = house.slack.messages(house.approvals.id)
    return [m for m in messages if m["metadata"]["event_type"] == "reelbot_inbox"]


async def crowd(house, start=0):
    """Have four more videos wait for approval; return the newest inbox once it says so."""
    house.ask_for()
    house.set(approvers="#approvals")
    for n in range(4):
        await ask(house, f"a cat, {start + n}")
    return await house.until(lambda: told_of(house, 4), tick=0.5)


def told_of(house, number):
    """Return the newest inbox, if it tells of so many."""
    there = inboxes(house)[-1:]
    return there and f"{number} videos wait" in there[0]["text"] and there[0]


def asking(house, number):
    """Return the cards that ask for approval, once they are so many."""
    cards = [c for c in house.cards(house.approvals) if "run.reject" in button_names(c)]
    return len(cards) == number and cards


async def test_a_new_inbox_comes_where_somebody_deleted_the_first(house):
    async with house.boot():
        house.approvals.messages.remove(await crowd(house))
        await ask(house, "a cat, 4")
        await house.until(lambda: told_of(house, 5), tick=1.0)

    assert len(inboxes(house)) == 1


async def test_a_new_inbox_comes_after_a_while_and_the_old_one_stays_true(house, monkeypatch):
    monkeypatch.setattr("bot.slack.inbox._IN_SIGHT", timedelta(minutes=2))
    async with house.boot():
        first = await crowd(house)
        await house.until(lambda: len(inboxes(house)) == 2, tick=1.0)
        await ask(house, "a cat, 4")
        await house.until(lambda: told_of(house, 5), tick=1.0)
        await house.calm()

    assert "5 videos wait" in first["text"]


async def test_a_second_crowd_is_called_for_anew(house):
    async with house.boot():
        await crowd(house)
        for card in await house.until(lambda: asking(house, 4), tick=0.5):
            await house.slack.click(card, "run.reject", house.bob)
        await house.until(lambda: inboxes(house)[0]["text"] == words("en")("inbox.empty"), tick=1.0)
        for n in range(4, 8):
            await ask(house, f"a cat, {n}")
        await house.until(lambda: len(inboxes(house)) == 2 and told_of(house, 4), tick=1.0)


def tried_in(house):
    """Return the channels in which something was to be said."""
    return {args["channel"] for args in house.slack.called(POST)}


async def test_a_lost_inbox_is_not_put_up_again_when_nothing_waits_any_more(house):
    house.slack.fail(POST, Hang(), channel=house.approvals.id)
    async with house.boot() as bot:
        house.ask_for()
        house.set(approvers=None, desk="#approvals")
        for n in range(4):
            await ask(house, f"a cat, {n}")
        await house.until(lambda: house.approvals.id in tried_in(house), tick=0.5)
        for card in house.cards():
            await house.until(lambda card=card: "run.reject" in button_names(card), tick=0.5)
            await house.slack.click(card, "run.reject", house.bob)
        await house.calm(90)
        assert len(bot.room.board.waiting) == 0

    assert inboxes(house) == []
