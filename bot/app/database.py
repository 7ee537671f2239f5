"""The database alone: to read it, to stop everything, to bring it up to date."""
# ruff: noqa: PLC0415  # each imports what it needs when it is called: see `bot.app`

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bot.app.disk import make_folder
from bot.pipeline import Gate
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.store import SqlStore


@asynccontextmanager
async def reading(settings: Settings) -> AsyncGenerator["SqlStore"]:
    """Open the database as it is, beside an engine or without one; nothing is changed."""
    from bot.store import open_store

    store = open_store(settings.database_url, migrate=False)
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def gate(settings: Settings) -> AsyncGenerator[Gate]:
    """Open nothing but the stop gate: stopping must work when files are broken."""
    from bot.store import open_store

    make_folder(settings.data_dir)
    store = open_store(settings.database_url, migrate=True)
    try:
        yield Gate(store, settings.data_dir / "STOP")
    finally:
        await store.close()


def database_exists(settings: Settings) -> bool:
    """Return whether there is a database to read; for PostgreSQL only asking it tells."""
    scheme, _, path = settings.database_url.partition(":///")
    return not scheme.startswith("sqlite") or Path(path).exists()


def upgrade_database(settings: Settings) -> None:
    """Create the database or bring it up to date; `EngineRunning` beside an engine."""
    from bot.store import open_store

    make_folder(settings.data_dir)
    asyncio.run(open_store(settings.database_url, migrate=True).close())
