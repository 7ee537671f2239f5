"""Adversity: find that fails, plugins with bugs, commands at the wrong moment, notices lost.

Each of these once broke a promise.
"""

import asyncio
import contextlib
from dataclasses import replace
from decimal import Decimal

import pytest

import bot.pipeline as pipeline_module
from bot.domain.command import Command, CommandKind, CommandState
from bot.domain.post import DeliveryStatus, Target
from bot.domain.run import RunState
from bot.domain.video import VideoStatus
from bot.errors import (
    AmbiguousCreate,
    DatabaseUnusable,
    PostRejected,
    ProviderError,
    PublishError,
    Rejected,
    StoreError,
    TargetPaused,
    TargetUnavailable,
    Unavailable,
)
from bot.ports import SettleEffect, Stop
from tests.fakes import SLACK, FakeProvider, Killed, Killer, Vendor, World, X


@pytest.fixture
async def bot(tmp_path):
    async with World(tmp_path).boot() as bot:
        yield bot


def raising(error):
    async def fail(*_args, **_kwargs):
        raise error

    return fail


async def money(bot, run_id):
    return {s.key.removeprefix(run_id + ":"): s.state.value for s in await bot.store.spends(run_id)}


class KillAt(Killer):
    def __init__(self, name, nth=1):
        super().__init__()
        self.name, self.left = name, nth

    def line(self, name):
        self.passed.append(name)
        if name == self.name:
            self.left -= 1
            if self.left == 0:
                raise Killed(name)


# --- a run may FAIL while its write is in the air -------------------------------------------


async def test_lost_post_whose_look_fails_is_not_sent_again_by_a_retry(bot):
    bot.world.x.script = ["lose"]
    find = bot.ports.publishers["x"].find
    bot.ports.publishers["x"].find = raising(PublishError("the timeline answered 403"))
    run = await bot.settle((await bot.start()).id)
    assert len(bot.world.x.posts) == 1
    bot.ports.publishers["x"].find = find
    state = await money(bot, run.id)
    await bot.tell("retry", run.id)
    await bot.settle(run.id)
    assert (len(bot.world.x.posts), state["x:@reelbot:1"]) == (1, "reserved")


async def test_same_with_a_timeline_that_is_down_for_a_while(bot):
    bot.world.x.script = ["lose"]
    find = bot.ports.publishers["x"].find
    bot.ports.publishers["x"].find = raising(TargetUnavailable())
    run = await bot.settle((await bot.start()).id)
    bot.ports.publishers["x"].find = find
    await bot.tell("retry", run.id)
    await bot.settle(run.id)
    assert len(bot.world.x.posts) == 1


async def test_lost_create_at_a_provider_without_listing_keeps_its_money_and_asks(bot):
    """What VideosApiProvider.find raises where GET /videos is 404 (authoritative is hard-wired)."""
    bot.world.vendor.script = ["lose"]
    bot.provider.find = raising(ProviderError("vendor has no listing"))
    run = await bot.settle((await bot.start()).id)
    assert len(bot.world.vendor.jobs) == 1
    assert (await money(bot, run.id))["video:1"] != "released"
    assert run.state is RunState.ATTENTION


async def test_and_does_not_block_this_and_all_equal_runs_for_ever(bot):
    bot.world.vendor.script = ["lose"]
    find = bot.provider.find
    bot.provider.find = raising(ProviderError("vendor has no listing"))
    await bot.settle((await bot.start()).id)
    bot.provider.find = find
    other = await bot.start(key="cat@2")  # the next hour's run, same words
    run = await bot.settle(other.id, limit=500)  # AssertionError: never rests
    assert run.state.is_terminal or run.state is RunState.ATTENTION


async def test_a_retried_one_can_be_cancelled(bot):
    bot.world.vendor.script = ["lose"]
    bot.provider.find = raising(ProviderError("vendor has no listing"))
    run = await bot.settle((await bot.start()).id)
    await bot.tell("retry", run.id)
    for _ in range(50):
        await bot.clock.advance(60)
        await bot.advance(run.id)
    answer = await bot.tell("cancel", run.id)
    assert answer != "pending"


