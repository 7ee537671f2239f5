"""The Videos API (`/v1/videos`): the protocol OpenAI published and many servers speak.

Serves vLLM-Omni, SGLang Diffusion, LiteLLM, gateways, and the embedded studio. `bot.app` gives it
an `httpx.AsyncClient` with base URL, key, timeouts and no retries. Its one invariant: a create is
sent once, and what it raises says whether a job may exist all the same.

Wire facts: openai-openapi 2.3.0 (openapi.json) and the official Python SDK 3.54.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote

import httpx

from bot.domain.video import (
    Capabilities,
    Variant,
    VideoError,
    VideoJob,
    VideoRequest,
    VideoStatus,
)
from bot.errors import (
    AmbiguousCreate,
    ProviderError,
    RateLimited,
    Rejected,
    RequestError,
    Unavailable,
)
from bot.ports import Clock
from bot.providers import answers
from bot.providers.content import Content
from bot.providers.listing import Listing, ListingFailed, ListingMissing
from bot.providers.looker import Looker, Sight
from bot.providers.pace import Pace
from bot.providers.reference import read_image
from bot.providers.refusal import Refusals, is_final, say_lost

#: How far the server's clock may be behind ours when we look for a lost create.
SKEW = timedelta(seconds=60)
#: How long a job may be unknown to its provider before it has failed, in units of the pace's
#: longest wait. vLLM-Omni forgets its jobs at a restart, but gateways answer 404 in a deploy.
PATIENCE = 3.5
MISSING = re.compile(r"missing_since_(\d{1,11})")

#: What went wrong before a byte of the request was sent.
NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
MAY_HAVE_HAPPENED = {302, 303, 408, 409, 425}
#: A look that got one of these saw nothing, and nothing follows from it.
BUSY = {408, 409}


class VideosApiProvider:
    """A `VideoProvider` that speaks the Videos API."""

    def __init__(
        self,
        name: str,
        *,
        client: httpx.AsyncClient,
        capabilities: Capabilities,
        clock: Clock,
        settle: float = 90.0,
        key_name: str | None = None,
        pace: Pace | None = None,
    ) -> None:
        """Make a provider.

        Args:
            name: its name in `schedules.yaml`.
            client: with base URL (up to `/v1`), headers and timeouts, and without retries; closed
                by whoever made it.
            capabilities: what the server can do.
            clock: the time.
            settle: see `VideoProvider.settle`.
            key_name: the setting that holds the key; named when the key is refused.
            pace: how often to look.
        """
        self.name = name
        self.capabilities = capabilities
        self.settle = settle
        self._client = client
        self._clock = clock
        self._pace = pace or Pace()
        self._refusals = Refusals(name, client=client, clock=clock, key_name=key_name)
        self._listing = Listing(name, client=client, refusals=self._refusals)
        self._content = Content(client, clock=clock, refusals=self._refusals)
        self._looker = Looker(
            one=self._one, page=self._listing.page, clock=clock, grid=self._pace.grid
        )

    def estimate(self, request: VideoRequest) -> Decimal:
        """Return the price in USD; `RequestError` for what the configured models do not list."""
        model = self.capabilities.models.get(request.model)
        if model is None:
            known = ", ".join(self.capabilities.models) or "none"
            raise RequestError(
                f"{self.name} has no model {request.model}.", hint=f"Its models: {known}."
            )
        if request.size not in model.sizes:
            raise _no_such(model.name, request.size, model.sizes)
        if request.seconds not in model.seconds:
            raise _no_such(model.name, f"{request.seconds} seconds", model.seconds)
        if request.reference is not None and not self.capabilities.reference:
            raise RequestError(
                f"{self.name} takes no reference image.", hint="Remove the reference."
            )
        if model.usd_per_second is None:
            raise RequestError(
                f"The price of {model.name} at {self.name} is unknown.",
                hint="Give the model a price per second in the configuration of the provider.",
            )
        return model.usd_per_second * request.seconds

    async def create(self, request: VideoRequest) -> VideoJob:
        """Start a job with one POST.

        JSON without a reference image and multipart with one; `seconds` is a string: an integer
        is a 400 at the original.
        """
        fields = {
            "prompt": request.prompt,
            "model": request.model,
            "seconds": str(request.seconds),
            "size": request.size,
        }
        if request.reference is None:
            post = self._client.build_request("POST", "videos", json=fields)
        else:
            files = {
                "input_reference": await asyncio.to_thread(read_image, Path(request.reference))
            }
            post = self._client.build_request("POST", "videos", data=fields, files=files)
        now = self._clock.now()
        try:
            response = await self._client.send(post, follow_redirects=False)
        except NOT_SENT as error:
            raise Unavailable(f"{self.name} was not reached: {say_lost(error)}.") from error
        except httpx.HTTPError as error:
            raise AmbiguousCreate(
                f"{self.name} got the request, but the answer was lost: {say_lost(error)}."
            ) from error
        return self._read_created(response, request, now)

    def _read_created(
        self, response: httpx.Response, request: VideoRequest, now: datetime
    ) -> VideoJob:
        if response.is_success:
            item = answers.read_item(answers.decode(response.content))
            job_id = answers.read_id(item) if item else None
            if not item or not job_id:
                raise AmbiguousCreate(f"{self.name} answered a create without a job id.")
            return answers.read_job(item, self._first(request, job_id, now))
        if response.is_server_error or response.status_code in MAY_HAVE_HAPPENED:
            raise AmbiguousCreate(self._refusals.say(response, "a create"))
        raise self._refusals.error(response, "a create")

    def _first(self, request: VideoRequest, job_id: str, created_at: datetime) -> VideoJob:
        """Return what is known of a job before its provider says anything."""
        return VideoJob(
            provider=self.name,
            id=job_id,
            model=request.model,
            seconds=request.seconds,
            size=request.size,
            status=VideoStatus.QUEUED,
            created_at=created_at,
        )

    async def find(
        self, request: VideoRequest, *, since: datetime, claimed: Collection[str]
    ) -> Sequence[VideoJob]:
        """Return the unclaimed jobs of the listing that look like *request*.

        Nothing where the server has no listing; then `capabilities.find_is_authoritative` must be
        False, and `ProviderError` is raised if it is not. Raises `Unavailable` when the listing
        was not reached.
        """
        try:
            items = [item async for item in self._listing.since(since - SKEW, self._clock.now())]
        except ListingMissing as error:
            if self.capabilities.find_is_authoritative:
                raise ProviderError(
                    f"{self.name} has no listing, so lost videos cannot be found there.",
                    hint="Look at the provider's own pages, then say what became of the video.",
                ) from error
            return ()
        except ListingFailed as error:
            raise Unavailable(str(error)) from error
        return [
            answers.read_job(
                item,
                self._first(request, job_id, answers.read_time(item.get("created_at")) or since),
            )
            for item in items
            if (job_id := answers.read_id(item))
            and job_id not in claimed
            and answers.is_match(item, request)
        ]

    async def watch(self, job: VideoJob) -> AsyncGenerator[VideoJob, None]:
        """Look at *job* until it is terminal; see `VideoProvider.watch`.

        A failed look yields the last observation with a later `look_again_at`. A job that the
        provider does not know is `UNKNOWN`, its `error` says since when (`missing_since_<epoch>`),
        and after some minutes it ends `failed` with the code `not_found`.
        """
        failures = 0
        if job.status.is_terminal:
            yield job
        while not job.status.is_terminal:
            due = job.look_again_at or self._clock.now()
            try:
                sight = await self._looker.look(job.id, due)
            except (RateLimited, Unavailable) as error:
                failures += 1
                wait = max(self._pace.after_failures(failures), error.retry_after or 0.0)
                job = replace(job, looks=job.looks + 1, look_again_at=self._in(wait))
            else:
                failures = 0
                job = self._observe(job, sight)
            yield job

    def _observe(self, job: VideoJob, sight: Sight) -> VideoJob:
        looked = replace(job, looks=job.looks + 1, look_again_at=None)
        if sight.item is None:
            return self._miss(looked, sight.words)
        seen = answers.read_job(sight.item, looked)
        if seen.status is VideoStatus.COMPLETED:
            took = answers.read_duration(sight.item) or self._clock.now() - job.created_at
            self._pace.learn((job.model, job.seconds), took)
        if seen.status.is_terminal:
            return seen
        wait = self._usual_wait(job) if sight.look_after is None else sight.look_after
        return replace(seen, look_again_at=self._in(max(wait, self._pace.shortest)))

    def _miss(self, job: VideoJob, words: str) -> VideoJob:
        """Return the observation that nobody knows the job; it remembers since when."""
        now = self._clock.now()
        before = MISSING.fullmatch(job.error.code) if job.error else None
        since = int(before[1]) if before else int(now.timestamp())
        message = words or "The provider does not know this video."
        if now.timestamp() - since >= PATIENCE * self._pace.longest:
            error = VideoError(code="not_found", message=message)
            return replace(job, status=VideoStatus.FAILED, error=error)
        error = VideoError(code=f"missing_since_{since}", message=message)
        again = self._in(self._pace.longest)
        return replace(job, status=VideoStatus.UNKNOWN, error=error, look_again_at=again)

    def _usual_wait(self, job: VideoJob) -> float:
        age = (self._clock.now() - job.created_at).total_seconds()
        return self._pace.until_next_look((job.model, job.seconds), max(age, 0.0))

    def _in(self, seconds: float) -> datetime:
        return self._clock.now() + timedelta(seconds=seconds)

    async def download(self, job: VideoJob, variant: Variant) -> AsyncGenerator[bytes, None]:
        """Yield the file's bytes; see `VideoProvider.download` and `Content`."""
        async with aclosing(self._content.stream(job, variant)) as chunks:
            async for chunk in chunks:
                yield chunk

    async def cancel(self, job: VideoJob) -> None:
        """Do nothing: the protocol has no cancel, and `capabilities.cancel` says so."""

    async def delete(self, job: VideoJob) -> None:
        """Have the server forget a finished job; see `VideoProvider.delete`.

        A server that does not know the job has nothing left to forget.
        """
        path = f"videos/{quote(job.id, safe='')}"
        try:
            response = await self._client.delete(path, follow_redirects=False)
        except httpx.HTTPError as error:
            raise Unavailable(f"{self.name} was not reached: {say_lost(error)}.") from error
        if response.is_success or response.status_code == httpx.codes.NOT_FOUND:
            return
        if response.is_server_error:
            raise Unavailable(self._refusals.say(response, "a delete"))
        raise self._refusals.error(response, "a delete")

    async def list(self) -> AsyncGenerator[VideoJob, None]:
        """Yield the server's videos, newest first; see `VideoProvider.list`."""
        now = self._clock.now()
        try:
            async for item in self._listing.since(datetime.min.replace(tzinfo=UTC), now):
                yield self._read_foreign(item, now)
        except ListingMissing as error:
            raise Rejected(f"{self.name} has no listing.") from error
        except ListingFailed as error:
            raise Unavailable(str(error)) from error

    def _read_foreign(self, item: answers.Item, now: datetime) -> VideoJob:
        """Return what the listing says of a job that we may know nothing of."""
        model, created_at = item.get("model"), answers.read_time(item.get("created_at"))
        known = VideoJob(
            provider=self.name,
            id=answers.read_id(item) or "",
            model=model if isinstance(model, str) else "",
            seconds=0,
            size="",
            status=VideoStatus.UNKNOWN,
            created_at=created_at or now,
        )
        return answers.read_job(item, known)

    async def _one(self, job_id: str) -> Sight:
        """Look at one job.

        A job object counts whatever the status code: vLLM-Omni answers 4xx or 5xx with the failed
        job as the body.
        """
        path = f"videos/{quote(job_id, safe='')}"
        try:
            response = await self._client.get(path, follow_redirects=True)
        except httpx.HTTPError as error:
            raise Unavailable(f"{self.name} was not reached: {say_lost(error)}.") from error
        item = answers.read_item(answers.decode(response.content))
        if item and "status" in item and (response.is_success or answers.read_id(item) == job_id):
            after = answers.read_poll_after(response.headers.get("openai-poll-after-ms"))
            return Sight(item=item, look_after=after)
        if response.is_success or response.is_server_error or response.status_code in BUSY:
            raise Unavailable(self._refusals.say(response, "a look"))
        if is_final(response):
            raise self._refusals.error(response, "a look")
        return Sight(item=None, words=self._refusals.words(response))


def _no_such(model: str, asked: str, known: Sequence[object]) -> RequestError:
    return RequestError(
        f"{model} cannot make {asked}.", hint=f"It can: {', '.join(map(str, known))}."
    )
