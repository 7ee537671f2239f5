"""More adversity: crowds, commands that wait, zombies, prices of edited words."""

import asyncio
import contextlib
from dataclasses import replace
from decimal import Decimal

import pytest

import bot.pipeline as pm
from bot.domain.command import Command, CommandKind, CommandState
from bot.domain.run import RunState
from bot.errors import (
    AmbiguousCreate,
    AmbiguousPost,
    PostRejected,
    StoreError,
    TargetPaused,
    Truncated,
    Unavailable,
)
from bot.wakers.embedded import EmbeddedWaker
from tests.fakes import SLACK, Killed, Killer, World, X


@pytest.fixture
async def bot(tmp_path):
    async with World(tmp_path).boot() as bot:
        yield bot


def raising(error):
    async def fail(*_a, **_k):
        raise error

    return fail


async def money(bot, run_id):
    return {s.key.removeprefix(run_id + ":"): s.state.value for s in await bot.store.spends(run_id)}


async def ask(bot, kind, run_id, **args):
    return await bot.store.add_command(
        Command(kind=CommandKind(kind), run_id=run_id, args=args, by="ann", at=bot.clock.now())
    )


@pytest.mark.parametrize("runs", [1, 3])
async def test_crowd_livelock(bot, monkeypatch, runs):
    monkeypatch.setattr(pm, "_LISTEN_SECONDS", 0.05)
    waker = EmbeddedWaker(clock=bot.clock, on_error=lambda *_: None, workers=1, grace=0.2)
    bot.ports = replace(bot.ports, waker=waker)
    bot.pipeline = pm.Pipeline(bot.ports, on_error=lambda _: None)
    bot.world.vendor.seconds = -1

    done = []

    async def watch(job):  # a look takes longer than the engine's half second (here: 4 x 0.05)
        while not job.status.is_terminal:
            await asyncio.sleep(0.2)
            job = bot.world.vendor.look(job)
            done.append(job.id)
            yield job

    bot.provider.watch = watch
    ids = [(await bot.start(key=f"k{i}", variables={"i": str(i)})).id for i in range(runs)]
    async with bot.pipeline.run():
        await asyncio.sleep(4)
    rr = [await bot.store.get_run(i) for i in ids]
    states = [r.state for r in rr]
    assert states == [RunState.SUCCEEDED] * runs, (states, len(done))


async def test_truncated_for_ever(bot):
    bot.world.media.inspect = raising(Truncated())
    run = await bot.start()
    for _ in range(300):
        run = await bot.advance(run.id)
        if run.state.is_terminal:
            break
        await bot.clock.advance(max(0, (bot.waker.due[run.id] - bot.clock.now()).total_seconds()))
    assert run.state.is_terminal


async def test_create_sent_again_after_cancel(bot):
    create = bot.provider.create
    bot.provider.create = raising(AmbiguousCreate())
    run = await bot.advance((await bot.start()).id)
    bot.provider.create = create
    assert await bot.tell("cancel", run.id) == "pending"
    run = await bot.settle(run.id)
    assert run.state is RunState.CANCELLED
    assert len(bot.world.vendor.jobs) == 0
    assert await bot.store.spent(bot.clock.now().date()) == 0


@pytest.mark.parametrize("kind", ["cancel", "edit"])
async def test_post_sent_after_cancel(bot, kind):
    p = bot.ports.publishers["x"]
    publish = p.publish
    p.publish = raising(AmbiguousPost())
    run = await bot.advance((await bot.start(targets=(X,))).id)
    assert run.reason == "backoff"
    p.publish = publish
    assert await bot.tell(kind, run.id, caption="Better.") == "pending"
    run = await bot.settle(run.id)
    assert [c for _, _, c, _ in bot.world.x.posts] == ([] if kind == "cancel" else ["Better."])


async def test_cancel_in_attention_with_sending(bot):
    bot.provider.create = raising(AmbiguousCreate())
    run = await bot.advance((await bot.start()).id)
    dict(bot.ports.providers)
    bot.ports.providers.clear()
    await bot.clock.advance(60)
    run = await bot.advance(run.id)
    assert run.state is RunState.ATTENTION
    assert await bot.tell("cancel", run.id) != "pending"


