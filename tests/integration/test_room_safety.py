"""What must hold when the room is busy, half blind, or used by the wrong people."""

import asyncio
import os
from dataclasses import replace
from decimal import Decimal

import pytest

from bot.domain.room import Who
from bot.domain.run import RunState
from bot.ports import Stop
from tests.fake_slack import Hang, Reset
from tests.slack_room import House, X, ask, button_names

POST = "chat.postMessage"


@pytest.fixture
async def house(tmp_path):
    house = House(tmp_path)
    house.world.vendor.seconds = 2.0
    async with house.slack.serving():
        yield house


async def stopped(bot):
    for _ in range(400):
        if stop := await bot.store.stopped():
            return stop
        await asyncio.sleep(0.005)
    raise AssertionError("it was not stopped")


def said_by_the_bot(house):
    """Return what the bot said in the thread of its only card."""
    [card] = house.cards()
    messages = house.slack.messages(house.cats.id)
    return [m for m in messages if m.get("blocks") and m["ts"] != card["ts"]]


# --- stopping ------------------------------------------------------------------------------------


async def test_a_stop_counts_where_slack_does_not_say_who_somebody_is(house):
    token = house.slack.token("xoxb-test")
    token.scopes = token.scopes - {"users:read"}
    async with house.boot() as bot:
        await ask(house, "stop")
        assert (await stopped(bot)).by == "slack:U0JANE"


async def test_a_stop_waits_for_nobody_else_and_not_long_for_slack(house):
    house.timeout = 10.0
    async with house.boot() as bot:
        house.slack.fail("users.info", Hang(), times=9)
        for n in range(4):
            await ask(house, f"a cat, {n}")
        await ask(house, "stop", user=house.bob)
        await asyncio.sleep(2.1)
        assert (await stopped(bot)).by == "slack:U0BOB"


async def test_whoever_stops_sees_that_it_worked_and_the_others_see_why(house):
    house.slack.workspace.add_channel("#secret", members=("U0JANE",), private=True)
    async with house.boot():
        await ask(house, "stop --why <!channel> the clip is wrong", channel="#secret")
        await house.until(lambda: house.slack.responses)
        [told] = await house.until(lambda: house.slack.messages(house.desk.id))

    assert "stopped everything" in house.slack.responses[0]["text"]
    assert "the clip is wrong" in told["text"]
    assert "<!channel" not in str(told["blocks"])
    assert "<@U0ANN>" in told["text"]
    assert "<@" not in house.slack.responses[0]["text"]


async def test_a_stop_from_outside_is_told_once_with_who_and_why_and_so_is_its_end(house):
    def told():
        return [m["text"] for m in house.slack.messages(house.desk.id)]

    stop = Stop(by="cli:jane", at=house.clock.now(), why="wrong <account>")
    async with house.boot() as bot:
        await bot.pipeline.stop(stop)
        await house.until(told, tick=1.0)
    async with house.boot() as bot:
        await house.calm(40)
        [text] = told()
        assert "jane stopped everything" in text
        assert "wrong &lt;account&gt;" in text
        assert "<@U0ANN>" in text
        await bot.pipeline.resume()
    async with house.boot():
        await house.until(lambda: len(told()) == 2, tick=1.0)
        assert "started again, outside of Slack" in told()[1]
        await house.calm(40)
    assert len(told()) == 2


async def test_the_end_of_a_stop_by_slack_is_told_when_it_comes_from_outside(house):
    def told():
        return [m["text"] for m in house.slack.messages(house.desk.id)]

    async with house.boot() as bot:
        await ask(house, "stop")
        await house.until(told, tick=1.0)
        await house.calm(20)
        await bot.pipeline.resume()
        await house.until(lambda: len(told()) == 2, tick=1.0)
        assert "started again, outside of Slack" in told()[1]
        await house.calm(40)
    assert len(told()) == 2


async def test_a_stop_by_file_is_told_and_shown_like_any_other(house):
    def told():
        return [m["text"] for m in house.slack.messages(house.desk.id)]

    file, now = house.folder / "STOP", house.clock.now().timestamp()
    async with house.boot():
        file.touch()
        os.utime(file, (now, now))
        await house.until(told, tick=1.0)
        await ask(house, "status")
        await house.until(lambda: house.slack.responses)
        await house.calm(40)
        [text] = told()
        assert text.startswith("the file")
        assert "stopped everything" in text
        assert "the file" in str(house.slack.responses[-1]["blocks"])
        file.unlink()
        await house.until(lambda: len(told()) == 2, tick=1.0)
        assert "started again, outside of Slack" in told()[1]