async def test_an_unforeseen_error_of_one_publisher_does_not_end_the_run_of_the_other(bot):
    """Slack's plugin has a bug; X's answer is lost and its timeline lags behind: two posts."""
    bot.world.x.script, bot.world.x.lag = ["lose"], 18.0
    bot.ports.publishers["slack"].prepare = raising(KeyError("bug"))
    run = await bot.settle((await bot.start()).id)
    del bot.ports.publishers["slack"].prepare
    await bot.tell("retry", run.id)
    await bot.settle(run.id)
    assert len(bot.world.x.posts) == 1


async def test_uncertain_target_then_other_target_bug_then_retry(tmp_path):
    world = World(tmp_path, authoritative=False)
    async with world.boot() as bot:
        world.x.script, world.x.lag = ["lose"], 10_000
        world.slack.script = [TargetUnavailable()] * 3
        run = await bot.start()
        for _ in range(8):
            run = await bot.advance(run.id)
            if run.delivery(X).status is DeliveryStatus.UNCERTAIN:
                break
            await bot.clock.advance(30)
            bot.world.slack.script = [TargetUnavailable()]
        assert run.state is RunState.WAITING
        bot.ports.publishers["slack"].prepare = raising(KeyError("bug"))
        run = await bot.settle(run.id)
        assert run.state is RunState.ATTENTION
        del bot.ports.publishers["slack"].prepare
        await bot.tell("retry", run.id)
        await bot.settle(run.id)
        assert len(world.x.posts) == 1


# --- uncertain deliveries forgotten by cancel + retry ---------------------------------------


async def test_cancel_and_retry_do_not_forget_an_uncertain_post(tmp_path):
    world = World(tmp_path, authoritative=False)
    async with world.boot() as bot:
        world.x.script, world.x.lag = ["lose"], 10_000
        world.slack.script = [TargetPaused() for _ in range(9)]
        run = await bot.start()
        for _ in range(4):
            run = await bot.advance(run.id)
            await bot.clock.advance(900)
        assert (run.state, run.reason) == (RunState.WAITING, "target_paused")
        assert run.delivery(X).status is DeliveryStatus.UNCERTAIN
        world.slack.script.clear()
        await bot.tell("cancel", run.id)
        await bot.tell("retry", run.id)
        await bot.settle(run.id)
        assert len(world.x.posts) == 1


async def test_a_retry_for_slack_does_not_send_a_given_up_x_post_again(tmp_path):
    world = World(tmp_path, authoritative=False)
    async with world.boot() as bot:
        world.x.script, world.x.lag = ["lose"], 10_000
        world.slack.script = [PostRejected("No.")]
        run = await bot.settle((await bot.start()).id)
        await bot.tell("resolve", run.id, answer="give-up")
        await bot.tell("retry", run.id)
        await bot.settle(run.id)
        assert len(world.x.posts) == 1


async def test_killed_after_uncertain_was_written_then_edited(tmp_path):
    """Effect UNCERTAIN, delivery not yet: an edit raises the generation and posts again."""
    world = World(tmp_path, authoritative=False)
    world.x.script, world.x.lag = ["lose"], 10_000
    async with world.boot(KillAt("commit SettleEffect SaveRun: after", nth=2)) as bot:
        run = await bot.start(targets=(X,), approval=True)
        await bot.settle(run.id)
        await bot.store.add_command(
            Command(kind=CommandKind.APPROVE, run_id=run.id, by="ann", at=bot.clock.now())
        )
        with pytest.raises(Killed):
            await bot.settle(run.id)
    async with world.boot() as bot:
        await bot.store.release_all()
        await bot.tell("edit", run.id, caption="Better.")
        await bot.tell("approve", run.id)
        await bot.settle(run.id)
    assert len(world.x.posts) == 1


async def test_killed_after_uncertain_create_then_cancel_keeps_the_money(tmp_path):
    world = World(tmp_path, authoritative=False)
    world.vendor.script, world.vendor.lag = ["lose"], 10_000
    async with world.boot(KillAt("commit SettleEffect SaveRun: after")) as bot:
        run = await bot.start()
        with pytest.raises(Killed):
            await bot.settle(run.id)
    async with world.boot() as bot:
        await bot.store.release_all()
        await bot.tell("cancel", run.id)
        assert (await money(bot, run.id))["video:1"] != "released"
        await bot.tell("retry", run.id)
        await bot.settle(run.id)
    assert len(world.vendor.jobs) == 1