async def test_low_disk_hides_lost_create(bot):
    bot.world.vendor.script = ["lose"]
    run = await bot.advance((await bot.start()).id)
    bot.world.media.free = 0
    c = await ask(bot, "cancel", run.id)
    for _ in range(100):
        await bot.clock.advance(600)
        await bot.advance(run.id)
    run = await bot.store.get_run(run.id)
    c = await bot.store.get_command(c.id)
    assert (run.state, c.state) == (RunState.CANCELLED, CommandState.DONE), run.failure


async def test_edit_url_price(bot):
    run = await bot.settle((await bot.start(approval=True, targets=(X,))).id)
    await bot.tell("edit", run.id, caption="See https://a.b")
    await bot.settle(run.id)
    await bot.tell("approve", run.id)
    run = await bot.settle(run.id)
    assert run.state is RunState.SUCCEEDED
    assert await bot.store.spent(bot.clock.now().date()) == Decimal("1.00")


async def test_paused_told_once(bot):
    bot.world.x.script = [TargetPaused() for _ in range(96)]
    run = await bot.start()
    for _ in range(96):
        run = await bot.advance(run.id)
        await bot.clock.advance(900)
    assert run.reason == "target_paused"
    assert len(bot.ears.told) == 1


async def test_simulated_live_after_restart(bot):
    p = bot.ports.publishers["x"]
    p.preview = True
    bot.provider.capabilities = replace(bot.provider.capabilities, simulated=True)
    bot.ports.publishers["slack"].preview = True
    bot.world.x.script = ["lose"]
    run = await bot.advance((await bot.start(targets=(X,))).id)
    assert len(bot.world.x.posts) == 1
    p.preview = False
    run = await bot.settle(run.id)
    effects = {e.key.removeprefix(run.id): e.state.value for e in await bot.store.effects(run.id)}
    assert (await money(bot, run.id))["x:@reelbot:1"] != "released", (run.state, effects)


async def test_find_returns_none(bot):
    bot.world.x.script = ["lose"]
    bot.ports.publishers["x"].find = lambda *a, **k: asyncio.sleep(0)
    run = await bot.settle((await bot.start(targets=(X,))).id)
    effects = {e.key.removeprefix(run.id): e.state.value for e in await bot.store.effects(run.id)}
    assert (await money(bot, run.id))["x:@reelbot:1"] != "released", (run.state, effects)


async def test_zombie_not_sent(tmp_path):
    world = World(tmp_path)
    async with world.boot() as first, world.boot() as second:
        run = await first.start()
        frozen, go = asyncio.Event(), asyncio.Event()

        async def slow(request):
            frozen.set()
            await go.wait()
            raise Unavailable("connect timeout")

        first.provider.create = slow
        task = asyncio.create_task(first.runner.advance(run.id))
        await frozen.wait()
        await second.store.release_all()
        await world.clock.advance(200)
        create = second.provider.create

        async def meanwhile(request):
            job = await create(request)
            go.set()
            await asyncio.gather(task, return_exceptions=True)
            return job

        second.provider.create = meanwhile
        with contextlib.suppress(StoreError):
            await second.settle(run.id)
        second.provider.create = create
        await world.clock.advance(200)
        await second.settle(run.id)
    assert len(world.vendor.jobs) == 1


async def test_cancel_bug(bot):
    bot.waker.crowded = True
    run = await bot.advance((await bot.start()).id)
    bot.provider.cancel = raising(KeyError("bug"))
    await bot.tell("cancel", run.id)
    assert (await bot.store.get_run(run.id)).state is RunState.CANCELLED


async def test_cost_of_failed_after_cancel_retry(bot):
    bot.waker.crowded = True
    run = await bot.advance((await bot.start(targets=(SLACK,))).id)
    await bot.tell("cancel", run.id)
    bot.waker.crowded = False
    bot.world.vendor.fails = True
    look = bot.world.vendor.look
    bot.world.vendor.look = lambda job: replace(look(job), cost=Decimal("3.00"))
    await bot.tell("retry", run.id)
    await bot.settle(run.id)
    assert await bot.store.spent(bot.clock.now().date()) == Decimal("3.00")


