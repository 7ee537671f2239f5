"""The engine's lock: one engine per database, told apart by who still breathes.

The operating system (SQLite) or the server (PostgreSQL) lets go of it when its holder dies,
however it dies. Asking whether an engine runs takes nothing away from one that is starting.
"""

import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, Protocol

from sqlalchemy import URL, Connection, create_engine, text
from sqlalchemy.pool import NullPool

from bot.errors import EngineRunning

_HINT = "Stop it first, or give this one another database."
#: Somebody who only asks holds the file's lock for an instant.
_PATIENCE_SECONDS = (0.01, 0.05, 0.1, 0)


class EngineLock(Protocol):
    """Admits one engine."""

    def hold(self) -> AbstractContextManager[None]:
        """Hold the lock while the context is open; `EngineRunning` if another engine does."""

    def is_held(self) -> bool:
        """Return whether an engine runs."""


class FileLock:
    """The lock of a SQLite file, on a file beside it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Hold the lock; the file names the holder."""
        with self._path.open("a+", encoding="utf-8") as file:
            if not any(_try_lock(file, wait) for wait in _PATIENCE_SECONDS):
                raise EngineRunning(f"Another engine is running: {_read(file)}.", hint=_HINT)
            _write(file, _me())
            try:
                yield
            finally:
                _write(file, "")

    def is_held(self) -> bool:
        """Return whether an engine runs."""
        try:
            with self._path.open("r+", encoding="utf-8") as file:
                return not _try_lock(file, 0, shared=True)
        except FileNotFoundError:
            return False


class ServerLock:
    """The lock of a PostgreSQL database, on a connection of its own."""

    #: Any number that no other program in the same database uses: `reelbot` in ASCII.
    KEY = int.from_bytes(b"reelbot", "big")
    _TRY = text("SELECT pg_try_advisory_lock(:key)")
    _HOLDER = text(
        "SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)"
        " WHERE locktype = 'advisory' AND objsubid = 1 AND granted"
        " AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        " AND (classid::bigint << 32) | objid::bigint = :key"
    )

    def __init__(self, url: URL) -> None:
        self._url = url

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Hold the lock; the connection's name is the holder."""
        with self._connect() as connection:
            if not connection.scalar(self._TRY, {"key": self.KEY}):
                holder = connection.scalar(self._HOLDER, {"key": self.KEY})
                raise EngineRunning(f"Another engine is running: {holder}.", hint=_HINT)
            yield

    def is_held(self) -> bool:
        """Return whether an engine runs."""
        with self._connect() as connection:
            return connection.scalar(self._HOLDER, {"key": self.KEY}) is not None

    def _connect(self) -> Connection:
        named = {"application_name": _me()}
        return create_engine(
            self._url, poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args=named
        ).connect()


def _me() -> str:
    return f"process {os.getpid()} on {socket.gethostname()}"


def _read(file: IO[str]) -> str:
    file.seek(0)
    return file.read() or "its name is not known yet"


def _write(file: IO[str], holder: str) -> None:
    file.truncate(0)
    file.write(holder)
    file.flush()


def _try_lock(file: IO[str], wait: float, *, shared: bool = False) -> bool:
    """Lock *file* until it is closed; wait a little and return False if somebody else did.

    Those who share the lock, because they only ask, do not take one another for an engine.
    """
    try:
        _lock(file, shared=shared)
    except OSError:
        time.sleep(wait)
        return False
    return True


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[str], *, shared: bool) -> None:  # noqa: ARG001 - Windows cannot share
        # Far behind the text: Windows lets nobody read what is locked.
        file.seek(1 << 20)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(file: IO[str], *, shared: bool) -> None:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
