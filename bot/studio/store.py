"""The studio's one SQLite file: jobs, characters, and the webhooks that have yet to be delivered.

Invariant: a change is on disk when its call returns (WAL, synchronous=FULL), and one process at a
time holds the file (exclusive locking mode: the lock dies with the process, so a kill leaves none).
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from bot.studio.characters import Characters
from bot.studio.deliveries import Deliveries
from bot.studio.jobs import Jobs
from bot.studio.problem import closed
from bot.studio.schema import NewerFile, migrate

Answer = TypeVar("Answer")

#: Seconds to wait for a process that is just leaving the folder.
_LOCK_TIMEOUT = 1.0


class FolderUnusable(Exception):
    """This studio cannot be opened on this folder; nothing was changed."""


class FolderInUse(FolderUnusable):
    """Another studio is open on this folder."""


class FolderTooNew(FolderUnusable):
    """A later version of the studio has written this folder."""


class Store:
    """The tables. Their calls block, so the event loop reaches them through `StoreThread`."""

    def __init__(self, path: Path) -> None:
        """Open, create or migrate the file. Raises FolderUnusable."""
        self._db = sqlite3.connect(
            path, timeout=_LOCK_TIMEOUT, isolation_level=None, check_same_thread=False
        )
        self._db.row_factory = sqlite3.Row
        try:
            self._open(path.parent)
        except BaseException:
            self._db.close()
            raise
        self.jobs = Jobs(self._db)
        self.characters = Characters(self._db)
        self.deliveries = Deliveries(self._db)

    def _open(self, folder: Path) -> None:
        try:
            self._db.execute("PRAGMA locking_mode=EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            migrate(self._db)
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            raise FolderInUse(f"Another studio is using {folder}.") from error
        except NewerFile as error:
            raise FolderTooNew(f"A later version of the studio has written {folder}.") from error

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def together(self) -> Iterator[None]:
        """All changes inside are made, or none."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            self._db.execute("ROLLBACK")
            raise


class StoreThread:
    """The store, asked from the event loop, which must never wait for a disk.

    One thread of its own serialises all calls, which costs some 0.1 ms each: what a question reads
    is still so when it writes.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread: ThreadPoolExecutor | None = None
        self._store: Store | None = None

    async def open(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="studio-store")
        loop = asyncio.get_running_loop()
        self._store = await loop.run_in_executor(self._thread, Store, self._path)

    async def close(self) -> None:
        """Repeatable. Calls made before it still finish."""
        if self._thread is None:
            return
        if self._store is not None:
            await self.ask(Store.close)
        self._thread.shutdown()
        self._thread = self._store = None

    async def ask(self, question: Callable[[Store], Answer]) -> Answer:
        """Raises a Problem (503) when the studio is not open."""
        if self._thread is None or self._store is None:
            raise closed()
        return await asyncio.get_running_loop().run_in_executor(self._thread, question, self._store)
