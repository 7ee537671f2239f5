"""Rows that say which runs need which file of the media library.

`run` writes them with the run itself, so that a file which another run needs is never deleted.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, bindparam, delete, select

from bot.store.tables import files, upsert

_NEED = upsert(files, lambda insert: insert.on_conflict_do_nothing())
_NEED_NO_MORE = delete(files).where(files.c.run_id == bindparam("of_run"))
_SHARED = select(files.c.path).where(
    files.c.path.in_(bindparam("paths", expanding=True)), files.c.run_id != bindparam("of_run")
)


def need(connection: Connection, run_id: str, paths: Sequence[str]) -> None:
    """Write down that *run_id* needs *paths*; again changes nothing."""
    if paths:
        rows = [{"path": path, "run_id": run_id} for path in paths]
        connection.execute(_NEED[connection.dialect.name], rows)


def need_no_more(connection: Connection, run_id: str) -> None:
    """Write down that *run_id* needs no file."""
    connection.execute(_NEED_NO_MORE, {"of_run": run_id})


def shared(connection: Connection, run_id: str, paths: Collection[str]) -> Collection[str]:
    """Return those of *paths* that others than *run_id* need."""
    found = connection.scalars(_SHARED, {"paths": list(paths), "of_run": run_id})
    return frozenset(found)
