"""What every store promises, on SQLite and on PostgreSQL."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from bot.domain.budget import Item, Spend, SpendState
from bot.domain.command import Command, CommandKind, CommandState
from bot.domain.effect import Effect, EffectState
from bot.domain.post import Target
from bot.domain.run import Failure, Removal, Run, RunRequest, RunState, Step, WaitReason
from bot.domain.schedule import ApprovalMode, ApprovalPolicy, Fire, Pause
from bot.domain.video import Asset, Derivation, Origin, VideoJob, VideoSpec, VideoStatus
from bot.errors import BotError, BudgetExceeded, Conflict, LeaseLost, NotFound, StoreError
from bot.ports import (
    FinishCommand,
    Intend,
    Lease,
    Release,
    Reserve,
    SaveRun,
    Settle,
    SettleEffect,
    Spent,
    Stop,
    Store,
)
from bot.store import SqlStore, open_store
from bot.store.tables import metadata
from tests.postgres import fresh_database

NOW = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TODAY = date(2026, 11, 23)
CAP = Decimal(10)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def created(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The URL of a database with tables; they are made once, as that takes longer than a test."""
    with ExitStack() as stack:
        path = tmp_path_factory.mktemp("store") / "reelbot.db"
        file = f"sqlite:///{path}"
        url = file if request.param == "sqlite" else stack.enter_context(fresh_database())
        open_store(url, migrate=True)._close()
        yield url


@pytest.fixture
def url(created: str, tmp_path: Path) -> str:
    """The URL of an empty database."""
    if created.startswith("sqlite"):
        path = shutil.copy(created.removeprefix("sqlite:///"), tmp_path)
        return f"sqlite:///{path}"
    with psycopg.connect(created) as connection:
        connection.execute(f"TRUNCATE {', '.join(metadata.tables)}")
    return created


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    opened = open_store(url, migrate=True)
    yield opened
    await opened.close()


@pytest.fixture
async def other(store: Store, url: str) -> AsyncIterator[Store]:
    """A second door to the same database: another node, or the CLI beside the engine."""
    opened = open_store(url, migrate=False)
    yield opened
    await opened.close()


def a_run(run_id: str = "r1", *, key: str | None = None, age: timedelta = MINUTE) -> Run:
    request = RunRequest(
        key=key or f"key of {run_id}",
        source="cli:jane",
        provider="studio",
        video=VideoSpec(seconds=4, size="1280x720"),
        targets=(Target(network="slack", destination="#cats"),),
        approval=ApprovalPolicy(mode=ApprovalMode.AUTO),
    )
    return Run(id=run_id, request=request, created_at=NOW - age, updated_at=NOW - age)


def a_fire(key: str = "hourly@12", *, due: datetime = NOW) -> Fire:
    return Fire(key=key, schedule_id="hourly", due=due)


def an_effect(key: str = "r1:create:1", *, fingerprint: str | None = None) -> Effect:
    return Effect(
        key=key,
        run_id=key.partition(":")[0],
        fingerprint=fingerprint,
        handle={"file": "F1"},
        started_at=NOW,
    )


def a_spend(key: str = "r1:video:1", usd: str = "0.40", *, day: date = TODAY) -> Spend:
    return Spend(
        key=key, run_id="r1", what="video", vendor="studio", usd=Decimal(usd), day=day, at=NOW
    )


def a_command(run_id: str = "r1", kind: CommandKind = CommandKind.APPROVE) -> Command:
    return Command(kind=kind, run_id=run_id, args={"text": "Größe ✓\0"}, by="jane", at=NOW)


async def take(store: Store, run_id: str = "r1", owner: str = "me") -> tuple[Run, Lease]:
    claimed = await store.claim(run_id, owner=owner, until=NOW + MINUTE, now=NOW)
    assert claimed is not None
    return claimed