# --- approval -------------------------------------------------------------------------------


async def test_an_approval_after_expiry_posts_nothing_even_if_the_engine_slept(bot):
    run = await bot.settle((await bot.start(approval=True)).id)
    await bot.clock.advance(2 * 3600)  # nobody advanced it: the engine was down
    await bot.tell("approve", run.id)
    await bot.settle(run.id)
    assert bot.world.posts == []


# --- wake-ups lost --------------------------------------------------------------------------


async def test_a_run_that_parks_while_the_stop_is_lifted_is_woken(bot):
    run = await bot.start()
    async with bot.pipeline.run():
        await asyncio.sleep(0.2)
        await bot.pipeline.stop(Stop(by="eve", at=bot.clock.now()))
        run = await bot.advance(run.id)
        assert run.reason == "stopped"
        await bot.pipeline.resume()
        bot.waker.poked.clear()
        await asyncio.sleep(1.5)  # three polls
        assert await bot.gate.stopped() is None
        assert run.id in bot.waker.poked


async def test_the_listener_survives_a_stop_file_that_goes_away(bot, monkeypatch):
    monkeypatch.setattr(pipeline_module, "_LISTEN_SECONDS", 0.01)

    class Racing:
        def exists(self):
            return True

        def stat(self):
            raise FileNotFoundError

    run = await bot.settle((await bot.start(approval=True)).id)
    async with bot.pipeline.run():
        file, bot.gate._file = bot.gate._file, Racing()
        await asyncio.sleep(0.1)
        bot.gate._file = file
        await bot.store.add_command(
            Command(kind=CommandKind.APPROVE, run_id=run.id, by="a", at=bot.clock.now())
        )
        bot.waker.poked.clear()
        await asyncio.sleep(0.2)
        assert run.id in bot.waker.poked


async def test_only_mode_finds_a_run_whose_advance_broke_off(bot, monkeypatch):
    monkeypatch.setattr(pipeline_module, "_LISTEN_SECONDS", 0.01)
    run = await bot.start()
    async with bot.pipeline.run(only={run.id}):
        bot.waker.poked.clear()
        get = bot.store._store.get_effect
        bot.store._store.get_effect = raising(DatabaseUnusable("locked"))
        with pytest.raises(StoreError):
            await bot.runner.advance(run.id)  # its poke is used up
        bot.store._store.get_effect = get
        await bot.clock.advance(600)
        await asyncio.sleep(0.2)
        assert run.id in bot.waker.poked


async def test_crowded_and_no_hint_when_to_look(bot):
    bot.waker.crowded = True
    look = bot.world.vendor.look
    bot.world.vendor.look = lambda job: replace(look(job), look_again_at=None)
    run = await bot.advance((await bot.start()).id)
    assert run.wake_at is not None


# --- exceptions outside of the step's try ---------------------------------------------------


async def test_over_budget_while_stopped_parks_or_fails_but_does_not_spin(bot):
    bot.world.cap = Decimal("0.1")
    await bot.pipeline.stop(Stop(by="eve", at=bot.clock.now()))
    run = await bot.advance((await bot.start()).id)  # raises BudgetExceeded
    assert run.state is not RunState.RUNNING


async def test_a_retry_over_budget_of_a_run_whose_job_is_being_made_fails_in_words(bot):
    bot.waker.crowded = True
    run = await bot.advance((await bot.start()).id)
    await bot.tell("cancel", run.id)
    bot.world.cap = Decimal("0.80")
    await bot.tell("retry", run.id)  # raises BudgetExceeded out of _park
    run = await bot.store.get_run(run.id)
    assert run.state is RunState.FAILED


async def test_cancel_works_when_the_provider_was_removed(bot):
    bot.waker.crowded = True
    run = await bot.advance((await bot.start()).id)
    bot.ports.providers.clear()
    await bot.tell("cancel", run.id)  # the hint says: "or cancel the run"
    assert (await bot.store.get_run(run.id)).state is RunState.CANCELLED


