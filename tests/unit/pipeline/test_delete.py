"""Deleting: at the provider and here, only what nobody else needs, through any crash."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.run import Run, RunState
from bot.errors import MediaError, Unauthorized, Unavailable
from tests.fakes import Bot, Killed, Killer, World, soon


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


async def made(bot: Bot, key: str = "cat@1") -> Run:
    run = await bot.settle((await bot.start(key=key)).id)
    assert run.state is RunState.SUCCEEDED
    return run


async def chunks(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def test_it_is_deleted_at_the_provider_and_here(world: World) -> None:
    async with world.boot() as bot:
        run = await made(bot)
        assert world.media.files

        answer = await bot.tell("delete", run.id)

        assert answer == "Deleted by ann at vendor and here."
        assert (world.vendor.deletes, world.media.files) == (["video_1"], {})
        run = await bot.store.get_run(run.id)
        assert run.removed
        assert (run.removed.by, run.removed.at_provider) == ("ann", True)
        assert run.state is RunState.SUCCEEDED


async def test_what_it_was_and_what_it_cost_is_remembered(world: World) -> None:
    async with world.boot() as bot:
        run = await made(bot)
        spent = await bot.store.spent(bot.clock.now().date())

        await bot.tell("delete", run.id)

        after = await bot.store.get_run(run.id)
        assert (after.prompt, after.video, after.deliveries) == (
            run.prompt,
            run.video,
            run.deliveries,
        )
        assert await bot.store.spent(bot.clock.now().date()) == spent


async def test_again_is_not_an_error(world: World) -> None:
    async with world.boot() as bot:
        run = await made(bot)
        await bot.tell("delete", run.id)

        assert await bot.tell("delete", run.id) == "Deleted by ann at vendor and here."


async def test_only_here_leaves_the_provider_alone_and_can_be_completed_later(world: World) -> None:
    async with world.boot() as bot:
        run = await made(bot)

        answer = await bot.tell("delete", run.id, where="here")

        assert answer == "Deleted by ann here; vendor was not asked to."
        assert (world.vendor.deletes, world.media.files) == ([], {})
        await bot.tell("delete", run.id)
        assert world.vendor.deletes == ["video_1"]
        await bot.tell("delete", run.id, where="here")
        removed = (await bot.store.get_run(run.id)).removed
        assert removed
        assert removed.at_provider


async def test_a_provider_that_deletes_nothing_is_named(world: World) -> None:
    async with world.boot() as bot:
        run = await made(bot)
        bot.provider.capabilities = replace(bot.provider.capabilities, delete=False)

        answer = await bot.tell("delete", run.id)

        assert answer == "Deleted by ann here; vendor deletes nothing on request."
        removed = (await bot.store.get_run(run.id)).removed
        assert removed
        assert not removed.at_provider


async def test_a_provider_that_went_from_the_file_is_named(world: World) -> None:
    async with world.boot() as bot:
        run = await made(bot)
        bot.ports.providers.clear()  # type: ignore[attr-defined]

        answer = await bot.tell("delete", run.id)

        assert answer == "Deleted by ann here; there is no provider 'vendor' any more to ask."
        assert world.media.files == {}


@pytest.mark.parametrize("error", [Unavailable("It is away."), Unauthorized("Wrong key.")])
async def test_nothing_goes_here_when_the_provider_says_no(
    world: World, error: Unavailable
) -> None:
    async with world.boot() as bot:
        run = await made(bot)
        files = dict(world.media.files)
        world.vendor.script = [error]

        answer = await bot.tell("delete", run.id)

        assert answer == f"{error} Nothing was deleted here; ask again, or with --only-here."
        assert world.media.files == files
        assert (await bot.store.get_run(run.id)).removed is None


async def test_a_disk_that_refuses_is_named_and_nothing_is_written_down(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object, **__: object) -> bool:
        raise MediaError("The file f cannot be deleted: Permission denied.")

    async with world.boot() as bot:
        run = await made(bot)
        with monkeypatch.context() as patch:
            patch.setattr(world.media, "remove", refuse)
            answer = await bot.tell("delete", run.id)

        assert answer == "The file f cannot be deleted: Permission denied."
        assert (await bot.store.get_run(run.id)).removed is None
        assert await bot.tell("delete", run.id) == "Deleted by ann at vendor and here."


async def test_a_run_that_is_not_over_is_refused(world: World) -> None:
    async with world.boot() as bot:
        run = await bot.settle((await bot.start(approval=True)).id)

        answer = await bot.tell("delete", run.id)

        assert answer == ("The run is not over: waiting (approval). `reelbot runs cancel` ends it.")
        assert world.vendor.deletes == []
        await bot.tell("cancel", run.id)
        assert (await bot.tell("delete", run.id)).startswith("Deleted by ann")


async def test_where_no_video_was_made_there_is_nothing_to_delete(world: World) -> None:
    async with world.boot() as bot:
        world.vendor.script = [Unauthorized("Wrong key.")]
        run = await bot.settle((await bot.start()).id)

        assert await bot.tell("delete", run.id) == (
            "There is nothing to delete: no video was made."
        )


async def test_a_file_that_another_run_needs_stays_until_that_one_goes(world: World) -> None:
    async with world.boot() as bot:
        picture = await world.media.save(chunks(b"a picture"), "image/png")
        video = replace((await made(bot, "plain")).request.video, reference=picture)
        both = [
            await bot.settle((await bot.start(key=key, video=video)).id) for key in ("one", "two")
        ]

        first = await bot.tell("delete", both[0].id)
        kept = set(world.media.files)
        second = await bot.tell("delete", both[1].id)

        assert first == (
            "Deleted by ann at vendor and here; 1 file stays, for another run needs the same."
        )
        assert picture.path in kept
        assert second == "Deleted by ann at vendor and here."
        assert picture.path not in world.media.files


async def test_a_file_that_somebody_has_just_kept_again_stays(world: World) -> None:
    """Who keeps a file writes down only later that it is needed: no row tells of it yet."""
    async with world.boot() as bot:
        run = await made(bot)
        assert run.video
        await bot.clock.advance(60)
        await world.media.save(chunks(world.media.files[run.video.path]), "video/mp4")

        answer = await bot.tell("delete", run.id)

        assert "for another run needs the same" in answer
        assert run.video.path in world.media.files


@pytest.mark.parametrize("kind", ["retry", "approve"])
async def test_a_deleted_run_cannot_go_on(world: World, kind: str) -> None:
    async with world.boot() as bot:
        run = await bot.settle((await bot.start(approval=True)).id)
        await bot.tell("cancel", run.id)
        await bot.tell("delete", run.id)

        answer = await bot.tell(kind, run.id)

        assert (await bot.store.get_run(run.id)).state is RunState.CANCELLED
        if kind == "retry":
            assert answer == "Its video was deleted by ann; ask for a new one."


LINES = 9


@pytest.mark.parametrize("at", range(1, LINES + 1))
async def test_a_delete_that_dies_anywhere_is_completed_by_the_next_engine(
    world: World, at: int
) -> None:
    async with world.boot() as bot:
        run = await made(bot)
        await bot.store.add_command(bot.command("delete", run.id))
    killer = Killer(at)
    async with world.boot(killer) as bot:
        with pytest.raises(Killed):
            await bot.advance(run.id)
    assert killer.passed[-1]

    async with world.boot() as bot:
        await bot.store.release_all()
        await bot.advance(run.id)

        assert await bot.store.pending_commands() == []
        run = await bot.store.get_run(run.id)
        assert run.removed
        assert world.media.files == {}
        assert set(world.vendor.deletes) == {"video_1"}


async def test_a_delete_passes_as_many_lines_as_are_killed(world: World) -> None:
    async with world.boot() as bot:
        run = await made(bot)
        await bot.store.add_command(bot.command("delete", run.id))
    killer = Killer()
    async with world.boot(killer) as bot:
        await bot.advance(run.id)

    assert len(killer.passed) == LINES
    assert "delete: after it arrived, before the answer" in killer.passed


async def test_the_engine_obeys_beside_the_flow(world: World) -> None:
    """The listener finds a command for a run that is over."""
    async with world.boot() as bot:
        run = await made(bot)
        async with bot.pipeline.run():
            asked = asyncio.create_task(bot.pipeline.ask(bot.command("delete", run.id)))
            await soon()
            await bot.runner.advance(run.id)

            assert (await asked).answer == "Deleted by ann at vendor and here."
