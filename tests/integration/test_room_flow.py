"""A video from `/video` to its last card: the whole room over a fake Slack."""

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.domain.account import Account
from bot.domain.run import RunState
from bot.domain.wording import word_for_x
from tests.fakes import FakePublisher
from tests.slack_room import House, X, ask, button_names


@pytest.fixture
async def house(tmp_path):
    house = House(tmp_path)
    async with house.slack.serving():
        yield house


async def test_a_prompt_becomes_a_card_that_follows_the_video(house):
    async with house.boot() as bot:
        delivery = await house.slack.slash(
            "/video", "a cat surfing", user=house.jane, channel="#cats"
        )
        assert delivery.error is None
        [card] = await house.until(house.cards)

        run = await bot.state(RunState.SUCCEEDED)
        await house.calm()

    assert run.request.source == "slack:U0JANE"
    assert run.request.asked_in == house.cats.id
    assert house.cards() == [card]
    assert "a cat surfing" in card["text"]
    assert "osted" in card["text"]
    assert card["metadata"]["event_payload"] == {"run": run.id, "kind": "desk", "generation": 0}
    assert house.slack.count("chat.postMessage") <= 2  # the card, and a first user's welcome
    assert house.slack.count("chat.update") >= 1
    assert house.world.posts == ["slack:#cats"]


async def test_approval_is_asked_for_in_the_approvers_channel_and_locked_by_the_first_click(house):
    house.ask_for()
    house.set(approvers="#approvals")
    async with house.boot() as bot:
        await ask(house)
        [asked] = await house.until(lambda: house.cards(house.approvals))
        assert "run.approve" in button_names(asked)
        assert house.world.posts == []

        await house.slack.click(asked, "run.approve", house.bob)
        await house.slack.click(asked, "run.reject", house.ann)
        run = await bot.state(RunState.SUCCEEDED)
        await house.until(lambda: house.seen("U0ANN"))
        await house.calm()

    assert run.approval.by == "slack:U0BOB"
    [locked] = house.cards(house.approvals)
    assert button_names(locked) == []
    assert "@bob" in str(locked["blocks"])
    assert "Already approved by @bob" in house.seen("U0ANN")[-1]
    assert house.world.posts == ["slack:#cats"]


async def test_without_an_approvers_channel_the_card_itself_has_the_buttons(house):
    house.ask_for()
    async with house.boot() as bot:
        await ask(house)
        await bot.state("approval")
        await house.until(lambda: "run.approve" in button_names(house.cards()[0]))

        await house.slack.click(house.cards()[0], "run.reject", house.bob)
        run = await bot.state(RunState.CANCELLED)
        await house.calm()

    assert run.ended_by == "slack:U0BOB"
    assert len(house.cards()) == 1
    assert "run.approve" not in button_names(house.cards()[0])
    assert house.world.posts == []


async def test_nobody_approves_what_they_asked_for_unless_the_file_lets_them(house):
    house.ask_for()
    async with house.boot() as bot:
        await ask(house)
        await bot.state("approval")
        await house.until(lambda: "run.approve" in button_names(house.cards()[0]))
        await house.slack.click(house.cards()[0], "run.approve", house.jane)
        await house.until(lambda: "somebody else has to approve" in str(house.seen("U0JANE")))
        assert (await bot.run()).approval is None

        house.set(self_approval=True)
        await house.slack.click(house.cards()[0], "run.approve", house.jane)
        await bot.state(RunState.SUCCEEDED)


async def test_a_post_to_x_needs_the_right_at_the_moment_of_the_click(house):
    house.ask_for(targets=(X,))
    async with house.boot() as bot:
        await ask(house, 'a cat surfing --caption "A cat."')
        await bot.state("approval")
        await house.until(lambda: "run.approve" in button_names(house.cards()[0]))
        card = house.cards()[0]

        await house.slack.click(card, "run.approve", house.ann)  # an admin may
        await bot.state(RunState.SUCCEEDED)
    assert house.world.posts == ["x:@reelbot"]

    house.set(publish_x=house.plan.room.admin)
    async with house.boot() as bot:
        await ask(house, 'a dog --caption "A dog."')
        dog = await house.until(
            lambda: next((c for c in house.cards() if "run.approve" in button_names(c)), None)
        )
        await house.slack.click(dog, "run.approve", house.bob)
        await house.until(lambda: "may post to X" in str(house.seen("U0BOB")))
    assert house.world.posts == ["x:@reelbot"]


async def test_other_words_have_to_be_approved_again_and_old_buttons_do_nothing(house):
    house.ask_for()
    house.set(approvers="#approvals")
    async with house.boot() as bot:
        await ask(house, 'a cat --caption "Old words"')
        [first] = await house.until(lambda: house.cards(house.approvals))
        await house.slack.click(first, "run.edit", house.bob)
        view = await house.until(lambda: house.slack.view_of(house.bob), tick=0)
        sent = await house.slack.submit(view, {"caption:0": "New words"}, house.bob)
        assert sent.errors == {}

        await house.until(lambda: len(house.cards(house.approvals)) == 2)
        await house.slack.click(first, "run.approve", house.ann)
        await house.until(lambda: "nothing was done" in str(house.seen("U0ANN")))
        assert (await bot.run()).approval is None
        await house.calm()
        old, new = house.cards(house.approvals)
        assert button_names(old) == []
        assert "New words" in str(new["blocks"])

        await house.slack.click(new, "run.approve", house.ann)
        await bot.state(RunState.SUCCEEDED)

    [(_, _, caption, _)] = house.world.slack.posts
    assert caption == "New words"


