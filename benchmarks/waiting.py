"""What it costs that runs wait: memory, idle CPU, and how late they are woken.

    python -m benchmarks.waiting [--json]

Every number is measured in a process of its own, beside one with an empty waker.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import psutil

from bot.wakers.embedded import EmbeddedWaker

#: How many runs wait.
SIZES = (0, 1_000, 10_000)
#: Seconds of doing nothing over which the CPU is measured.
IDLE = 10.0
#: Wake-ups whose lateness is measured, and the seconds between two of them.
WAKES, APART = 50, 0.02


class WallClock:
    """The machine's time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


async def wait(count: int) -> dict[str, float]:
    """Return the figures of *count* waiting runs in this process."""
    late: list[float] = []
    due: dict[str, datetime] = {}
    over = asyncio.Event()

    async def advance(run_id: str) -> None:
        late.append((datetime.now(UTC) - due[run_id]).total_seconds())
        if len(late) == WAKES:
            over.set()

    process = psutil.Process()
    waker = EmbeddedWaker(clock=WallClock(), on_error=print)
    async with waker.run(advance):
        began = time.perf_counter()
        for n in range(count):
            await waker.at(f"run-{n}", datetime.now(UTC) + timedelta(days=1, seconds=n))
        await asyncio.sleep(0)
        added = time.perf_counter() - began
        busy = sum(process.cpu_times()[:2])
        await asyncio.sleep(IDLE)
        idle = (sum(process.cpu_times()[:2]) - busy) / IDLE
        rss = process.memory_info().rss
        for n in range(WAKES):
            due[f"wake-{n}"] = datetime.now(UTC) + timedelta(seconds=0.1 + n * APART)
            await waker.at(f"wake-{n}", due[f"wake-{n}"])
        await over.wait()
    return {
        "waiting": count,
        "add_ms": added * 1e3,
        "rss_mb": rss / 1e6,
        "idle_cpu_percent": idle * 100,
        "wake_p50_ms": statistics.median(late) * 1e3,
        "wake_max_ms": max(late) * 1e3,
    }


def measure() -> dict[str, Any]:
    """Return the figures of every size, each with its memory over that of an empty waker."""
    rows = [_apart(count) for count in SIZES]
    for row in rows:
        row["rss_over_idle_mb"] = row["rss_mb"] - rows[0]["rss_mb"]
    return {"embedded_waker": rows}


def _apart(count: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.waiting", "--child", str(count)]
    result = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    return json.loads(result.stdout)


def main() -> None:
    if sys.argv[1:2] == ["--child"]:
        print(json.dumps(asyncio.run(wait(int(sys.argv[2])))))
        return
    figures = measure()
    if "--json" in sys.argv:
        print(json.dumps(figures, indent=2))
        return
    rows = figures["embedded_waker"]
    print(" ".join(f"{name:>17}" for name in rows[0]))
    for row in rows:
        print(" ".join(f"{value:17.1f}" for value in row.values()))


if __name__ == "__main__":
    main()