async def test_whoever_ends_a_stop_from_outside_is_named_and_nothing_else_is_told(house):
    def told():
        return [m["text"] for m in house.slack.messages(house.desk.id)]

    async with house.boot() as bot:
        await bot.pipeline.stop(Stop(by="cli:jane", at=house.clock.now()))
        await house.until(told, tick=1.0)
        await house.slack.open_home(house.ann)
        homes = await house.until(lambda: house.slack.workspace.homes)
        await house.slack.click(homes[house.ann].shape, "room.start", house.ann)
        await house.until(lambda: len(told()) == 2)
        await house.calm(40)
    assert len(told()) == 2
    assert "@ann" in told()[1].lower()


# --- who may what --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [{"is_bot": True}, {"is_restricted": True}], ids=str)
async def test_outsiders_get_no_answer_to_a_mention(house, kind):
    house.slack.workspace.add_user("U0GUEST", "guest", **kind)
    house.cats.members.add("U0GUEST")
    async with house.boot() as bot:
        await ask(house)
        await bot.state(RunState.SUCCEEDED)
        card = house.cards()[0]
        await house.slack.mention("so?", user="U0GUEST", channel="#cats", thread_ts=card["ts"])
        await house.slack.mention("so?", user=house.jane, channel="#cats", thread_ts=card["ts"])
        await house.until(lambda: said_by_the_bot(house))
        await house.calm()

    assert len(said_by_the_bot(house)) == 1
    assert house.seen("U0GUEST") == []


async def test_words_that_nobody_approves_are_written_by_whoever_may_post(house):
    house.ask_for(targets=(X,), approval=False)
    async with house.boot() as bot:
        await ask(house, user=house.bob)
        await bot.state("approval")
        await house.until(lambda: "run.edit" in button_names(house.cards()[0]))
        await house.slack.click(house.cards()[0], "run.edit", house.jane)
        await house.until(lambda: "may post to X" in str(house.seen("U0JANE")))
        await house.slack.click(house.cards()[0], "run.edit", house.bob)
        view = await house.until(lambda: house.slack.view_of(house.bob), tick=0)
        house.set(publish_x=Who())  # lost between opening and sending
        await house.slack.submit(view, {"caption:0": "A cat."}, house.bob)
        await house.until(lambda: "may post to X" in str(house.seen("U0BOB")))
        await house.calm()

    assert house.slack.view_of(house.jane) is None
    assert house.world.posts == []


async def test_whoever_has_a_video_posted_to_one_more_account_does_not_approve_that(house):
    house.ask_for()
    schedule = house.plan.schedules[0]  # names the account
    house.plan = replace(house.plan, schedules=(replace(schedule, targets=(X,)),))
    async with house.boot() as bot:
        await ask(house)
        await bot.state("approval")
        await house.until(lambda: "run.approve" in button_names(house.cards()[0]))
        await house.slack.click(house.cards()[0], "run.approve", house.bob)
        await bot.state(RunState.SUCCEEDED)
        await house.until(lambda: "run.post" in button_names(house.cards()[0]))
        await house.slack.click(house.cards()[0], "run.post", house.bob)
        view = await house.until(lambda: house.slack.view_of(house.bob), tick=0)
        await house.slack.submit(view, {"caption": "A cat surfs."}, house.bob)
        await bot.state("approval")
        await house.until(lambda: "run.approve" in button_names(house.cards()[0]))
        card = house.cards()[0]
        await house.slack.click(card, "run.approve", house.bob)
        await house.until(lambda: "somebody else has to approve" in str(house.seen("U0BOB")))
        assert house.world.x.posts == []
        await house.slack.click(card, "run.approve", house.ann)
        await house.until(lambda: house.world.x.posts)


async def test_whoever_wrote_the_words_does_not_approve_them(house):
    house.ask_for(targets=(X,))
    house.set(publish_x=Who(users=(house.bob, house.ann)))
    async with house.boot() as bot:
        await ask(house, 'a cat --caption "A cat."')
        await bot.state("approval")
        await house.until(lambda: "run.edit" in button_names(house.cards()[0]))
        await house.slack.click(house.cards()[0], "run.edit", house.bob)
        view = await house.until(lambda: house.slack.view_of(house.bob), tick=0)
        await house.slack.submit(view, {"caption:0": "A dog."}, house.bob)
        await house.until(lambda: "A dog." in str(house.cards()[0]))
        card = house.cards()[0]
        await house.slack.click(card, "run.approve", house.bob)
        await house.until(lambda: "changed the text" in str(house.seen("U0BOB")))
        assert (await bot.run()).approval is None
        await house.slack.click(card, "run.approve", house.ann)
        await bot.state(RunState.SUCCEEDED)


