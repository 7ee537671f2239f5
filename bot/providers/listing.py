"""The listing of a Videos API server: `GET /videos`, newest first.

`looker` reads its pages to look at many jobs at once, `videos_api` walks it, or reads it back to an
instant to find a create whose answer was lost. Its one invariant: it never passes for complete when
it is not.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal

import httpx

from bot.errors import ProviderError, Unavailable
from bot.providers import answers
from bot.providers.answers import Item, Page
from bot.providers.refusal import Refusals, is_final, say_lost

#: Largest page the specification allows.
LIMIT = 100
#: Back to it is back to the first video there is.
_EVER = datetime.min.replace(tzinfo=UTC)
Order = Literal["asc", "desc"]
NO_LISTING = {400, 404, 405, 410, 501}


class ListingFailed(ProviderError):
    """The provider answered, but not with a listing."""

    #: It never will: there is no need to ask again.
    missing = False


class ListingMissing(ListingFailed):
    """The provider has no listing."""

    missing = True


class Listing:
    """The pages of one server."""

    def __init__(self, name: str, *, client: httpx.AsyncClient, refusals: Refusals) -> None:
        self._name = name
        self._client = client
        self._refusals = refusals

    async def page(self, after: str | None, *, order: Order = "desc", limit: int = LIMIT) -> Page:
        """Return the page after the id *after*.

        Raises `Unavailable` when it was not reached, `ListingMissing` where there is none,
        `ListingFailed` for any other answer that is no listing, `RateLimited`, `Unauthorized`.
        """
        params = {"limit": str(limit), "order": order} | ({"after": after} if after else {})
        try:
            response = await self._client.get("videos", params=params, follow_redirects=True)
        except httpx.HTTPError as error:
            raise Unavailable(f"{self._name} was not reached: {say_lost(error)}.") from error
        body = answers.decode(response.content)
        page = answers.read_page(body, limit) if response.is_success else None
        if page is not None:
            return replace(page, at=answers.read_date(response.headers.get("date")))
        if is_final(response):
            raise self._refusals.error(response)
        missing = response.status_code in NO_LISTING and after is None  # else it is the id's fault
        raise (ListingMissing if missing else ListingFailed)(
            self._refusals.say(response, "a listing")
        )

    async def since(self, instant: datetime, now: datetime) -> AsyncGenerator[Item, None]:
        """Yield the jobs created at *instant* or later, each once.

        *instant* and *now* are of our clock; the server's may show another time, and its `Date`
        says which.
        Ends at older ones only while the page is in the order that was asked for. Raises what
        `page` does, and `ProviderError` when a server repeats its pages: the rest stays unseen.
        """
        async with aclosing(self._pages(None, "desc", LIMIT)) as pages:
            first = True
            async for page, fresh in pages:
                if page.at and first and instant > _EVER:
                    instant += page.at - now
                first = False
                for item in fresh:
                    created_at = answers.read_time(item.get("created_at"))
                    if created_at is None or created_at >= instant:
                        yield item
                if page.items and _goes_back(page.items, instant):
                    return

    async def walk(
        self, *, after: str | None, order: Order, most: int | None
    ) -> AsyncGenerator[Item, None]:
        """Yield the jobs behind *after*, each once, in pages no larger than *most*; see `since`."""
        size = min(LIMIT, most or LIMIT)
        async with aclosing(self._pages(after, order, size)) as pages:
            async for _, fresh in pages:
                for item in fresh:
                    yield item

    async def _pages(
        self, after: str | None, order: Order, limit: int
    ) -> AsyncGenerator[tuple[Page, Sequence[Item]], None]:
        """Yield each page, and what is new on it."""
        seen: set[str] = set()
        while True:
            page = await self.page(after, order=order, limit=limit)
            fresh = {i: item for item in page.items if (i := answers.read_id(item)) not in seen}
            yield page, list(fresh.values())
            if not page.more or not page.items:
                return
            if not fresh:
                raise ProviderError(
                    f"{self._name} lists the same videos again and again.",
                    hint="Look at the provider's own pages, then say what became of the video.",
                )
            seen.update(filter(None, fresh))
            after = answers.read_id(page.items[-1])


def _goes_back(items: Sequence[Item], instant: datetime) -> bool:
    """Whether a page is newest first, as asked for, and ends before *instant*."""
    times = [answers.read_time(item.get("created_at")) for item in items]
    known = [time for time in times if time is not None]
    newest_first = known == sorted(known, reverse=True) and len(known) == len(times)
    return newest_first and known[-1] < instant
