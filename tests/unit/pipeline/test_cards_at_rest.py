"""A run that comes to rest puts up what it lacks: so its end is told once, whatever happens."""

from dataclasses import replace

import pytest

from bot.domain.card import Card, CardKind, CardWish
from bot.domain.run import RunState
from tests.fakes import FakeBoard, Killed, Killer, World


class TellingBoard(FakeBoard):
    """Wants a notice of every run that is over or needs a person."""

    def wishes(self, run):
        wishes = list(super().wishes(run))
        rests = run.state.is_terminal or run.state is RunState.ATTENTION
        wish = CardWish(kind=CardKind.NOTICE, generation=run.generation, place="#desk")
        told = any(card.answers(wish) for card in run.cards)
        return wishes + ([wish] if rests and not told else [])


async def trip(world, killer=None, **changes):
    async with world.boot(killer) as bot:
        bot.board = TellingBoard(world.room, bot.killer)
        bot.runner._ports = bot.ports = replace(bot.ports, board=bot.board)
        try:
            run = await bot.start(**changes)
            return await bot.settle(run.id)
        except Killed:
            return None


def notices(world):
    return [marks for _, marks, _, _ in world.room.posts if "notice" in marks]


@pytest.mark.parametrize("fails", [False, True])
async def test_the_end_is_told_once_wherever_the_process_died(tmp_path, fails):
    def new(name):
        folder = tmp_path / name
        folder.mkdir()
        world = World(folder)
        world.vendor.fails = fails
        return world

    counting = Killer()
    await trip(new("count"), counting)
    lines = [n for n, line in enumerate(counting.passed, 1) if "notice" in line]
    assert len(lines) == 2

    for at in lines:
        world = new(str(at))
        await trip(world, Killer(at))

        async with world.boot() as bot:
            bot.board = TellingBoard(world.room, bot.killer)
            bot.runner._ports = replace(bot.ports, board=bot.board)
            [run] = await bot.store.list_runs()
            await world.clock.advance(60)
            await bot.advance(run.id)
            run = await bot.settle(run.id)

        assert len(notices(world)) == 1
        assert [card.kind for card in run.cards if isinstance(card, Card)] == [CardKind.NOTICE]


async def test_an_approval_counts_only_for_the_words_that_were_seen(tmp_path):
    async with World(tmp_path).boot() as bot:
        run = await bot.settle((await bot.start(approval=True)).id)
        assert run.reason == "approval"
        await bot.tell("edit", run.id, caption="Other words")
        await bot.settle(run.id)

        said = await bot.tell("approve", run.id, generation=str(run.generation))
        assert "changed meanwhile" in said
        assert (await bot.store.get_run(run.id)).approval is None
        said = await bot.tell("approve", run.id, generation=str(run.generation + 1))
        assert said == "Approved by ann."
