"""Streams the files of a finished video from a Videos API server.

`videos_api` calls `stream`. The invariant: when the generator ends without an error, every byte
the server promised was yielded, once and in order, and the first ones are those of such a file.
"""

import re
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

import httpx

from bot.domain.video import Variant, VideoJob
from bot.errors import (
    BotError,
    Expired,
    NotReady,
    Rejected,
    Truncated,
    Unavailable,
    Unusable,
)
from bot.ports import Clock
from bot.providers.refusal import Refusals, is_final

CHUNK = 64 * 1024
#: Times a cut stream is taken up again where it broke off without bringing another chunk, and the
#: pause before each time, in seconds.
RESUMES = 3
PAUSE = 1.0
HOPS = 5
#: Some servers know of the file only a little later than of the job (404, 409, 5xx).
NOT_YET = {403, 404, 409, 425, 429}
#: How long after its end a video may be missing before it is gone.
GRACE = timedelta(minutes=10)
EXPIRED = re.compile(r"expire|no longer available|has been deleted", re.IGNORECASE)
#: Who answers these speaks of a key or a limit that expires, not of the video.
NOT_OF_THE_VIDEO = {401, 429}
ABSENT = {403, 404}
_RANGE = re.compile(r"bytes (\d+)-\d+/(?:\d+|\*)")
IMAGES = (b"\xff\xd8\xff", b"\x89PNG", b"RIFF")


@dataclass(slots=True)
class _Progress:
    """How far a download has come."""

    received: int = 0
    #: Bytes of the whole file, when the server said.
    total: int | None = None
    #: The server can go on in the middle.
    resumable: bool = False
    etag: str | None = None

    @property
    def is_whole(self) -> bool:
        return self.received > 0 and self.total in {None, self.received}

    def begin(self, response: httpx.Response) -> bool:
        """Take in the headers of a response; False when it does not go on where we stand."""
        span = _RANGE.fullmatch(response.headers.get("content-range", ""))
        if self.received:
            return response.status_code == httpx.codes.PARTIAL_CONTENT and (
                span is not None and int(span[1]) == self.received
            )
        length = response.headers.get("content-length", "")
        # The length of a compressed body says nothing about the bytes we yield.
        plain = response.headers.get("content-encoding", "identity") == "identity"
        self.total = int(length) if plain and length.isdecimal() else None
        self.etag = response.headers.get("etag")
        ranges = response.headers.get("accept-ranges") == "bytes"
        self.resumable = plain and (ranges or self.etag is not None)
        return True

    def headers(self) -> dict[str, str]:
        headers = {"accept": "*/*", "accept-encoding": "identity"}
        if self.received:
            headers["range"] = f"bytes={self.received}-"
            if self.etag:
                headers["if-range"] = self.etag
        return headers


