"""Frame strips: four frames of a run's video, as a file in Slack that cards can show.

A file that is completed without a channel is seen by nobody until a card shows it. So an upload
may be repeated, after a crash or a restart, and needs no ledger. Where the app may not write files
the cards go without.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable

import httpx
import structlog

from bot.domain.run import Run
from bot.domain.video import Asset
from bot.errors import MediaError, PublishError, TargetPaused
from bot.ports import Clock, MediaLibrary
from bot.slack_api.upload import upload_file
from bot.slack_api.web_api import WebApi

log = structlog.get_logger()

_MOST = 1_000
_WHAT = "strip"

#: Draws the frames of a video into one picture, kept in the media library; raises `MediaError`.
DrawStrip = Callable[[Asset], Awaitable[Asset]]


class Strips:
    """Draws and uploads each strip once per process."""

    def __init__(
        self,
        api: WebApi,
        client: httpx.AsyncClient,
        media: MediaLibrary,
        draw: DrawStrip,
        clock: Clock,
    ) -> None:
        self._api = api
        self._client = client
        self._media = media
        self._draw = draw
        self._clock = clock
        #: By the video's hash: Slack's id of the file; None for one that Slack does not show.
        self._files: OrderedDict[str, str | None] = OrderedDict()
        self._may_write = True
        #: Two cards of one run want the same picture.
        self._turn = asyncio.Lock()

    async def of(self, run: Run) -> str | None:
        """Return the file that shows the run's frames, None where there is none. Raises nothing."""
        video = run.video
        if video is None or run.spritesheet is None or run.removed or not self._may_write:
            return None
        async with self._turn:
            if video.sha256 not in self._files:
                self._keep(video, await self._show(video))
        return self._files.get(video.sha256)

    def try_again(self) -> None:
        """Forget that the app may not write files: somebody may have let it."""
        self._may_write = True

    def leave_out(self, run: Run) -> None:
        """Show the run's frames no more: Slack refused a card with them."""
        if run.video:
            self._keep(run.video, None)

    def _keep(self, video: Asset, file: str | None) -> None:
        self._files[video.sha256] = file
        if len(self._files) > _MOST:
            self._files.popitem(last=False)

    async def _show(self, video: Asset) -> str | None:
        """Return the file of the video's strip; here the picture is not needed any more."""
        try:
            strip = await self._draw(video)
            drawn = self._clock.now()
            file = await self._upload(strip)
            await self._media.remove(strip, unless_kept_since=drawn)
        except MediaError as error:
            log.info("a card goes without frames", why=str(error))
            return None
        return file

    async def _upload(self, strip: Asset) -> str | None:
        try:
            answer = await self._api.read(
                "files.getUploadURLExternal",
                _WHAT,
                filename="strip.jpg",
                length=str(strip.bytes),
            )
            url, file = str(answer.get("upload_url")), str(answer.get("file_id"))
            await upload_file(self._client, url, self._media.path(strip), strip)
            await self._api.read(
                "files.completeUploadExternal", _WHAT, files=[{"id": file, "title": "Frames"}]
            )
        except TargetPaused as error:
            self._may_write = False
            log.warning("cards go without frames", why=str(error), hint=error.hint)
            return None
        except PublishError as error:
            log.info("a card goes without frames", why=str(error))
            return None
        return file