class TestRuns:
    async def test_a_run_comes_back_as_it_was_stored(self, store: Store) -> None:
        run = a_run()
        assert await store.add_run(run) == run
        assert await store.get_run("r1") == run

    async def test_the_same_key_is_the_same_run(self, store: Store) -> None:
        await store.add_run(a_run("r1", key="k"))
        assert (await store.add_run(a_run("r2", key="k"))).id == "r1"
        with pytest.raises(NotFound):
            await store.get_run("r2")

    async def test_one_of_many_at_once_becomes_the_run(self, store: Store, other: Store) -> None:
        both = [store, other] * 10
        runs = [a_run(f"r{number}", key="k") for number in range(20)]
        added = await asyncio.gather(
            *(one.add_run(run) for one, run in zip(both, runs, strict=True))
        )
        assert len({run.id for run in added}) == 1
        assert len(await store.list_runs()) == 1

    async def test_a_missing_run_is_named(self, store: Store) -> None:
        with pytest.raises(NotFound, match="r9"):
            await store.get_run("r9")
        with pytest.raises(NotFound, match="r9"):
            await store.claim("r9", owner="me", until=NOW + MINUTE, now=NOW)
        with pytest.raises(NotFound, match="r9"):
            await store.poke("r9")

    async def test_newest_runs_are_listed_first(self, store: Store) -> None:
        for number in range(5):
            await store.add_run(a_run(f"r{number}", age=number * MINUTE))
        assert [run.id for run in await store.list_runs(limit=3)] == ["r0", "r1", "r2"]

    async def test_runs_are_listed_by_state(self, store: Store) -> None:
        for number in range(3):
            await store.add_run(a_run(f"r{number}"))
        run, lease = await take(store)
        await store.commit(SaveRun(run=run.evolve(state=RunState.FAILED), lease=lease))
        assert [r.id for r in await store.list_runs(states=[RunState.FAILED])] == ["r1"]
        two = {RunState.FAILED, RunState.RUNNING}
        assert len(await store.list_runs(states=two)) == 3
        assert await store.list_runs(states=[RunState.SUCCEEDED]) == []

    async def test_every_state_is_counted(self, store: Store) -> None:
        await store.add_run(a_run())
        counted = await store.count_runs()
        assert counted[RunState.RUNNING] == 1
        assert set(counted) == set(RunState)
        assert sum(counted.values()) == 1

    async def test_runs_are_found_by_the_start_of_their_id(self, store: Store) -> None:
        for run_id in ("abc1", "abc2", "abd", "ABC3", "ab%"):
            await store.add_run(a_run(run_id))
        assert {run.id for run in await store.find_runs("abc")} == {"abc1", "abc2"}
        assert {run.id for run in await store.find_runs("ab%")} == {"ab%"}
        assert await store.find_runs("x") == []

    async def test_at_most_twenty_runs_are_found(self, store: Store) -> None:
        for number in range(22):
            await store.add_run(a_run(f"r{number}", age=number * MINUTE))
        found = await store.find_runs("r")
        assert [run.id for run in found] == [f"r{number}" for number in range(20)]

    async def test_runs_that_may_go_on_are_unfinished(self, store: Store) -> None:
        states = list(RunState)
        for state in states:
            await store.add_run(a_run(state))
            run, lease = await take(store, state)
            wake_at = NOW if state is RunState.WAITING else None
            await store.commit(SaveRun(run=run.evolve(state=state, wake_at=wake_at), lease=lease))
        assert set(await store.unfinished()) == {("running", None), ("waiting", NOW)}

    async def test_what_somebody_should_have_advanced_is_overdue(self, store: Store) -> None:
        late, early = NOW - MINUTE, NOW + MINUTE
        parked = {"late": late, "early": early, "never": None}
        for run_id, wake_at in parked.items():
            await store.add_run(a_run(run_id))
            run, lease = await take(store, run_id)
            waiting = run.evolve(
                state=RunState.WAITING, reason=WaitReason.PROVIDER, wake_at=wake_at
            )
            await store.commit(SaveRun(run=waiting, lease=lease))
            await store.release(lease)
        await store.add_run(a_run("nobody"))
        await store.add_run(a_run("held"))
        await take(store, "held")
        assert set(await store.overdue(NOW)) == {"late", "nobody"}

    async def test_a_run_whose_holder_died_is_overdue(self, store: Store) -> None:
        await store.add_run(a_run())
        await take(store)
        assert await store.overdue(NOW + MINUTE) == []
        assert await store.overdue(NOW + 2 * MINUTE) == ["r1"]


async def add_video(
    store: Store,
    run_id: str,
    *,
    status: VideoStatus = VideoStatus.COMPLETED,
    provider: str = "studio",
    origin: str | None = None,
    files: tuple[str, ...] = (),
    age: timedelta = MINUTE,
) -> Run:
    """Add a run whose video was asked for."""
    run = a_run(run_id, age=age)
    grown = Origin(how=Derivation.REMIX, video_id="video_0", run_id=origin) if origin else None
    spec = replace(run.request.video, origin=grown)
    request = replace(run.request, provider=provider, video=spec)
    job = VideoJob(
        provider=provider,
        id=f"video of {run_id}",
        model="m",
        seconds=4,
        size="1280x720",
        status=status,
        created_at=NOW,
    )
    kept = [Asset(sha256=path, path=path, media_type="video/mp4", bytes=1) for path in files]
    stills = dict(zip(("video", "thumbnail", "spritesheet"), kept, strict=False))
    await store.add_run(run.evolve(request=request))
    run, lease = await take(store, run_id)
    await store.commit(SaveRun(run=run.evolve(job=job, **stills), lease=lease, release=True))
    return await store.get_run(run_id)


