"""What only a person can know: uncertain writes, and jobs that never finish."""

from pathlib import Path

import pytest

from bot.domain.post import DeliveryStatus
from bot.domain.run import RunState
from bot.domain.video import VideoStatus
from tests.fakes import SLACK, Bot, World, X


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, authoritative=False)


async def uncertain_post(bot: Bot) -> str:
    """Return a run whose post to X was lost and is not to be found."""
    bot.world.x.script, bot.world.x.lag = ["lose"], 10_000
    run = await bot.settle((await bot.start()).id)
    assert run.state is RunState.ATTENTION
    return run.id


async def uncertain_create(bot: Bot) -> str:
    bot.world.vendor.script, bot.world.vendor.lag = ["lose"], 10_000
    run = await bot.settle((await bot.start()).id)
    assert run.state is RunState.ATTENTION
    return run.id


async def test_an_uncertain_target_holds_back_no_other(world: World) -> None:
    async with world.boot() as bot:
        run = await bot.store.get_run(await uncertain_post(bot))

        assert run.delivery(SLACK).status is DeliveryStatus.DELIVERED
        assert run.delivery(X).status is DeliveryStatus.UNCERTAIN
        assert bot.ears.told == [(run.id, RunState.ATTENTION)]


async def test_it_stays_uncertain_however_often_it_is_woken(world: World) -> None:
    async with world.boot() as bot:
        run_id = await uncertain_post(bot)

        for _ in range(3):
            assert (await bot.advance(run_id)).state is RunState.ATTENTION

        assert len(world.x.posts) == 1


async def test_a_person_saw_the_post(world: World) -> None:
    async with world.boot() as bot:
        run_id = await uncertain_post(bot)

        await bot.tell("resolve", run_id, answer="happened", id="99", url="https://x.test/99")
        run = await bot.store.get_run(run_id)

        assert run.state is RunState.SUCCEEDED
        assert run.delivery(X).url == "https://x.test/99"
        assert len(world.x.posts) == 1
        assert await bot.store.spent(bot.clock.now().date()) == run.price.total


async def test_a_person_saw_no_post_so_it_is_sent(world: World) -> None:
    async with world.boot() as bot:
        run_id = await uncertain_post(bot)
        world.x.posts.clear()

        await bot.tell("resolve", run_id, answer="not-sent")

        assert (await bot.settle(run_id)).state is RunState.SUCCEEDED
        assert len(world.x.posts) == 1


async def test_a_person_gives_the_post_up(world: World) -> None:
    async with world.boot() as bot:
        run_id = await uncertain_post(bot)

        await bot.tell("resolve", run_id, answer="give-up")
        run = await bot.store.get_run(run_id)

        assert run.state is RunState.FAILED
        assert "may have gone out" in (run.failure.message if run.failure else "")
        assert len(world.x.posts) == 1


async def test_a_person_finds_the_video(world: World) -> None:
    async with world.boot() as bot:
        run_id = await uncertain_create(bot)

        refused = await bot.tell("resolve", run_id, answer="happened")
        await bot.tell("resolve", run_id, answer="happened", id="video_1")

        assert refused == "Say which video it is: --id."
        assert (await bot.settle(run_id)).state is RunState.SUCCEEDED
        assert len(world.vendor.jobs) == 1


async def test_a_person_gives_the_video_up_and_it_counts_as_paid(world: World) -> None:
    async with world.boot() as bot:
        run_id = await uncertain_create(bot)

        await bot.tell("resolve", run_id, answer="give-up")
        run = await bot.store.get_run(run_id)

        assert run.state is RunState.FAILED
        spends = {s.what: s.state for s in await bot.store.spends(run_id)}
        assert spends == {"video": "settled", "x:@reelbot": "released"}


async def test_a_second_answer_is_refused(world: World) -> None:
    async with world.boot() as bot:
        run_id = await uncertain_post(bot)
        await bot.tell("resolve", run_id, answer="happened")

        answer = await bot.tell("resolve", run_id, answer="not-sent")

        assert answer == "Nothing about this run is uncertain: succeeded."
        assert len(world.x.posts) == 1


async def test_with_two_open_questions_one_has_to_be_named(world: World) -> None:
    async with world.boot() as bot:
        world.slack.script, world.slack.lag = ["lose"], 10_000
        run_id = await uncertain_post(bot)

        answer = await bot.tell("resolve", run_id, answer="happened")
        assert "slack:#cats" in answer
        assert "x:@reelbot" in answer

        await bot.tell("resolve", run_id, answer="happened", target="slack:#cats")
        assert (await bot.store.get_run(run_id)).state is RunState.ATTENTION
        await bot.tell("resolve", run_id, answer="happened", target="x:@reelbot")
        assert (await bot.store.get_run(run_id)).state is RunState.SUCCEEDED


@pytest.mark.parametrize("stays", [VideoStatus.IN_PROGRESS, VideoStatus.UNKNOWN])
async def test_a_job_that_never_ends_is_shown_and_never_created_again(
    world: World, stays: VideoStatus
) -> None:
    """A deadline is not a failure; a word nobody knows gets less patience."""
    world.vendor.stays = stays
    async with world.boot() as bot:
        run = await bot.settle((await bot.start()).id)
        assert run.state is RunState.ATTENTION
        assert run.failure
        assert "nothing was created again" in run.failure.message

        world.vendor.stays = None
        await bot.tell("resolve", run.id, answer="wait")

        assert (await bot.settle(run.id)).state is RunState.SUCCEEDED
        assert len(world.vendor.jobs) == 1


async def test_what_was_given_up_is_no_open_question_any_more(world: World) -> None:
    async with world.boot() as bot:
        world.slack.script, world.slack.lag = ["lose"], 10_000
        run_id = await uncertain_post(bot)

        await bot.tell("resolve", run_id, answer="give-up", target="x:@reelbot")
        await bot.tell("resolve", run_id, answer="happened")

        run = await bot.store.get_run(run_id)
        assert run.delivery(SLACK).status is DeliveryStatus.DELIVERED
        assert run.delivery(X).status is DeliveryStatus.FAILED


@pytest.mark.parametrize("kind", ["cancel", "edit", "retry"])
async def test_commands_get_an_answer_while_a_person_is_needed(world: World, kind: str) -> None:
    async with world.boot() as bot:
        run_id = await uncertain_post(bot)

        answer = await bot.tell(kind, run_id, caption="New.")

        assert answer == "An uncertain write has to be resolved first: `reelbot runs resolve`."
