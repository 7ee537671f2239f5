"""An opened database: how to write to it, how to read it, who owns it.

`sqlite` and `postgres` each make one; everything above is the same for both.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, inspect
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from bot.errors import DatabaseUnusable, StoreError
from bot.store.lock import EngineLock
from bot.store.tables import metadata

#: What to do, by words of the database's own message.
_HINTS = {
    "not a database": "It is no SQLite file: restore a backup, or move it away.",
    "malformed": "The file is damaged: restore a backup.",
    "unable to open": "Check that its folder exists and may be written to.",
    "readonly": "Check that the file and its folder may be written to.",
    "locked": "Another program keeps it locked: close that program.",
    "full": "Make room on the disk.",
    "connect": "Check that PostgreSQL runs and that REELBOT_DATABASE_URL names it rightly.",
    "authentication": "Check user and password in REELBOT_DATABASE_URL.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """One database, opened."""

    #: For people; never holds a password.
    name: str
    #: Its transactions take the right to write when they begin.
    writing: Engine
    #: Its statements stand alone and see all that is committed.
    reading: Engine
    lock: EngineLock
    #: How many pieces of work one transaction may hold.
    group: int

    def is_foreign(self, connection: Connection) -> bool:
        """Return whether the database, though without a version, holds tables in our way."""
        tables = set(inspect(connection).get_table_names())
        ours = set(metadata.tables)
        return bool(tables if connection.dialect.name == "sqlite" else tables & ours)

    def close(self) -> None:
        """Close all connections."""
        self.writing.dispose()
        self.reading.dispose()


@contextmanager
def translated(name: str) -> Iterator[None]:
    """Raise what the database *name* says as ours."""
    try:
        yield
    except IntegrityError as error:
        raise StoreError(f"The database refused a row: {_sentence(error)}.") from error
    except (SQLAlchemyError, OSError) as error:
        raise _unusable(name, error) from error


def _unusable(name: str, error: Exception) -> DatabaseUnusable:
    said = _sentence(error)
    hint = next((hint for word, hint in _HINTS.items() if word in said), None)
    return DatabaseUnusable(f"The database {name} cannot be used: {said}.", hint=hint)


def _sentence(error: Exception) -> str:
    """Return the first line of what the database itself said."""
    origin = error.orig if isinstance(error, DBAPIError) else error
    return str(origin).strip().partition("\n")[0].rstrip(".")
