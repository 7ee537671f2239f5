"""Rows of schedules: up to which instant each one's moments are dealt with, and its pause."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select

from bot.domain.schedule import Pause
from bot.store.tables import cursors, pauses, upsert

_MOVE = upsert(
    cursors,
    lambda insert: insert.on_conflict_do_update(
        index_elements=["schedule_id"],
        set_={"at": insert.excluded.at},
        where=cursors.c.at < insert.excluded.at,
    ),
)
_PAUSE = upsert(pauses, lambda insert: insert.on_conflict_do_nothing())
_UNPAUSE = delete(pauses).where(pauses.c.schedule_id == bindparam("schedule"))
_PAUSED = select(pauses)
_CURSOR = select(cursors.c.at).where(cursors.c.schedule_id == bindparam("schedule"))


def cursor(connection: Connection, schedule_id: str) -> datetime | None:
    """Return the schedule's cursor; None if it was never seen."""
    return connection.scalar(_CURSOR, {"schedule": schedule_id})


def move_cursor(connection: Connection, schedule_id: str, to: datetime) -> None:
    """Move the cursor up to *to*, never back."""
    connection.execute(_MOVE[connection.dialect.name], {"schedule_id": schedule_id, "at": to})


def paused(connection: Connection) -> Mapping[str, Pause]:
    """Return the schedules that a person holds back."""
    rows = connection.execute(_PAUSED)
    return {row.schedule_id: Pause(by=row.by, at=row.at) for row in rows}


def pause(connection: Connection, schedule_id: str, pause: Pause) -> None:
    """Hold the schedule back; the first pause stays."""
    row = {"schedule_id": schedule_id, "by": pause.by, "at": pause.at}
    connection.execute(_PAUSE[connection.dialect.name], row)


def unpause(connection: Connection, schedule_id: str) -> None:
    """Let the schedule fire again."""
    connection.execute(_UNPAUSE, {"schedule": schedule_id})
