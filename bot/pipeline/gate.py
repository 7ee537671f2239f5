"""The stop gate: one place that every paid or public request must pass.

The ledger asks it before it writes an intent down and again before it sends. A
stop survives restarts: it is a row in the database, or a file named `STOP` in
the data folder for whoever has nothing but a shell.
"""

from datetime import UTC, datetime
from pathlib import Path

from bot.errors import Stopped
from bot.ports import Stop, Store


class Gate:
    """Says whether requests may leave."""

    def __init__(self, store: Store, stop_file: Path) -> None:
        self._store = store
        self._file = stop_file
        #: Since when the file cannot be looked at.
        self._blind_since: datetime | None = None

    async def check(self) -> None:
        """Return if requests may leave, raise `Stopped` if not."""
        stop = await self.stopped()
        if stop:
            raise Stopped(
                f"Stopped by {stop.by}: no video is paid for and nothing is posted.",
                hint="`reelbot start` lets requests leave again.",
            )

    async def stopped(self) -> Stop | None:
        """Return who stopped everything; None if nobody has."""
        stop = await self._store.stopped()
        return stop or self._stopped_by_file()

    def _stopped_by_file(self) -> Stop | None:
        """A file that cannot be looked at stops us, too: better held back than sent by mistake."""
        try:
            at = datetime.fromtimestamp(self._file.stat().st_mtime, UTC)
        except FileNotFoundError:
            return None
        except OSError:
            at = self._blind_since = self._blind_since or datetime.now(UTC)
        return Stop(by=f"the file {self._file}", at=at)

    async def stop(self, stop: Stop) -> None:
        """Let nothing leave from now on. A second stop changes nothing."""
        if await self._store.stopped() is None:
            await self._store.set_stopped(stop)

    async def start(self) -> None:
        """Let requests leave again; also removes the `STOP` file."""
        self._file.unlink(missing_ok=True)
        await self._store.set_stopped(None)
