"""Who may do what, what is told to whom, and what people type that nobody expected."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import httpx
import pytest

from bot.domain.budget import Budget
from bot.domain.room import Who
from bot.domain.run import RunState
from bot.domain.schedule import Fire
from bot.errors import PublishError, Rejected
from bot.slack.people import People
from bot.slack_api.web_api import WebApi
from tests.fake_slack import Refuse, Status
from tests.mortal import DiskMedia
from tests.slack_room import House, X, ask, button_names


@pytest.fixture
async def house(tmp_path):
    house = House(tmp_path)
    house.world.vendor.seconds = 2.0
    async with house.slack.serving():
        yield house


# --- rights --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind",
    [
        {"is_restricted": True},
        {"is_ultra_restricted": True},
        {"is_stranger": True},
        {"team_id": "T0OTHER"},
        {"is_bot": True},
    ],
    ids=str,
)
async def test_guests_strangers_and_bots_can_do_nothing(house, kind):
    house.slack.workspace.add_user("U0GUEST", "guest", **kind)
    house.cats.members.add("U0GUEST")
    house.set(admin=Who(users=("U0GUEST",)))
    async with house.boot() as bot:
        for text in ("a cat", "list", "stop", ""):
            await ask(house, text, user="U0GUEST")
        await house.until(lambda: len(house.slack.responses) == 4)
        assert await bot.store.list_runs() == []
        assert await bot.store.stopped() is None
        await house.slack.open_home("U0GUEST")
        await house.calm()

    assert {r["text"] for r in house.slack.responses} == {
        "Guests and members of other workspaces cannot do that."
    }
    assert house.slack.workspace.homes == {}
    assert house.slack.workspace.views == {}


async def test_before_slack_said_which_workspace_this_is_nobody_is_taken_for_a_member(house):
    house.slack.workspace.add_user("U0GUEST", "guest", team_id="T0OTHER")
    house.slack.fail("auth.test", Status(503))
    bearer = {"authorization": "Bearer xoxb-test"}
    async with httpx.AsyncClient(base_url=house.slack.api_url, headers=bearer) as client:
        people = People(WebApi(client), house.clock)
        with pytest.raises(PublishError):
            await people.person(house.jane)
        assert not (await people.person("U0GUEST")).is_member
        assert (await people.person(house.jane)).is_member


async def test_a_user_group_gives_rights_and_is_asked_for_once_in_five_minutes(house):
    house.slack.workspace.usergroups["S0MAKERS"] = ["U0JANE"]
    house.set(generate=Who(groups=("S0MAKERS",)), publish_x=Who(), admin=Who())
    async with house.boot() as bot:
        await ask(house)
        await ask(house, "a dog")
        await house.until(lambda: len(house.cards()) == 2)
        await ask(house, "a bird", user=house.bob)
        await house.until(lambda: "may not ask for videos" in str(house.slack.responses))
        assert house.slack.count("usergroups.users.list") == 1

        house.slack.workspace.usergroups["S0MAKERS"] = ["U0BOB"]
        await house.clock.advance(301)
        await ask(house, "a fish", user=house.bob)
        await house.until(lambda: len(house.cards()) == 3)
        assert len(await bot.store.list_runs()) == 3


async def test_a_channel_gives_rights_to_whoever_asks_there(house):
    house.set(generate=Who(channels=(house.cats.id,)), publish_x=Who(), admin=Who())
    async with house.boot() as bot:
        await ask(house)
        await ask(house, channel="#desk", user=house.bob)
        await house.until(lambda: "may not ask for videos" in str(house.slack.responses))
        await house.until(house.cards)
        assert len(await bot.store.list_runs()) == 1


async def test_where_slack_does_not_say_who_somebody_is_nothing_is_done(house):
    token = house.slack.token("xoxb-test")
    token.scopes = token.scopes - {"users:read"}
    async with house.boot() as bot:
        await ask(house)
        await house.until(lambda: "does not tell me who you are" in str(house.slack.responses))
        assert await bot.store.list_runs() == []


async def test_one_person_asks_for_so_many_videos_a_day_and_others_for_theirs(house):
    house.set(daily_limit=2)
    async with house.boot() as bot:
        for text in ("one", "two", "three"):
            await ask(house, f"a cat, {text}")
            await house.calm(1)
        await house.until(lambda: "your 2 videos of today" in str(house.slack.responses))
        await ask(house, "a dog", user=house.bob)
        await house.until(lambda: len(house.cards()) == 3)
        await ask(house, "fire cat-hourly")
        await house.calm(1)
        assert len(await bot.store.list_runs()) == 3
        await house.clock.advance(86400)
        await ask(house, "a cat, tomorrow")
        await house.until(lambda: len(house.cards()) == 4)


async def test_posting_to_x_at_once_needs_the_right_of_whoever_asks(house):
    house.ask_for(targets=(X,), approval=False)
    async with house.boot() as bot:
        await ask(house, 'a cat --caption "A cat."')
        await house.until(lambda: "may post to X" in str(house.slack.responses))
        assert await bot.store.list_runs() == []
        await ask(house, 'a cat --caption "A cat."', user=house.bob)
        await bot.state(RunState.SUCCEEDED)


# --- what is typed -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "prompt",
    [
        "c" * 40_000,
        "<!channel> <@U0BOB> <!subteam^S1> a cat & a dog",
        "قطة تركب الأمواج \u202e gnp",
        "a cat\x00\x07\x1b[31m in\x85 the rain",
        "👩‍👩‍👧‍👦🏳️‍🌈" * 500,
    ],
    ids=["long", "mentions", "rtl", "control", "emoji"],
)
async def test_whatever_is_typed_is_shown_and_never_obeyed(house, prompt):
    async with house.boot() as bot:
        await ask(house, prompt)
        await bot.state(RunState.SUCCEEDED)
        await house.calm()
        await ask(house, "show last")
        await house.until(lambda: len(house.slack.responses) == 1)

    messages = [*house.cards(), *house.slack.responses]
    # A rich text is its words, sign for sign; nothing in it is read.
    blocks = [b for m in messages for b in m["blocks"] if b["type"] != "rich_text"]
    shown = str(blocks) + str([m["text"] for m in messages])
    assert "<!channel" not in shown
    assert "<@U0BOB" not in shown
    assert "<!subteam" not in shown
    everything = "".join(str(m) for m in messages)
    assert not any(repr(c)[1:-1] in everything for c in "\x00\x07\x1b\x85\u202e")
    assert house.slack.responses[0]["response_type"] == "ephemeral"
    refused = [c for c in house.slack.calls if c.answer and not c.answer["ok"]]
    assert refused == []


@pytest.mark.parametrize(
    "text",
    [
        "help", "help approve", "status", "list", "list 3", "failed", "next", "next cat-hourly",
        "templates", "schedules", "cost", "show last", "approv last", "show 9999-ffff",
        "a cat --model none", "a cat --to slack:nowhere", "pause cat-hourli",
        "approve last", "cancel last", "retry last", "undo last", "delete last",
    ],
)  # fmt: skip
async def test_every_answer_is_for_the_one_who_asked(house, text):
    async with house.boot() as bot:
        await ask(house)
        await bot.state(RunState.SUCCEEDED)
        await house.calm(8)
        before = len(house.slack.messages(house.cats.id))
        await ask(house, text, user=house.bob)
        await house.until(lambda: house.slack.responses)
        await house.calm(2)

    assert len(house.slack.responses) == 1
    assert house.slack.responses[0]["response_type"] == "ephemeral"
    assert "It is in the log" not in house.slack.responses[0]["text"]
    assert len(house.slack.messages(house.cats.id)) == before
    assert len(house.world.vendor.jobs) == 1


async def test_where_the_app_is_not_a_member_the_card_comes_by_direct_message(house):
    secret = house.slack.workspace.add_channel("#secret", members=("U0JANE",), private=True)
    async with house.boot() as bot:
        await ask(house, channel="#secret")
        run = await bot.state(RunState.SUCCEEDED)
        await house.until(lambda: house.slack.responses)

    direct = house.slack.workspace.direct(house.jane)
    assert run.request.asked_in == direct.id
    assert house.slack.messages(secret.id) == []
    assert len(house.cards(direct)) == 1
    assert "not in this channel" in house.slack.responses[0]["text"]


async def test_what_is_dear_is_asked_about_once_more(house):
    house.set(confirm_over_usd=Decimal("0.50"))
    async with house.boot() as bot:
        await ask(house, "a cat surfing --seconds 8")
        view = await house.until(lambda: house.slack.view_of(house.jane), tick=0)
        assert "a cat surfing" in str(view)
        assert await bot.store.list_runs() == []
        await house.slack.submit(view, {"dear": ["yes"]}, house.jane)
        run = await bot.state(RunState.SUCCEEDED)

    assert run.request.prompt == "a cat surfing"


async def test_a_dialog_that_came_too_late_is_told_and_nothing_is_done(house):
    house.slack.fail("views.open", Refuse("expired_trigger_id"))
    async with house.boot() as bot:
        await ask(house, "")
        [answer] = await house.until(lambda: house.slack.responses)
        assert await bot.store.list_runs() == []

    assert "three seconds" in answer["text"]
    assert house.slack.view_of(house.jane) is None


async def test_the_dialog_follows_choices_and_says_what_is_wrong(house):
    async with house.boot() as bot:
        await ask(house, "")
        view = await house.until(lambda: house.slack.view_of(house.jane), tick=0)
        assert "$0.80" in str(view)
        await house.slack.click(view, "seconds:m1", house.jane, value="4")
        await house.until(lambda: house.slack.count("views.update") == 1, tick=0)
        view = house.slack.view_of(house.jane)
        wrong = await house.slack.submit(view, {"prompt": "  "}, house.jane)
        assert "prompt" in wrong.errors
        await house.slack.submit(view, {"prompt": "a cat", "seconds:m1": "4"}, house.jane)
        run = await bot.state(RunState.SUCCEEDED)

    assert run.request.video.seconds == 4
    assert run.request.asked_in == house.cats.id


async def choose_picture(house, content):
    await ask(house, "")
    view = await house.until(lambda: house.slack.view_of(house.jane), tick=0)
    file = house.slack.add_picture("cat.png", content)
    chosen = {"prompt": "a cat", "image": [{"id": file}]}
    assert (await house.slack.submit(view, chosen, house.jane)).errors == {}


async def test_a_picture_that_is_handed_in_becomes_the_first_frame(house):
    async with house.boot() as bot:
        await choose_picture(house, b"\x89PNG and so on")
        run = await bot.state(RunState.SUCCEEDED)
    reference = run.request.video.reference
    assert reference.media_type == "image/png"
    assert house.world.media.files[reference.sha256] == b"\x89PNG and so on"


@pytest.mark.parametrize(
    "content,said",
    [
        (b"<html>", "has to be a PNG"),
        (b"\x89PNG broken", "cannot be opened as a picture"),
        (b"\x89PNG" + b"x" * 10_000_000, "may have 10 MB"),
    ],
    ids=["a page", "damaged", "too large"],
)
async def test_what_is_no_picture_is_told_and_nothing_is_asked_for(house, content, said):
    async with house.boot() as bot:
        await choose_picture(house, content)
        await house.until(lambda: said in str(house.seen("U0JANE")))
        assert await bot.store.list_runs() == []
    assert house.world.media.files == {}


async def test_cards_show_a_strip_that_is_drawn_once_and_kept_in_slack_alone(house):
    house.ask_for(approval=False)
    house.set(approvers="#approvals")
    drawn = []

    async def draw(video):
        drawn.append(video)
        return await DiskMedia.strip(house.world.media, video)

    house.world.media.strip = draw
    async with house.boot() as bot:
        await ask(house)
        run = await bot.state(RunState.SUCCEEDED)
        await house.until(lambda: "slack_file" in str(house.cards()[0]["blocks"]))
        await house.calm()
    assert [video.sha256 for video in drawn] == [run.video.sha256]
    assert not any(data.startswith(b"frames of") for data in house.world.media.files.values())


# --- what is told --------------------------------------------------------------------------------


async def test_schedules_are_paused_resumed_and_fired_by_name(house):
    async with house.boot() as bot:
        await ask(house, "pause cat-hourly")
        await house.until(lambda: len(house.slack.messages(house.cats.id)) == 1)
        assert (await bot.store.paused())["cat-hourly"].by == "slack:U0JANE"
        await ask(house, "resume cat-hourly")
        await house.until(lambda: "Only an admin" in str(house.slack.responses))
        await ask(house, "resume cat-hourly", user=house.ann)
        await house.until(lambda: len(house.slack.messages(house.cats.id)) == 2)
        assert await bot.store.paused() == {}
        await ask(house, "fire cat-hourly", user=house.ann)
        run = await bot.state(RunState.SUCCEEDED)

    assert run.request.source == "slack:U0ANN fired cat-hourly"
    assert len(house.cards(house.desk)) == 1


async def test_people_are_called_by_name_wherever_it_is_told_what_they_did(house):
    async with house.boot():
        await ask(house, "stop")
        await ask(house, "pause cat-hourly")
        await house.until(lambda: len(house.slack.messages(house.desk.id)) == 1)
        for n, text in enumerate(("status", "next", "schedules"), 2):
            await ask(house, text, user=house.bob)
            await house.until(lambda n=n: len(house.slack.responses) == n)

    for answer in house.slack.responses[1:]:
        assert "@jane" in str(answer["blocks"])
        assert "U0JANE" not in str(answer["blocks"])


async def fired(house, bot, n):
    """Let the schedule's *n*th moment come to its end."""
    schedule = house.plan.schedules[0]
    request = bot.intake.fired(schedule, house.clock.now())
    fire = Fire(key=request.key, schedule_id=schedule.id, due=house.clock.now())
    run = await bot.pipeline.start(request, fire=fire)
    for _ in range(2000):
        run = await bot.store.get_run(run.id)
        if run.state.is_terminal:
            break
        await house.clock.advance(0.5)
        await asyncio.sleep(0.005)
    await house.calm(6)
    await house.clock.advance(60)
    return run


