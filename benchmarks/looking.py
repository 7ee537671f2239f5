"""How many requests it takes to notice that videos are finished, and how late they are noticed.

    python -m benchmarks.looking [--json]

A server on loopback, in a process of its own, makes videos that take 80 to 120 seconds; so many
are in flight at any time, because each that is finished is followed by another, which the client
is told of (what creating costs is not measured here). Beside our client stands the plain loop of
the official SDK, which asks for every job every two or ten seconds.

To stay within two minutes, small crowds run faster: with `FASTER` 5 a video takes 16 to 24 seconds
and every wait of the client is a fifth as long, and lag and load are told for the slow ones: what
is printed is what the same requests would be at full length. The large crowds run at full length,
but only a part of their lives is measured: they begin at every age, as they would be found.
"""

import asyncio
import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import psutil

from benchmarks.waiting import WallClock
from bot.domain.video import Capabilities, Model, VideoJob, VideoRequest, VideoStatus
from bot.providers.pace import Pace
from bot.providers.videos_api import VideosApiProvider

#: Seconds that a video takes, at full length.
LASTS = (80.0, 120.0)
#: Jobs of that length that the client has seen before.
SEEN = 20
REQUEST = VideoRequest(prompt="a cat", model="m", seconds=4, size="1280x720")


@dataclass(frozen=True, slots=True)
class Case:
    """One measurement."""

    #: `watch`, `webhook`, or the seconds between two requests of the plain loop.
    how: str
    jobs: int
    faster: float
    #: Seconds of measuring, after a warm-up.
    window: float


CASES = (
    Case("watch", 1, 50, 12),
    Case("watch", 60, 5, 15),
    Case("watch", 1000, 1, 15),
    Case("watch", 5000, 1, 20),
    Case("webhook", 60, 1, 15),
    Case("webhook", 1000, 1, 10),
    Case("2", 60, 5, 10),
    Case("10", 60, 5, 10),
    Case("2", 1000, 1, 10),
)
WARM_UP = 3.0


# --- the server ---------------------------------------------------------------------------------


class Server(asyncio.Protocol):
    """Just enough of the protocol, as fast as Python can; one object per connection."""

    jobs: list[tuple[float, float]] = []  # noqa: RUF012  # (created, finished), by id
    faster = 1.0
    counted = 0
    ears: list[asyncio.WriteTransport] = []  # noqa: RUF012  # who hears of what happens

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.buffer = b""

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while b"\r\n\r\n" in self.buffer:
            head, _, rest = self.buffer.partition(b"\r\n\r\n")
            length = 0
            for line in head.lower().split(b"\r\n"):
                if line.startswith(b"content-length:"):
                    length = int(line.partition(b":")[2])
            if len(rest) < length:
                return
            self.buffer = rest[length:]
            _, target, _ = head.split(b"\r\n")[0].decode().split()
            self.transport.write(self.answer(target))

    def answer(self, target: str) -> bytes:
        path, _, query = target.partition("?")
        parts = path.strip("/").split("/")
        if path == "/ears":
            Server.ears.append(self.transport)
            return b""
        if path == "/told":
            return _http({"counted": Server.counted, "jobs": Server.jobs})
        Server.counted += 1
        if len(parts) == 3:
            return _http(_video(int(parts[2])))
        asked = dict(pair.split("=") for pair in query.split("&") if pair)
        end = int(asked["after"]) if "after" in asked else len(Server.jobs)
        first = max(end - int(asked.get("limit", "20")), 0)
        data = [_video(number) for number in range(end - 1, first - 1, -1)]
        return _http({"object": "list", "data": data, "has_more": first > 0})

    @staticmethod
    def add(created: float) -> None:
        number = len(Server.jobs)
        finished = created + random.Random(number).uniform(*LASTS) / Server.faster
        Server.jobs.append((created, finished))
        Server.tell(f"made {number} {created}")
        asyncio.get_running_loop().call_later(finished - time.time(), Server.finish, number)

    @staticmethod
    def finish(number: int) -> None:
        Server.tell(f"finished {number} {Server.jobs[number][1]}")
        Server.add(time.time())

    @staticmethod
    def tell(words: str) -> None:
        for ear in Server.ears:
            ear.write(f"{words}\n".encode())


