"""How soon Slack has its ack: the control room beside a bare Bolt app, idle and while rendering.

    python -m benchmarks.slack_ack [--json]

A fake Slack delivers `/video a cat …` through a real WebSocket to a process of its own. The room
makes a run of each, on disk, and puts up its card; the bare app does nothing but ack. The two take
turns within one run. A process at a render worker's priority burns another core in the second half.
"""

import argparse
import asyncio
import gc
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.budget import Budget
from bot.intake import Intake
from bot.pipeline import Gate, Pipeline, Ports
from bot.slack.room import ControlRoom, Tokens
from bot.store import open_store
from bot.wakers.embedded import EmbeddedWaker
from tests.clock import FakeClock
from tests.fake_slack import FakeSlack
from tests.fakes import Ears, FakeMedia, FakePrompts, FakeProvider, FakePublisher, Killer, World
from tests.slack_room import House

#: Commands per second, and for how many seconds.
RATES = ((1, 10), (50, 6), (500, 3))
BURST = 500
#: Slack waits so long; seconds.
PATIENCE = 3.0
_BURN = "import os\nos.nice(10)\nwhile True: pass"


class WallClock(FakeClock):
    """The machine's time, where the fakes want a clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(seconds, 0))


# --- the bots ------------------------------------------------------------------------------------


async def be_bare(api: str) -> None:
    """Ack every command, and do nothing else."""
    app = AsyncApp(client=AsyncWebClient(token="xoxb-test", base_url=api), signing_secret="x")

    @app.command("/video")
    async def video(ack: Any) -> None:
        await ack()

    web = AsyncWebClient(token="xapp-test", base_url=api)
    handler = AsyncSocketModeHandler(app, "xapp-test", web_client=web)
    await handler.connect_async()
    await _until_told()
    await handler.close_async()


async def be_room(api: str, folder: Path) -> None:
    """Be the control room of a bot whose vendor is slow."""
    clock, killer, plan = WallClock(), Killer(), House(folder).plan
    plan = replace(plan, budget=Budget(per_day_usd=Decimal(100_000)))
    world = World(folder, clock=clock)
    world.vendor.seconds = 3600.0
    store = open_store(world.url, migrate=True)
    gate = Gate(store, folder / "STOP")
    providers = {"vendor": FakeProvider(world.vendor, killer)}
    publishers = {"slack": FakePublisher(world.slack, killer)}
    prompts, ears, media = FakePrompts(), Ears(), FakeMedia()
    bearer = {"authorization": "Bearer xoxb-test"}
    async with httpx.AsyncClient(base_url=api, headers=bearer, timeout=20) as client:
        room = ControlRoom(
            client=client,
            tokens=Tokens(bot="xoxb-test", app="xapp-test"),
            clock=clock,
            store=store,
            media=media,
            prompts=prompts,
            providers=providers,
            publishers=publishers,
            plan=lambda: plan,
            next_moment=lambda _schedule, _after: None,
            stopped=gate.stopped,
            draw_strip=media.strip,
            is_picture=media.is_picture,
            refusals=dict,
        )
        ports = Ports(
            clock=clock,
            store=store,
            waker=EmbeddedWaker(clock=clock, on_error=print),
            gate=gate,
            prompts=prompts,
            providers=providers,
            media=media,
            publishers=publishers,
            notifier=room.notices,
            observer=ears,
            board=room.board,
            budget=lambda: plan.budget,
        )
        pipeline = Pipeline(ports, on_error=print)
        intake = Intake(lambda: plan, prompts, providers)
        async with pipeline.run(), room.open(pipeline=pipeline, intake=intake):
            gc.collect()
            gc.freeze()  # as `reelbot run` does
            await _until_told()
    await store.close()


async def _until_told() -> None:
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, sys.stdin.read)


# --- Slack ---------------------------------------------------------------------------------------


async def measure(kind: str) -> dict[str, dict[str, float]]:
    """Return the latencies of one bot, in milliseconds, by how it was loaded."""
    slack = FakeSlack()
    jane = slack.workspace.add_user("U0JANE", "jane")
    slack.workspace.add_channel("#desk")
    slack.workspace.add_channel("#cats", members=("U0REELBOT", jane))
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        async with slack.serving():
            command = [sys.executable, "-m", "benchmarks.slack_ack", "--child", kind]
            child = await asyncio.create_subprocess_exec(
                *command, slack.api_url, folder, stdin=subprocess.PIPE
            )
            await slack.sockets.wait_for(1)
            await load(slack, jane, 20, 0.05)  # warm
            for rate, seconds in RATES:
                found[f"{rate}/s"] = figures(await load(slack, jane, rate * seconds, 1 / rate))
            found["burst"] = figures(await load(slack, jane, BURST, 0.0))
            assert child.stdin
            child.stdin.close()
            await child.wait()
    return found


async def load(slack: FakeSlack, user: str, count: int, apart: float) -> list[float | None]:
    """Type *count* commands, *apart* seconds after one another; return how long each ack took."""
    loop, sent = asyncio.get_running_loop(), []
    began = loop.time()
    for n in range(count):
        typing = slack.slash("/video", f"a cat, {n}", user=user, channel="#cats")
        sent.append(asyncio.create_task(typing))
        await asyncio.sleep(max(began + (n + 1) * apart - loop.time(), 0))
    deliveries = await asyncio.gather(*sent)
    return [None if d.error else d.seconds for d in deliveries]


def figures(seconds: list[float | None]) -> dict[str, float]:
    """Return p50, p99 and worst in milliseconds, and how many acks were late or lost."""
    took = sorted(1000 * s for s in seconds if s is not None)
    lost = len(seconds) - len(took)
    if not took:
        return {"lost": lost}
    at = [took[min(int(len(took) * part), len(took) - 1)] for part in (0.5, 0.99)]
    return {"p50": at[0], "p99": at[1], "worst": took[-1], "lost": lost}


@contextmanager
def burning() -> Iterator[None]:
    """Keep another core busy, as a render worker does."""
    process = subprocess.Popen([sys.executable, "-c", _BURN])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def run() -> dict[str, Any]:
    """Return all figures: by load of the machine, then by bot, then by load of the bot."""
    rows = {}
    for busy in ("idle", "rendering"):
        with burning() if busy == "rendering" else _nothing():
            rows[busy] = {kind: asyncio.run(measure(kind)) for kind in ("bare", "room")}
    return {"slack_ack": rows, "load": os.getloadavg()[0]}


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def main(argv: list[str] | None = None) -> None:
    """Measure, and print what was found."""
    options = argparse.ArgumentParser()
    options.add_argument("--json", action="store_true")
    options.add_argument("--child", nargs=3)
    chosen = options.parse_args(argv if argv is not None else [])
    if chosen.child:
        kind, api, folder = chosen.child
        asyncio.run(be_room(api, Path(folder)) if kind == "room" else be_bare(api))
        return
    found = run()
    if chosen.json:
        print(json.dumps(found))
        return
    print(f"{'':24}{'p50 ms':>9}{'p99 ms':>9}{'worst':>9}{'lost':>6}")
    for busy, kinds in found["slack_ack"].items():
        for loaded in kinds["bare"]:
            for kind in ("bare", "room"):
                row = kinds[kind][loaded]
                shown = "".join(f"{row.get(k, 0):9.1f}" for k in ("p50", "p99", "worst"))
                print(f"{busy:10}{loaded:8}{kind:6}{shown}{row['lost']:6.0f}")


if __name__ == "__main__":
    main(sys.argv[1:])
