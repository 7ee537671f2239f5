"""What the control room tells beside its cards: the inbox, and the pages that people look at.

Implements `ports.Notifier`. What is told of one run (a failure, an uncertain post, a reminder) is
a card of that run and goes through the ledger, by way of `board`. The inbox belongs to no run: it
is one message, looked for before it is put up, and edited from then on.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.domain.room import RoomConfig
from bot.domain.run import Run
from bot.errors import AmbiguousPost, PublishError
from bot.ports import Clock
from bot.slack import notice
from bot.slack.blocks import Message
from bot.slack.board import INBOX_OVER, SlackBoard, messages, next_page
from bot.slack.scenery import Scenery, waits_for_approval
from bot.slack_api.web_api import WebApi

log = structlog.get_logger()

#: The metadata by which the inbox is known again.
EVENT = "reelbot_inbox"
#: Back to when an inbox of before a restart is looked for.
_LOOK_BACK = timedelta(days=7)


class Notices:
    """A `Notifier` in one workspace."""

    def __init__(
        self,
        api: WebApi,
        board: SlackBoard,
        *,
        clock: Clock,
        config: Callable[[], RoomConfig],
        scenery: Scenery,
    ) -> None:
        self._api = api
        self._board = board
        self._clock = clock
        self._config = config
        self._scenery = scenery
        #: Channel and stamp of the inbox.
        self._inbox: tuple[str, str] | None = None
        #: Whether history was searched for one since the last answer that was lost.
        self._looked = False
        self._not_before: datetime | None = None
        self._looking = asyncio.Lock()

    async def notify(self, run: Run) -> None:
        """Count what waits before the card that asks is put up. Raises nothing."""
        if waits_for_approval(run):
            self._board.waiting[run.id] = run

    async def look(self) -> None:
        """Bring the inbox up to date; put it up when more than three approvals wait."""
        async with self._looking:
            waiting = self._waiting()
            place = self._config().approvers or self._config().desk
            if place is None or not (self._inbox or len(waiting) > INBOX_OVER):
                return
            try:
                await self._show(await self._board.resolve(place), waiting)
            except AmbiguousPost as error:
                self._looked = False
                self._not_before = self._clock.now() + timedelta(seconds=self._board.settle)
                log.info("the inbox may be there; it is looked for", why=str(error))
            except PublishError as error:
                log.info("the inbox waits", why=str(error))

    def _waiting(self) -> list[Run]:
        return sorted(self._board.waiting.values(), key=lambda run: run.created_at, reverse=True)

    async def _show(self, place: str, waiting: list[Run]) -> None:
        if self._not_before and self._clock.now() < self._not_before:
            return
        if self._inbox is None and not self._looked:
            self._inbox = await self._find(place)
            self._looked = True
        if self._inbox and len(waiting) > INBOX_OVER and self._board.updates.is_gone(self._inbox):
            self._inbox = None
        if self._inbox:
            self._board.updates.show(self._inbox, self._draw)
        elif len(waiting) > INBOX_OVER:
            self._inbox = await self._put(place, await self._draw())

    async def _draw(self) -> Message:
        waiting = self._waiting()
        return notice.inbox(waiting, await self._scenery.scene(naming=[str(waiting)]))

    async def _put(self, place: str, message: Message) -> tuple[str, str]:
        called = notice.with_call(message, notice.calling(self._config().publish_x))
        answer = await self._api.call(
            "chat.postMessage",
            place,
            channel=place,
            text=called.text,
            blocks=list(called.blocks),
            metadata={"event_type": EVENT, "event_payload": {}},
            unfurl_links=False,
        )
        return str(answer.get("channel") or place), str(answer.get("ts"))

    async def _find(self, place: str) -> tuple[str, str] | None:
        wanted: dict[str, Any] = {
            "channel": place,
            "oldest": f"{(self._clock.now() - _LOOK_BACK).timestamp():.6f}",
            "include_all_metadata": True,
            "limit": "200",
        }
        while True:
            answer = await self._api.read("conversations.history", place, **wanted)
            for message in messages(answer):
                if (message.get("metadata") or {}).get("event_type") == EVENT:
                    return place, str(message["ts"])
            wanted["cursor"] = next_page(answer)
            if not wanted["cursor"]:
                return None
