"""What was said to be stored is there after kill -9."""

import asyncio
import subprocess
import sys
from pathlib import Path

from bot.domain.run import RunState
from bot.store import open_store

WRITER = """
import asyncio, os, signal, sys
from datetime import UTC, datetime
from bot.domain.run import Run, RunRequest
from bot.domain.schedule import ApprovalMode, ApprovalPolicy
from bot.domain.video import VideoSpec
from bot.store import open_store

def a_run(name):
    request = RunRequest(
        key=name, source="s", provider="p", video=VideoSpec(seconds=4, size="8x8"),
        targets=(), approval=ApprovalPolicy(mode=ApprovalMode.AUTO),
    )
    now = datetime.now(UTC)
    return Run(id=name, request=request, created_at=now, updated_at=now)

async def main():
    store = open_store(sys.argv[1], migrate=True)
    await asyncio.gather(*(store.add_run(a_run(f"r{n}")) for n in range(30)))
    asyncio.create_task(store.add_run(a_run("nobody was told of this one")))
    await asyncio.sleep(0)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


def test_what_was_stored_survives_a_kill(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'reelbot.db'}"
    killed = subprocess.run([sys.executable, "-c", WRITER, url], check=False)
    assert killed.returncode == -9
    store = open_store(url, migrate=True)
    counted = asyncio.run(store.count_runs())
    store._close()
    assert counted[RunState.RUNNING] in {30, 31}