class TestVideos:
    async def test_runs_without_a_video_are_left_out(self, store: Store) -> None:
        await store.add_run(a_run("r1"))
        await add_video(store, "r2")
        assert [run.id for run in await store.videos()] == ["r2"]

    async def test_the_newest_come_first_of_one_provider_in_some_statuses(
        self, store: Store
    ) -> None:
        for n, status in enumerate([VideoStatus.COMPLETED, VideoStatus.FAILED, VideoStatus.QUEUED]):
            await add_video(store, f"r{n}", status=status, age=n * MINUTE)
        await add_video(store, "r3", provider="gateway", age=9 * MINUTE)

        assert [run.id for run in await store.videos(limit=2)] == ["r0", "r1"]
        assert [run.id for run in await store.videos(provider="gateway")] == ["r3"]
        some = [VideoStatus.FAILED, VideoStatus.QUEUED]
        assert [run.id for run in await store.videos(statuses=some)] == ["r1", "r2"]
        assert await store.videos(provider="gateway", statuses=some) == []

    async def test_a_video_that_was_refused_counts_as_asked_for(self, store: Store) -> None:
        await store.add_run(a_run())
        run, lease = await take(store)
        failure = Failure(code="rejected", message="No.", step=Step.CREATE, at=NOW)
        refused = run.evolve(state=RunState.FAILED, failure=failure)
        await store.commit(SaveRun(run=refused, lease=lease))
        assert await store.videos(statuses=[VideoStatus.FAILED]) == [refused]

    async def test_what_grew_out_of_a_video_is_found_oldest_first(self, store: Store) -> None:
        await add_video(store, "r1")
        await add_video(store, "r2", origin="r1", age=timedelta())
        await add_video(store, "r3", origin="r1", age=2 * MINUTE)
        await add_video(store, "r4", origin="r2")
        assert [run.id for run in await store.derived_from("r1")] == ["r3", "r2"]

    async def test_files_are_shared_until_the_other_run_is_deleted(self, store: Store) -> None:
        first = await add_video(store, "r1", files=("a", "b"))
        await add_video(store, "r2", files=("b", "c"))
        assert await store.shared_files(first) == {"b"}

        run, lease = await take(store, "r2")
        gone = run.evolve(removed=Removal(by="ann", at=NOW, at_provider=True))
        await store.commit(SaveRun(run=gone, lease=lease))
        assert await store.shared_files(first) == frozenset()

    async def test_the_first_frame_of_a_run_that_has_not_begun_is_needed(
        self, store: Store
    ) -> None:
        first = await add_video(store, "r1", files=("a",))
        run = a_run("r2")
        spec = replace(run.request.video, reference=first.video)
        await store.add_run(run.evolve(request=replace(run.request, video=spec)))
        assert await store.shared_files(first) == {"a"}

    async def test_a_request_that_came_twice_needs_its_files_once(self, store: Store) -> None:
        first = await add_video(store, "r1", files=("a",))
        await store.add_run(replace(first, id="r9"))
        assert await store.shared_files(first) == frozenset()


class TestLeases:
    async def test_a_run_has_one_holder(self, store: Store) -> None:
        await store.add_run(a_run())
        await take(store)
        assert await store.claim("r1", owner="you", until=NOW + MINUTE, now=NOW) is None

    async def test_of_two_nodes_one_gets_the_run(self, store: Store, other: Store) -> None:
        await store.add_run(a_run())
        claims = await asyncio.gather(
            *(
                one.claim("r1", owner=f"node {number}", until=NOW + MINUTE, now=NOW)
                for number, one in enumerate([store, other] * 5)
            )
        )
        assert sum(claim is not None for claim in claims) == 1

    async def test_a_lease_that_ran_out_goes_to_the_next(self, store: Store) -> None:
        await store.add_run(a_run())
        run, old = await take(store)
        later = NOW + 2 * MINUTE
        taken = await store.claim("r1", owner="you", until=later + MINUTE, now=later)
        assert taken is not None
        assert taken[1].rev > old.rev
        with pytest.raises(LeaseLost, match="r1"):
            await store.commit(SaveRun(run=run, lease=old))

    async def test_an_owner_may_take_its_run_again_and_loses_the_first_lease(
        self, store: Store
    ) -> None:
        await store.add_run(a_run())
        run, first = await take(store)
        _, second = await take(store)
        with pytest.raises(LeaseLost):
            await store.commit(SaveRun(run=run, lease=first))
        await store.commit(SaveRun(run=run.evolve(attempts=1), lease=second))
        assert (await store.get_run("r1")).attempts == 1

    async def test_a_run_that_is_over_can_be_taken_for_a_retry(self, store: Store) -> None:
        await store.add_run(a_run())
        run, lease = await take(store)
        await store.commit(SaveRun(run=run.evolve(state=RunState.FAILED), lease=lease))
        await store.release(lease)
        run, _ = await take(store, owner="you")
        assert run.state is RunState.FAILED

    async def test_a_lost_lease_changes_nothing_of_its_commit(self, store: Store) -> None:
        await store.add_run(a_run())
        run, old = await take(store)
        await take(store)
        with pytest.raises(LeaseLost):
            await store.commit(
                Reserve(spends=[a_spend()], cap=CAP),
                Intend(effect=an_effect()),
                SaveRun(run=run.evolve(attempts=7), lease=old),
            )
        assert await store.get_run("r1") == a_run()
        assert await store.spent(TODAY) == 0
        assert await store.get_effect("r1:create:1") is None

    async def test_a_lease_can_be_held_longer(self, store: Store) -> None:
        await store.add_run(a_run())
        _, lease = await take(store)
        later = NOW + 5 * MINUTE
        await store.renew(lease, later)
        assert await store.claim("r1", owner="you", until=later, now=NOW + 2 * MINUTE) is None

    async def test_a_lost_lease_cannot_be_held_longer(self, store: Store) -> None:
        await store.add_run(a_run())
        _, lease = await take(store)
        await store.release(lease)
        with pytest.raises(LeaseLost):
            await store.renew(lease, NOW + MINUTE)

    async def test_a_released_run_is_free(self, store: Store) -> None:
        await store.add_run(a_run())
        run, lease = await take(store)
        assert not await store.release(lease)
        with pytest.raises(LeaseLost):
            await store.commit(SaveRun(run=run, lease=lease))
        await take(store, owner="you")

    async def test_a_poke_while_it_is_held_is_seen_at_release(
        self, store: Store, other: Store
    ) -> None:
        await store.add_run(a_run())
        await store.poke("r1")
        _, lease = await take(store)
        await other.poke("r1")
        assert await store.release(lease)
        _, lease = await take(store)
        assert not await store.release(lease)

    async def test_releasing_a_lost_lease_takes_nothing_from_the_next(self, store: Store) -> None:
        await store.add_run(a_run())
        _, old = await take(store)
        run, new = await take(store)
        await store.poke("r1")
        assert not await store.release(old)
        await store.commit(SaveRun(run=run, lease=new))

    async def test_an_engine_frees_what_the_dead_one_held(self, store: Store) -> None:
        await store.add_run(a_run())
        run, old = await take(store)
        await store.release_all()
        await take(store, owner="you")
        with pytest.raises(LeaseLost):
            await store.commit(SaveRun(run=run, lease=old))

    async def test_a_lease_is_for_its_own_run(self, store: Store) -> None:
        await store.add_run(a_run("r1"))
        await store.add_run(a_run("r2"))
        _, lease = await take(store, "r1")
        await take(store, "r2")
        with pytest.raises(AssertionError, match="lease"):
            await store.commit(SaveRun(run=a_run("r2"), lease=lease))
        assert (await store.get_run("r1")).id == "r1"


