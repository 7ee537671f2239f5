"""What a large download costs: memory on top, and megabytes a second.

    python -m benchmarks.download [--json]

400 MB from a server on loopback in a process of its own, onto this disk: by our client into the
media library, and by the official SDK as its documentation has it. Each in a fresh process.
"""

import asyncio
import importlib.util
import json
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psutil

from benchmarks.waiting import WallClock
from bot.domain.video import Capabilities, Variant, VideoJob, VideoStatus
from bot.media.keep import Keep
from bot.providers.videos_api import VideosApiProvider

MEGABYTES = 400
_BLOCK = b"\0" * 1_000_000
_START = b"\0\0\0\x18ftypisom".ljust(1_000_000, b"\0")
#: Seconds between two looks at the memory.
_LOOK = 0.005


# --- the server ---------------------------------------------------------------------------------


async def serve() -> None:
    """Serve the file to whoever asks for anything; prints the port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        length = MEGABYTES * len(_BLOCK)
        head = f"HTTP/1.1 200 OK\r\ncontent-type: video/mp4\r\ncontent-length: {length}\r\n\r\n"
        writer.write(head.encode() + _START)
        for _ in range(MEGABYTES - 1):
            writer.write(_BLOCK)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1")
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


# --- the clients --------------------------------------------------------------------------------


#: Downloads the file once.
Download = Callable[[], Awaitable[object]]


@asynccontextmanager
async def ours(url: str, folder: Path) -> AsyncIterator[Download]:
    """Stream into the media library, which also hashes and syncs the file."""
    job = VideoJob(
        provider="bench",
        id="v",
        model="m",
        seconds=4,
        size="1280x720",
        status=VideoStatus.COMPLETED,
        created_at=datetime.now(UTC),
    )
    async with httpx.AsyncClient(base_url=url) as client:
        provider = VideosApiProvider(
            "bench", client=client, capabilities=Capabilities(models={}), clock=WallClock()
        )
        keep = Keep(folder, min_free_bytes=0)
        yield lambda: keep.save(provider.download(job, Variant.VIDEO), "video/mp4")


@asynccontextmanager
async def plain(url: str, folder: Path) -> AsyncIterator[Download]:
    """`content = client.videos.download_content(id)`, and then into a file."""
    import openai  # noqa: PLC0415

    warnings.simplefilter("ignore", DeprecationWarning)
    async with openai.AsyncOpenAI(base_url=url, api_key="none") as client:

        async def download() -> None:
            content = await client.videos.download_content("v")
            content.write_to_file(folder / "video.mp4")

        yield download


CLIENTS = {"ours": ours, "SDK": plain}


# --- measuring ----------------------------------------------------------------------------------


async def measure_one(name: str, url: str) -> dict[str, float]:
    """Return the figures of one download; this process is the client."""
    process = psutil.Process()
    peak = 0

    async def look() -> None:
        nonlocal peak
        while True:
            peak = max(peak, await asyncio.to_thread(lambda: process.memory_info().rss))
            await asyncio.sleep(_LOOK)

    with tempfile.TemporaryDirectory() as name_of_folder:
        folder = Path(name_of_folder)
        async with CLIENTS[name](url, folder) as download:
            looking = asyncio.create_task(look())
            await asyncio.sleep(0.2)  # client and threads are there
            before, began = process.memory_info().rss, time.perf_counter()
            await download()
            took = time.perf_counter() - began
            looking.cancel()
        sizes = [path.stat().st_size for path in folder.rglob("*.mp4")]  # noqa: ASYNC240
        assert sizes == [MEGABYTES * len(_BLOCK)]
    return {"adds_mb": (peak - before) / 1e6, "mb_per_second": MEGABYTES / took}


def measure() -> list[dict[str, Any]]:
    """Return the figures of each client that is installed."""
    names = [name for name in CLIENTS if name == "ours" or importlib.util.find_spec("openai")]
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.download", "--serve"], stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout
        url = f"http://127.0.0.1:{server.stdout.readline().strip()}/v1"
        try:
            return [{"client": name} | _apart(name, url) for name in names]
        finally:
            server.kill()


def _apart(name: str, url: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.download", "--child", name, url]
    found: dict[str, float] = json.loads(subprocess.check_output(command, timeout=120))
    return found


def main() -> None:
    figures = measure()
    if "--json" in sys.argv:
        print(json.dumps(figures, indent=2))
        return
    for row in figures:
        print(
            f"{row['client']:>5}: {row['adds_mb']:6.1f} MB on top, {row['mb_per_second']:5.0f} MB/s"
        )


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--serve"]:
            asyncio.run(serve())
        case ["--child", name, url]:
            print(json.dumps(asyncio.run(measure_one(name, url))))
        case _:
            main()
