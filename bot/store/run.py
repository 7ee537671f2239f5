"""Rows of runs: their documents, their leases, the fires that started them.

Each function runs inside the writer's transaction or on the reader's connection. Nothing but
`claim` raises `rev`, and every write of a holder asks for the rev it was given.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, func, or_, select, text, union_all, update

from bot.domain.run import Run, RunState
from bot.domain.schedule import Fire
from bot.domain.video import VideoStatus
from bot.errors import LeaseLost, NotFound
from bot.ports import Lease
from bot.store import files, schedule
from bot.store.columns import Instant
from bot.store.documents import FORMAT, decode, encode
from bot.store.tables import fires, runs, upsert

_GOES_ON = runs.c.state.in_([RunState.RUNNING, RunState.WAITING])
_ID = runs.c.id == bindparam("run_id")
_DOCUMENT = (runs.c.format, runs.c.doc)

_INSERT = upsert(
    runs,
    lambda insert: insert.on_conflict_do_nothing(index_elements=["key"]).returning(runs.c.id),
)
_FIRE = upsert(
    fires,
    lambda insert: insert.on_conflict_do_nothing(index_elements=["key"]).returning(fires.c.key),
)
_BY_FIRE = select(*_DOCUMENT).join(fires).where(fires.c.key == bindparam("fire_key"))
_UNFIRE = fires.delete().where(fires.c.key == bindparam("fire_key"))
_BY_KEY = select(*_DOCUMENT).where(runs.c.key == bindparam("request_key"))
_BY_ID = select(*_DOCUMENT).where(_ID)
_NEWEST = (runs.c.created_at.desc(), runs.c.id.desc())
_BY_PREFIX = (
    select(*_DOCUMENT)
    .where(runs.c.id >= bindparam("prefix"), runs.c.id < bindparam("beyond"))
    .order_by(*_NEWEST)
    .limit(20)
)
_LIST = select(*_DOCUMENT).order_by(*_NEWEST).limit(bindparam("most"))
_LIST_BY_STATE = _LIST.where(runs.c.state.in_(bindparam("states", expanding=True)))
_VIDEOS = _LIST.where(text("video_status IS NOT NULL"))
_OF_PROVIDER = runs.c.provider == bindparam("of_provider")
_IN_STATUS = runs.c.video_status.in_(bindparam("statuses", expanding=True))
_DERIVED = (
    select(*_DOCUMENT)
    .where(runs.c.origin == bindparam("of_run"))
    .order_by(runs.c.created_at, runs.c.id)
)
_UNFINISHED = select(runs.c.id, runs.c.wake_at).where(_GOES_ON).order_by(runs.c.created_at)
_BEFORE = bindparam("before", type_=Instant)
_OVERDUE = union_all(
    select(runs.c.id).where(runs.c.state == RunState.WAITING, runs.c.wake_at < _BEFORE),
    select(runs.c.id).where(
        runs.c.state == RunState.RUNNING,
        or_(runs.c.owner.is_(None), runs.c.lease_until < _BEFORE),
    ),
)
_STOPPED = select(runs.c.id).where(runs.c.state == RunState.WAITING, text("reason = 'stopped'"))
_COUNT = select(runs.c.state, func.count()).group_by(runs.c.state)

_HELD = and_(_ID, runs.c.rev == bindparam("lease_rev"), runs.c.owner.is_not(None))
_SAVE = update(runs).where(_HELD)
#: What a run has that nobody holds.
FREE: Mapping[str, Any] = {"owner": None, "lease_until": None}
_CLAIM = (
    update(runs)
    .where(
        _ID,
        or_(
            runs.c.owner.is_(None),
            runs.c.owner == bindparam("owner"),
            runs.c.lease_until < bindparam("at", type_=Instant),
        ),
    )
    .values(owner=bindparam("owner"), lease_until=bindparam("until"), rev=runs.c.rev + 1)
    .returning(*_DOCUMENT, runs.c.rev, runs.c.pokes)
)
_RENEW = update(runs).where(_HELD).values(lease_until=bindparam("until"))
_RELEASE = update(runs).where(_HELD).values(owner=None, lease_until=None).returning(runs.c.pokes)
_RELEASE_ALL = update(runs).where(runs.c.owner.is_not(None)).values(owner=None, lease_until=None)
_POKE = update(runs).where(_ID).values(pokes=runs.c.pokes + 1)


def changing(run: Run) -> dict[str, Any]:
    """Return the columns that change with every save; encoded by the caller, not the writer."""
    return {
        "state": run.state,
        "reason": run.reason,
        "wake_at": run.wake_at,
        "format": FORMAT,
        "doc": encode(run),
        "video_status": run.video_status,
    }


def row(run: Run) -> dict[str, Any]:
    """Return all columns of a new run."""
    request = run.request
    fixed = {
        "id": run.id,
        "key": request.key,
        "created_at": run.created_at,
        "provider": request.provider,
        "origin": request.video.origin.run_id if request.video.origin else None,
    }
    return fixed | changing(run)


def add(
    connection: Connection, new: dict[str, Any], needed: Sequence[str], fire: Fire | None
) -> Run | None:
    """Insert *new* and its fire; the run that is there already, with nothing changed, if any."""
    dialect = connection.dialect.name
    if fire is not None:
        fired = {"key": fire.key, "schedule_id": fire.schedule_id, "due": fire.due}
        if connection.scalar(_FIRE[dialect], fired | {"run_id": new["id"]}) is None:
            return _run(connection.execute(_BY_FIRE, {"fire_key": fire.key}).one())
    if connection.scalar(_INSERT[dialect], new) is None:
        if fire is not None:
            connection.execute(_UNFIRE, {"fire_key": fire.key})
        return _run(connection.execute(_BY_KEY, {"request_key": new["key"]}).one())
    files.need(connection, new["id"], needed)
    if fire is not None:
        schedule.move_cursor(connection, fire.schedule_id, fire.due)
    return None


def save(
    connection: Connection, changed: dict[str, Any], needed: Sequence[str] | None, lease: Lease
) -> None:
    """Write *changed* if *lease* still holds, and the files the run needs; None: none any more."""
    held: dict[str, Any] = {"run_id": lease.run_id, "lease_rev": lease.rev}
    if not connection.execute(_SAVE, held | changed).rowcount:
        raise LeaseLost(f"Another worker holds run {lease.run_id} now.")
    if needed is None:
        files.need_no_more(connection, lease.run_id)
    else:
        files.need(connection, lease.run_id, needed)


def get(connection: Connection, run_id: str) -> Run:
    """Return the run; `NotFound` without one."""
    found = connection.execute(_BY_ID, {"run_id": run_id}).one_or_none()
    if found is None:
        raise _not_found(run_id)
    return _run(found)


def find(connection: Connection, prefix: str) -> Sequence[Run]:
    """Return the newest runs whose id starts with *prefix*."""
    beyond = prefix + chr(0x10FFFF)
    return _runs(connection.execute(_BY_PREFIX, {"prefix": prefix, "beyond": beyond}).all())


def newest(connection: Connection, states: Collection[RunState], limit: int) -> Sequence[Run]:
    """Return the newest runs in *states*; in any if none is named."""
    if not states:
        return _runs(connection.execute(_LIST, {"most": limit}).all())
    wanted = {"most": limit, "states": list(states)}
    return _runs(connection.execute(_LIST_BY_STATE, wanted).all())


def videos(
    connection: Connection, provider: str | None, statuses: Collection[VideoStatus], limit: int
) -> Sequence[Run]:
    """Return the newest runs whose video was asked for."""
    query, wanted = _VIDEOS, {"most": limit, "of_provider": provider, "statuses": list(statuses)}
    if provider is not None:
        query = query.where(_OF_PROVIDER)
    if statuses:
        query = query.where(_IN_STATUS)
    return _runs(connection.execute(query, wanted).all())


def derived_from(connection: Connection, run_id: str) -> Sequence[Run]:
    """Return the runs whose video grows out of that of *run_id*."""
    return _runs(connection.execute(_DERIVED, {"of_run": run_id}).all())


def unfinished(connection: Connection) -> Sequence[tuple[str, datetime | None]]:
    """Return (id, wake_at) of runs that may go on."""
    return [(run_id, wake_at) for run_id, wake_at in connection.execute(_UNFINISHED)]


def overdue(connection: Connection, before: datetime) -> Sequence[str]:
    """Return the runs somebody should have advanced by *before*."""
    return connection.scalars(_OVERDUE, {"before": before}).all()


def stopped(connection: Connection) -> Sequence[str]:
    """Return the runs that wait for a stop to be lifted."""
    return connection.scalars(_STOPPED).all()


def count(connection: Connection) -> Mapping[RunState, int]:
    """Return how many runs stand in each state, zeros included."""
    counted: dict[RunState, int] = dict(connection.execute(_COUNT).all())
    return dict.fromkeys(RunState, 0) | counted


def claim(
    connection: Connection, run_id: str, owner: str, until: datetime, now: datetime
) -> tuple[Run, Lease] | None:
    """Take the lease; None while another owner's runs."""
    wanted = {"run_id": run_id, "owner": owner, "until": until, "at": now}
    taken = connection.execute(_CLAIM, wanted).one_or_none()
    if taken is None:
        _must_exist(connection, run_id)
        return None
    return _run(taken), Lease(run_id=run_id, rev=taken.rev, pokes=taken.pokes)


