"""App Home: drawn when somebody opens it, and again when something moves while it is open.

Slack does not tell when Home is closed; after ten minutes it counts as closed.
"""

import asyncio
from datetime import datetime, timedelta

import structlog

from bot.domain.room import Right
from bot.errors import BotError, PublishError
from bot.slack.asked import Asked
from bot.slack.home import home
from bot.slack.rights import Denied
from bot.slack.room.office import Office

log = structlog.get_logger()

_OPEN_FOR = timedelta(minutes=10)
#: Between two drawings of what moved; seconds.
APART = 5.0
#: Homes that are kept up to date at once; Slack counts publishing, too.
_MOST = 20


class Homes:
    """The Homes that are open."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._opened: dict[str, datetime] = {}
        self._moved = asyncio.Event()

    async def open(self, asked: Asked) -> None:
        """Draw the Home of whoever opened it."""
        try:
            await self._office.rights.require(asked, Right.ANYONE)
        except Denied:
            return  # there is nothing here for guests
        self._opened.pop(asked.user, None)
        self._opened[asked.user] = self._office.now()
        while len(self._opened) > _MOST:
            del self._opened[next(iter(self._opened))]
        await self._publish([asked.user])

    def moved(self) -> None:
        """Note that something changed."""
        self._moved.set()

    async def run(self) -> None:
        """Keep what is open up to date, for ever."""
        while True:
            await self._moved.wait()
            await self._office.clock.sleep(APART)
            self._moved.clear()
            since = self._office.now() - _OPEN_FOR
            self._opened = {user: at for user, at in self._opened.items() if at > since}
            if self._opened:
                await self._publish(list(self._opened))

    async def _publish(self, users: list[str]) -> None:
        try:
            board = await self._office.scenery.dashboard()
            view = home(board, await self._office.scenery.scene_of(board))
        except BotError as error:
            log.warning("Home cannot be drawn", why=str(error))
            return
        for user in users:
            try:
                await self._office.api.read("views.publish", user, user_id=user, view=view)
            except PublishError as error:
                log.info("a Home was not drawn", user=user, why=str(error))
                await self._office.clock.sleep(error.retry_after or 0.0)