async def test_a_provider_that_refuses_to_cancel_blocks_no_command(bot):
    bot.waker.crowded = True
    run = await bot.advance((await bot.start()).id)
    bot.provider.cancel = raising(Rejected("too late"))
    answer = await bot.tell("cancel", run.id)
    assert answer != "pending"


async def test_a_notifier_that_raises_once_does_not_leave_the_run_waiting_for_ever(bot):
    notify, bot.ears.notify = bot.ears.notify, raising(RuntimeError("slack is down"))
    run = await bot.advance((await bot.start()).id)
    bot.ears.notify = notify
    for _ in range(5):
        await bot.clock.advance(600)
        run = await bot.advance(run.id)
    assert run.state is RunState.SUCCEEDED


async def test_an_absurd_retry_after(bot):
    bot.world.vendor.script = [Unavailable(retry_after=1e12)]
    run = await bot.advance((await bot.start()).id)  # OverflowError
    assert run.state is RunState.WAITING


async def test_an_argument_missing(bot):
    run = await bot.settle((await bot.start(approval=True)).id)
    assert await bot.tell("edit", run.id) != "pending"  # KeyError: 'caption', for ever


# --- money ----------------------------------------------------------------------------------


async def test_a_retry_that_fails_before_its_first_commit_leaves_nothing_reserved(bot):
    bot.provider.download = _bad_download
    run = await bot.settle((await bot.start()).id)
    assert "reserved" not in (await money(bot, run.id)).values()
    await bot.tell("retry", run.id)
    run = await bot.settle(run.id)
    assert run.state is RunState.FAILED
    assert "reserved" not in (await money(bot, run.id)).values()


async def _bad_download(job, variant):
    raise Rejected("gone")
    yield b""


async def test_a_cancel_while_a_video_is_uploaded_comes_before_its_post(bot):
    run = await bot.start()
    publisher = bot.ports.publishers["x"]
    prepare = publisher.prepare

    async def long(post, earlier=()):
        handle = await prepare(post, earlier)
        await bot.store.add_command(bot.command("cancel", run.id))
        bot.runner.interrupt(run.id)
        return handle

    publisher.prepare = long
    run = await bot.settle(run.id)
    assert run.state is RunState.CANCELLED
    assert bot.world.x.posts == []


async def test_a_cancel_between_reserve_and_create_gives_the_money_back(bot):
    run = await bot.start()
    estimate = bot.ports.publishers["x"].estimate
    pending = []

    def late(*args):
        pending.append(
            asyncio.ensure_future(
                bot.store.add_command(
                    Command(kind=CommandKind.CANCEL, run_id=run.id, by="a", at=bot.clock.now())
                )
            )
        )
        return estimate(*args)

    bot.ports.publishers["x"].estimate = late
    stepped = bot.ears.stepped
    real = bot.store._store.pending_commands

    async def slow(run_id=None):
        await asyncio.gather(*pending)
        return await real(run_id)

    bot.store._store.pending_commands = slow
    await bot.advance(run.id)
    run = await bot.store.get_run(run.id)
    assert stepped
    assert run.state is RunState.CANCELLED
    assert "reserved" not in (await money(bot, run.id)).values()


async def test_a_commit_that_failed_for_one_post_is_not_half_there(bot):
    """The Delivery of the failed commit rides on the other post's commit; its effect does not."""
    run = await bot.start()
    commit = bot.store._store.commit
    broken = []

    async def fails_once(*changes):
        done = [c for c in changes if isinstance(c, SettleEffect) and ":post:x" in c.effect.key]
        if done and not broken:
            broken.append(1)
            raise DatabaseUnusable("disk full")
        await commit(*changes)

    bot.store._store.commit = fails_once
    publish = bot.ports.publishers["slack"].publish

    async def later(*args):
        while not broken:  # noqa: ASYNC110  # the order of two deliveries is the point
            await asyncio.sleep(0)
        return await publish(*args)

    bot.ports.publishers["slack"].publish = later
    with pytest.raises(StoreError):
        await bot.advance(run.id)
    await bot.clock.advance(60)
    run = await bot.settle(run.id)
    effects = {e.key.removeprefix(run.id): e.state.value for e in await bot.store.effects(run.id)}
    assert "reserved" not in (await money(bot, run.id)).values()
    assert "sending" not in effects.values()