class TestFires:
    async def test_a_fire_moves_the_cursor_with_its_run(self, store: Store) -> None:
        await store.add_run(a_run(), fire=a_fire())
        assert await store.cursor("hourly") == NOW

    async def test_a_moment_fires_once(self, store: Store) -> None:
        await store.add_run(a_run("r1"), fire=a_fire())
        again = await store.add_run(a_run("r2"), fire=a_fire(due=NOW + MINUTE))
        assert again.id == "r1"
        assert [run.id for run in await store.list_runs()] == ["r1"]
        assert await store.cursor("hourly") == NOW

    async def test_a_request_that_exists_leaves_no_fire(self, store: Store) -> None:
        await store.add_run(a_run("r1", key="k"))
        assert (await store.add_run(a_run("r2", key="k"), fire=a_fire())).id == "r1"
        assert await store.cursor("hourly") is None
        assert (await store.add_run(a_run("r3"), fire=a_fire())).id == "r3"

    async def test_of_many_nodes_one_starts_the_run(self, store: Store, other: Store) -> None:
        added = await asyncio.gather(
            *(
                one.add_run(a_run(f"r{number}"), fire=a_fire())
                for number, one in enumerate([store, other] * 10)
            )
        )
        assert len({run.id for run in added}) == 1
        assert len(await store.list_runs()) == 1

    async def test_a_cursor_never_moves_back(self, store: Store) -> None:
        assert await store.cursor("hourly") is None
        await store.move_cursor("hourly", NOW)
        await store.move_cursor("hourly", NOW - MINUTE)
        await store.add_run(a_run(), fire=a_fire(due=NOW - MINUTE))
        assert await store.cursor("hourly") == NOW
        await store.move_cursor("hourly", NOW + MINUTE)
        assert await store.cursor("hourly") == NOW + MINUTE
        assert await store.cursor("daily") is None