async def test_the_same_failure_edits_one_message_and_one_recovered_follows(house):
    async with house.boot() as bot:
        house.world.vendor.script = [Rejected(f"No cats, says {n}.") for n in range(3)]
        await fired(house, bot, 1)
        await fired(house, bot, 2)
    async with house.boot() as bot:
        await fired(house, bot, 3)
        texts = [
            m["text"]
            for m in house.slack.messages(house.desk.id)
            if m["metadata"]["event_payload"]["kind"] == "notice"
        ]
        assert len(texts) == 1
        assert "3 times in a row" in texts[0]
        await fired(house, bot, 4)
        await fired(house, bot, 5)

    notices = [
        m
        for m in house.slack.messages(house.desk.id)
        if m["metadata"]["event_payload"]["kind"] == "notice"
    ]
    assert len(notices) == 2
    assert "works again" in notices[1]["text"]
    assert notices[1]["thread_ts"] == notices[0]["ts"]
    assert "<@" not in str(house.slack.messages(house.desk.id))


async def test_success_of_a_schedule_notifies_nobody(house):
    async with house.boot() as bot:
        await fired(house, bot, 1)

    [card] = house.slack.messages(house.desk.id)
    assert card["metadata"]["event_payload"]["kind"] == "desk"
    assert "<@" not in str(card)


