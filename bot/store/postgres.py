"""A PostgreSQL database as a `Database`, through psycopg."""

from sqlalchemy import URL, create_engine

from bot.store.database import Database
from bot.store.lock import ServerLock

_CONNECT_SECONDS = 10
#: The server groups commits of all connections itself. One piece per transaction keeps row locks
#: short, so that nodes do not wait for one another's neighbours.
_GROUP = 1


def open_postgres(url: URL) -> Database:
    """Return the database at *url*; connects when it is first used."""
    url = url.set(drivername="postgresql+psycopg")
    if "connect_timeout" not in url.query:
        url = url.update_query_dict({"connect_timeout": str(_CONNECT_SECONDS)})
    # Tried before use: a server that was restarted is not the caller's failure.
    shared = {"pool_size": 1, "max_overflow": 0, "pool_pre_ping": True}
    return Database(
        name=f"{url.host or 'localhost'}/{url.database}",
        writing=create_engine(url, isolation_level="READ COMMITTED", **shared),
        reading=create_engine(url, isolation_level="AUTOCOMMIT", **shared),
        lock=ServerLock(url),
        group=_GROUP,
    )
