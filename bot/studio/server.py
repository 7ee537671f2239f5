"""The studio as one thing to open, to talk to and to close, and as a server on a port.

The bot's `app` uses `Studio`, people and kill tests use `serve`. Invariant: between `open` and
`close` a studio owns its folder; afterwards no process, thread or lock of it is left.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from bot.studio import routes
from bot.studio.files import Files
from bot.studio.jobs import Jobs, JobsThread
from bot.studio.renders import Renders
from bot.studio.videos import Videos

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
        clock: Callable[[], datetime] = _now,
        _renderer: str = _RENDERER,
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._jobs = JobsThread(folder / "jobs.sqlite3")
        self._files = Files(folder)
        self._renders = Renders(
            self._jobs, self._files, workers=workers, clock=clock, renderer=_renderer
        )
        videos = Videos(self._jobs, self._files, clock=clock, on_create=self._renders.wake)
        #: The ASGI app, `/v1/videos` and below.
        self.app: Starlette = routes.build(videos, self._renders.progress)

    async def open(self) -> None:
        """Take the folder (made if missing) and go on with the jobs in it.

        Raises FolderInUse when another studio has it, in this process or in another one.
        """
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
        await self._jobs.open()
        try:
            await self._jobs.ask(Jobs.requeue_interrupted)
            now = int(self._clock().timestamp())
            await self._jobs.ask(lambda jobs: jobs.drop_expired(now))
            keep = await self._jobs.ask(Jobs.with_files)
            await asyncio.to_thread(self._files.open, keep)
        except BaseException:
            await self._jobs.close()
            raise
        self._renders.start()

    async def close(self) -> None:
        """Kill the worker and let go of the folder, within two seconds. Repeatable."""
        await self._renders.stop()
        await self._jobs.close()


def serve(
    folder: Path,
    host: str = "127.0.0.1",
    port: int = 8100,
    *,
    _renderer: str = _RENDERER,
) -> None:
    """Serve a studio until SIGINT or SIGTERM. It asks for no key: keep it on loopback."""
    studio = Studio(folder, _renderer=_renderer)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await studio.open()
        try:
            yield
        finally:
            await studio.close()

    app = Starlette(routes=[Mount("/", studio.app)], lifespan=lifespan)
    uvicorn.run(app, host=host, port=port, access_log=False, timeout_graceful_shutdown=1)
