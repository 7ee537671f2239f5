"""Posting a video on X: peak memory and speed, beside tweepy's chunked upload.

    python -m benchmarks.x_upload [--json]

The fake X of the tests runs in a process of its own, and so does every post. All send the same file
to the same server in the same run. A round trip is simulated by waiting before an answer: one for
every call, and two more where it had to open a connection (TCP, then TLS 1.3, as X asks for);
bandwidth is what the machine gives. tweepy knows only the upload that X has retired, where the fake
checks no signature, so theirs has less to wait for. Ours makes the post too, with its alt text;
`uploaded` is when only those were left.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
from starlette.requests import Request

from benchmarks.slack_upload import _peak
from benchmarks.waiting import WallClock
from bot.domain.video import Asset
from bot.x_api.sign import oauth1
from bot.x_api.upload import describe, upload_video
from bot.x_api.web_api import XApi

#: Sizes of the clips in MB, simulated round trips in seconds, and posts of each; the median counts.
SIZES, TRIPS, TIMES = (10, 100, 400), (0.0, 0.05), 3
#: From this size on the others post once: they take a minute, and mostly wait.
_LONG = 400
#: tweepy's chunks in MiB: its default, and the largest it can.
CHUNKS = {"tweepy": 1, "tweepy tuned": 5}
WAYS = ("reelbot", *CHUNKS)
_WARM = 1_000_000
#: Round trips before the answer to the first call of a connection, and to any other.
_FIRST, _NEXT = 3, 1


class Ours:
    """The way the bot does it; its client and its signer live as long as it does."""

    def __init__(self, url: str, keys: list[str]) -> None:
        self._client = httpx.AsyncClient(base_url=url, timeout=60)
        self._api = XApi(self._client, oauth1(*keys), clock=WallClock())

    def send(self, path: Path, size: int) -> float:
        """Post the clip; return when it was uploaded."""
        return asyncio.run(self._send(path, size))

    async def _send(self, path: Path, size: int) -> float:
        asset = Asset(sha256="0" * 64, path=path.name, media_type="video/mp4", bytes=size)
        media = await upload_video(self._api, path, asset, "x:@reel", clock=WallClock())
        uploaded = time.perf_counter()
        await describe(self._api, media.id, "A cat.", "x:@reel")
        wish = {"text": f"A cat of {media.id}.", "media": {"media_ids": [media.id]}}
        await self._api.call("POST", "/2/tweets", "x:@reel", json=wish)
        await self._client._transport._pool.aclose()  # type: ignore[attr-defined] every post opens its own
        return uploaded


class Theirs:
    """tweepy's chunked upload."""

    def __init__(self, url: str, keys: list[str], chunk: int) -> None:
        import tweepy  # noqa: PLC0415 ours is measured without more than it needs
        from requests.adapters import HTTPAdapter  # noqa: PLC0415 as above

        class Here(HTTPAdapter):
            """Goes to the fake instead of X."""

            def send(self, request: Any, **rest: Any) -> Any:
                request.url = request.url.replace("https://upload.twitter.com", url)
                return super().send(request, **rest)

        self._chunk = chunk
        self._api = tweepy.API(tweepy.OAuth1UserHandler(*keys))
        self._api.session.mount("https://upload.twitter.com", Here())

    def send(self, path: Path, _size: int) -> float:
        """Upload the clip; return when it was."""
        about = {"file_type": "video/mp4", "media_category": "tweet_video"}
        self._api.chunked_upload(str(path), chunk_size=self._chunk, **about)
        return time.perf_counter()


def post(way: str, url: str, keys: list[str], megabytes: int) -> dict[str, float]:
    """Return what one post took, after a small one that loads all there is to load."""
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder) / "small.mp4", Path(folder) / "large.mp4"
        size = megabytes * 1_000_000
        for path, length in ((small, _WARM), (large, size)):
            with path.open("wb") as file:
                file.truncate(length)
        client = Theirs(url, keys, CHUNKS[way] << 20) if way in CHUNKS else Ours(url, keys)
        client.send(small, _WARM)
        with _peak() as peak:
            began = time.perf_counter()
            uploaded = client.send(large, size)
            ended = time.perf_counter()
    return {
        "uploaded": uploaded - began,
        "seconds": ended - began,
        "added_mb": peak() / 1e6,
    }


def serve(trip: float) -> None:
    """Serve a fake X until the standard input ends."""
    from tests.fake_x import FakeX, Processing  # noqa: PLC0415 the posting processes do without

    class Far(FakeX):
        """An X behind TLS."""

        async def _wait(self, request: Request) -> None:
            transport = request.scope["fake_x.transport"]
            await asyncio.sleep(trip * (_FIRST if transport in self._fresh else _NEXT))
            self._fresh.discard(transport)

    x = Far(hashing=False)
    x.retired = True
    x.library.processing = Processing(pending=0, working=0)
    app, token = x.people.app, x.oauth1(x.account("@reel"))
    with x.serve():
        print(x.url, app.consumer_key, app.consumer_secret, token.key, token.secret, flush=True)
        sys.stdin.read()


def measure_at(trip: float) -> list[dict[str, Any]]:
    """Return the medians of every size and way at that round trip."""
    command = [sys.executable, "-m", "benchmarks.x_upload", "--child"]
    server = subprocess.Popen(
        [*command, "serve", str(trip)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert server.stdin
    assert server.stdout
    try:
        where = server.stdout.readline().split()
        rows = []
        for size in SIZES:
            row: dict[str, Any] = {"mb": size, "round_trip": trip}
            for way in WAYS:
                args = [*command, way, *where, str(size)]
                times = 1 if way in CHUNKS and size >= _LONG else TIMES
                found = [json.loads(subprocess.check_output(args)) for _ in range(times)]
                row[way] = {k: statistics.median(f[k] for f in found) for k in found[0]}
            row["faster"] = {
                way: row[way]["uploaded"] / row["reelbot"]["uploaded"] for way in CHUNKS
            }
            rows.append(row)
    finally:
        server.stdin.close()
        server.wait(10)
    return rows


def main() -> None:
    """Print the figures."""
    rows = [row for trip in TRIPS for row in measure_at(trip)]
    if "--json" in sys.argv:
        print(json.dumps({"x_upload": rows}, indent=2))
        return
    for row in rows:
        ours = row["reelbot"]
        theirs = ", ".join(
            f"{way} {row[way]['uploaded']:.2f} s and {row[way]['added_mb']:+.1f} MB: "
            f"{row['faster'][way]:.1f} times longer"
            for way in CHUNKS
        )
        print(
            f"{row['mb']:>4} MB at {row['round_trip'] * 1000:.0f} ms: reelbot "
            f"{ours['uploaded']:.2f} s and {ours['added_mb']:+.1f} MB, posted after "
            f"{ours['seconds']:.2f} s; {theirs}"
        )
    print("aims at 100 MB and 50 ms: 20 times, tuned 4 times, posted within 2 s; at most +30 MB")


if __name__ == "__main__":
    if "--child" not in sys.argv:
        main()
    elif sys.argv[2] == "serve":
        serve(float(sys.argv[3]))
    else:
        print(json.dumps(post(sys.argv[2], sys.argv[3], sys.argv[4:8], int(sys.argv[8]))))