async def test_approvers_are_called_once_and_reminded_once(house):
    house.ask_for(targets=(X,))
    house.set(approvers="#approvals")
    async with house.boot() as bot:
        await ask(house, 'a cat --caption "A cat."')
        [card] = await house.until(lambda: house.cards(house.approvals))
        assert "<@U0BOB>" in card["text"]
        await house.clock.advance(0.7 * 86400)
        await house.calm(3)
        assert len(house.cards(house.approvals)) == 1
        await house.clock.advance(0.06 * 86400)
        await house.until(lambda: len(house.cards(house.approvals)) == 2)
        await house.calm(60)
        assert len(house.cards(house.approvals)) == 2
        reminder = house.cards(house.approvals)[1]
        assert reminder["thread_ts"] == card["ts"]
        assert "<@U0BOB>" in reminder["text"]
        await house.clock.advance(86400)
        run = await bot.state(RunState.CANCELLED)

    assert run.reason == "expired"
    assert house.world.posts == []


async def test_where_the_card_itself_has_the_buttons_a_line_in_its_thread_calls_the_approvers(
    house,
):
    house.ask_for(targets=(X,))
    async with house.boot():
        await ask(house, 'a cat --caption "A cat."')
        await house.until(lambda: len(house.cards()) == 2)
    async with house.boot() as bot:
        await house.until(lambda: "run.approve" in button_names(house.cards()[0]))
        await house.calm()
        card, call = house.cards()
        assert "<@" not in card["text"]
        assert call["thread_ts"] == card["ts"]
        assert "Please decide" in call["text"]
        assert "<@U0BOB>" in call["text"]
        await house.slack.click(card, "run.approve", house.bob)
        await bot.state(RunState.SUCCEEDED)
        await house.until(lambda: "No longer waiting" in house.cards()[1]["text"])
    assert len(house.cards()) == 2


