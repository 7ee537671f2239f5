"""What webhooks cost: answers per second, how long one takes, and how soon its run looks.

    python -m benchmarks.webhooks [--json]

The server is a process of its own with a database on disk, the caller another one with kept
connections. Beside the signed webhooks an empty Starlette route is called in the same way.
"""

import asyncio
import base64
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
from prometheus_client import CollectorRegistry
from standardwebhooks import Webhook
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.engine import engine
from bot import web
from bot.domain.run import RunState
from bot.domain.video import VideoJob, VideoStatus
from bot.pipeline import Pipeline
from tests.fakes import Bot, make_request

#: Requests for a rate, and the connections they come on; requests one after the other.
CALLS, CONNECTIONS, IN_ROW = 4000, 16, 1000
#: Runs whose webhooks come one by one, and all at once.
ONE_BY_ONE, AT_ONCE = 60, 100
#: Between two of the former, so that one run's way to its posts is not in the next one's; seconds.
APART = 0.15
SECRET = f"whsec_{base64.b64encode(bytes(range(32))).decode()}"
HOOK, EMPTY = "/webhooks/vendor", "/empty"


# --- the server --------------------------------------------------------------------------------


@asynccontextmanager
async def server(folder: Path) -> AsyncIterator[tuple[str, Pipeline, Bot]]:
    """Give the address of an engine that takes webhooks, its pipeline and its world."""

    async def empty(_request: Request) -> Response:
        return Response()

    hooks = web.Hooks({"vendor": web.read_secrets("HOOK", SECRET)}, count=lambda _outcome: None)
    app = web.build(ready=dict, registry=CollectorRegistry(), hooks=hooks)  # type: ignore[arg-type]
    bare = Starlette(routes=[Route(EMPTY, empty, methods=["POST"])])

    async def either(scope: Any, receive: Any, send: Any) -> None:
        await (bare if scope["path"] == EMPTY else app)(scope, receive, send)

    async with (
        engine(folder) as (pipeline, bot, _),
        pipeline.run(),
        hooks.run(find=bot.store.run_of_video, nudge=pipeline.nudge),
        web.serve(either, "127.0.0.1", 0) as address,
    ):
        yield address.rpartition(":")[2], pipeline, bot