class TestMoney:
    @pytest.fixture(autouse=True)
    async def run(self, store: Store) -> None:
        await store.add_run(a_run())

    async def test_reserved_money_counts_for_its_day(self, store: Store) -> None:
        await store.commit(Reserve(spends=[a_spend()], cap=CAP))
        assert await store.spends("r1") == [a_spend()]
        assert await store.spent(TODAY) == Decimal("0.40")
        assert await store.spent(date(2026, 11, 24)) == 0

    async def test_reserving_twice_reserves_once(self, store: Store) -> None:
        await store.commit(Reserve(spends=[a_spend()], cap=CAP))
        await store.commit(Reserve(spends=[a_spend(usd="5"), a_spend()], cap=CAP))
        assert await store.spends("r1") == [a_spend()]
        assert await store.spent(TODAY) == Decimal("0.40")

    async def test_many_at_once_never_exceed_the_cap(self, store: Store, other: Store) -> None:
        outcomes = await asyncio.gather(
            *(
                one.commit(Reserve(spends=[a_spend(f"r1:{number}", "0.10")], cap=Decimal("1.05")))
                for number, one in enumerate([store, other] * 15)
            ),
            return_exceptions=True,
        )
        assert sum(outcome is None for outcome in outcomes) == 10
        assert sum(isinstance(outcome, BudgetExceeded) for outcome in outcomes) == 20
        assert await store.spent(TODAY) == Decimal("1.00")
        assert len(await store.spends("r1")) == 10

    async def test_the_cap_itself_may_be_reached(self, store: Store) -> None:
        dime = [a_spend(f"r1:{number}", "0.1") for number in range(3)]
        await store.commit(Reserve(spends=dime, cap=Decimal("0.3")))
        assert await store.spent(TODAY) == Decimal("0.3")
        with pytest.raises(BudgetExceeded):
            await store.commit(Reserve(spends=[a_spend("one", "0.000001")], cap=Decimal("0.3")))

    async def test_a_refusal_names_the_money_and_undoes_the_whole_commit(
        self, store: Store
    ) -> None:
        run, lease = await take(store)
        with pytest.raises(BudgetExceeded, match=r"\$9.*\$1.*\$10") as refused:
            await store.commit(
                SaveRun(run=run.evolve(attempts=3), lease=lease),
                Reserve(spends=[a_spend("a", "9"), a_spend("b", "9")], cap=CAP),
            )
        assert refused.value.hint
        assert await store.spends("r1") == []
        assert await store.spent(TODAY) == 0
        assert (await store.get_run("r1")).attempts == 0

    async def test_the_first_of_a_day_may_be_too_dear(self, store: Store) -> None:
        with pytest.raises(BudgetExceeded):
            await store.commit(Reserve(spends=[a_spend(usd="10.01")], cap=CAP))
        assert await store.spent(TODAY) == 0

    async def test_each_day_has_its_own_cap(self, store: Store) -> None:
        tomorrow = TODAY + timedelta(days=1)
        both = [a_spend("a", "9"), a_spend("b", "9", day=tomorrow)]
        await store.commit(Reserve(spends=both, cap=CAP))
        assert await store.spent(tomorrow) == 9

    async def test_what_is_free_is_never_refused(self, store: Store) -> None:
        await store.commit(Reserve(spends=[a_spend("a", "10")], cap=CAP))
        await store.commit(Settle(key="a", usd=Decimal(12)))
        await store.commit(Reserve(spends=[a_spend("b", "0")], cap=CAP))
        assert len(await store.spends("r1")) == 2

    async def test_settled_money_counts_as_what_it_came_to(self, store: Store) -> None:
        await store.commit(Reserve(spends=[a_spend(usd="1"), a_spend("b", "2")], cap=CAP))
        await store.commit(Settle(key="r1:video:1", usd=Decimal("1.234567")))
        assert await store.spent(TODAY) == Decimal("3.234567")
        settled = next(spend for spend in await store.spends("r1") if spend.key == "r1:video:1")
        assert settled == replace(a_spend(), usd=Decimal("1.234567"), state=SpendState.SETTLED)

    async def test_what_was_free_may_come_to_something(self, store: Store) -> None:
        await store.commit(Reserve(spends=[a_spend(usd="0")], cap=CAP))
        await store.commit(Settle(key="r1:video:1", usd=Decimal("0.2")))
        assert await store.spent(TODAY) == Decimal("0.2")

    async def test_a_settled_spend_is_corrected_and_never_released(self, store: Store) -> None:
        await store.commit(Reserve(spends=[a_spend()], cap=CAP))
        for usd in (1, 2):
            await store.commit(Settle(key="r1:video:1", usd=Decimal(usd)))
        await store.commit(Release(key="r1:video:1"))
        await store.commit(Settle(key="unknown", usd=Decimal(5)), Release(key="unknown"))
        assert await store.spent(TODAY) == 2

    async def test_released_money_can_be_spent_by_others(self, store: Store) -> None:
        await store.commit(Reserve(spends=[a_spend(usd="10")], cap=CAP))
        for _ in range(2):
            await store.commit(Release(key="r1:video:1"))
        assert await store.spent(TODAY) == 0
        (released,) = await store.spends("r1")
        assert released.state is SpendState.RELEASED
        await store.commit(Reserve(spends=[a_spend("b", "10")], cap=CAP))

    async def test_what_is_spent_already_counts_whatever_the_cap(self, store: Store) -> None:
        await store.commit(Reserve(spends=[a_spend(usd="10")], cap=CAP))
        read = replace(a_spend("r1:x:@a posts read:f00", "0.003"), item=Item.READ)
        for usd in ("0.003", "5"):  # the second has the key of the first
            await store.commit(Spent(spend=replace(read, usd=Decimal(usd))))
        assert await store.spent(TODAY) == Decimal("10.003")
        kept = next(spend for spend in await store.spends("r1") if spend.item)
        assert kept == replace(read, state=SpendState.SETTLED)
        with pytest.raises(BudgetExceeded):
            await store.commit(Reserve(spends=[a_spend("b", "0.001")], cap=Decimal("10.003")))

    async def test_what_belongs_to_no_run_counts_for_its_day(self, store: Store) -> None:
        asked = replace(a_spend("-:x:@a account read:f00", "0.01"), run_id=None, item=Item.USER)
        await store.commit(Spent(spend=asked))
        assert await store.spent(TODAY) == Decimal("0.01")
        assert await store.spends("r1") == []
        orphan = replace(asked, key="orphan", run_id="r9")
        with pytest.raises(StoreError):
            await store.commit(Spent(spend=orphan))

    async def test_released_money_that_was_spent_after_all_counts(self, store: Store) -> None:
        await store.commit(Reserve(spends=[a_spend()], cap=CAP))
        await store.commit(Release(key="r1:video:1"))
        await store.commit(Settle(key="r1:video:1", usd=Decimal("0.40")))
        assert await store.spent(TODAY) == Decimal("0.40")