async def test_nobody_approves_their_own_by_asking_just_before_it_waits(house):
    house.ask_for()
    async with house.boot() as bot:
        obey, held = bot.pipeline.ask, asyncio.Event()

        async def later(command):
            await held.wait()
            return await obey(command)

        bot.pipeline.ask = later
        await ask(house)
        await house.until(house.cards)
        await ask(house, "approve last")
        await house.calm(1)
        await bot.state("approval")
        held.set()
        await house.until(lambda: "somebody else has to approve" in str(house.seen("U0JANE")))
        assert (await bot.run()).approval is None


async def test_with_self_approval_an_approver_corrects_the_words_and_lets_them_out(house):
    house.ask_for(targets=(X,))
    house.set(self_approval=True)
    async with house.boot() as bot:
        await ask(house, 'a cat --caption "A cat."')
        await bot.state("approval")
        await house.until(lambda: "run.edit" in button_names(house.cards()[0]))
        await house.slack.click(house.cards()[0], "run.edit", house.bob)
        view = await house.until(lambda: house.slack.view_of(house.bob), tick=0)
        await house.slack.submit(view, {"caption:0": "A dog."}, house.bob)
        await house.until(lambda: "A dog." in str(house.cards()[0]))
        await house.slack.click(house.cards()[0], "run.approve", house.bob)
        await bot.state(RunState.SUCCEEDED)


async def test_whoever_approves_by_typing_sees_first_what_goes_out(house):
    house.ask_for()
    async with house.boot() as bot:
        await ask(house, 'a cat --caption "Meow, world"')
        await bot.state("approval")
        await ask(house, "approve last", user=house.bob)
        [shown] = await house.until(lambda: house.slack.responses)
        assert "Meow, world" in str(shown["blocks"])
        assert (await bot.run()).approval is None
        asked = house.slack.seen_by(house.bob)[-1]
        await house.slack.click(asked, "run.approve", house.bob, channel="#cats")
        run = await bot.state(RunState.SUCCEEDED)

    assert run.approval.by == "slack:U0BOB"


async def test_signs_that_turn_words_round_do_not_go_out(house):
    house.ask_for()
    async with house.boot() as bot:
        await ask(house, 'a cat --caption "Old"')
        await bot.state("approval")
        await house.until(lambda: "run.edit" in button_names(house.cards()[0]))
        await house.slack.click(house.cards()[0], "run.edit", house.bob)
        view = await house.until(lambda: house.slack.view_of(house.bob), tick=0)
        await house.slack.submit(view, {"caption:0": "\u202ecats\u202c are fine\x07"}, house.bob)
        await house.until(lambda: "cats are fine" in str(house.cards()[0]["blocks"]))
        run = await bot.run()

    assert run.posts[0].caption == "cats are fine"


# --- money ---------------------------------------------------------------------------------------


async def test_a_dear_schedule_is_fired_only_after_a_second_word(house):
    house.set(confirm_over_usd=Decimal("0.50"))
    async with house.boot() as bot:
        await ask(house, "fire cat-hourly")
        await house.until(lambda: house.slack.responses)
        assert await bot.store.list_runs() == []
        asked = house.slack.seen_by(house.jane)[-1]
        assert "confirm" in str(asked["blocks"])
        assert "#cats" in str(asked["blocks"])
        await house.slack.click(asked, "schedule.fire", house.jane, channel="#cats")
        await bot.state(RunState.SUCCEEDED)


async def test_a_dear_remix_is_asked_about_once_more_and_forgets_nothing(house):
    async with house.boot() as bot:
        await ask(house)
        first = await bot.state(RunState.SUCCEEDED)
        house.set(confirm_over_usd=Decimal("0.50"))
        await ask(house, "remix last at night --to #desk")
        view = await house.until(lambda: house.slack.view_of(house.jane), tick=0)
        assert "at night" in str(view)
        assert len(await bot.store.list_runs()) == 1
        await house.slack.submit(view, {"dear": ["yes"]}, house.jane)
        await house.until(lambda: len(house.cards()) == 2)
        [remix] = [run for run in await bot.store.list_runs() if run.id != first.id]

    assert list(map(str, remix.request.targets)) == ["slack:#desk"]
    assert remix.request.prompt == "at night"