def _video(number: int) -> dict[str, Any]:
    created, finished = Server.jobs[number]
    now = time.time()
    over = now >= finished
    return {
        "id": str(number),
        "object": "video",
        "model": "m",
        "status": "completed" if over else "in_progress",
        "progress": 100 if over else int(100 * (now - created) / (finished - created)),
        "created_at": int(created),
        "completed_at": int(finished) if over else None,
        "expires_at": None,
        "prompt": "a curious ginger cat walks along the lake at golden hour, a paper boat sails",
        "size": "1280x720",
        "seconds": "4",
        "remixed_from_video_id": None,
        "error": None,
    }


def _http(body: object) -> bytes:
    content = json.dumps(body).encode()
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    return head % len(content) + content


async def serve(jobs: int, faster: float) -> None:
    """Serve until killed; prints the port. The jobs that are in flight have every age."""
    Server.faster = faster
    for number in range(jobs):
        lasts = random.Random(number).uniform(*LASTS) / faster
        Server.add(time.time() - lasts * (jobs - number - 0.5) / jobs)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Server, "127.0.0.1", backlog=2000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


# --- the clients --------------------------------------------------------------------------------

#: Returns when the job of that id and creation is seen to be finished.
Notice = Callable[[str, float], Awaitable[None]]
#: What a webhook sets, by job.
Pokes = dict[str, asyncio.Event]


@asynccontextmanager
async def ours(url: str, case: Case, pokes: Pokes) -> AsyncIterator[Notice]:
    """Our client: watching, or poked by webhooks."""
    model = Model(name="m", sizes=("1280x720",), seconds=(4,), usd_per_second=Decimal(0))
    pace = Pace(shortest=1 / case.faster, longest=60 / case.faster, grid=1 / case.faster)
    for number in range(SEEN):
        seconds = random.Random(-1 - number).uniform(*LASTS) / case.faster
        pace.learn(("m", 4), timedelta(seconds=seconds))
    hinted, began = case.how == "webhook", time.time()
    async with httpx.AsyncClient(base_url=url, timeout=30) as client:
        provider = VideosApiProvider(
            "bench",
            client=client,
            capabilities=Capabilities(models={"m": model}),
            clock=WallClock(),
            pace=pace,
            hinted=hinted,
        )

        def known(job_id: str, created: float) -> VideoJob:
            job = VideoJob(
                provider="bench",
                id=job_id,
                model="m",
                seconds=4,
                size="1280x720",
                status=VideoStatus.QUEUED,
                created_at=datetime.fromtimestamp(created, UTC),
            )
            job = provider._watcher.first_look(job)
            if hinted or created > began:
                return job
            assert job.look_again_at  # found in the middle of a pause, and not at its beginning
            rest = (job.look_again_at - datetime.now(UTC)) * random.random()
            return replace(job, look_again_at=datetime.now(UTC) + rest)

        async def watch(job_id: str, created: float) -> None:
            job = known(job_id, created)
            async with aclosing(provider.watch(job)) as looks:
                async for _ in looks:
                    pass

        async def poked(job_id: str, created: float) -> None:
            """Do as the pipeline does: park, and look when poked or when it is time."""
            job = known(job_id, created)
            while not job.status.is_terminal:
                assert job.look_again_at
                pause = (job.look_again_at - datetime.now(UTC)).total_seconds()
                event = pokes[job_id]
                try:
                    await asyncio.wait_for(event.wait(), pause)
                    event.clear()
                    job = replace(job, look_again_at=None)
                except TimeoutError:
                    pass
                async with aclosing(provider.watch(job)) as looks:
                    job = await anext(looks)

        yield poked if hinted else watch


@asynccontextmanager
async def plain(url: str, case: Case, _pokes: Pokes) -> AsyncIterator[Notice]:
    """The loop that people write: retrieve, sleep, retrieve."""
    import warnings  # noqa: PLC0415

    import openai  # noqa: PLC0415

    warnings.simplefilter("ignore", DeprecationWarning)
    seconds = float(case.how) / case.faster
    async with openai.AsyncOpenAI(base_url=url, api_key="none", timeout=30) as client:

        async def poll(job_id: str, _created: float) -> None:
            await asyncio.sleep(seconds * random.random())  # they did not begin all at once
            while (await client.videos.retrieve(job_id)).status != "completed":
                await asyncio.sleep(seconds)

        yield poll


# --- measuring ----------------------------------------------------------------------------------