async def test_nobody_is_called_to_approve_what_is_theirs(house):
    house.ask_for(targets=(X,))
    house.set(publish_x=Who(users=(house.jane, house.bob)))
    async with house.boot():
        await ask(house, 'a cat --caption "A cat."')
        _, call = await house.until(lambda: len(house.cards()) == 2 and house.cards())
        assert "<@U0BOB>" in call["text"]
        assert "<@U0JANE>" not in call["text"]
        house.set(self_approval=True)
        await ask(house, 'a dog --caption "A dog."')
        *_, call = await house.until(lambda: len(house.cards()) == 4 and house.cards())
        assert "<@U0JANE>" in call["text"]


async def test_what_is_asked_for_in_direct_messages_is_approved_at_the_desk(house):
    house.ask_for(targets=(X,))
    direct = house.slack.workspace.direct(house.jane)
    async with house.boot() as bot:
        await ask(house, 'a cat --caption "A cat."', channel=direct.id)
        [card] = await house.until(lambda: house.cards(house.desk))
        assert "<@U0BOB>" in card["text"]
        await house.slack.click(card, "run.approve", house.bob)
        await bot.state(RunState.SUCCEEDED)
    assert len(house.cards(direct)) == 1


async def test_of_direct_messages_with_somebody_else_the_card_goes_to_those_with_the_app(house):
    private = house.slack.workspace.direct(house.bob)  # not those of whoever asks
    async with house.boot() as bot:
        await ask(house, channel=private.id)
        run = await bot.state(RunState.SUCCEEDED)
    assert run.request.asked_in == house.slack.workspace.direct(house.jane).id
    assert house.cards(private) == []


