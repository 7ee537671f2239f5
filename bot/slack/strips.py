"""Frame strips: the sprite sheet of a run, as a file in Slack that cards can show.

A file that is completed without a channel is seen by nobody until a card shows it. So an upload
may be repeated, after a crash or a restart, and needs no ledger. Where the app may not write files
the cards go without.
"""

from collections import OrderedDict

import httpx
import structlog

from bot.domain.run import Run
from bot.domain.video import Asset
from bot.errors import PublishError, TargetPaused
from bot.ports import MediaLibrary
from bot.slack_api.upload import upload_file
from bot.slack_api.web_api import WebApi

log = structlog.get_logger()

_MOST = 1_000
_WHAT = "strip"


class Strips:
    """Uploads each sheet once per process."""

    def __init__(self, api: WebApi, client: httpx.AsyncClient, media: MediaLibrary) -> None:
        self._api = api
        self._client = client
        self._media = media
        #: By the sheet's hash: Slack's id of the file; None for one that Slack does not show.
        self._files: OrderedDict[str, str | None] = OrderedDict()
        self._may_write = True

    async def of(self, run: Run) -> str | None:
        """Return the file that shows the run's frames, None where there is none. Raises nothing."""
        sheet = run.spritesheet
        if sheet is None or run.removed or not self._may_write:
            return None
        if sheet.sha256 not in self._files:
            self._keep(sheet, await self._upload(sheet))
        return self._files.get(sheet.sha256)

    def try_again(self) -> None:
        """Forget that the app may not write files: somebody may have let it."""
        self._may_write = True

    def leave_out(self, run: Run) -> None:
        """Show the run's frames no more: Slack refused a card with them."""
        if run.spritesheet:
            self._keep(run.spritesheet, None)

    def _keep(self, sheet: Asset, file: str | None) -> None:
        self._files[sheet.sha256] = file
        if len(self._files) > _MOST:
            self._files.popitem(last=False)

    async def _upload(self, sheet: Asset) -> str | None:
        try:
            answer = await self._api.read(
                "files.getUploadURLExternal",
                _WHAT,
                filename="strip.jpg",
                length=str(sheet.bytes),
            )
            url, file = str(answer.get("upload_url")), str(answer.get("file_id"))
            await upload_file(self._client, url, self._media.path(sheet), sheet)
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