async def test_the_true_cost_counts_after_a_retry(bot):
    """Cancelled in the making (settled at the estimate), retried; the provider charged more."""
    bot.waker.crowded = True
    run = await bot.advance((await bot.start(targets=(SLACK,))).id)
    await bot.tell("cancel", run.id)
    bot.waker.crowded = False
    look = bot.world.vendor.look
    bot.world.vendor.look = lambda job: replace(look(job), cost=Decimal("3.00"))
    await bot.tell("retry", run.id)
    await bot.settle(run.id)
    assert await bot.store.spent(bot.clock.now().date()) == Decimal("3.00")


async def test_a_failed_job_that_was_charged_counts(bot):
    bot.world.vendor.fails = True
    look = bot.world.vendor.look
    bot.world.vendor.look = lambda job: replace(look(job), cost=Decimal("0.40"))
    await bot.settle((await bot.start()).id)
    assert await bot.store.spent(bot.clock.now().date()) == Decimal("0.40")


# --- killed ---------------------------------------------------------------------------------


async def test_a_failed_job_is_a_failed_run_wherever_it_was_killed(tmp_path):
    async def trip(world, killer):
        async with world.boot(killer) as bot:
            try:
                run = await bot.start()
                return await bot.settle(run.id)
            except Killed:
                return None

    (tmp_path / "c").mkdir()
    world = World(tmp_path / "c")
    world.vendor.fails = True
    killer = Killer()
    await trip(world, killer)
    wrong = []
    for at, line in enumerate(killer.passed, 1):
        world = World(tmp_path / str(at))
        world.folder.mkdir()
        world.vendor.fails = True
        await trip(world, Killer(at))
        async with world.boot() as bot:
            await bot.store.release_all()
            run = await bot.start()
            run = run if run.state.is_terminal else await bot.settle(run.id)
        if run.state is not RunState.FAILED or world.posts:
            wrong.append((line, run.state.value, world.posts))
    assert wrong == []


@pytest.mark.parametrize("case", ["approval", "attention", "failed"])
async def test_somebody_is_told_wherever_it_was_killed(tmp_path, case):
    def prepare(world):
        if case == "attention":
            world.x.script, world.x.lag = ["lose"], 10_000
        if case == "failed":
            world.vendor.script = [Rejected("No.")]

    options = {"approval": True} if case == "approval" else {}
    (tmp_path / "c").mkdir()
    world = World(tmp_path / "c", authoritative=False)
    prepare(world)
    killer = Killer()
    async with world.boot(killer) as bot:
        await bot.settle((await bot.start(**options)).id)
    silent = []
    for at, line in enumerate(killer.passed, 1):
        world = World(tmp_path / str(at), authoritative=False)
        world.folder.mkdir()
        prepare(world)
        told = []
        async with world.boot(Killer(at)) as bot:
            with contextlib.suppress(Killed):
                await bot.settle((await bot.start(**options)).id)
            told += bot.ears.told
        async with world.boot() as bot:
            await bot.store.release_all()
            run = await bot.start(**options)
            for run_id, _ in await bot.store.unfinished():
                run = await bot.settle(run_id)
            told += bot.ears.told
        if not told:
            silent.append((line, run.state.value, run.reason))
    assert silent == []


async def test_a_cancel_that_was_done_is_answered_as_done(tmp_path):
    world = World(tmp_path)
    async with world.boot() as bot:
        run = await bot.settle((await bot.start(approval=True)).id)
        bot.killer.at = None
        command = await bot.store.add_command(
            Command(kind=CommandKind.CANCEL, run_id=run.id, by="a", at=bot.clock.now())
        )
        seen = len(bot.killer.passed)
        passed = bot.killer.passed
        killer = bot.killer

        def line(name):
            passed.append(name)
            if name.startswith("commit") and name.endswith(": after"):
                raise Killed(name)

        killer.line = line
        with pytest.raises(Killed):
            await bot.advance(run.id)
        assert seen
    async with world.boot() as bot:
        await bot.store.release_all()
        await bot.advance(run.id)
        assert (await bot.store.get_command(command.id)).state is CommandState.DONE


