"""The picture that somebody put into the dialog: fetched from Slack's own hosts, and checked.

The invariant: our token goes to Slack alone, and what is kept is an image of a size that a
provider takes.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import httpx

from bot.domain.video import Asset
from bot.errors import TargetUnavailable
from bot.slack.room.office import Office, Unanswerable

#: As for `reelbot make --image`.
MAX_BYTES = 10_000_000
_KINDS = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"RIFF": "image/webp"}


async def fetch_image(office: Office, file: str) -> Asset:
    """Return the file of that id, kept; `Unanswerable` for one that is no such image."""
    answer = await office.api.read("files.info", "picture", file=file)
    about = answer.get("file")
    url = str((about if isinstance(about, dict) else {}).get("url_private") or "")
    try:
        image = await _keep(office, httpx.URL(url))
    except httpx.InvalidURL as error:
        raise Unanswerable("answer.image.place") from error
    if not await office.is_picture(image):
        await office.media.remove(image, unless_kept_since=office.now())
        raise Unanswerable("answer.image.broken")
    return image


async def _keep(office: Office, url: httpx.URL) -> Asset:
    own = office.client.base_url
    here = (url.scheme, url.host, url.port) == (own.scheme, own.host, own.port)
    if not here and not (url.scheme == "https" and f".{url.host}".endswith(".slack.com")):
        raise Unanswerable("answer.image.place")
    try:
        async with office.client.stream("GET", url, follow_redirects=False) as response:
            if response.status_code != httpx.codes.OK:
                raise Unanswerable("answer.image.place")
            async with aclosing(_bounded(response)) as chunks:
                first = await anext(chunks, b"")
                kind = next((k for start, k in _KINDS.items() if first.startswith(start)), None)
                if kind is None:
                    raise Unanswerable("answer.image.kind")
                return await office.media.save(_joined(first, chunks), kind)
    except httpx.HTTPError as error:
        raise TargetUnavailable from error


async def _bounded(response: httpx.Response) -> AsyncGenerator[bytes]:
    size = 0
    async for chunk in response.aiter_bytes(1 << 16):
        size += len(chunk)
        if size > MAX_BYTES:
            raise Unanswerable("answer.image.size", most=MAX_BYTES // 1_000_000)
        yield chunk


async def _joined(first: bytes, rest: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    yield first
    async for chunk in rest:
        yield chunk
