"""Rows of schedules: up to which instant each one's moments are dealt with."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from bot.store.tables import cursors, upsert

_MOVE = upsert(
    cursors,
    lambda insert: insert.on_conflict_do_update(
        index_elements=["schedule_id"],
        set_={"at": insert.excluded.at},
        where=cursors.c.at < insert.excluded.at,
    ),
)
_CURSOR = select(cursors.c.at).where(cursors.c.schedule_id == bindparam("schedule"))


def cursor(connection: Connection, schedule_id: str) -> datetime | None:
    """Return the schedule's cursor; None if it was never seen."""
    return connection.scalar(_CURSOR, {"schedule": schedule_id})


def move_cursor(connection: Connection, schedule_id: str, to: datetime) -> None:
    """Move the cursor up to *to*, never back."""
    connection.execute(_MOVE[connection.dialect.name], {"schedule_id": schedule_id, "at": to})
