"""Undo and post: what went out is taken down, and a finished video goes to one more place."""

from dataclasses import replace

import pytest

from bot.domain.post import DeliveryStatus, Target
from bot.domain.run import RunState
from bot.errors import PostRejected, TargetUnavailable
from tests.fakes import SLACK, World, X


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


@pytest.fixture
async def bot(world):
    async with world.boot() as bot:
        yield bot


async def posted(bot, **changes):
    run = await bot.start(**changes)
    return await bot.settle(run.id)


# --- undo --------------------------------------------------------------------------------------


async def test_undo_takes_down_every_post_and_says_where(bot, world):
    run = await posted(bot)

    answer = await bot.tell("undo", run.id)

    run = await bot.store.get_run(run.id)
    assert answer == "Taken down from slack:#cats, x:@reelbot by ann."
    assert {d.status for d in run.deliveries} == {DeliveryStatus.TAKEN_DOWN}
    assert (world.slack.taken_down, world.x.taken_down) == (["post-1"], ["post-1"])
    assert run.state is RunState.SUCCEEDED


async def test_undo_of_one_target_leaves_the_others(bot, world):
    run = await posted(bot)

    await bot.tell("undo", run.id, target=str(X))

    run = await bot.store.get_run(run.id)
    assert run.delivery(X).status is DeliveryStatus.TAKEN_DOWN
    assert run.delivery(SLACK).status is DeliveryStatus.DELIVERED
    assert world.slack.taken_down == []


async def test_what_a_network_refuses_stays_and_can_be_tried_again(bot, world):
    run = await posted(bot)
    world.x.script = [PostRejected("Too old to delete.")]

    first = await bot.tell("undo", run.id)
    second = await bot.tell("undo", run.id)

    assert first.endswith("Still there, x:@reelbot: Too old to delete.")
    assert second == "Taken down from x:@reelbot by ann."
    assert world.slack.taken_down == ["post-1"]


async def test_nothing_taken_down_is_a_refusal(bot, world):
    run = await posted(bot, targets=(X,))
    world.x.script = [TargetUnavailable("X is down.")]

    answer = await bot.tell("undo", run.id)

    assert answer == "Nothing was taken down. x:@reelbot: X is down."
    run = await bot.store.get_run(run.id)
    assert run.delivery(X).status is DeliveryStatus.DELIVERED


@pytest.mark.parametrize("target", [None, "slack:#dogs"])
async def test_without_a_post_there_is_nothing_to_undo(bot, target):
    run = await posted(bot, approval=True)

    answer = await bot.tell("undo", run.id, **({"target": target} if target else {}))

    assert answer.startswith("Nothing of this run is out")


async def test_taken_down_posts_do_not_come_back_by_themselves(bot, world):
    run = await posted(bot)
    await bot.tell("undo", run.id)

    assert "nothing to retry" in await bot.tell("retry", run.id)
    await bot.settle(run.id)

    assert world.posts == ["slack:#cats", "x:@reelbot"]


# --- post --------------------------------------------------------------------------------------

DOGS = Target.parse("slack:#dogs")


async def test_a_finished_video_goes_to_one_more_place_once(bot, world):
    run = await posted(bot, targets=(X,))

    await bot.tell("post", run.id, target=str(DOGS), caption="For the dogs.")
    run = await bot.settle(run.id)

    assert run.state is RunState.SUCCEEDED
    assert [(place, words) for place, _, words, _ in world.slack.posts] == [
        ("slack:#dogs", "For the dogs.")
    ]
    assert len(world.x.posts) == 1
    assert len(world.vendor.jobs) == 1


@pytest.mark.parametrize("caption", [{"caption": "Cats. " * 60}, {}])
async def test_words_that_the_place_does_not_take_are_refused_at_once(
    bot, world, monkeypatch, caption
):
    def word(target, words):
        if words.generated or len(words.caption) > 280:
            raise PostRejected(f"{target} does not take these words.")
        return words

    run = await posted(bot, targets=(SLACK,))
    monkeypatch.setattr(bot.ports.publishers["x"], "word", word)

    answer = await bot.tell("post", run.id, target=str(X), **caption)

    assert answer == "x:@reelbot does not take these words."
    assert await bot.settle(run.id) == run
    assert world.x.posts == []


async def test_edited_words_of_other_posts_stay(bot, world):
    run = await posted(bot, targets=(X,), approval=True)
    await bot.tell("edit", run.id, caption="Edited.")
    await bot.settle(run.id)
    await bot.tell("approve", run.id)
    run = await bot.settle(run.id)

    await bot.tell("post", run.id, target=str(SLACK))
    await bot.settle(run.id)
    await bot.tell("approve", run.id)
    run = await bot.settle(run.id)

    assert {str(p.target): p.caption for p in run.posts}[str(X)] == "Edited."
    assert len(world.x.posts) == 1


async def test_it_is_approved_anew_where_a_person_has_to(bot, world):
    run = await posted(bot, targets=(X,), approval=True)
    await bot.tell("approve", run.id)
    run = await bot.settle(run.id)

    await bot.tell("post", run.id, target=str(SLACK))
    run = await bot.settle(run.id)

    assert run.reason == "approval"
    assert world.slack.posts == []


async def test_what_was_taken_down_may_be_posted_again(bot, world):
    run = await posted(bot, targets=(SLACK,))
    await bot.tell("undo", run.id)

    await bot.tell("post", run.id, target=str(SLACK))
    run = await bot.settle(run.id)

    assert run.delivery(SLACK).status is DeliveryStatus.DELIVERED
    assert len(world.slack.posts) == 2


async def test_it_is_not_posted_twice_to_one_place(bot, world):
    run = await posted(bot, targets=(SLACK,))

    assert await bot.tell("post", run.id, target=str(SLACK)) == "It is at slack:#cats already."
    await bot.settle(run.id)

    assert len(world.slack.posts) == 1


async def test_without_a_finished_video_there_is_nothing_to_post(bot):
    run = await posted(bot, approval=True)

    assert "no finished video" in await bot.tell("post", run.id, target=str(DOGS))


# --- posts without words -----------------------------------------------------------------------


@pytest.fixture
def silent(bot, monkeypatch):
    """The prompt brings no words for the posts."""
    render = bot.ports.prompts.render

    def wordless(*args, **kwargs):
        return replace(render(*args, **kwargs), caption=None)

    monkeypatch.setattr(bot.ports.prompts, "render", wordless)
    return bot


async def test_a_post_without_words_waits_for_them_whatever_the_policy(silent, world):
    run = await posted(silent, asked_in="#desk", targets=(X,))

    assert run.reason == "approval"
    assert "no words yet" in await silent.tell("approve", run.id)
    assert world.x.posts == []

    await silent.tell("edit", run.id, caption="Now it speaks.")
    run = await silent.settle(run.id)

    assert run.state is RunState.SUCCEEDED
    assert [words for _, _, words, _ in world.x.posts] == ["Now it speaks."]