async def test_a_form_that_was_drawn_for_less_is_not_taken_for_more(house):
    async with house.boot() as bot:
        await ask(house, "")
        view = await house.until(lambda: house.slack.view_of(house.jane), tick=0)
        house.set(confirm_over_usd=Decimal("0.50"))
        sent = await house.slack.submit(view, {"prompt": "a cat"}, house.jane)
        assert "more than $0.50" in str(sent.errors)
        await house.calm()
        assert await bot.store.list_runs() == []


# --- places --------------------------------------------------------------------------------------


async def test_a_desk_that_is_not_there_holds_up_nobody_elses_card(house):
    house.set(desk="#nowhere")
    async with house.boot() as bot:
        for _ in range(3):
            await bot.pipeline.start(bot.intake.fired_by_hand("cat-hourly", "cli:ann"))
        await house.calm(3)
        before = house.clock.now()
        await ask(house)
        await house.until(house.cards)
        assert (house.clock.now() - before).total_seconds() < 5
        await house.calm(60)
        assert len([r for r in await bot.store.list_runs() if r.state == "succeeded"]) == 4

    assert house.slack.count("conversations.list") < 20


async def test_a_lost_card_is_looked_for_where_it_was_sent(house):
    house.world.vendor.seconds = 60.0
    house.slack.fail(POST, Reset(happens=True), channel=house.desk.id)
    async with house.boot() as bot:
        await bot.pipeline.start(bot.intake.fired_by_hand("cat-hourly", "cli:ann"))
        await house.until(lambda: house.cards(house.desk))
        house.set(desk="#cats")
        await bot.state(RunState.SUCCEEDED)
        await house.calm(90)
        run = await bot.run()

    assert [card.place for card in run.cards] == [house.desk.id]
    assert house.cards() == []


async def test_where_the_app_was_taken_out_of_the_channel_the_card_comes_by_direct_message(house):
    async with house.boot():
        await ask(house)
        await house.until(house.cards)
        house.cats.members.discard("U0REELBOT")
        await house.clock.advance(301)
        await ask(house, "a dog")
        await house.until(lambda: house.cards(house.slack.workspace.direct(house.jane)))


async def test_an_inbox_below_a_lot_of_talk_is_found_again(house):
    house.ask_for()
    house.set(approvers="#approvals")
    async with house.boot():
        for n in range(4):
            await ask(house, f"a cat, {n}")
        await house.until(lambda: "4 videos wait" in str(house.slack.called(POST)), tick=0.5)
    for n in range(250):
        house.slack.say(f"hello {n}", user=house.bob, channel="#approvals")
    async with house.boot():
        await house.calm(40)

    messages = house.slack.messages(house.approvals.id)
    kinds = [(m.get("metadata") or {}).get("event_type") for m in messages]
    assert kinds.count("reelbot_inbox") == 1


# --- for months ----------------------------------------------------------------------------------


async def test_what_nobody_foresaw_ends_no_loop(house, monkeypatch):
    async with house.boot() as bot:
        updates, failures = bot.room.board.updates, [RuntimeError("nobody foresaw it")]
        real = updates._next

        async def fails_once():
            if failures:
                raise failures.pop()
            return await real()

        monkeypatch.setattr(updates, "_next", fails_once)
        await ask(house)
        await bot.state(RunState.SUCCEEDED)
        await house.until(lambda: house.cards() and "osted" in house.cards()[0]["text"], tick=0.5)

    assert failures == []


async def test_cards_that_could_not_be_brought_up_to_date_are_tried_again(house, monkeypatch):
    async with house.boot() as bot:
        token, tries = house.slack.token("xoxb-test"), []
        token.revoked = True
        await house.until(lambda: "token_revoked" in bot.room.state, tick=1.0)
        real = bot.room.board.refresh

        async def fails_once():
            tries.append("again")
            if len(tries) == 1:
                raise RuntimeError("the disk was away")
            await real()

        monkeypatch.setattr(bot.room.board, "refresh", fails_once)
        token.revoked = False
        await house.until(lambda: bot.room.state == "ok", tick=1.0)

    assert len(tries) == 2
