"""The inbox: one message about all that waits for approval, once that is more than a few.

`room` has it looked after again and again. It belongs to no run: a bulletin that is put up once
and edited from then on. The invariant: however often we die, a week has one in the approvers'
channel; the ledger tells which.
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import structlog

from bot.domain.effect import Effect, EffectState
from bot.domain.room import RoomConfig
from bot.domain.run import Run
from bot.errors import PublishError
from bot.ports import Clock, Store
from bot.slack import notice
from bot.slack.blocks import Message
from bot.slack.board import INBOX_OVER, SlackBoard
from bot.slack.bulletins import Bulletin, Bulletins
from bot.slack.scenery import Scenery
from bot.slack.updates import Place

log = structlog.get_logger()

_KIND = "inbox"
#: One that was put up longer ago is out of everybody's sight: a new one comes.
_IN_SIGHT = timedelta(days=7)
#: Older ones are not kept true any more.
_FOLLOWED = timedelta(days=30)
#: After so long one that may be there or not is no reason to go without.
_DOUBTFUL = timedelta(days=1)


class Inbox:
    """The inbox of one workspace."""

    def __init__(
        self,
        bulletins: Bulletins,
        board: SlackBoard,
        *,
        clock: Clock,
        store: Store,
        config: Callable[[], RoomConfig],
        scenery: Scenery,
    ) -> None:
        self._bulletins = bulletins
        self._board = board
        self._clock = clock
        self._store = store
        self._config = config
        self._scenery = scenery
        self._looking = asyncio.Lock()
        #: Keys of inboxes that have been full since the start, and of those emptied afterwards.
        self._full: set[str] = set()
        self._emptied: set[str] = set()

    async def look(self) -> None:
        """Bring the inbox up to date; put it up when more than three approvals wait."""
        async with self._looking:
            place = self._config().approvers or self._config().desk
            if place is None:
                return
            try:
                await self._look(await self._board.messages.resolve(place))
            except PublishError as error:
                log.info("the inbox waits", why=str(error))

    async def _look(self, place: str) -> None:
        since = self._clock.now() - _FOLLOWED
        inboxes = await self._store.effects_since(since, kinds={_KIND}, states=set(EffectState))
        for inbox in inboxes:
            if inbox.state is EffectState.DONE:
                self._board.updates.show(_message(inbox), self._draw)
        there = [i for i in inboxes if i.handle["place"] == place and not self._is_over(i)]
        if len(self._board.waiting) > INBOX_OVER:
            self._full |= {inbox.key for inbox in there}
        await self._put_up(place, there[-1] if there else None)

    async def _put_up(self, place: str, last: Effect | None) -> None:
        """Put one up if there is none; *last* is the newest that may be there."""
        if last and last.state is EffectState.SENDING:
            await self._post(place, last.key)
        elif len(self._board.waiting) <= INBOX_OVER:
            return
        elif last is None:
            await self._post(place, f"room:{_KIND}:{self._clock.now().isoformat()}")
        elif last.state is EffectState.NOT_SENT and self._bulletins.is_due(last):
            await self._post(place, last.key)

    def _is_over(self, inbox: Effect) -> bool:
        """Return whether the next one is a new one."""
        age = self._clock.now() - inbox.started_at
        if inbox.state is EffectState.UNCERTAIN:
            return age > _DOUBTFUL
        gone = inbox.state is EffectState.DONE and self._board.updates.is_gone(_message(inbox))
        return gone or age > _IN_SIGHT or inbox.key in self._emptied

    async def _post(self, place: str, key: str) -> None:
        drawn = await self._draw()
        crowded = len(self._board.waiting) > INBOX_OVER  # else it is only looked for
        self._full |= {key} if crowded else set()
        bulletin = Bulletin(
            key=key,
            place=place,
            shown=notice.with_call(drawn, notice.calling(self._config().publish_x)),
            until=self._clock.now() + (_IN_SIGHT if crowded else timedelta(0)),
        )
        if put := await self._bulletins.post(bulletin):
            self._board.updates.shows(put, drawn)  # a call is worth no edit

    async def _draw(self) -> Message:
        waiting = sorted(self._board.waiting.values(), key=_created, reverse=True)
        if not waiting:  # it says so; once it is full again an edit would call nobody
            self._emptied |= self._full
        return notice.inbox(waiting, await self._scenery.scene(naming=[str(waiting)]))


def _created(run: Run) -> str:
    return run.created_at.isoformat()


def _message(inbox: Effect) -> Place:
    """Return where the inbox stands."""
    return inbox.result or "", inbox.remote_id or ""
