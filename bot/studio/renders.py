"""The renders: take the job that has waited longest, have it made, write down how it ended.

Started and stopped by `Studio`; `wake` is all that a request does. Invariant: a job leaves
in_progress only with its files in place (completed) or with a reason (failed). A kill leaves it in
progress, and the next start makes it again, the same, since prompt and seed decide every pixel.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from bot.studio.files import Files
from bot.studio.jobs import Job, Jobs, JobsThread
from bot.studio.model import EXPIRES_AFTER_HOURS
from bot.studio.process import RenderFailed, WorkerDied, WorkerProcess

logger = logging.getLogger(__name__)

#: A worker that died (killed, out of memory) may have been unlucky once.
ATTEMPTS: Final = 2


class Renders:
    """As many loops as workers. Idle, they wait for `wake`; nothing polls.

    A worker is warm from the start, lives while jobs wait, and ends when they are done.
    """

    def __init__(
        self,
        jobs: JobsThread,
        files: Files,
        *,
        workers: int,
        clock: Callable[[], datetime],
        renderer: str,
    ) -> None:
        self._jobs = jobs
        self._files = files
        self._clock = clock
        self._processes = [WorkerProcess(renderer) for _ in range(workers)]
        self._wakes = [asyncio.Event() for _ in range(workers)]
        self._loops: list[asyncio.Task[None]] = []
        #: Percent of each job in progress: decoration, so it is not worth a write.
        self.progress: dict[str, int] = {}

    def start(self) -> None:
        """Return at once; the workers import the renderer in the background."""
        pairs = zip(self._processes, self._wakes, strict=True)
        self._loops = [asyncio.create_task(self._run(*pair)) for pair in pairs]

    def wake(self) -> None:
        for event in self._wakes:
            event.set()

    async def stop(self) -> None:
        """Kill the workers. Their jobs stay in progress, for the next start."""
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)

    async def _run(self, process: WorkerProcess, wake: asyncio.Event) -> None:
        try:
            await self._warm(process)
            while True:
                wake.clear()  # before the look, so that what is added after it is not missed
                await self._render_all(process)
                if process.used:  # 130 MB that nobody needs until the next job
                    await process.close()
                await wake.wait()
        finally:
            await process.close()

    async def _render_all(self, process: WorkerProcess) -> None:
        try:
            while job := await self._jobs.ask(Jobs.start_next):
                await self._render(job, process)
                await self._drop_expired()
        except Exception:
            logger.exception("the studio stopped in the middle; the next request goes on")

    async def _render(self, job: Job, process: WorkerProcess) -> None:
        self.progress[job.id] = 0
        try:
            await self._make(job, process)
        except RenderFailed as failure:
            logger.warning("the studio could not render %s: %s %s", job.id, failure, failure.trace)
            await self._fail(job, failure)
        except sqlite3.Error:
            raise
        except Exception as failure:  # a full disk, or a bug: it must cost this job alone
            logger.exception("the studio could not keep the clip of %s", job.id)
            await self._fail(job, failure)
        finally:
            del self.progress[job.id]

    async def _fail(self, job: Job, failure: Exception) -> None:
        message = f"The video could not be rendered: {failure}"[:1000]
        await self._jobs.ask(lambda jobs: jobs.fail(job.id, code="render_failed", message=message))

    async def _make(self, job: Job, process: WorkerProcess) -> None:
        folder = await asyncio.to_thread(self._files.start, job.id)
        try:
            await self._render_until_answered(job, folder, process)
            await asyncio.to_thread(self._files.finish, job.id, folder)
        finally:
            await asyncio.to_thread(self._files.abandon, folder)
        now = int(self._clock().timestamp())
        expires_at = now + EXPIRES_AFTER_HOURS * 3600
        await self._jobs.ask(lambda jobs: jobs.complete(job.id, at=now, expires_at=expires_at))

    async def _render_until_answered(self, job: Job, folder: Path, process: WorkerProcess) -> None:
        order = _order(job, folder, self._files.reference(job.id))
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await process.render(order, lambda percent: self._note(job.id, percent))
            except WorkerDied as death:
                logger.warning("attempt %d at %s: %s", attempt, job.id, death)
        raise RenderFailed(f"its worker died {ATTEMPTS} times")

    def _note(self, job_id: str, percent: int) -> None:
        """Progress never goes back, and 100 is for what is completed."""
        self.progress[job_id] = max(self.progress[job_id], min(percent, 99))

    async def _warm(self, process: WorkerProcess) -> None:
        try:
            await process.start()
        except WorkerDied as death:
            logger.warning("%s; the next job tries again", death)

    async def _drop_expired(self) -> None:
        now = int(self._clock().timestamp())
        for job_id in await self._jobs.ask(lambda jobs: jobs.drop_expired(now)):
            await asyncio.to_thread(self._files.remove, job_id)


def _order(job: Job, folder: Path, reference: Path) -> dict[str, object]:
    width, height = map(int, job.size.split("x"))
    return {
        "prompt": job.prompt,
        "seed": job.seed,
        "width": width,
        "height": height,
        "acts": [{"seconds": job.seconds, "changes": []}],
        "characters": [],
        "reference": str(reference) if job.has_reference else None,
        "footage": None,
        "folder": str(folder),
    }