async def test_more_than_three_approvals_call_nobody_but_by_the_inbox(house):
    house.ask_for(targets=(X,))
    async with house.boot() as bot:
        house.world.vendor.seconds = 60.0
        for n in range(5):
            await ask(house, f'a cat, {n} --caption "A cat."')
        await house.until(lambda: len(bot.room.board.waiting) == 5, tick=1.0)
        await house.until(lambda: "5 videos" in str(house.slack.messages(house.desk.id)), tick=1.0)
        await house.calm(60)
        calls = [c["text"] for c in house.cards() if "thread_ts" in c]
        for card in [c for c in house.cards() if "run.approve" in button_names(c)][:3]:
            await house.slack.click(card, "run.approve", house.bob)
        await house.until(lambda: len(bot.room.board.waiting) == 2, tick=1.0)
        await house.calm(60)
    still = [c for c in house.cards() if "thread_ts" in c]
    assert len(still) == len(calls)
    # Whoever waited before it was a crowd was called for; a thread of each holds its card, too.
    assert len([text for text in calls if text.startswith("Please decide")]) <= 3


async def test_more_than_three_approvals_are_one_inbox_message(house):
    house.ask_for()
    house.set(approvers="#approvals")

    def inboxes():
        messages = house.slack.messages(house.approvals.id)
        return [m for m in messages if (m["metadata"] or {})["event_type"] == "reelbot_inbox"]

    async with house.boot():
        for n in range(5):
            await ask(house, f"a cat, {n}")
        await house.until(lambda: inboxes() and "5 videos wait" in inboxes()[0]["text"], tick=0.5)
    async with house.boot():
        await house.until(lambda: len(house.cards(house.approvals)) == 5)
        card = house.cards(house.approvals)[0]
        await house.slack.click(card, "run.approve", house.bob)
        await house.until(lambda: "4 videos wait" in inboxes()[0]["text"], tick=0.5)

    assert len(inboxes()) == 1


