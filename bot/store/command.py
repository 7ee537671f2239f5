"""Rows of commands, and the one row of the stop."""

from collections.abc import Sequence
from dataclasses import asdict, replace

from sqlalchemy import Connection, RowMapping, bindparam, delete, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from bot.domain.command import Command, CommandState
from bot.errors import NotFound
from bot.ports import Stop
from bot.store.tables import commands, control, upsert

_STOP = "stop"
_IS_PENDING = text("state = 'pending'")
_ADD = insert(commands).returning(commands.c.id)
_GET = select(commands).where(commands.c.id == bindparam("command_id"))
_PENDING = select(commands).where(_IS_PENDING).order_by(commands.c.id)
_PENDING_OF_RUN = _PENDING.where(commands.c.run_id == bindparam("of_run"))
_FINISH = (
    update(commands)
    .where(commands.c.id == bindparam("command_id"), _IS_PENDING)
    .values(state=bindparam("to"), answer=bindparam("said"))
)
_STOPPED = select(control.c.by, control.c.at, control.c.why).where(control.c.name == _STOP)
_SET_STOPPED = upsert(
    control,
    lambda insert: insert.on_conflict_do_update(
        index_elements=["name"],
        set_={name: insert.excluded[name] for name in ("by", "at", "why")},
    ),
)
_START = delete(control).where(control.c.name == _STOP)


def add(connection: Connection, command: Command) -> Command:
    """Append *command*, whatever id it came with; return it with the one it got.

    Raises `NotFound` without its run.
    """
    new = asdict(command)
    del new["id"]
    try:
        return replace(command, id=connection.scalar(_ADD, new))
    except IntegrityError as error:
        raise NotFound(f"There is no run {command.run_id}.") from error


def get(connection: Connection, command_id: int) -> Command:
    """Return the command; `NotFound` without one."""
    found = connection.execute(_GET, {"command_id": command_id}).mappings().one_or_none()
    if found is None:
        raise NotFound(f"There is no command {command_id}.")
    return _command(found)


def pending(connection: Connection, run_id: str | None) -> Sequence[Command]:
    """Return pending commands in order; of one run if *run_id* is given."""
    if run_id is None:
        return [_command(found) for found in connection.execute(_PENDING).mappings()]
    return [
        _command(found)
        for found in connection.execute(_PENDING_OF_RUN, {"of_run": run_id}).mappings()
    ]


def finish(connection: Connection, command: Command) -> None:
    """Write down the answer, unless there is one."""
    answer = {
        "command_id": command.id,
        "to": CommandState(command.state),
        "said": command.answer,
    }
    connection.execute(_FINISH, answer)


def stopped(connection: Connection) -> Stop | None:
    """Return who stopped everything."""
    found = connection.execute(_STOPPED).one_or_none()
    return None if found is None else Stop(by=found.by, at=found.at, why=found.why)


def set_stopped(connection: Connection, stop: Stop | None) -> None:
    """Stop, or start again."""
    if stop is None:
        connection.execute(_START)
        return
    row = {"name": _STOP, "by": stop.by, "at": stop.at, "why": stop.why}
    connection.execute(_SET_STOPPED[connection.dialect.name], row)


def _command(found: RowMapping) -> Command:
    return Command(**found)