class TestEffects:
    @pytest.fixture(autouse=True)
    async def runs(self, store: Store) -> None:
        for run_id in ("r1", "r2"):
            await store.add_run(a_run(run_id))

    async def test_an_intent_comes_back_as_it_was_written(self, store: Store) -> None:
        await store.commit(Intend(effect=an_effect(fingerprint="f")))
        assert await store.get_effect("r1:create:1") == an_effect(fingerprint="f")
        assert await store.get_effect("r1:create:2") is None

    @pytest.mark.parametrize(
        "state", [EffectState.SENDING, EffectState.DONE, EffectState.UNCERTAIN]
    )
    async def test_what_may_have_been_sent_is_not_sent_again(
        self, store: Store, state: EffectState
    ) -> None:
        await store.commit(Intend(effect=an_effect()))
        settled = replace(an_effect(), state=state)
        await store.commit(SettleEffect(effect=settled, was="sending"))
        with pytest.raises(Conflict, match="r1:create:1"):
            await store.commit(Intend(effect=an_effect()))
        assert await store.get_effect("r1:create:1") == settled

    async def test_what_was_surely_not_sent_is_armed_again(self, store: Store) -> None:
        await store.commit(Intend(effect=an_effect()))
        unsent = replace(an_effect(), state=EffectState.NOT_SENT, detail="refused", result="x")
        await store.commit(SettleEffect(effect=unsent, was="sending"))
        later = replace(an_effect(), handle={"file": "F2"}, started_at=NOW + MINUTE)
        await store.commit(Intend(effect=later))
        assert await store.get_effect("r1:create:1") == replace(later, attempts=2)

    async def test_equal_writes_are_never_in_the_air_together(self, store: Store) -> None:
        first, second = (an_effect(f"r{n}:create:1", fingerprint="f") for n in (1, 2))
        await store.commit(Intend(effect=first))
        with pytest.raises(Conflict):
            await store.commit(Intend(effect=second))
        assert await store.get_effect(second.key) is None
        done = replace(first, state=EffectState.DONE, remote_id="v1")
        await store.commit(SettleEffect(effect=done, was="sending"))
        await store.commit(Intend(effect=second))

    async def test_an_equal_write_holds_back_one_that_is_armed_again(self, store: Store) -> None:
        first, second = (an_effect(f"r{n}:create:1", fingerprint="f") for n in (1, 2))
        await store.commit(Intend(effect=first))
        unsent = replace(first, state=EffectState.NOT_SENT)
        await store.commit(SettleEffect(effect=unsent, was="sending"))
        await store.commit(Intend(effect=second))
        with pytest.raises(Conflict):
            await store.commit(Intend(effect=first))
        assert await store.get_effect(first.key) == unsent

    async def test_of_equal_writes_one_takes_off(self, store: Store, other: Store) -> None:
        outcomes = await asyncio.gather(
            *(
                one.commit(Intend(effect=an_effect(f"r1:create:{number}", fingerprint="f")))
                for number, one in enumerate([store, other] * 5)
            ),
            return_exceptions=True,
        )
        assert sum(outcome is None for outcome in outcomes) == 1
        assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 9

    async def test_writes_without_a_fingerprint_are_independent(self, store: Store) -> None:
        for key in ("r1:create:1", "r1:publish:slack:#cats:1"):
            await store.commit(Intend(effect=an_effect(key)))
        assert len(await store.effects("r1")) == 2

    @pytest.mark.parametrize("was", list(EffectState))
    async def test_only_the_expected_state_is_settled(self, store: Store, was: EffectState) -> None:
        await store.commit(Intend(effect=an_effect()))
        done = replace(an_effect(), state=EffectState.DONE, remote_id="v1", result="{}")
        if was is EffectState.SENDING:
            await store.commit(SettleEffect(effect=done, was=was))
            assert await store.get_effect("r1:create:1") == done
        else:
            with pytest.raises(Conflict):
                await store.commit(SettleEffect(effect=done, was=was))
            assert await store.get_effect("r1:create:1") == an_effect()

    async def test_an_unknown_effect_is_not_settled(self, store: Store) -> None:
        with pytest.raises(Conflict):
            await store.commit(SettleEffect(effect=an_effect(), was="sending"))

    async def test_a_person_settles_what_is_uncertain(self, store: Store) -> None:
        await store.commit(Intend(effect=an_effect()))
        uncertain = replace(an_effect(), state=EffectState.UNCERTAIN, detail="two were found")
        await store.commit(SettleEffect(effect=uncertain, was="sending"))
        unsent = replace(uncertain, state=EffectState.NOT_SENT)
        await store.commit(SettleEffect(effect=unsent, was="uncertain"))
        assert await store.get_effect("r1:create:1") == unsent

    async def test_effects_of_a_run_come_oldest_first(self, store: Store) -> None:
        keys = ["r1:create:1", "r1:publish:x:@cat:1", "r1:publish:slack:#cats:1"]
        for number, key in enumerate(keys):
            effect = replace(an_effect(key), started_at=NOW + number * MINUTE)
            await store.commit(Intend(effect=effect))
        await store.commit(Intend(effect=an_effect("r2:create:1")))
        assert [effect.key for effect in await store.effects("r1")] == keys

    async def test_ids_that_done_creates_made_are_claimed_for_ever(self, store: Store) -> None:
        made = {
            "r1:create:1": ("vendor", EffectState.DONE, "v1"),
            "r1:create:2": ("vendor", EffectState.UNCERTAIN, "perhaps"),
            "r2:create:1": ("vendor", EffectState.DONE, "old"),
            "r2:create:2": ("other", EffectState.DONE, "v9"),
            "r2:publish:x:@create:1": ("vendor", EffectState.DONE, "tweet"),
        }
        for key, (provider, state, remote_id) in made.items():
            effect = replace(an_effect(key), handle={"provider": provider})
            settled = replace(effect, state=state, remote_id=remote_id)
            await store.commit(Intend(effect=effect), SettleEffect(effect=settled, was="sending"))
        assert await store.claimed_ids("vendor") == {"v1", "old"}
        assert await store.claimed_ids("other") == {"v9"}

    async def test_a_video_leads_to_the_run_that_created_it(self, store: Store) -> None:
        for key, provider, remote_id, state in (
            ("r1:create:1", "vendor", "v1", EffectState.DONE),
            ("r1:create:2", "vendor", "v2", EffectState.DONE),
            ("r2:create:1", "other", "v1", EffectState.DONE),
            ("r2:create:2", "vendor", "v3", EffectState.UNCERTAIN),
            ("r2:post:x:@a:1", "vendor", "v4", EffectState.DONE),
        ):
            effect = replace(an_effect(key), handle={"provider": provider})
            settled = replace(effect, state=state, remote_id=remote_id)
            await store.commit(Intend(effect=effect), SettleEffect(effect=settled, was="sending"))

        asked = [("vendor", "v1"), ("vendor", "v2"), ("other", "v1")]
        assert [await store.run_of_video(*video) for video in asked] == ["r1", "r1", "r2"]
        unknown = [("vendor", "v3"), ("vendor", "v4"), ("vendor", "v"), ("", "v1")]
        assert [await store.run_of_video(*video) for video in unknown] == [None] * 4

    async def test_what_belongs_to_no_run_has_its_row(self, store: Store) -> None:
        said = replace(an_effect("room:told:1"), run_id=None)
        await store.commit(Intend(effect=said))
        assert await store.get_effect("room:told:1") == said
        with pytest.raises(Conflict, match="room:told:1"):
            await store.commit(Intend(effect=said))
        done = replace(said, state=EffectState.DONE, remote_id="17.1", result="C1")
        await store.commit(SettleEffect(effect=done, was="sending"))
        assert await store.get_effect("room:told:1") == done
        assert await store.effects("room") == []

    async def test_effects_are_found_by_kind_state_and_time(self, store: Store) -> None:
        keys = ["room:told:1", "r1:card:desk:0", "room:inbox:1", "r1:create:1", "room:told:2"]
        for minute, key in enumerate(keys):
            run_id = None if key.startswith("room") else "r1"
            sent = replace(an_effect(key), run_id=run_id, started_at=NOW + minute * MINUTE)
            await store.commit(Intend(effect=sent))
            if key == "room:told:2":
                done = replace(sent, state=EffectState.DONE)
                await store.commit(SettleEffect(effect=done, was="sending"))

        async def found(since: datetime, kinds: set[str], states: set[EffectState]) -> list[str]:
            effects = await store.effects_since(since, kinds=kinds, states=states)
            return [effect.key for effect in effects]

        every, sending = set(EffectState), {EffectState.SENDING}
        assert await found(NOW, {"told"}, every) == ["room:told:1", "room:told:2"]
        assert await found(NOW, {"told", "card"}, sending) == ["room:told:1", "r1:card:desk:0"]
        assert await found(NOW + MINUTE, {"told", "card"}, sending) == ["r1:card:desk:0"]
        assert await found(NOW, {"told"}, {EffectState.NOT_SENT}) == []


