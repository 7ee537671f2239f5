"""Sweeps: a database error, a cancelled task or a death at every line, and clocks that differ."""

import asyncio
import contextlib
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.domain.run import RunState
from bot.errors import BotError, DatabaseUnusable, PostRejected, StoreError
from bot.pipeline import Pipeline
from bot.wakers.embedded import EmbeddedWaker
from tests.clock import FakeClock
from tests.fake_videos_api import FakeVideosApi, Status
from tests.fakes import Killed, Killer, World, make_request
from tests.unit.providers.test_videos_api import REQUEST, in_memory


@pytest.fixture
async def bot(tmp_path):
    async with World(tmp_path).boot() as bot:
        yield bot


# --- provider ----


async def test_server_clock_five_minutes_behind():
    ours, theirs = FakeClock(), FakeClock(FakeClock().now() - timedelta(minutes=5))
    api = FakeVideosApi(theirs, seconds_to_finish=90)
    api.fail("create", Status(503), jobs=1)
    async with in_memory(api) as provider:
        provider._clock = ours
        with pytest.raises(BotError):
            await provider.create(REQUEST)
        assert len(await provider.find(REQUEST, since=ours.now(), claimed=())) == 1


# --- starvation ---


async def test_a_command_is_seen_within_a_second_although_workers_hold_runs(tmp_path):
    async with World(tmp_path).boot() as bot:
        bot.world.vendor.seconds = 1000
        waker = EmbeddedWaker(clock=bot.clock, on_error=lambda *_: None, workers=1)
        bot.ports = replace(bot.ports, waker=waker)
        pipeline = Pipeline(bot.ports, on_error=print)
        async with pipeline.run():
            await pipeline.start(make_request(key="a"))
            await asyncio.sleep(0.5)
            b = await pipeline.start(
                make_request(key="b", template=None, prompt="dog", caption="d")
            )
            await asyncio.sleep(1.5)
            assert (await bot.store.get_run(b.id)).prompt is not None  # nobody has touched it


# --- clock ---


async def test_a_clock_set_back_while_settling_asks_instead_of_waiting_a_month(bot):
    bot.world.vendor.script = ["lose"]
    run = await bot.advance((await bot.start()).id)
    bot.clock._now -= timedelta(days=30)

    run = await bot.advance(run.id)

    assert run.state is RunState.ATTENTION
    assert len(bot.world.vendor.jobs) == 1


async def test_sweep_relooks(bot):
    bot.world.vendor.seconds = 20_000
    look = bot.world.vendor.look
    bot.world.vendor.look = lambda job: replace(look(job), progress=None)
    run = await bot.start()
    run = await bot.advance(run.id)
    for _ in range(2):
        await bot.clock.advance((bot.waker.due[run.id] - bot.clock.now()).total_seconds())
        run = await bot.advance(run.id)
    await bot.clock.advance(61)
    assert bot.waker.due[run.id] > bot.clock.now() + timedelta(seconds=500)
    looks = bot.world.vendor.looks
    for _ in range(8):  # as the sweep does each minute
        for due in await bot.store.overdue(bot.clock.now() - timedelta(seconds=60)):
            await bot.runner.advance(due)
        await bot.clock.advance(60)
    assert bot.world.vendor.looks == looks


# --- sweeps ---


async def drive(bot, run_id, tries=80):
    """As the engine: advance again after a StoreError."""
    for _ in range(tries):
        try:
            async with bot.clock.auto():
                await bot.runner.advance(run_id)
        except StoreError:
            await bot.clock.advance(60)
            continue
        run = await bot.store.get_run(run_id)
        if run.state.is_terminal or run.state is RunState.ATTENTION:
            return run
        await bot.clock.advance(35)
    return run


