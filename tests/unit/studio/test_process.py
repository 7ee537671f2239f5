"""The server's end of a worker; how it fares with bad renders is told in `test_studio`."""

import asyncio

import psutil

from bot.studio.process import WorkerProcess


async def test_a_close_that_was_cancelled_is_completed_by_the_next() -> None:
    """A studio may be closed while it is just ending an idle worker: nobody else would reap it."""
    process = WorkerProcess("tests.studio_stand_in")
    await process.start()
    assert process._process is not None
    pid = process._process.pid
    closing = asyncio.create_task(process.close())
    await asyncio.sleep(0)
    closing.cancel()
    await asyncio.gather(closing, return_exceptions=True)
    await process.close()
    assert not psutil.pid_exists(pid)