class TestCommands:
    @pytest.fixture(autouse=True)
    async def runs(self, store: Store) -> None:
        for run_id in ("r1", "r2"):
            await store.add_run(a_run(run_id))

    async def test_commands_come_in_order(self, store: Store, other: Store) -> None:
        asked = [await other.add_command(a_command(run_id)) for run_id in ("r1", "r2", "r1")]
        assert asked[0] == replace(a_command(), id=asked[0].id)
        assert [command.id for command in asked] == sorted({command.id for command in asked})
        assert await store.pending_commands() == asked
        assert await store.pending_commands("r1") == [asked[0], asked[2]]
        assert await store.get_command(asked[1].id) == asked[1]

    async def test_a_command_is_answered_once(self, store: Store) -> None:
        asked = await store.add_command(a_command())
        done = replace(asked, state=CommandState.DONE, answer="approved")
        await store.commit(FinishCommand(command=done))
        refused = replace(asked, state=CommandState.REFUSED, answer="too late")
        await store.commit(FinishCommand(command=refused))
        assert await store.get_command(asked.id) == done
        assert await store.pending_commands() == []

    async def test_a_command_needs_its_run(self, store: Store) -> None:
        with pytest.raises(NotFound, match="r9"):
            await store.add_command(a_command("r9"))
        with pytest.raises(NotFound):
            await store.get_command(999)
        assert await store.pending_commands() == []


