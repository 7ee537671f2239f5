"""Which schema a database has, and bringing it to the one this program knows.

`tables` is drawn by the migrations alone. An up-to-date database is recognised by one row, without
Alembic; whatever is newer than this program, or not its own, is left untouched.
"""

from sqlalchemy import Connection, Text, column, inspect, select, table, text

from bot.errors import DatabaseUnusable, EngineRunning
from bot.store.database import Database
from bot.store.lock import ServerLock

#: The newest migration. Revisions are numbers that grow, so that newer ones are told apart.
HEAD = "0006"
#: Not Alembic's usual name: other programs may keep theirs in the same PostgreSQL database.
VERSION_TABLE = "reelbot_schema"

_VERSION = select(column("version_num", Text)).select_from(table(VERSION_TABLE))
_ALONE = text("SELECT pg_advisory_xact_lock(:key)")


def check(database: Database) -> None:
    """Raise `DatabaseUnusable` unless the database has exactly this program's schema."""
    found = _examine(database)
    if found is None:
        raise DatabaseUnusable(
            f"The database {database.name} is empty.",
            hint="Start the engine once: `reelbot run`.",
        )
    if found != HEAD:
        raise DatabaseUnusable(
            f"The database {database.name} has schema {found}; this reelbot needs {HEAD}.",
            hint="Stop the engine and run `reelbot db upgrade`.",
        )


def bring_up(database: Database) -> None:
    """Create the schema or upgrade it; nothing if it is there. Repeatable, safe for several."""
    found = _examine(database)
    if found == HEAD:
        return
    if found is not None and database.lock.is_held():
        raise EngineRunning(
            f"The database {database.name} has to be upgraded, but an engine runs on it.",
            hint="Stop the engine first.",
        )
    with database.writing.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(_ALONE, {"key": ServerLock.KEY + 1})
        if _version(connection) != HEAD:
            _migrate(connection)


def _examine(database: Database) -> str | None:
    """Return the schema's version, None for an empty database; raise for what is not ours."""
    with database.reading.connect() as connection:
        found = _version(connection)
        if found is None and database.is_foreign(connection):
            raise DatabaseUnusable(
                f"The database {database.name} belongs to another program.",
                hint="Give reelbot an empty one with REELBOT_DATABASE_URL.",
            )
    if found is not None and found > HEAD:
        raise DatabaseUnusable(
            f"The database {database.name} was written by a newer reelbot (schema {found};"
            f" this one knows {HEAD}).",
            hint="Install the newer version again, or restore the backup made before it.",
        )
    return found


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found: str | None = connection.scalar(_VERSION)
    return found


def _migrate(connection: Connection) -> None:
    # Alembic takes a tenth of a second to import, and is needed once per version.
    from alembic import command  # noqa: PLC0415 - see above
    from alembic.config import Config  # noqa: PLC0415 - see above

    config = Config()
    config.set_main_option("script_location", "bot.store:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
