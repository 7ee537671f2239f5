"""Watches jobs of a Videos API server: look, say what was seen, wait, look again.

`videos_api` hands its jobs over. `Looker` turns the looks into requests, `Pace` says when the next
one is worth it. The invariant: all that matters is in the observation that was yielded last, so
watching may end at any yield and go on elsewhere; and a failed look is never a failed job.
"""

import math
import re
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import httpx

from bot.domain.video import VideoError, VideoJob, VideoStatus
from bot.errors import RateLimited, Unavailable
from bot.ports import Clock
from bot.providers import answers
from bot.providers.listing import Listing
from bot.providers.looker import Looker
from bot.providers.pace import Pace
from bot.providers.refusal import Refusals, is_final, say_lost
from bot.providers.sight import Sight

#: How long a job may be unknown to its provider before it has failed, in units of the pace's
#: longest wait. vLLM-Omni forgets its jobs at a restart, but gateways answer 404 in a deploy.
PATIENCE = 3.5
MISSING = re.compile(r"missing_since_(\d{1,11})")
#: A look that got one of these saw nothing, and nothing follows from it.
BUSY = {408, 409}


class Watcher:
    """The jobs of one server, as they move on."""

    def __init__(
        self,
        name: str,
        *,
        client: httpx.AsyncClient,
        clock: Clock,
        refusals: Refusals,
        listing: Listing,
        pace: Pace,
        hinted: bool,
        on_over: Callable[[str], None],
    ) -> None:
        self._name = name
        self._client = client
        self._clock = clock
        self._refusals = refusals
        self._pace = pace
        self._hinted = hinted
        self._looker = Looker(
            one=self._one, page=listing.page, clock=clock, grid=pace.grid, on_over=on_over
        )

    async def watch(self, job: VideoJob) -> AsyncGenerator[VideoJob, None]:
        """Yield what is seen of *job* until it is terminal; see `VideoProvider.watch`.

        Looks at once where `look_again_at` is None: somebody says that there is news. A failed
        look yields the last observation with a later `look_again_at`. A job that the provider does
        not know is `UNKNOWN`, its `error` says since when (`missing_since_<epoch>`), and after some
        minutes it ends `failed` with the code `not_found`.
        """
        failures = 0
        if job.status.is_terminal:
            yield job
        while not job.status.is_terminal:
            try:
                sight = await self._looker.look(job.id, job.look_again_at)
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
            return self._end(seen)
        if sight.look_after is not None and not self._hinted:
            wait = max(sight.look_after, self._pace.shortest)
            return replace(seen, look_again_at=self._in(wait))
        # A webhook may be ahead of what the server shows: then another one will not come.
        return self._look_again(seen, hinted=self._hinted and job.look_again_at is not None)

    def _end(self, job: VideoJob) -> VideoJob:
        """Return the finished job with an end on our own clock, which patience hangs on."""
        now = self._clock.now()
        told = job.completed_at is not None and job.created_at <= job.completed_at <= now
        return job if told else replace(job, completed_at=now)

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

    def first_look(self, job: VideoJob) -> VideoJob:
        """Return a new job with the instant at which it is worth looking at."""
        return self._look_again(job, hinted=self._hinted)

    def _look_again(self, job: VideoJob, *, hinted: bool) -> VideoJob:
        """Return the job with the instant at which it is worth looking at next."""
        now, kind = self._clock.now(), (job.model, job.seconds)
        age = max((now - job.created_at).total_seconds(), 0.0)
        if hinted:
            return replace(job, look_again_at=self._in(self._pace.until_reconciled(kind, age)))
        crowd = self._looker.crowd
        at = now.timestamp() + self._pace.until_next_look(kind, age, crowd)
        beat = self._pace.beat(kind, crowd)
        return replace(job, look_again_at=datetime.fromtimestamp(math.ceil(at / beat) * beat, UTC))

    def _in(self, seconds: float) -> datetime:
        return self._clock.now() + timedelta(seconds=seconds)

    async def _one(self, job_id: str) -> Sight:
        """Look at one job.

        A job object counts whatever the status code: vLLM-Omni answers 4xx or 5xx with the failed
        job as the body.
        """
        path = f"videos/{quote(job_id, safe='')}"
        try:
            response = await self._client.get(path, follow_redirects=True)
        except httpx.HTTPError as error:
            raise Unavailable(f"{self._name} was not reached: {say_lost(error)}.") from error
        item = answers.read_item(answers.decode(response.content))
        if item and "status" in item and (response.is_success or answers.read_id(item) == job_id):
            after = answers.read_poll_after(response.headers.get("openai-poll-after-ms"))
            return Sight(item=item, look_after=after)
        if response.is_success or response.is_server_error or response.status_code in BUSY:
            raise Unavailable(self._refusals.say(response, "a look"))
        if is_final(response):
            raise self._refusals.error(response, "a look")
        return Sight(item=None, words=self._refusals.words(response))