async def answers(folder: Path) -> dict[str, Any]:
    """Return rate and latency of signed webhooks and of the empty route."""
    async with server(folder) as (port, _pipeline, _bot):
        figures: dict[str, Any] = {}
        for name, path in (("webhook", HOOK), ("empty_route", EMPTY)):
            await _call(port, path, 200, 4)  # warms up
            busy = sum(psutil.Process().cpu_times()[:2])
            many = await _call(port, path, CALLS, CONNECTIONS)
            busy = sum(psutil.Process().cpu_times()[:2]) - busy
            few = await _call(port, path, IN_ROW, 1)
            took = sorted(few["took"].values())
            figures[name] = {
                "answers_per_second": CALLS / many["seconds"],
                "server_cpu_us_per_answer": busy / CALLS * 1e6,
                "p50_ms": statistics.median(took) * 1e3,
                "p99_ms": took[len(took) * 99 // 100] * 1e3,
                "rss_mb": psutil.Process().memory_info().rss / 1e6,
            }
        return figures


async def lag(folder: Path) -> dict[str, Any]:
    """Return how long after a webhook was sent its run looks at the provider, seconds."""
    async with server(folder) as (port, pipeline, bot):
        bot.world.cap *= 10**6
        looked = _slow_vendor(bot)
        total = ONE_BY_ONE + AT_ONCE
        for n in range(total):
            cat = make_request(key=f"{n}", template=None, prompt=f"cat {n}", caption="A cat.")
            await pipeline.start(cat)
        while (await bot.store.count_runs())[RunState.WAITING] < total:
            await asyncio.sleep(0.05)
        bot.world.vendor.stays = VideoStatus.COMPLETED
        videos = list(bot.world.vendor.jobs)
        looked.clear()
        sent = (await _call(port, HOOK, ONE_BY_ONE, 1, videos[:ONE_BY_ONE], pause=APART))["sent"]
        sent |= (await _call(port, HOOK, AT_ONCE, AT_ONCE, videos[ONE_BY_ONE:]))["sent"]
        while len(looked) < total:
            await asyncio.sleep(0.05)
        late = {video: looked[video] - sent[video] for video in videos}
        return {
            "one_by_one": _spread([late[video] for video in videos[:ONE_BY_ONE]]),
            "all_at_once": _spread([late[video] for video in videos[ONE_BY_ONE:]]),
        }


def _slow_vendor(bot: Bot) -> dict[str, float]:
    """Have the vendor ask for no look within ten minutes; return when it was looked at."""
    looked: dict[str, float] = {}
    bot.world.vendor.seconds, look = 1e9, bot.world.vendor.look

    def seen(job: VideoJob) -> VideoJob:
        looked[job.id] = time.monotonic()
        return replace(look(job), look_again_at=datetime.now(UTC) + timedelta(minutes=10))

    bot.world.vendor.look = seen  # type: ignore[method-assign]
    return looked


def _spread(late: list[float]) -> dict[str, float]:
    return {"p50_ms": statistics.median(late) * 1e3, "max_ms": max(late) * 1e3}


# --- the caller --------------------------------------------------------------------------------


async def _call(
    port: str,
    path: str,
    calls: int,
    abreast: int,
    videos: Sequence[str] = (),
    *,
    pause: float = 0,
) -> dict[str, Any]:
    """Have another process call; return what it measured."""
    order = [port, path, str(calls), str(abreast), str(pause)]
    caller = await asyncio.create_subprocess_exec(
        *_command("call", *order), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    said, _ = await caller.communicate(json.dumps(list(videos)).encode())
    measured: dict[str, Any] = json.loads(said)
    return measured


async def call(port: str, path: str, calls: str, abreast: str, pause: str) -> dict[str, Any]:
    """Send signed webhooks on *abreast* connections; return when, and how long each took."""
    videos = json.load(sys.stdin) or [f"nobody_{n}" for n in range(int(calls))]
    requests = iter([(video, _request(port, path, video)) for video in videos])
    sent: dict[str, float] = {}
    took: dict[str, float] = {}

    async def work(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for video, request in requests:
            sent[video] = time.monotonic()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            took[video] = time.monotonic() - sent[video]
            assert head.startswith(b"HTTP/1.1 200"), head
            await asyncio.sleep(float(pause))
        writer.close()

    lines = [await asyncio.open_connection("127.0.0.1", int(port)) for _ in range(int(abreast))]
    began = time.monotonic()
    await asyncio.gather(*(work(*line) for line in lines))
    return {"seconds": time.monotonic() - began, "sent": sent, "took": took}


def _request(port: str, path: str, video: str) -> bytes:
    body = json.dumps({"type": "video.completed", "data": {"id": video}})
    name, now = f"msg_{path}_{video}_{time.monotonic_ns()}", datetime.now(UTC)
    return (
        f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\nwebhook-id: {name}\r\n"
        f"webhook-timestamp: {int(now.timestamp())}\r\n"
        f"webhook-signature: {Webhook(SECRET).sign(name, now, body)}\r\n\r\n{body}"
    ).encode()


# --- all of it ---------------------------------------------------------------------------------


def _command(*child: str) -> list[str]:
    return [sys.executable, "-m", "benchmarks.webhooks", "--child", *child]


def measure() -> dict[str, Any]:
    """Return all figures, each from a process of its own."""
    return {
        what: json.loads(subprocess.check_output(_command(what), timeout=300))
        for what in ("answers", "lag")
    }


def child(what: str, *order: str) -> None:
    """Do one thing in this process; print what was measured."""
    if what == "call":
        print(json.dumps(asyncio.run(call(*order))))
        return
    with tempfile.TemporaryDirectory() as folder:
        work = answers(Path(folder)) if what == "answers" else lag(Path(folder))
        print(json.dumps(asyncio.run(work)))


def main() -> None:
    figures = measure()
    if "--json" in sys.argv:
        print(json.dumps(figures, indent=2))
        return
    for name, row in figures["answers"].items():
        print(
            f"{name:>12}: {row['answers_per_second']:6.0f} answers/s, p50 {row['p50_ms']:.2f} ms, "
            f"p99 {row['p99_ms']:.2f} ms, {row['server_cpu_us_per_answer']:.0f} µs of CPU each"
        )
    for name, row in figures["lag"].items():
        aim = " (aim: p50 at most 50)" if name == "one_by_one" else ""
        print(f"{name:>12}: looks {row['p50_ms']:.1f} ms after, at most {row['max_ms']:.1f}{aim}")


if __name__ == "__main__":
    if "--child" in sys.argv:
        child(*sys.argv[sys.argv.index("--child") + 1 :])
    else:
        main()
