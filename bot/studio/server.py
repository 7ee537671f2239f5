"""The studio as one thing to open, to talk to and to close. The bot's `app` uses it.

Invariant: between `open` and `close` a studio owns its folder; afterwards no process, thread or
lock of it is left.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from starlette.applications import Starlette

from bot.studio import routes
from bot.studio.cast import Cast
from bot.studio.files import Files
from bot.studio.footage import Looker
from bot.studio.renders import Renders
from bot.studio.store import Store, StoreThread
from bot.studio.videos import Videos
from bot.studio.webhooks import Receiver, Webhooks

_RENDERER: Final = "bot.studio.renderer"


def _now() -> datetime:
    return datetime.now(UTC)


class Studio:
    """`app` answers 503 unless the studio is open. `_renderer` names the module of a stand-in."""

    def __init__(
        self,
        folder: Path,
        *,
        workers: int = 1,
        expires_after: timedelta = timedelta(hours=24),
        key: str | None = None,
        receiver: Receiver | None = None,
        clock: Callable[[], datetime] = _now,
        _renderer: str = _RENDERER,
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._store = StoreThread(folder / "jobs.sqlite3")
        self._files = Files(folder)
        self._webhooks = Webhooks(self._store, receiver, clock=clock) if receiver else None
        self._renders = Renders(
            self._store,
            self._files,
            workers=workers,
            clock=clock,
            expires_after=expires_after,
            webhooks=self._webhooks,
            renderer=_renderer,
        )
        looker = Looker(_renderer)
        videos = Videos(
            store=self._store,
            files=self._files,
            looker=looker,
            clock=clock,
            expires_after=expires_after,
            on_create=self._renders.wake,
        )
        cast = Cast(self._store, self._files, looker, clock=clock)
        #: The ASGI app, `/v1/videos` and below; with a `key` it asks for it.
        self.app: Starlette = routes.build(videos, cast, self._renders.progress, key=key)

    async def open(self) -> None:
        """Take the folder (made if missing) and go on with the jobs in it.

        Raises FolderUnusable when another studio has it, in this process or in another one, or a
        later version has written it.
        """
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
        await self._store.open()
        try:
            clips, sources = await self._store.ask(self._resume)
            await asyncio.to_thread(self._files.open, clips=clips, sources=sources)
        except BaseException:
            await self._store.close()
            raise
        self._renders.start()
        if self._webhooks is not None:
            self._webhooks.start()

    def _resume(self, store: Store) -> tuple[set[str], set[str]]:
        """Put the jobs in order; return the clips and sources to keep."""
        store.jobs.requeue_interrupted()
        store.jobs.drop_expired(int(self._clock().timestamp()))
        return store.jobs.with_files(), store.jobs.sources()

    async def close(self) -> None:
        """Kill the worker and let go of the folder, within two seconds. Repeatable."""
        await self._renders.stop()
        if self._webhooks is not None:
            await self._webhooks.stop()
        await self._store.close()