class TestStop:
    async def test_a_stop_survives_a_restart(self, store: Store, url: str) -> None:
        assert await store.stopped() is None
        await store.set_stopped(Stop(by="jane", at=NOW, why="wrong cat"))
        await store.set_stopped(Stop(by="joe", at=NOW))
        async with AsyncExitStack() as stack:
            again = open_store(url, migrate=True)
            stack.push_async_callback(again.close)
            assert await again.stopped() == Stop(by="joe", at=NOW)
            await again.set_stopped(None)
        assert await store.stopped() is None


class TestCommits:
    async def test_a_refused_one_among_many_undoes_only_itself(self, store: Store) -> None:
        """They share a transaction where the store groups commits."""
        await store.add_run(a_run())
        spends = [a_spend(f"r1:{number}", "1") for number in range(10)]
        outcomes = await asyncio.gather(
            *(store.commit(Reserve(spends=[spend], cap=CAP)) for spend in spends[:5]),
            store.commit(Intend(effect=an_effect()), Intend(effect=an_effect())),
            *(store.commit(Reserve(spends=[spend], cap=CAP)) for spend in spends[5:]),
            return_exceptions=True,
        )
        assert [type(outcome) for outcome in outcomes].count(Conflict) == 1
        assert await store.spent(TODAY) == 10
        assert await store.get_effect("r1:create:1") is None

    async def test_a_broken_one_among_many_undoes_only_itself(self, store: Store) -> None:
        await store.add_run(a_run())
        orphan = replace(a_spend("orphan"), run_id="r9")
        spends = [a_spend("a", "1"), orphan, a_spend("b", "1")]
        outcomes = await asyncio.gather(
            *(store.commit(Reserve(spends=[spend], cap=CAP)) for spend in spends),
            return_exceptions=True,
        )
        assert [isinstance(outcome, BotError) for outcome in outcomes] == [False, True, False]
        assert await store.spent(TODAY) == 2

    async def test_what_was_handed_over_is_done_though_nobody_waits(self, store: Store) -> None:
        waiting = asyncio.create_task(store.add_run(a_run()))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await store.move_cursor("hourly", NOW)  # comes after it
        assert (await store.get_run("r1")).id == "r1"

    async def test_an_empty_commit_does_nothing(self, store: Store) -> None:
        await store.commit()

    async def test_closing_finishes_what_was_handed_over(self, url: str) -> None:
        first: SqlStore = open_store(url, migrate=True)
        adding = [asyncio.create_task(first.add_run(a_run(f"r{n}"))) for n in range(20)]
        await asyncio.sleep(0)
        await first.close()
        await asyncio.gather(*adding)
        second = open_store(url, migrate=False)
        assert (await second.count_runs())[RunState.RUNNING] == 20
        await second.close()

    async def test_a_closed_store_takes_nothing(self, url: str) -> None:
        closed = open_store(url, migrate=True)
        await closed.close()
        await closed.close()
        with pytest.raises(StoreError, match="closed"):
            await closed.add_run(a_run())
        with pytest.raises(StoreError, match="closed"):
            await closed.list_runs()


# --- pauses ------------------------------------------------------------------------------------


async def test_requests_of_one_person_are_counted_since_an_instant(store):
    for n, key in enumerate(["slack:U1!a", "slack:U1!b", "slack:U12!a", "slack:U1", "cats@1"]):
        run = a_run(f"run{n}")
        request = replace(run.request, key=key)
        await store.add_run(replace(run, request=request, created_at=NOW + n * MINUTE))

    assert await store.count_asked("slack:U1", NOW) == 2
    assert await store.count_asked("slack:U1", NOW + MINUTE) == 1
    assert await store.count_asked("slack:U1", NOW + 2 * MINUTE) == 0
    assert await store.count_asked("slack:U%", NOW) == 0


async def test_a_pause_stays_until_it_is_lifted(store):
    first, second = Pause(by="ann", at=NOW), Pause(by="bob", at=NOW + timedelta(hours=1))

    await store.pause("cats", first)
    await store.pause("cats", second)
    await store.pause("dogs", second)

    assert await store.paused() == {"cats": first, "dogs": second}
    await store.unpause("cats")
    await store.unpause("cats")
    assert await store.paused() == {"dogs": second}
