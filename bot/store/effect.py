"""Rows of the ledger: outside writes that must happen at most once."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, CursorResult, RowMapping, bindparam, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.base import Executable

from bot.domain.effect import Effect, EffectState
from bot.errors import Conflict
from bot.store.tables import effects, upsert

_EFFECT = tuple(column for column in effects.c if column is not effects.c.kind)
_ARM = upsert(
    effects,
    lambda insert: insert.on_conflict_do_update(
        index_elements=["key"],
        set_={
            "state": EffectState.SENDING,
            "attempts": effects.c.attempts + 1,
            "started_at": insert.excluded.started_at,
            "handle": insert.excluded.handle,
            "fingerprint": insert.excluded.fingerprint,
            "result": None,
            "remote_id": None,
            "detail": None,
        },
        where=effects.c.state == EffectState.NOT_SENT,
    ).returning(effects.c.key),
)
_SETTLE = update(effects).where(
    effects.c.key == bindparam("effect_key"), effects.c.state == bindparam("was")
)
_GET = select(*_EFFECT).where(effects.c.key == bindparam("effect_key"))
_OF_RUN = (
    select(*_EFFECT)
    .where(effects.c.run_id == bindparam("run_id"))
    .order_by(effects.c.started_at, effects.c.key)
)
_SINCE = (
    select(*_EFFECT)
    .where(
        effects.c.kind.in_(bindparam("kinds", expanding=True)),
        effects.c.state.in_(bindparam("states", expanding=True)),
        effects.c.started_at >= bindparam("since"),
    )
    .order_by(effects.c.started_at, effects.c.key)
)
_CREATED = select(effects.c.remote_id, effects.c.handle).where(
    effects.c.kind == "create",
    effects.c.state == EffectState.DONE,
    effects.c.remote_id.is_not(None),
)
#: The kind stands in the statement: with a parameter in its place no database takes the index.
_OF_VIDEO = select(effects.c.run_id, effects.c.handle).where(
    text("kind = 'create'"),
    effects.c.state == EffectState.DONE,
    effects.c.remote_id == bindparam("video_id"),
)


def intend(connection: Connection, effect: Effect) -> None:
    """Write *effect* down as being sent; `Conflict` if it may have been sent already."""
    first = _changing(effect) | {"state": EffectState.SENDING}
    named = {"key": effect.key, "run_id": effect.run_id, "kind": _kind(effect)}
    statement = _ARM[connection.dialect.name]
    if _alone_in_the_air(connection, statement, named | first).one_or_none() is None:
        raise Conflict(f"The outside write {effect.key} has been sent before.")


def settle(connection: Connection, effect: Effect, was: str) -> None:
    """Write down what became of *effect*; `Conflict` if its state is not *was*."""
    asked: dict[str, Any] = {"effect_key": effect.key, "was": EffectState(was)}
    if not _alone_in_the_air(connection, _SETTLE, asked | _changing(effect)).rowcount:
        raise Conflict(f"The outside write {effect.key} is not {was} any more.")


def get(connection: Connection, key: str) -> Effect | None:
    """Return the effect of that key."""
    found = connection.execute(_GET, {"effect_key": key}).mappings().one_or_none()
    return None if found is None else _effect(found)


def of_run(connection: Connection, run_id: str) -> Sequence[Effect]:
    """Return the effects of a run, oldest first."""
    return [_effect(found) for found in connection.execute(_OF_RUN, {"run_id": run_id}).mappings()]


def since(
    connection: Connection,
    moment: datetime,
    *,
    kinds: Collection[str],
    states: Collection[EffectState],
) -> Sequence[Effect]:
    """Return the effects of those kinds and states that were sent since then, oldest first."""
    asked = {"since": moment, "kinds": list(kinds), "states": list(states)}
    return [_effect(found) for found in connection.execute(_SINCE, asked).mappings()]


def claimed_ids(connection: Connection, provider: str) -> frozenset[str]:
    """Return the ids of the videos that done creates have made at *provider*."""
    made = connection.execute(_CREATED)
    return frozenset(row.remote_id for row in made if row.handle.get("provider") == provider)


def run_of_video(connection: Connection, provider: str, video_id: str) -> str | None:
    """Return the run whose create has made *video_id* at *provider*; None without one."""
    made = connection.execute(_OF_VIDEO, {"video_id": video_id})
    return next((row.run_id for row in made if row.handle.get("provider") == provider), None)


def _alone_in_the_air(
    connection: Connection, statement: Executable, row: dict[str, Any]
) -> CursorResult[Any]:
    """Execute *statement*; `Conflict` when an equal write is being sent by somebody else."""
    try:
        return connection.execute(statement, row)
    except IntegrityError as error:
        if not _is_duplicate(error):
            raise
        raise Conflict("An equal outside write is being sent; this one has to wait.") from error


def _is_duplicate(error: IntegrityError) -> bool:
    """Whether a unique index said no, by the words of SQLite or the code of PostgreSQL."""
    return getattr(error.orig, "sqlstate", None) == "23505" or "UNIQUE" in str(error.orig)


def _changing(effect: Effect) -> dict[str, Any]:
    """Return the columns that sending and settling change."""
    return {
        "state": effect.state,
        "fingerprint": effect.fingerprint,
        "handle": effect.handle,
        "result": effect.result,
        "remote_id": effect.remote_id,
        "attempts": effect.attempts,
        "started_at": effect.started_at,
        "detail": effect.detail,
    }


def _kind(effect: Effect) -> str:
    """Return the word after the run's id in the key; after `room` where there is no run."""
    return effect.key.removeprefix(f"{effect.run_id or 'room'}:").partition(":")[0]


def _effect(found: RowMapping) -> Effect:
    return Effect(**found)
