"""The Videos API (`/v1/videos`): the protocol OpenAI published and many servers speak.

Serves vLLM-Omni, SGLang Diffusion, LiteLLM, gateways, and the embedded studio. `bot.app` gives it
an `httpx.AsyncClient` with base URL, key, timeouts and no retries. Its one invariant: a create is
sent once, and what it raises says whether a job may exist all the same.

Wire facts: openai-openapi 2.3.0 (openapi.json) and the official Python SDK 3.54.
"""

import math
from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote

import httpx

from bot.domain.video import (
    Capabilities,
    Variant,
    VideoJob,
    VideoRequest,
    VideoStatus,
)
from bot.errors import (
    AmbiguousCreate,
    ProviderError,
    Rejected,
    RequestError,
    Unavailable,
)
from bot.ports import Clock
from bot.providers import answers, creation, price
from bot.providers.characters import Characters
from bot.providers.content import Content
from bot.providers.listing import Listing, ListingFailed, ListingMissing, Order
from bot.providers.pace import Pace
from bot.providers.refusal import Refusals, say_lost
from bot.providers.watcher import Watcher

#: How far the server's clock may be behind ours when we look for a lost create.
SKEW = timedelta(seconds=60)
#: What went wrong before a byte of the request was sent.
NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
MAY_HAVE_HAPPENED = {302, 303, 408, 409, 425}
#: What is answered where a video is gone, or an endpoint was never there.
ABSENT = {404, 405}
#: What a delete is answered with where the video is gone, and where none are ever deleted.
FORGOTTEN = {404, 410}
NO_DELETE = {405, 501}


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
        hinted: bool = False,
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
            hinted: whether webhooks tell when jobs are over; then `watch` looks by itself only for
                those that got lost.
        """
        self.name = name
        self.capabilities = capabilities
        self.settle = settle
        self.on_over: Callable[[str], None] = lambda _: None
        self._client = client
        self._clock = clock
        self._reads_forms_only = False
        self._refusals = Refusals(name, client=client, clock=clock, key_name=key_name)
        self._listing = Listing(name, client=client, refusals=self._refusals)
        self._characters = Characters(name, client=client, refusals=self._refusals)
        self._content = Content(client, clock=clock, refusals=self._refusals)
        self._watcher = Watcher(
            name,
            client=client,
            clock=clock,
            refusals=self._refusals,
            listing=self._listing,
            pace=pace or Pace(),
            hinted=hinted,
            on_over=self._tell_over,
        )

    def _tell_over(self, job_id: str) -> None:
        self.on_over(job_id)  # whoever it is by now

    def estimate(self, request: VideoRequest) -> Decimal:
        """Return the price in USD; see `price.estimate`."""
        return price.estimate(self.name, self.capabilities, request)

    async def create(self, request: VideoRequest) -> VideoJob:
        """Start a job with one POST; see `VideoProvider.create`.

        A second one goes out only after a server has said that it reads no JSON; see
        `creation.went_unread`.
        """
        now = self._clock.now()
        response = await self._post(request)
        if creation.went_unread(response):
            self._reads_forms_only = True
            response = await self._post(request)
        return self._read_created(response, request, now)

    async def _post(self, request: VideoRequest) -> httpx.Response:
        post = await creation.build(self._client, request, as_form=self._reads_forms_only)
        try:
            return await self._client.send(post, follow_redirects=False)
        except NOT_SENT as error:
            raise Unavailable(f"{self.name} was not reached: {say_lost(error)}.") from error
        except httpx.HTTPError as error:
            raise AmbiguousCreate(
                f"{self.name} got the request, but the answer was lost: {say_lost(error)}."
            ) from error

    def _read_created(
        self, response: httpx.Response, request: VideoRequest, now: datetime
    ) -> VideoJob:
        if response.is_success:
            item = answers.read_item(answers.decode(response.content))
            job_id = answers.read_id(item) if item else None
            if not item or not job_id:
                raise AmbiguousCreate(f"{self.name} answered a create without a job id.")
            job = answers.read_job(item, self._first(request, job_id, now))
            return job if job.status.is_terminal else self._watcher.first_look(job)
        if response.is_server_error or response.status_code in MAY_HAVE_HAPPENED:
            raise AmbiguousCreate(self._refusals.say(response, "a create"))
        if request.origin and response.status_code in ABSENT:
            raise Rejected(
                self._refusals.say(response, f"a {request.origin.how}"),
                hint="It no longer has the video that this one grows out of, or makes none so.",
            )
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
        False, and `ProviderError` is raised if it is not; also where only the parent of a derived
        video differs, for that may be another name of it. Raises `Unavailable` when the listing
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
        free = [(i, item) for item in items if (i := answers.read_id(item)) and i not in claimed]
        found = [(i, item) for i, item in free if answers.is_match(item, request)]
        if request.origin and not found:
            self._refuse_strange_parent([item for _, item in free], request)
        return [
            answers.read_job(
                item,
                self._first(request, job_id, answers.read_time(item.get("created_at")) or since),
            )
            for job_id, item in found
        ]

    def _refuse_strange_parent(self, items: Sequence[answers.Item], request: VideoRequest) -> None:
        """Raise `ProviderError` when a video grew out of *request* or out of a stranger's like it.

        LiteLLM names the parent by the id behind its own, so another parent proves nothing.
        """
        if any(answers.is_match({**item, answers.PARENT: None}, request) for item in items):
            raise ProviderError(
                f"{self.name} lists such a video, but calls what it grew out of by another id.",
                hint="Look at the provider's own pages, then say what became of the video.",
            )

    def watch(self, job: VideoJob) -> AsyncGenerator[VideoJob, None]:
        """Look at *job* until it is terminal; see `VideoProvider.watch` and `Watcher.watch`."""
        return self._watcher.watch(job)

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
        if response.is_success or response.status_code in FORGOTTEN:
            return
        if response.status_code in NO_DELETE:
            raise Rejected(
                f"{self.name} cannot delete videos.", hint="Delete it on the provider's own pages."
            )
        if response.is_server_error:
            raise Unavailable(self._refusals.say(response, "a delete"))
        raise self._refusals.error(response, "a delete")

    async def list(
        self, *, limit: int | None = None, after: str | None = None, order: Order = "desc"
    ) -> AsyncGenerator[VideoJob, None]:
        """Yield the server's videos; see `VideoProvider.list`.

        Args:
            limit: at most so many, one or more; all of them without it.
            after: only those that follow this id.
            order: `desc` is newest first; some servers know no other.
        """
        now, left = self._clock.now(), math.inf if limit is None else limit
        try:
            async with aclosing(self._listing.walk(after=after, order=order, most=limit)) as items:
                async for item in items:
                    yield self._read_foreign(item, now)
                    left -= 1
                    if left <= 0:
                        return
        except ListingMissing as error:
            raise Rejected(
                f"{self.name} has no listing.", hint="Look at the provider's own pages."
            ) from error
        except ListingFailed as error:
            raise Unavailable(str(error)) from error

    async def create_character(self, name: str, clip: Path) -> str:
        """Return the id of a new character, seen in the MP4 *clip*; see `Characters.create`."""
        self._require_characters()
        return await self._characters.create(name, clip)

    async def character_name(self, character_id: str) -> str | None:
        """Return what a character is called; see `Characters.name`."""
        self._require_characters()
        return await self._characters.name(character_id)

    def _require_characters(self) -> None:
        if not self.capabilities.characters:
            raise RequestError(f"{self.name} keeps no characters.", hint="Choose another provider.")

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