async def verdict(bot, world, run):
    spends = {s.key: s.state.value for s in await bot.store.spends(run.id)}
    effects = {e.key: e.state.value for e in await bot.store.effects(run.id)}
    wrong = []
    if run.state is not RunState.SUCCEEDED:
        wrong.append(run.state.value)
    if len(world.vendor.jobs) != 1:
        wrong.append(f"jobs {len(world.vendor.jobs)}")
    if world.posts != ["slack:#cats", "x:@reelbot"]:
        wrong.append(f"posts {world.posts}")
    if "reserved" in spends.values():
        wrong.append(f"{spends}")
    if set(effects.values()) != {"done"}:
        wrong.append(f"{effects}")
    total = await bot.store.spent(bot.clock.now().date())
    if total != Decimal("0.815"):
        wrong.append(f"spent {total}")
    return wrong


@pytest.mark.parametrize("committed", [True, False])
async def test_store_error_at_every_commit(tmp_path, committed):
    bad = []
    for at in range(1, 40):
        world = World(tmp_path / str(at))
        world.folder.mkdir()
        async with world.boot() as bot:
            run = await bot.start()
            commit, n = bot.store._store.commit, [0]

            async def flaky(*changes, commit=commit, n=n, at=at):
                n[0] += 1
                if n[0] == at:
                    if committed:
                        await commit(*changes)
                    raise DatabaseUnusable("who knows")
                await commit(*changes)

            bot.store._store.commit = flaky
            run = await drive(bot, run.id)
            wrong = await verdict(bot, world, run)
            if wrong:
                bad.append((at, wrong))
            if n[0] < at:
                break
    assert bad == []


async def test_cancelled_error_at_every_line(tmp_path):
    class Canceller(Killer):
        def line(self, name):
            self.passed.append(name)
            if len(self.passed) == self.at:
                asyncio.current_task().cancel()

    bad = []
    for at in range(2, 60):
        world = World(tmp_path / str(at))
        world.folder.mkdir()
        async with world.boot(Canceller(at)) as bot:
            try:
                run = await bot.start()
                async with bot.clock.auto():
                    task = asyncio.create_task(bot.runner.advance(run.id))
                    await asyncio.gather(task, return_exceptions=True)
            except asyncio.CancelledError:
                asyncio.current_task().uncancel()
        async with world.boot() as bot:
            await bot.store.release_all()
            run = await bot.start()
            run = run if run.state.is_terminal else await drive(bot, run.id)
            wrong = await verdict(bot, world, run)
            if wrong:
                bad.append((at, wrong))
    assert bad == []


async def scenario(bot):
    run = await bot.start(approval=True)
    await bot.settle(run.id)
    await bot.tell("edit", run.id, caption="Better.")
    await bot.tell("approve", run.id)
    await bot.settle(run.id)
    await bot.tell("retry", run.id)
    return await bot.settle(run.id)


async def test_killed_anywhere_with_commands(tmp_path):
    (tmp_path / "c").mkdir()
    world = World(tmp_path / "c")
    world.x.script = [PostRejected("No.")]
    killer = Killer()
    async with world.boot(killer) as bot:
        run = await scenario(bot)
    bad = []
    for at, line in enumerate(killer.passed, 1):
        world = World(tmp_path / str(at))
        world.folder.mkdir()
        world.x.script = [PostRejected("No.")]
        async with world.boot(Killer(at)) as bot:
            with contextlib.suppress(Killed):
                await scenario(bot)
        async with world.boot() as bot:
            await bot.store.release_all()
            run = await bot.start(approval=True)
            for _ in range(10):
                run = run if run.state.is_terminal else await bot.settle(run.id)
                if run.state is RunState.SUCCEEDED:
                    break
                await bot.tell("retry" if run.state is RunState.FAILED else "approve", run.id)
                run = await bot.store.get_run(run.id)
            wrong = [w for w in await verdict(bot, world, run) if "not_sent" not in w]
            captions = {c for nw in (world.slack, world.x) for _, _, c, _ in nw.posts}
            if captions - {p.caption for p in run.posts}:
                wrong.append(captions)
            if wrong:
                bad.append((at, line, wrong))
    assert bad == []