async def test_a_zombie_that_wakes_between_gate_and_send_sends_nothing(tmp_path):
    world = World(tmp_path)
    async with world.boot() as first, world.boot() as second:
        run = await first.start()
        check, calls = first.gate.check, []
        frozen, go = asyncio.Event(), asyncio.Event()

        async def stop_and_go():
            await check()
            calls.append(1)
            if len(calls) == 2:  # intent written, gate passed: SIGSTOP, a partition, a laptop lid
                frozen.set()
                await go.wait()

        first.gate.check = stop_and_go
        task = asyncio.create_task(first.runner.advance(run.id))
        await frozen.wait()
        await second.store.release_all()
        await world.clock.advance(200)
        await second.settle(run.id)
        go.set()
        await asyncio.gather(task, return_exceptions=True)
    assert len(world.vendor.jobs) == 1


# --- looking for what was lost --------------------------------------------------------------


async def test_ids_of_one_provider_do_not_hide_those_of_another(bot):
    vendor = Vendor(bot.clock)
    other = FakeProvider(vendor, bot.killer)
    other.name = "other"
    bot.ports.providers["other"] = other
    await bot.settle((await bot.start(key="a")).id)  # makes video_1 at the first
    vendor.script = ["lose"]  # makes video_1 at the second
    await bot.settle((await bot.start(key="b", provider="other")).id)
    assert len(vendor.jobs) == 1


async def test_a_job_of_an_older_run_is_not_adopted_when_the_server_is_hours_ahead(bot):
    """A gateway that writes local time without a zone (read as UTC) is hours ahead."""
    first = await bot.settle((await bot.start(key="a")).id)
    await bot.clock.advance(2 * 3600)
    ahead = replace(first.job, created_at=bot.clock.now(), status=VideoStatus.COMPLETED)
    bot.world.vendor.strangers = [ahead]  # what find's window then shows
    create = bot.provider.create

    async def never_arrived(request):
        raise AmbiguousCreate

    bot.provider.create = never_arrived
    run = await bot.start(key="b")
    await bot.advance(run.id)
    bot.provider.create = create
    run = await bot.settle(run.id)
    assert run.job is None or run.job.id != first.job.id


async def test_a_person_cannot_give_a_run_another_runs_video(tmp_path):
    world = World(tmp_path, authoritative=False)
    async with world.boot() as bot:
        await bot.settle((await bot.start(key="a")).id)
        world.vendor.script, world.vendor.lag = ["lose"], 10_000
        run = await bot.settle((await bot.start(key="b")).id)
        answer = await bot.tell("resolve", run.id, answer="happened", id="video_1")
        assert not answer.startswith("ann says"), answer


# --- publish --------------------------------------------------------------------------------


async def test_three_targets_do_not_overwrite_one_another(bot):
    targets = (Target.parse("slack:#a"), Target.parse("slack:#b"), X)
    bot.world.x.script = [PostRejected("No.")]
    bot.world.slack.script = [PostRejected("No."), PostRejected("No.")]
    run = await bot.settle((await bot.start(targets=targets)).id)
    sent = [line for line in bot.killer.passed if "before it arrives" in line and "publish" in line]
    assert sorted(sent) == sorted(set(sent)), sent
    assert run.state is RunState.FAILED


async def test_a_paused_target_tells_a_person(bot):
    bot.world.x.script = [TargetPaused() for _ in range(500)]
    run = await bot.start()
    for _ in range(100):
        run = await bot.advance(run.id)
        await bot.clock.advance(900)
    assert run.reason == "target_paused"
    assert bot.ears.told


async def test_a_paused_target_does_not_hold_back_another(bot):
    bot.world.slack.script = [TargetPaused() for _ in range(50)]
    bot.world.x.script = ["lose"]
    run = await bot.advance((await bot.start()).id)
    assert (bot.waker.due[run.id] - bot.clock.now()).total_seconds() < 60


# --- 10 ---------------------------------------------------------------------------------------


async def test_low_disk_notices_no_budget_bug(bot):
    bot.world.cap = Decimal("0.1")
    bot.world.media.free = 0
    run = await bot.advance((await bot.start()).id)  # BudgetExceeded escapes
    assert run.state is not RunState.RUNNING
