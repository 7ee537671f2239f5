"""What the whole engine does on SQLite: runs per second, and what ten thousand waiting runs cost.

    python -m benchmarks.engine [--json]

Vendor and networks answer at once, so that only the bot itself is measured: pipeline, ledger,
waker and a database on disk. Every number comes from a process of its own.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil

from benchmarks.waiting import WallClock
from bot.domain.run import Run, RunState
from bot.pipeline import Pipeline
from bot.store import open_store
from bot.wakers.embedded import EmbeddedWaker
from tests.fakes import Bot, Killer, World, make_request

#: Runs for the throughput; waiting runs for memory, idle CPU and wake-ups.
RUNS = 500
SIZES = (0, 1_000, 10_000)
#: Seconds of doing nothing over which the CPU is measured.
IDLE = 10.0
#: Wake-ups whose lateness is measured, and the seconds between two of them.
WAKES, APART = 50, 0.05


@asynccontextmanager
async def engine(folder: Path) -> AsyncIterator[tuple[Pipeline, Bot, dict[str, float]]]:
    """Give a pipeline over a world that answers at once, and when each run was advanced."""
    clock: Any = WallClock()
    world = World(folder, clock=clock)
    world.vendor.seconds = 1e-9
    advanced: dict[str, float] = {}
    store = open_store(world.url, migrate=True)
    bot = Bot(world, store, Killer())
    waker = EmbeddedWaker(clock=clock, on_error=_cry)
    pipeline = Pipeline(replace(bot.ports, store=store, waker=waker), on_error=_cry)
    inner = pipeline._runner.advance

    async def advance(run_id: str) -> None:
        advanced.setdefault(run_id, time.time())
        if not run_id.startswith("wake-"):
            await inner(run_id)

    pipeline._runner.advance = advance  # type: ignore[method-assign]
    try:
        yield pipeline, bot, advanced
    finally:
        await store.close()


async def throughput(folder: Path) -> dict[str, float]:
    """Return the runs per second from request to both posts, every one its own trip."""
    async with engine(folder) as (pipeline, bot, _):
        requests = [
            make_request(key=f"r{n}", template=None, prompt=f"cat {n}", caption="A cat.")
            for n in range(RUNS)
        ]
        bot.world.cap *= 10**6
        async with pipeline.run():
            began = time.perf_counter()
            await asyncio.gather(*(pipeline.start(request) for request in requests))
            while (await bot.store.count_runs()).get(RunState.SUCCEEDED, 0) < RUNS:
                await asyncio.sleep(0.02)
            took = time.perf_counter() - began
    assert len(bot.world.vendor.jobs) == RUNS
    assert len(bot.world.posts) == 2 * RUNS
    return {"runs": RUNS, "runs_per_second": RUNS / took}


async def waiting(folder: Path, count: int) -> dict[str, float]:
    """Return what *count* runs that wait for approval cost, and how late others are woken."""
    # Elsewhere, so that what adding them took is not counted as what they cost.
    subprocess.run(
        [sys.executable, "-m", "benchmarks.engine", "--child", "add", str(folder), str(count)],
        check=True,
    )
    process = psutil.Process()
    async with engine(folder) as (pipeline, bot, advanced):
        began = time.perf_counter()
        async with pipeline.run():
            started = time.perf_counter() - began
            await asyncio.sleep(1)
            busy = sum(process.cpu_times()[:2])
            await asyncio.sleep(IDLE)
            idle = (sum(process.cpu_times()[:2]) - busy) / IDLE
            rss = process.memory_info().rss
            due = {}
            for n in range(WAKES):
                when = bot.clock.now() + timedelta(seconds=0.2 + n * APART)
                due[f"wake-{n}"] = when.timestamp()
                await pipeline._ports.waker.at(f"wake-{n}", when)
            while any(run_id not in advanced for run_id in due):
                await asyncio.sleep(0.05)
    late = [advanced[run_id] - when for run_id, when in due.items()]
    return {
        "waiting": count,
        "start_s": started,
        "rss_mb": rss / 1e6,
        "idle_cpu_percent": idle * 100,
        "wake_p50_ms": statistics.median(late) * 1e3,
        "wake_max_ms": max(late) * 1e3,
    }


async def add(folder: Path, count: int) -> None:
    """Add *count* runs that wait for approval."""
    async with engine(folder) as (_, bot, _advanced):
        until = bot.clock.now() + timedelta(days=1)
        runs = [_waiting(n, until + timedelta(seconds=n)) for n in range(count)]
        await asyncio.gather(*map(bot.store.add_run, runs))


def _cry(*error: object) -> None:
    print(*error, file=sys.stderr)


def _waiting(number: int, until: Any) -> Run:
    request = make_request(key=f"w{number}", approval=True)
    return Run(
        id=f"wait-{number:05}",
        request=request,
        state=RunState.WAITING,
        reason="approval",
        wake_at=until,
        created_at=until,
        updated_at=until,
    )


def measure() -> dict[str, Any]:
    """Return all figures; memory also over that of an engine without runs."""
    rows = [_apart("waiting", str(size)) for size in SIZES]
    for row in rows:
        row["rss_over_idle_mb"] = row["rss_mb"] - rows[0]["rss_mb"]
    trips = [_apart("throughput")["runs_per_second"] for _ in range(3)]
    return {"waiting": rows, "runs_per_second": statistics.median(trips)}


def _apart(*what: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.engine", "--child", *what]
    found: dict[str, float] = json.loads(subprocess.check_output(command, timeout=300))
    return found


def child(what: str, *size: str) -> None:
    """Do one thing in this process; print what was measured."""
    if what == "add":
        asyncio.run(add(Path(size[0]), int(size[1])))
        return
    with tempfile.TemporaryDirectory() as folder:
        work = (
            throughput(Path(folder)) if what == "throughput" else waiting(Path(folder), int(*size))
        )
        print(json.dumps(asyncio.run(work)))


def main() -> None:
    """Print the figures."""
    figures = measure()
    if "--json" in sys.argv:
        print(json.dumps(figures, indent=2))
        return
    print(f"{figures['runs_per_second']:.0f} runs/s (aim: at least 50)")
    for row in figures["waiting"]:
        print(
            f"{row['waiting']:>6.0f} waiting: {row['rss_over_idle_mb']:+.1f} MB, "
            f"{row['idle_cpu_percent']:.1f} % of a core, woken {row['wake_p50_ms']:.1f} ms late "
            f"(at most {row['wake_max_ms']:.1f}), engine up in {row['start_s']:.2f} s"
        )


if __name__ == "__main__":
    if "--child" in sys.argv:
        child(*sys.argv[sys.argv.index("--child") + 1 :])
    else:
        main()
