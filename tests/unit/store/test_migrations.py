"""A database of an older program is brought up with all that is in it."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.domain.budget import Item, Spend, SpendState
from bot.domain.run import RunState
from bot.domain.video import VideoStatus
from bot.errors import Conflict, StoreError
from bot.ports import Intend, Reserve, Spent
from bot.store import open_store
from tests.old_database import at_revision, run_sql
from tests.postgres import fresh_database


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with ExitStack() as stack:
        file = f"sqlite:///{tmp_path / 'reelbot.db'}"
        yield file if request.param == "sqlite" else stack.enter_context(fresh_database())


def old_run(run_id: str, state: RunState, **results: Any) -> dict[str, Any]:
    """Return a run as format 1 stored it before videos could be found or deleted."""
    at = "2026-11-23T12:00:00Z"
    spec = {"model": None, "seconds": 4, "size": "1280x720", "reference": None}
    request = {"key": run_id, "source": "s", "provider": "gateway", "video": spec, "targets": []}
    return {
        "id": run_id,
        "request": request | {"approval": {"mode": "auto"}},
        "state": state.value,
        "created_at": at,
        "updated_at": at,
        "job": None,
        "video": None,
        "failure": None,
    } | results


def old_job(status: str) -> dict[str, Any]:
    shape = {"model": "m", "seconds": 4, "size": "1280x720"}
    return shape | {
        "provider": "gateway",
        "id": "video_1",
        "status": status,
        "created_at": "2026-11-23T12:00:00Z",
    }


def old_failure(step: str) -> dict[str, str]:
    return {"code": "rejected", "message": "No.", "step": step, "at": "2026-11-23T12:00:00Z"}


async def test_the_videos_of_an_older_database_are_found(url: str) -> None:
    file = {"sha256": "aa", "path": "aa/aa.mp4", "media_type": "video/mp4", "bytes": 1}
    post = {
        "run_id": "r1",
        "target": {"network": "slack", "destination": "#cats"},
        "caption": None,
        "alt_text": None,
        "asset": file | {"path": "bb/bb.mp4"},
        "thumbnail": None,
        "simulated": True,
    }
    done = old_run("r1", RunState.SUCCEEDED, job=old_job("completed"), video=file, posts=[post])
    at_revision(
        url,
        "0001",
        done,
        old_run("r2", RunState.FAILED, failure=old_failure("create")),
        old_run("r3", RunState.FAILED, failure=old_failure("render")),
        old_run("r4", RunState.ATTENTION, failure=old_failure("create")),
        old_run("r5", RunState.CANCELLED, job=old_job("in_progress")),
        old_run("r6", RunState.WAITING, job=old_job("in_progress")),
    )
    store = open_store(url, migrate=True)
    try:
        found = {run.id: run.video_status for run in await store.videos(provider="gateway")}
        for run_id, status in found.items():
            listed = await store.videos(statuses=[status] if status else ())
            assert run_id in [run.id for run in listed]
        twin = (await store.get_run("r1")).evolve(id="r9")
        shared = await store.shared_files(twin)
    finally:
        await store.close()

    assert found == {
        "r1": VideoStatus.COMPLETED,
        "r2": VideoStatus.FAILED,
        "r4": VideoStatus.UNKNOWN,
        "r5": VideoStatus.CANCELLED,
        "r6": VideoStatus.IN_PROGRESS,
    }
    assert shared == {"aa/aa.mp4", "bb/bb.mp4"}


async def test_an_old_run_was_never_deleted(url: str) -> None:
    at_revision(url, "0001", old_run("r1", RunState.SUCCEEDED, job=old_job("completed")))
    store = open_store(url, migrate=True)
    try:
        assert (await store.get_run("r1")).removed is None
    finally:
        await store.close()


async def test_more_runs_than_are_filled_at_once(url: str) -> None:
    runs = [old_run(f"r{n}", RunState.FAILED, failure=old_failure("create")) for n in range(1201)]
    at_revision(url, "0001", *runs)
    store = open_store(url, migrate=True)
    try:
        assert len(await store.videos(limit=5000)) == len(runs)
    finally:
        await store.close()


async def test_what_was_spent_before_stays_and_what_has_no_run_fits_beside_it(url: str) -> None:
    at_revision(url, "0005", old_run("r1", RunState.RUNNING))
    day, micro = "2026-11-23", 1_000_000
    run_sql(
        url,
        "INSERT INTO spends (key, run_id, what, vendor, usd, day, at, state)"
        f" VALUES ('r1:video:1', 'r1', 'video', 'v', 400000000, '{day}', {micro}, 'settled')",
    )
    run_sql(url, f"INSERT INTO days (day, usd) VALUES ('{day}', 400000000)")
    old = Spend(
        key="r1:video:1",
        run_id="r1",
        what="video",
        vendor="v",
        usd=Decimal("0.40"),
        day=date.fromisoformat(day),
        at=datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC),
        state=SpendState.SETTLED,
    )
    store = open_store(url, migrate=True)
    try:
        assert await store.spends("r1") == [old]
        await store.commit(Reserve(spends=[replace(old, usd=Decimal(5))], cap=Decimal(9)))
        await store.commit(Spent(spend=replace(old, key="-", run_id=None, item=Item.USER)))
        assert await store.spent(old.day) == Decimal("0.80")
    finally:
        await store.close()


async def test_what_the_ledger_knows_stays_and_what_it_must_not_hold_twice_too(url: str) -> None:
    at_revision(url, "0004", old_run("r1", RunState.RUNNING))
    run_sql(
        url,
        "INSERT INTO effects (key, run_id, kind, state, fingerprint, handle, attempts, started_at)"
        " VALUES ('r1:create:1', 'r1', 'create', 'sending', 'f', '{\"provider\": \"p\"}', 1, 0)",
    )
    store = open_store(url, migrate=True)
    try:
        [effect] = await store.effects("r1")
        assert (effect.fingerprint, effect.handle) == ("f", {"provider": "p"})
        equal = replace(effect, key="r2:create:1", run_id="r1")
        with pytest.raises(Conflict):  # its index is there again
            await store.commit(Intend(effect=equal))
        said = replace(effect, key="room:told:1", run_id=None, fingerprint=None)
        await store.commit(Intend(effect=said))
        stranger = replace(said, key="r9:post:1", run_id="r9")
        with pytest.raises(StoreError):  # whoever has a run has one that is there
            await store.commit(Intend(effect=stranger))
    finally:
        await store.close()
