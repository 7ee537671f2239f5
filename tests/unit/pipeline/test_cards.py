"""Cards: each put up once, wherever the process dies, and none of them holds a run back."""

from decimal import Decimal

import pytest

from bot.domain.card import CardKind
from bot.domain.run import Run, RunState
from bot.errors import PostRejected, TargetUnavailable
from bot.ports import Stop
from tests.fakes import Killed, Killer, World


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def cards(world):
    """What stands in the control room: (place, run, kind, generation), as the network saw it."""
    return [(place, *marks.split()[1:]) for place, marks, _, _ in world.room.posts]


async def trip(world, killer=None, **changes) -> Run | None:
    async with world.boot(killer or Killer()) as bot:
        try:
            await bot.store.release_all()
            run = await bot.start(asked_in="#desk", **changes)
            return await bot.settle(run.id)
        except Killed:
            return None


async def test_a_run_that_was_asked_for_somewhere_has_its_card_there(world):
    run = await trip(world)

    assert run
    assert run.state is RunState.SUCCEEDED
    assert [(c.kind, c.generation, c.place) for c in run.cards] == [(CardKind.DESK, 0, "#desk")]
    assert cards(world) == [("#desk", "desk", "0")]


@pytest.mark.parametrize("lost", [False, True])
async def test_killed_at_any_line_there_is_one_card(tmp_path, lost):
    def new(name):
        world = World(tmp_path / name)
        world.folder.mkdir()
        world.room.script = ["lose"] if lost else []
        world.room.lag = 10.0 if lost else 0.0
        return world

    killer = Killer()
    await trip(new("count"), killer)
    assert any("card" in line for line in killer.passed)

    for at, line in enumerate(killer.passed, 1):
        world = new(str(at))
        assert await trip(world, Killer(at)) is None, line

        run = await trip(world)

        assert run, line
        assert run.state is RunState.SUCCEEDED, (line, run)
        assert cards(world) == [("#desk", "desk", "0")], line
        assert len(world.vendor.jobs) == 1, line
        assert world.posts == ["slack:#cats", "x:@reelbot"], line


async def test_a_lost_card_is_found_again_and_kept(world):
    world.room.script = ["lose"]

    run = await trip(world)

    assert run
    assert [card.id for card in run.cards] == ["card-1"]
    assert len(world.room.posts) == 1


async def test_where_looking_proves_nothing_the_run_goes_on_without_its_card(tmp_path):
    world = World(tmp_path, authoritative=False)
    world.room.script, world.room.lag = ["lose"], 10_000.0

    run = await trip(world)

    assert run
    assert run.state is RunState.SUCCEEDED
    assert run.cards == ()
    assert len(world.room.posts) == 1


@pytest.mark.parametrize("error", [TargetUnavailable, PostRejected])
async def test_a_network_that_is_down_holds_nothing_back_and_the_card_follows(world, error):
    world.room.script = [error(), error()]

    run = await trip(world)

    assert run
    assert run.state is RunState.SUCCEEDED
    assert cards(world) == [("#desk", "desk", "0")]


async def test_an_uncertain_card_does_not_keep_a_failed_run_from_ending(world):
    world.room.script, world.room.lag = ["lose"], 10_000.0
    world.vendor.fails = True

    run = await trip(world)

    assert run
    assert run.state is RunState.FAILED


async def test_a_card_neither_spends_the_promise_nor_hides_that_money_is_short(world):
    world.room.script = [TargetUnavailable()]
    world.cap = Decimal("0.01")

    run = await trip(world)

    assert run
    assert run.failure
    assert run.failure.code == "budget_exceeded"
    assert world.vendor.jobs == {}


async def test_people_get_their_card_although_everything_is_stopped(world):
    async with world.boot() as bot:
        await bot.gate.stop(Stop(by="ann", at=bot.clock.now()))
        run = await bot.start(asked_in="#desk")

        run = await bot.advance(run.id)

    assert run.reason == "stopped"
    assert cards(world) == [("#desk", "desk", "0")]
    assert world.vendor.jobs == {}


async def test_approvers_are_asked_on_a_card_of_their_own_each_time(world):
    async with world.boot() as bot:
        run = await bot.start(asked_in="#desk", approval=True)
        await bot.settle(run.id)
        await bot.tell("edit", run.id, caption="Other words.")
        run = await bot.settle(run.id)

    assert run.reason == "approval"
    assert [(place, kind, generation) for place, kind, generation in cards(world)] == [
        ("#desk", "desk", "0"),
        ("#approvals", "approval", "1"),
        ("#approvals", "approval", "2"),
    ]


async def test_a_lost_card_does_not_hold_up_commands(world):
    world.room.script, world.room.lag = ["lose"], 10_000.0
    async with world.boot() as bot:
        run = await bot.start(asked_in="#desk", approval=True)
        await bot.settle(run.id)

        assert await bot.tell("cancel", run.id) != "pending"
        run = await bot.store.get_run(run.id)

    assert run.state is RunState.CANCELLED


async def test_the_board_hears_of_every_change(world):
    async with world.boot() as bot:
        run = await bot.start(asked_in="#desk")
        async with bot.clock.auto():
            await bot.pipeline._runner.advance(run.id)

    assert (run.id, RunState.RUNNING) in bot.board.shown