class Content:
    """The `/content` of one server, and the addresses some give instead."""

    def __init__(self, client: httpx.AsyncClient, *, clock: Clock, refusals: Refusals) -> None:
        self._client = client
        self._clock = clock
        self._refusals = refusals

    async def stream(self, job: VideoJob, variant: Variant) -> AsyncGenerator[bytes, None]:
        """Yield the file in chunks of 64 KiB.

        A stream that breaks off is taken up again where the server sends an ETag or accepts
        ranges, and given up after three times without a further chunk. Raises `NotReady`,
        `Expired`, `Unavailable`, `RateLimited`, `Unauthorized`, `Rejected`, `Truncated`, and
        `Unusable` when the bytes are no such file.
        """
        progress, left = _Progress(), RESUMES
        while True:
            response, before = await self._open(job, variant, progress), progress.received
            broken: Exception | None = None
            try:
                async for chunk in response.aiter_bytes(CHUNK):
                    if not progress.received:
                        _check(chunk, variant)
                    progress.received += len(chunk)
                    yield chunk
            except httpx.HTTPError as error:
                broken = error
            finally:
                await response.aclose()
            if broken is None and progress.is_whole:
                return
            left = left if progress.received > before else left - 1
            if left < 0 or not progress.resumable:
                raise _cut(progress) from broken
            await self._clock.sleep(PAUSE)

    async def _open(self, job: VideoJob, variant: Variant, progress: _Progress) -> httpx.Response:
        """Return a response whose body goes on where *progress* stands."""
        try:
            response = await self._ask(job, variant, progress.headers())
        except httpx.HTTPError as error:
            raise Unavailable(f"{job.provider} was not reached for the video.") from error
        except httpx.InvalidURL as error:
            raise Rejected(f"{job.provider} gave an address that is none.") from error
        if response.is_success and progress.begin(response):
            return response
        try:
            raise _cut(progress) if response.is_success else await self._refusal(response, job)
        finally:
            await response.aclose()

    async def _ask(
        self, job: VideoJob, variant: Variant, headers: dict[str, str]
    ) -> httpx.Response:
        """Ask `/content`, and where it does not serve the file, the address the job names.

        The video is what `/content` serves without `variant`, which SGLang understands
        differently.
        """
        path = f"videos/{quote(job.id, safe='')}/content"
        params = None if variant is Variant.VIDEO else {"variant": variant.value}
        request = self._client.build_request("GET", path, params=params, headers=headers)
        response = await self._follow(request, headers)
        if response.is_error and job.url and variant is Variant.VIDEO:
            await response.aclose()
            response = await self._follow(self._elsewhere(httpx.URL(job.url), headers), headers)
        return response

    async def _follow(self, request: httpx.Request, headers: dict[str, str]) -> httpx.Response:
        for _ in range(HOPS):
            response = await self._client.send(request, stream=True, follow_redirects=False)
            if not response.has_redirect_location:
                return response
            await response.aclose()
            url = response.url.join(response.headers["location"])
            request = self._elsewhere(url, headers)
        raise Rejected("The provider's address of the video leads in circles.")

    def _elsewhere(self, url: httpx.URL, headers: dict[str, str]) -> httpx.Request:
        """Return a request that takes our key to the provider's own host only."""
        url = self._client.base_url.join(url)
        if self._is_own(url):
            return self._client.build_request("GET", url, headers=headers)
        if url.scheme != "https":
            raise Rejected(f"The provider keeps the video at {url.host} without encryption.")
        timeout = {"timeout": self._client.timeout.as_dict()}
        return httpx.Request("GET", url, headers=headers, extensions=timeout)

    def _is_own(self, url: httpx.URL) -> bool:
        base = self._client.base_url
        return (url.scheme, url.host, url.port) == (base.scheme, base.host, base.port)

    async def _refusal(self, response: httpx.Response, job: VideoJob) -> BotError:
        """Return what an answer without content means."""
        response = await _start_of(response)
        said = self._refusals.say(response, "a download")
        status = response.status_code
        of_the_video = response.is_client_error and status not in NOT_OF_THE_VIDEO
        gone = status == httpx.codes.GONE or (of_the_video and EXPIRED.search(said))
        if gone or (self._is_over(job) and status in ABSENT):
            return Expired(said, hint="Make the video again: providers keep theirs for hours only.")
        if is_final(response) and self._is_own(response.url):
            return self._refusals.error(response, "a download")
        if status in NOT_YET or response.is_server_error:
            return NotReady(said, retry_after=self._refusals.retry_after(response))
        return Rejected(said, hint="Look at the video on the provider's own pages.")

    def _is_over(self, job: VideoJob) -> bool:
        """Whether the provider may have deleted the file of the job."""
        now = self._clock.now()
        late = job.completed_at is not None and job.completed_at + GRACE <= now
        return late or (job.expires_at is not None and job.expires_at <= now)


async def _start_of(response: httpx.Response) -> httpx.Response:
    """Return an error with as much of its body as is worth reading and arrives."""
    start = b""
    with suppress(httpx.HTTPError):
        async for chunk in response.aiter_bytes(CHUNK):
            start = chunk
            break
    headers = {k: v for k, v in response.headers.items() if k == "retry-after"}
    return httpx.Response(
        response.status_code, headers=headers, content=start, request=response.request
    )


def _check(start: bytes, variant: Variant) -> None:
    """Raise `Unusable` unless *start* begins such a file; LiteLLM serves the MP4 as thumbnail."""
    if variant is Variant.VIDEO and start[4:8] != b"ftyp":
        raise Unusable("The provider sent something that is not an MP4 file.")
    if variant is not Variant.VIDEO and not start.startswith(IMAGES):
        raise Unusable(f"The provider sent something that is not an image as {variant}.")


def _cut(progress: _Progress) -> Truncated:
    promised = f" of {progress.total}" if progress.total is not None else ""
    return Truncated(f"The file ended after {progress.received}{promised} bytes.")
