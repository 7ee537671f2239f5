"""Fifty times kill -9 of `reelbot run` over two hundred runs; then everything exists once.

The studio is a process of its own and outlives every kill: what counts is what it was asked for.
Posts are counted in the preview's own records. The figures are printed (`-rP` shows them).
"""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from bot.domain.post import Target
from bot.domain.run import Run, RunRequest, RunState
from bot.domain.schedule import ApprovalMode, ApprovalPolicy
from bot.domain.video import VideoSpec
from bot.store import open_store
from tests.studio_process import StudioProcess

KILLS = 50
RUNS_PER_KILL = 4
TARGETS = ("slack:#cats", "x:@reelbot")

PLAN = """
timezone: UTC
publish: preview
budget: {{per_day_usd: 100000}}
defaults: {{provider: gateway, publish: ["slack:#cats"]}}
providers:
  gateway:
    type: videos-api
    base_url: {url}
    timeout: 2s
    trust_listing: true
    models: {{studio-1: {{usd_per_second: 0.01, sizes: [1280x720], seconds: [4]}}}}
schedules: []
"""


class Engine:
    """`reelbot run` as a process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._log = folder / "engine.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Return when it says that it runs."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("REELBOT_")}
        environment |= {"REELBOT_PORT": "0", "REELBOT_LOG_LEVEL": "WARNING"}
        said = self._log.stat().st_size if self._log.exists() else 0
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "bot", "run"],
                cwd=self._folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + 60
        while b"reelbot runs" not in self._log.read_bytes()[said:]:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"the engine did not start:\n{self._log.read_text()}")
            time.sleep(0.01)

    def end(self, how: signal.Signals) -> None:
        """Send the signal and wait until it is gone."""
        assert self._process
        self._process.send_signal(how)
        self._process.wait(15)


def make_run(number: int) -> Run:
    now = datetime.now(UTC)
    request = RunRequest(
        key=f"kill-{number}",
        source="test",
        prompt=f"a cat by the water, number {number}",
        caption=f"Cat {number}.",
        provider="gateway",
        video=VideoSpec(model="studio-1", seconds=4, size="1280x720"),
        targets=tuple(Target.parse(text) for text in TARGETS),
        approval=ApprovalPolicy(mode=ApprovalMode.AUTO),
    )
    return Run(id=f"k{number:04}", request=request, created_at=now, updated_at=now)


@pytest.mark.slow
def test_fifty_kills_create_nothing_twice_and_lose_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "bot"
    (folder / "prompts").mkdir(parents=True)
    chance = random.Random(20270101)
    engine = Engine(folder)
    began = time.monotonic()
    with StudioProcess(tmp_path / "studio", renderer="tests.tiny_renderer") as studio:
        (folder / "schedules.yaml").write_text(PLAN.format(url=studio.url))
        engine.start()
        for kill in range(KILLS):
            asyncio.run(add(folder, range(kill * RUNS_PER_KILL, (kill + 1) * RUNS_PER_KILL)))
            time.sleep(chance.uniform(0.02, 0.9))
            engine.end(signal.SIGKILL)
            engine.start()
        runs = asyncio.run(finished(folder))
        engine.end(signal.SIGTERM)
        jobs = everything_asked_for(studio.url)
    seconds = time.monotonic() - began

    posts = [json.loads(p.read_text()) for p in (folder / "data/preview/posts").glob("*.json")]
    resent = asyncio.run(sent_again(folder))
    print(  # noqa: T201  # the figures are what people run this test for
        f"{KILLS} kills, {len(runs)} runs, {len(jobs)} videos asked for, {len(posts)} posts; "
        f"{resent} requests were sent again after looking; {seconds:.0f} s"
    )
    states = {run.state for run in runs}
    assert states == {RunState.SUCCEEDED}, [r for r in runs if r.state is not RunState.SUCCEEDED]
    assert len(runs) == KILLS * RUNS_PER_KILL
    assert sorted(job["prompt"] for job in jobs) == sorted(r.request.prompt for r in runs)
    assert {job["id"] for job in jobs} == {run.job.id for run in runs if run.job}
    assert len(posts) == len(runs) * len(TARGETS)
    assert len({(post["caption"], post["network"]) for post in posts}) == len(posts)
    assert asyncio.run(spent(folder)) == Decimal("0.04") * len(runs)


def database(folder: Path) -> str:
    return f"sqlite:///{folder / 'data' / 'reelbot.db'}"


async def add(folder: Path, numbers: range) -> None:
    """Add runs as the CLI does beside an engine: as rows."""
    store = open_store(database(folder), migrate=False)
    for number in numbers:
        await store.add_run(make_run(number))
    await store.close()


async def finished(folder: Path) -> list[Run]:
    store = open_store(database(folder), migrate=False)
    try:
        for _ in range(600):
            counts = await store.count_runs()
            if not sum(counts.get(s, 0) for s in RunState if not s.is_terminal):
                break
            await asyncio.sleep(0.1)
        return list(await store.list_runs(limit=10_000))
    finally:
        await store.close()


async def sent_again(folder: Path) -> int:
    """Return how many requests never arrived and were sent again, after looking."""
    store = open_store(database(folder), migrate=False)
    try:
        runs = await store.list_runs(limit=10_000)
        effects = [e for run in runs for e in await store.effects(run.id)]
    finally:
        await store.close()
    return sum(e.attempts > 1 for e in effects)


async def spent(folder: Path) -> Decimal:
    store = open_store(database(folder), migrate=False)
    try:
        days = {r.created_at.date() for r in await store.list_runs(limit=10_000)}
        return sum([await store.spent(day) for day in days], start=Decimal(0))
    finally:
        await store.close()


def everything_asked_for(url: str) -> list[dict[str, str]]:
    jobs: list[dict[str, str]] = []
    after = ""
    while True:
        page = httpx.get(
            f"{url}/videos", params={"limit": 100, "after": after} if after else {"limit": 100}
        ).json()
        jobs += page["data"]
        if not page["has_more"]:
            return jobs
        after = page["last_id"]
