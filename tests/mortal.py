"""What the processes of a test hold on to: files on a disk, and calls that a kill can cut off."""

from collections.abc import Callable
from pathlib import Path

import httpx

from tests.fakes import FakeMedia, Killer


class DiskMedia(FakeMedia):
    """Keeps its bytes in files, too: what is uploaded is read from there."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

    async def save(self, chunks, media_type):
        asset = await super().save(chunks, media_type)
        self.path(asset).write_bytes(self.files[asset.sha256])
        return asset

    def path(self, asset):
        return self.folder / asset.path


class Mortal(httpx.AsyncHTTPTransport):
    """Passes a killer before and after every call, by what *name* calls it."""

    def __init__(self, killer: Killer, name: Callable[[httpx.Request], str]) -> None:
        super().__init__(verify=False)  # nothing is encrypted here; certificates take time to load
        self.killer = killer
        self.name = name

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        name = self.name(request)
        self.killer.line(f"{name}: before")
        response = await super().handle_async_request(request)
        self.killer.line(f"{name}: after")
        return response