async def test_done_effect_without_job(tmp_path):
    world = World(tmp_path)
    async with world.boot() as first, world.boot() as second:
        run = await first.start()
        create = first.provider.create

        async def slow(request):
            job = await create(request)
            await second.store.release_all()
            await second.store.claim(
                run.id, owner="x", until=world.clock.now(), now=world.clock.now()
            )
            await second.store.release_all()
            return job

        first.provider.create = slow
        await first.advance(run.id)  # LeaseLost: effect DONE, no job
        providers = dict(second.ports.providers)
        second.ports.providers.clear()  # provider taken out of the file
        run = await second.settle(run.id)
        second.ports.providers.update(providers)
        for _ in range(5):
            await world.clock.advance(600)
        assert await second.tell("retry", run.id) != "pending"


async def test_edit_between_reserve_and_publish_leaks(bot):
    bot.world.x.script = [PostRejected("No.")]
    run = await bot.settle((await bot.start(targets=(X,))).id)
    estimate, pending = bot.ports.publishers["x"].estimate, []

    def late(*a):
        if not pending:
            pending.append(asyncio.ensure_future(ask(bot, "edit", run.id, caption="Better.")))
        return estimate(*a)

    real = bot.store._store.pending_commands

    async def slow(run_id=None):
        await asyncio.gather(*pending)
        return await real(run_id)

    bot.store._store.pending_commands = slow
    bot.ports.publishers["x"].estimate = late
    await bot.tell("retry", run.id)
    run = await bot.settle(run.id)
    assert run.state is RunState.SUCCEEDED
    assert "reserved" not in (await money(bot, run.id)).values(), await money(bot, run.id)


async def test_uncertain_create_then_failed_then_retry_pays_twice(tmp_path):
    world = World(tmp_path, authoritative=False)
    world.vendor.script, world.vendor.lag = ["lose"], 10_000

    class KillAt(Killer):
        def line(self, name):
            if name == "commit SettleEffect SaveRun: after":
                raise Killed(name)

    async with world.boot(KillAt()) as bot:
        run = await bot.start()
        with pytest.raises(Killed):
            await bot.settle(run.id)
    async with world.boot() as bot:
        await bot.store.release_all()
        providers = dict(bot.ports.providers)
        bot.ports.providers.clear()
        run = await bot.settle(run.id)
        bot.ports.providers.update(providers)
        await bot.tell("retry", run.id)
        await bot.settle(run.id)
    assert len(world.vendor.jobs) == 1


async def test_cancel_with_one_post_in_the_air_sends_the_other(bot):
    bot.world.x.script = ["lose"]
    bot.world.slack.script = [TargetPaused()]
    run = await bot.advance((await bot.start()).id)
    assert bot.world.posts == ["x:@reelbot"]
    assert await bot.tell("cancel", run.id) == "pending"
    run = await bot.settle(run.id)
    assert bot.world.posts == ["x:@reelbot"], run.state


async def test_zombie_look(tmp_path):
    world = World(tmp_path)
    world.vendor.script = [AmbiguousCreate()]
    async with world.boot() as first, world.boot() as second:
        run = await first.start()
        await first.advance(run.id)
        await world.clock.advance(60)
        frozen, go = asyncio.Event(), asyncio.Event()

        async def slow(*a, **k):
            frozen.set()
            await go.wait()
            return []

        first.provider.find = slow
        task = asyncio.create_task(first.runner.advance(run.id))
        await frozen.wait()
        await second.store.release_all()
        create = second.provider.create

        async def meanwhile(request):
            job = await create(request)
            go.set()
            await asyncio.gather(task, return_exceptions=True)
            return job

        second.provider.create = meanwhile
        with contextlib.suppress(StoreError):
            await second.settle(run.id)
        second.provider.create = create
        await world.clock.advance(200)
        await second.settle(run.id)
    assert len(world.vendor.jobs) == 1
