"""Brings a file's bytes to the address that Slack gave for them, in constant memory.

Nothing shows before the upload is completed, so whatever goes
wrong here, nothing was posted.
"""

import asyncio
import re
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from pathlib import Path

import httpx

from bot.domain.video import Asset
from bot.errors import PostRejected, TargetUnavailable

#: Bytes read at a time; few enough to keep many uploads small, enough to keep them fast.
CHUNK = 1 << 20
_HOSTS = (".slack.com", ".slack-gov.com")
_RECEIVED = re.compile(r"OK - (\d+)")


async def upload_file(client: httpx.AsyncClient, url: str, path: Path, asset: Asset) -> None:
    """Send *asset*, the file at *path*, to *url*.

    Raises `TargetUnavailable` when it did not arrive whole, and `PostRejected` when the file is
    not the one that was approved, or Slack does not take one of its size.
    """
    size = asset.bytes
    _check_file(path, size)
    address = _checked(client.base_url, url)
    async with aclosing(_read(path)) as content:
        request = httpx.Request(  # not the client's: its headers carry our token
            "POST",
            address,
            headers={"content-type": asset.media_type, "content-length": str(size)},
            content=content,
            extensions={"timeout": client.timeout.as_dict()},
        )
        try:
            response = await client.send(request, follow_redirects=False)
        except httpx.HTTPError as error:
            raise _broken(f"the connection failed ({type(error).__name__})") from error
        except OSError as error:
            raise _broken(f"the file could not be read ({error.strerror})") from error
    if response.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE:
        raise PostRejected(
            f"Slack does not take a file of {size} bytes.", hint="Make the video shorter."
        )
    if response.status_code != httpx.codes.OK:
        raise _broken(f"Slack answered {response.status_code}")
    received = _RECEIVED.match(response.text)
    if received is None or int(received[1]) != size:
        raise _broken(f"Slack did not confirm all of its {size} bytes")


def _check_file(path: Path, size: int) -> None:
    try:
        found = path.stat().st_size
    except OSError as error:
        raise PostRejected(
            f"The clip {path.name} cannot be read ({error.strerror}).",
            hint="Put it back into the media folder, then retry.",
        ) from error
    if found != size:
        raise PostRejected(
            f"The clip {path.name} has {found} bytes instead of {size}.",
            hint="Put the approved file back into the media folder, then retry.",
        )


def _checked(api: httpx.URL, url: str) -> httpx.URL:
    """Return *url* if bytes may go there: Slack's own hosts, or where the whole API is."""
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise _broken("Slack gave no address for it") from error
    own = (address.scheme, address.host, address.port) == (api.scheme, api.host, api.port)
    if not own and not (address.scheme == "https" and f".{address.host}".endswith(_HOSTS)):
        raise _broken(f"it would have gone to {address.host or 'nowhere'}")
    return address


async def _read(path: Path) -> AsyncGenerator[bytes]:
    loop = asyncio.get_running_loop()
    # A thread of its own: the loop's pool would read with one after the other, and each keeps the
    # memory of its last piece.
    with path.open("rb", buffering=0) as file, ThreadPoolExecutor(1, "slack-upload") as thread:
        while chunk := await loop.run_in_executor(thread, file.read, CHUNK):
            yield chunk


def _broken(how: str) -> TargetUnavailable:
    return TargetUnavailable(
        f"The clip was not uploaded to Slack: {how}.", hint="It is tried again by itself."
    )
