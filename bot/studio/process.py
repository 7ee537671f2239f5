"""One worker process, seen from the server: order a render, hear its progress, end it.

Used by `renders`; `footage` starts its own with `spawn`. Invariant: whether the process crashes or
hangs, the caller gets an exception of this file within `SILENCE` seconds of its last word, and no
process is left behind.
"""

import asyncio
import json
import os
import subprocess
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable
from pathlib import Path
from typing import Any

#: Seconds without a word, imports included, after which a render counts as hung. A render says
#: something every percent, so even a machine that is much too busy stays far below it.
SILENCE = 120.0


class RenderFailed(Exception):
    """The renderer refused or hung: the same order would end the same way."""

    def __init__(self, message: str, *, trace: str = "") -> None:
        super().__init__(message)
        self.trace = trace


class WorkerDied(Exception):
    """The process ended without an answer; a new one may do better."""


class WorkerProcess:
    """Started on demand and again after a death; close it when done."""

    def __init__(self, renderer: str) -> None:
        self._renderer = renderer
        self._process: Process | None = None
        #: Whether this process has rendered: its libraries keep some of that memory.
        self.used = False

    async def start(self) -> None:
        """Start the process unless it runs. It imports the renderer at once, to be warm.

        Raises WorkerDied when the machine refuses a process.
        """
        if self._process is not None and self._process.returncode is None:
            return
        await self.close()
        try:
            self._process = await spawn("bot.studio.worker", self._renderer)
        except OSError as error:
            raise WorkerDied(f"no worker could be started: {error}") from error

    async def render(self, order: dict[str, object], on_progress: Callable[[int], None]) -> None:
        """Return when the clip is in the order's folder, on disk.

        Raises RenderFailed or WorkerDied; the process is then closed, and started by the next call.
        """
        try:
            await self.start()
            await self._tell(order)
            while not (answer := await self._hear()).get("done"):
                on_progress(answer["progress"])
            self.used = True
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Kill the process and reap it. It keeps nothing that would need a gentler end."""
        if self._process is None:
            return
        if self._process.returncode is None:
            self._process.kill()
        await self._process.communicate()
        self._process, self.used = None, False  # not before: a cancelled close must be repeatable

    async def _tell(self, order: dict[str, object]) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
            await self._process.stdin.drain()
        except ConnectionError as error:
            raise WorkerDied("the worker was gone") from error

    async def _hear(self) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(SILENCE):
                line = await self._process.stdout.readline()
        except TimeoutError as error:
            raise RenderFailed(f"no word for {SILENCE:g} seconds") from error
        if not line.endswith(b"\n"):
            raise WorkerDied("the worker ended in the middle of a render")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise RenderFailed(answer["error"], trace=answer["trace"])
        return answer


async def spawn(module: str, *arguments: str) -> Process:
    """Start `python -m module`, which lowers its priority by itself elsewhere. Raises OSError."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", module, *arguments),
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        env={**os.environ, "PYTHONPATH": _path()},
        creationflags=getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0),
    )


def _path() -> str:
    """The parent's import path, so that a `bot` folder in the working directory misleads nobody."""
    return os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