async def measure_one(case: Case) -> dict[str, float]:
    """Return the figures of one case; this process is the client."""
    server = subprocess.Popen(  # noqa: ASYNC220  # nothing else runs yet
        [sys.executable, "-m", "benchmarks.looking", "--serve", str(case.jobs), str(case.faster)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout
        url = f"http://127.0.0.1:{server.stdout.readline().strip()}/v1"
        pokes: Pokes = {}
        ours_or_plain = ours if case.how in {"watch", "webhook"} else plain
        async with (
            ours_or_plain(url, case, pokes) as notice,
            httpx.AsyncClient(base_url=url[:-3], timeout=30) as asking,
        ):
            return await _measure(case, notice, pokes, asking)
    finally:
        server.kill()
        server.communicate()


async def _measure(
    case: Case, notice: Notice, pokes: Pokes, asking: httpx.AsyncClient
) -> dict[str, float]:
    noticed: dict[str, float] = {}
    lives: set[asyncio.Task[None]] = set()

    async def life(job_id: str, created: float) -> None:
        pokes[job_id] = asyncio.Event()
        await notice(job_id, created)
        noticed[job_id] = time.time()
        del pokes[job_id]

    def begin(job_id: str, created: float) -> None:
        task = asyncio.create_task(life(job_id, created))
        lives.add(task)
        task.add_done_callback(lives.discard)

    async def listen() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", asking.base_url.port)
        writer.write(b"GET /ears HTTP/1.1\r\n\r\n")
        async for line in reader:
            what, job_id, at = line.decode().split()
            if what == "made":
                begin(job_id, float(at))
            elif job_id in pokes:
                pokes[job_id].set()

    ears = asyncio.create_task(listen())
    for n, job in enumerate((await asking.get("told")).json()["jobs"]):
        begin(str(n), job[0])
    await asyncio.sleep(WARM_UP)
    process = psutil.Process()
    before, start = (await asking.get("told")).json(), time.time()
    cpu = sum(process.cpu_times()[:2])
    await asyncio.sleep(case.window)
    cpu = sum(process.cpu_times()[:2]) - cpu
    after, end = (await asking.get("told")).json(), time.time()
    for task in (ears, *lives):
        task.cancel()
    await asyncio.gather(ears, *lives, return_exceptions=True)
    # Who is not noticed by the end has at least that lag.
    lags = sorted(
        noticed.get(str(n), end) - finished
        for n, (_, finished) in enumerate(after["jobs"])
        if start <= finished <= end - 0.2 or start <= noticed.get(str(n), 0) <= end
    )
    finished_jobs = sum(start <= at <= end for at in noticed.values())
    return {
        "jobs": case.jobs,
        "finished": finished_jobs,
        "requests_per_job": (after["counted"] - before["counted"]) / max(finished_jobs, 1),
        "lag_p50_s": statistics.median(lags) * case.faster,
        "lag_p99_s": lags[int(len(lags) * 0.99)] * case.faster,
        "cpu_percent": 100 * cpu / (end - start) / case.faster,
        "rss_mb": process.memory_info().rss / 1e6,
    }


def measure() -> list[dict[str, Any]]:
    """Return the figures of all cases, each from a process of its own."""
    return [
        {"how": _name(case)} | _apart(number) for number, case in enumerate(CASES) if _can(case)
    ]


def _can(case: Case) -> bool:
    if case.how in {"watch", "webhook"}:
        return True
    import importlib.util  # noqa: PLC0415

    return importlib.util.find_spec("openai") is not None


def _name(case: Case) -> str:
    return case.how if case.how in {"watch", "webhook"} else f"SDK, every {case.how} s"


def _apart(number: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.looking", "--child", str(number)]
    found: dict[str, float] = json.loads(subprocess.check_output(command, timeout=300))
    return found


def main() -> None:
    figures = measure()
    if "--json" in sys.argv:
        print(json.dumps(figures, indent=2))
        return
    print(
        f"{'':>16} {'in flight':>9} {'requests/job':>12} {'lag p50':>8} {'p99':>7} "
        f"{'core':>7} {'RSS MB':>7}"
    )
    for row in figures:
        print(
            f"{row['how']:>16} {row['jobs']:9.0f} {row['requests_per_job']:12.2f} "
            f"{row['lag_p50_s']:6.2f} s {row['lag_p99_s']:5.1f} s {row['cpu_percent']:5.1f} % "
            f"{row['rss_mb']:7.0f}"
        )


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--serve", jobs, faster]:
            asyncio.run(serve(int(jobs), float(faster)))
        case ["--child", number]:
            print(json.dumps(asyncio.run(measure_one(CASES[int(number)]))))
        case _:
            main()
