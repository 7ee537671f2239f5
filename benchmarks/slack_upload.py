"""Posting a clip in Slack: peak memory and speed, beside the official client.

    python -m benchmarks.slack_upload [--json]

The fake Slack of the tests runs in a process of its own, and so does every post. Both clients post
the same file to the same server in the same run; the server counts the bytes and keeps none.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil

from benchmarks.waiting import WallClock
from bot.domain.post import Post, Target
from bot.domain.video import Asset
from bot.publishers.slack import SlackPublisher

#: Sizes of the clips in MB, and posts of each; the median counts.
SIZES, TIMES = (10, 100, 400), 3
WAYS = ("reelbot", "files_upload_v2")
TOKEN = "xoxb-test"
_WARM = 1_000_000


class Shelf:
    """A media library whose assets are files of zeros."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, asset: Asset) -> Path:
        path = self._folder / asset.path
        with path.open("wb") as file:
            file.truncate(asset.bytes)
        return path


async def post_ours(url: str, channel: str, folder: Path, size: int) -> None:
    """Post a clip of *size* bytes the way the bot does."""
    post = Post(
        run_id="bench",
        target=Target(network="slack", destination=channel),
        caption="A cat.",
        alt_text=None,
        asset=Asset(sha256="0" * 64, path=f"{size}.mp4", media_type="video/mp4", bytes=size),
        thumbnail=None,
        simulated=False,
    )
    headers = {"authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60) as client:
        publisher = SlackPublisher(client, media=Shelf(folder), clock=WallClock())  # type: ignore[arg-type]
        await publisher.publish(post, await publisher.prepare(post))


async def post_theirs(url: str, channel: str, folder: Path, size: int) -> None:
    """Post a clip of *size* bytes with the official client."""
    from slack_sdk.web.async_client import AsyncWebClient  # noqa: PLC0415 the other one is measured without

    path = folder / f"{size}.mp4"
    with path.open("wb") as file:
        file.truncate(size)
    client = AsyncWebClient(TOKEN, base_url=url, timeout=600)
    await client.files_upload_v2(channel=channel, file=str(path), initial_comment="A cat.")


def post(way: str, url: str, channel: str, megabytes: int) -> dict[str, float]:
    """Return what one post took, after a small one that loads all there is to load."""
    once = post_ours if way == "reelbot" else post_theirs
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(once(url, channel, Path(folder), _WARM))
        with _peak() as peak:
            began = time.perf_counter()
            asyncio.run(once(url, channel, Path(folder), megabytes * 1_000_000))
            took = time.perf_counter() - began
    return {"seconds": took, "added_mb": peak() / 1e6}


@contextmanager
def _peak() -> Iterator[Any]:
    """Give a function that returns by how many bytes this process had grown at most."""
    process, over = psutil.Process(), threading.Event()
    before = highest = process.memory_info().rss

    def watch() -> None:
        nonlocal highest
        while not over.wait(0.005):
            highest = max(highest, process.memory_info().rss)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield lambda: highest - before
    finally:
        over.set()
        thread.join()


async def serve() -> None:
    """Serve a fake Slack until the standard input ends."""
    from tests.fake_slack import FakeSlack  # noqa: PLC0415 the posting processes do without

    slack = FakeSlack(hashing=False)
    channel = slack.workspace.add_channel("#cats")
    async with slack.serving():
        print(slack.api_url, channel.id, flush=True)
        await asyncio.to_thread(sys.stdin.read)


def measure() -> dict[str, Any]:
    """Return the medians of every size and way, and how many times faster ours is."""
    command = [sys.executable, "-m", "benchmarks.slack_upload", "--child"]
    server = subprocess.Popen(
        [*command, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert server.stdin
    assert server.stdout
    try:
        url, channel = server.stdout.readline().split()
        rows = []
        for size in SIZES:
            row: dict[str, Any] = {"mb": size}
            for way in WAYS:
                args = [*command, way, url, channel, str(size)]
                found = [json.loads(subprocess.check_output(args)) for _ in range(TIMES)]
                row[way] = {k: statistics.median(f[k] for f in found) for k in found[0]}
            row["faster"] = row[WAYS[1]]["seconds"] / row[WAYS[0]]["seconds"]
            rows.append(row)
    finally:
        server.stdin.close()
        server.wait(10)
    return {"slack_upload": rows}


def main() -> None:
    """Print the figures."""
    figures = measure()
    if "--json" in sys.argv:
        print(json.dumps(figures, indent=2))
        return
    for row in figures["slack_upload"]:
        ways = ", ".join(
            f"{way} {row[way]['seconds']:.2f} s and {row[way]['added_mb']:+.1f} MB" for way in WAYS
        )
        print(f"{row['mb']:>4} MB: {ways}: {row['faster']:.1f} times faster")
    print("aims at 400 MB: at most +8 MB, at least 3 times faster")


if __name__ == "__main__":
    if "--child" not in sys.argv:
        main()
    elif sys.argv[-1] == "serve":
        asyncio.run(serve())
    else:
        print(json.dumps(post(*sys.argv[2:5], int(sys.argv[5]))))