def renew(connection: Connection, lease: Lease, until: datetime) -> None:
    """Hold the lease until *until*."""
    held = {"run_id": lease.run_id, "lease_rev": lease.rev, "until": until}
    if not connection.execute(_RENEW, held).rowcount:
        raise LeaseLost(f"Another worker holds run {lease.run_id} now.")


def release(connection: Connection, lease: Lease) -> bool:
    """Give the lease back; whether somebody poked since it was taken."""
    held = {"run_id": lease.run_id, "lease_rev": lease.rev}
    pokes = connection.scalar(_RELEASE, held)
    return pokes is not None and pokes > lease.pokes


def release_all(connection: Connection) -> None:
    """Give all leases back."""
    connection.execute(_RELEASE_ALL)


def poke(connection: Connection, run_id: str) -> None:
    """Count a poke; `NotFound` without the run."""
    if not connection.execute(_POKE, {"run_id": run_id}).rowcount:
        raise _not_found(run_id)


def _must_exist(connection: Connection, run_id: str) -> None:
    if connection.execute(_BY_ID, {"run_id": run_id}).one_or_none() is None:
        raise _not_found(run_id)


def _not_found(run_id: str) -> NotFound:
    return NotFound(f"There is no run {run_id}.", hint="`reelbot runs` lists them.")


def _run(found: Row[Any, Any]) -> Run:
    return decode(found.doc, found.format)


def _runs(found: Sequence[Row[Any, Any]]) -> Sequence[Run]:
    return [_run(one) for one in found]