async def test_a_post_to_x_without_words_waits_for_them_on_its_card(house):
    house.ask_for(targets=(X,), approval=False)
    house.set(publish_x=house.plan.room.generate)
    async with house.boot() as bot:
        await ask(house, "a cat surfing")
        await bot.state("approval")
        await house.until(lambda: "run.edit" in button_names(house.cards()[0]))
        await house.slack.click(house.cards()[0], "run.edit", house.bob)
        view = await house.until(lambda: house.slack.view_of(house.bob), tick=0)
        long = await house.slack.submit(view, {"caption:0": "é" * 281}, house.bob)
        assert "281" in str(long.errors)
        await house.slack.submit(view, {"caption:0": "A cat surfs."}, house.bob)
        await bot.state(RunState.SUCCEEDED)

    assert [(p[0], p[2]) for p in house.world.x.posts] == [("x:@reelbot", "A cat surfs.")]


async def test_words_that_x_does_not_take_are_refused_beside_their_field(house, monkeypatch):
    def word(_publisher, _target, words):
        return word_for_x(words, Account(handle="@reelbot"))

    monkeypatch.setattr(FakePublisher, "word", word)
    house.ask_for(targets=(X,), approval=False)
    house.set(publish_x=house.plan.room.generate)
    async with house.boot() as bot:
        await ask(house, "a cat surfing")
        await bot.state("approval")
        await house.until(lambda: "run.edit" in button_names(house.cards()[0]))
        await house.slack.click(house.cards()[0], "run.edit", house.bob)
        view = await house.until(lambda: house.slack.view_of(house.bob), tick=0)
        refused = await house.slack.submit(view, {"caption:0": "$CATS $DOGS"}, house.bob)
        assert "X takes one. Keep one of them." in str(refused.errors)
        await house.slack.submit(view, {"caption:0": "$CATS"}, house.bob)
        await bot.state(RunState.SUCCEEDED)

    assert [(p[0], p[2]) for p in house.world.x.posts] == [("x:@reelbot", "$CATS")]


async def test_a_video_is_remixed_by_shortcut_taken_down_and_posted_to_x(house):
    house.ask_for(approval=False)
    schedule = house.plan.schedules[0]  # names the account
    house.plan = replace(house.plan, schedules=(replace(schedule, targets=(X,)),))
    async with house.boot() as bot:
        await ask(house)
        first = await bot.state(RunState.SUCCEEDED)
        await house.until(lambda: "run.undo" in button_names(house.cards()[0]))
        card = house.cards()[0]

        await house.slack.shortcut("run.remix", house.jane, message=card)
        view = await house.until(lambda: house.slack.view_of(house.jane), tick=0)
        await house.slack.submit(view, {"prompt": "at night"}, house.jane)
        await house.until(lambda: len(house.cards()) == 2)

        await house.slack.click(card, "run.post", house.bob)
        view = await house.until(lambda: house.slack.view_of(house.bob), tick=0)
        await house.slack.submit(view, {"caption": "A cat surfs."}, house.bob)
        await house.until(lambda: house.world.x.posts)
        await house.calm()
        card = house.cards()[0]
        await house.slack.click(card, "run.undo", house.bob)
        await house.until(lambda: house.world.slack.taken_down)
        await house.calm()
        runs = await bot.store.list_runs()

    [remix] = [run for run in runs if run.id != first.id]
    assert remix.request.video.origin.run_id == first.id
    assert remix.request.asked_in == house.cats.id
    assert house.world.x.posts
    assert house.world.slack.taken_down == ["post-1"]


async def test_stop_holds_back_what_is_not_sent_and_only_an_admin_starts_again(house):
    house.world.vendor.seconds = 5.0
    async with house.boot() as bot:
        await house.slack.slash("/video", "stop", user=house.jane, channel="#cats")
        await house.until(lambda: house.slack.messages(house.desk.id))
        await ask(house)
        run = await bot.state("stopped")
        assert run.job is None
        assert house.world.vendor.jobs == {}

        await house.slack.slash("/video", "start", user=house.jane, channel="#cats")
        await house.until(lambda: "Only an admin" in str(house.seen("U0JANE")))
        await house.slack.slash("/video", "start", user=house.ann, channel="#cats")
        [sure] = await house.until(
            lambda: [r for r in house.slack.responses if "confirm" in str(r)]
        )
        assert "room.start" in str(sure)
        await bot.pipeline.resume()
        await bot.state(RunState.SUCCEEDED)

    assert len(house.world.vendor.jobs) == 1
    [told] = [m for m in house.slack.messages(house.desk.id) if "stopped everything" in m["text"]]
    assert "<@U0ANN>" in str(told["blocks"])


@pytest.mark.parametrize(
    "caption, price", [("A cat.", "$0.82"), ("More: https://cats.test", "$1.00")]
)
async def test_the_dialog_s_price_is_that_of_video_and_post_with_these_words(house, caption, price):
    house.ask_for(targets=(X,))
    house.set(confirm_over_usd=Decimal(0))
    async with house.boot():
        await ask(house, f'a cat --caption "{caption}"')
        view = await house.until(lambda: house.slack.view_of(house.jane), tick=0)
    assert f"Yes, make it for about {price}" in str(view["blocks"])
    assert house.world.posts == []