async def test_home_shows_the_house_and_follows_it_while_it_is_open(house):
    house.ask_for()
    async with house.boot() as bot:
        await house.slack.open_home(house.jane)
        await house.until(lambda: house.slack.workspace.homes)
        assert "cat-hourly" in str(house.slack.workspace.homes["U0JANE"].shape)
        await ask(house)
        await bot.state("approval")
        await house.until(lambda: "surfing" in str(house.slack.workspace.homes["U0JANE"].shape))
        home = house.slack.workspace.homes["U0JANE"].shape
        assert "schedule.pause" in str(home)
        pausing = await house.slack.click(home, "schedule.pause", house.jane)
        assert pausing.error is None
        await house.until(
            lambda: "schedule.resume" in str(house.slack.workspace.homes["U0JANE"].shape)
        )


async def test_a_mention_in_a_cards_thread_says_how_it_stands_and_a_visitor_is_welcomed_once(house):
    async with house.boot() as bot:
        await ask(house)
        await bot.state(RunState.SUCCEEDED)
        card = house.cards()[0]
        await house.slack.mention("well?", user=house.jane, channel="#cats", thread_ts=card["ts"])
        [_, _, answer] = await house.until(
            lambda: (m := house.slack.messages(house.cats.id))[2:] and m
        )
        direct = house.slack.workspace.direct(house.jane)
        await house.until(lambda: house.slack.messages(direct.id))
        await house.slack.open_home(house.jane)
        await house.calm()
    async with house.boot():
        await house.slack.open_home(house.jane)
        await house.until(lambda: house.slack.workspace.homes)
        await house.calm()

    assert "osted" in answer["text"]
    assert answer["thread_ts"] == card["ts"]
    assert len(house.slack.messages(direct.id)) == 1
    assert "run.approve" not in button_names(card)


async def test_an_uncertain_post_calls_whoever_asked(house):
    house.world.slack.script = ["lose"]
    house.world.slack.lag = 10_000_000.0
    async with house.boot() as bot:
        for publisher in bot.pipeline._ports.publishers.values():
            publisher.find_is_authoritative = False
        await ask(house)
        await bot.state(RunState.ATTENTION)
        await house.until(lambda: len(house.cards()) == 2)
        await house.until(lambda: "run.resolve" in button_names(house.cards()[0]))
        await house.slack.click(house.cards()[0], "run.resolve", house.jane)
        view = await house.until(lambda: house.slack.view_of(house.jane), tick=0)
        await house.slack.submit(view, {"answer": "happened"}, house.jane)
        await bot.state(RunState.SUCCEEDED)
        await house.calm()

    card, notice = house.cards()
    assert notice["thread_ts"] == card["ts"]
    assert "<@U0JANE>" not in notice["text"]  # settled by now
    first = house.slack.called("chat.postMessage")
    assert sum("<@U0JANE>" in str(args) for args in first) == 1


async def test_reaching_the_cap_calls_the_admins_once_a_day(house):
    house.plan = replace(house.plan, budget=Budget(per_day_usd=Decimal("0.01")))
    async with house.boot() as bot:
        await ask(house)
        await bot.state(RunState.FAILED)
        await house.until(lambda: len(house.cards()) == 2)
        await ask(house, "a dog")
        await house.until(lambda: len(house.cards()) == 3)
        await house.calm()

    calls = [m for m in house.slack.called("chat.postMessage") if "<@U0ANN>" in str(m)]
    assert len(calls) == 1
