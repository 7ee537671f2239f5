"""Edits of messages that are there: the newest state wins, and the last one always arrives.

`board` and `notices` say what is to be shown; one loop shows it, each message at most once in three
seconds. Editing is repeatable, so that it needs no ledger. A message that somebody deleted is
forgotten, and not put up again.
"""

import asyncio
import hashlib
import json
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot.errors import PublishError
from bot.ports import Clock
from bot.slack.blocks import Message
from bot.slack.pace import Pace
from bot.slack_api.web_api import WebApi

log = structlog.get_logger()

#: Between two edits of one message.
APART = timedelta(seconds=3)
#: Longest pause after a failed edit.
_PATIENCE = timedelta(seconds=60)
#: Messages whose last look, or whose end, is remembered.
_MOST = 2_000
#: What Slack says of messages that nobody can edit any more.
_GONE = frozenset(
    {
        "cant_update_message",
        "channel_not_found",
        "edit_window_closed",
        "is_archived",
        "message_not_found",
        "not_in_channel",
    }
)

#: A message: its channel and its stamp.
Place = tuple[str, str]
#: Draws a message anew; None when there is nothing to change.
Draw = Callable[[], Awaitable[Message | None]]


@dataclass(slots=True, kw_only=True)
class _Waiting:
    draw: Draw
    #: Not before.
    at: datetime
    failures: int = 0


class Updates:
    """Shows messages anew."""

    def __init__(self, api: WebApi, clock: Clock, pace: Pace) -> None:
        self._api = api
        self._clock = clock
        self._pace = pace
        self._waiting: dict[Place, _Waiting] = {}
        #: What each message shows, as far as we know, and when it may change again.
        self._shown: OrderedDict[Place, tuple[str, datetime]] = OrderedDict()
        self._gone: OrderedDict[Place, None] = OrderedDict()
        self._news = asyncio.Event()

    def show(self, place: Place, draw: Draw) -> None:
        """Have the message look as *draw* says, soon; an older wish for it is dropped."""
        if place in self._gone:
            return
        waiting = self._waiting.get(place)
        if waiting:
            waiting.draw = draw
        else:
            self._waiting[place] = _Waiting(draw=draw, at=self._clock.now())
        self._news.set()

    def shows(self, place: Place, message: Message) -> None:
        """Note that the message was just put up."""
        self._remember(place, message)

    def is_gone(self, place: Place) -> bool:
        """Return whether somebody has deleted the message."""
        return place in self._gone

    async def run(self) -> None:
        """Show what waits, for ever."""
        while True:
            place = await self._next()
            await self._show(place)

    async def flush(self) -> None:
        """Show all that waits, now; what fails stays as it is."""
        for place, waiting in list(self._waiting.items()):
            with suppress(Exception):
                await self._edit(place, waiting)
        self._waiting.clear()

    def _turn(self, place: Place, waiting: _Waiting) -> datetime:
        """Return when the message may change; asked late, for an edit may be under way."""
        turn = max(waiting.at, self._pace.free_at(place[0]))
        shown = self._shown.get(place)
        return max(turn, shown[1]) if shown else turn

    async def _next(self) -> Place:
        """Return the message whose turn it is; wait for one."""
        while True:
            turns = {place: self._turn(place, waiting) for place, waiting in self._waiting.items()}
            place = min(turns, key=lambda p: turns[p], default=None)
            if place and turns[place] <= self._clock.now():
                return place
            await self._wait(turns[place] if place else None)

    async def _wait(self, until: datetime | None) -> None:
        self._news.clear()
        waits: list[asyncio.Future[object]] = [asyncio.ensure_future(self._news.wait())]
        if until:
            seconds = (until - self._clock.now()).total_seconds()
            waits.append(asyncio.ensure_future(self._clock.sleep(seconds)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    async def _show(self, place: Place) -> None:
        waiting = self._waiting.pop(place)
        try:
            await self._edit(place, waiting)
        except PublishError as error:
            self._again(place, waiting, error.retry_after)
        except Exception as error:  # one card that cannot be drawn ends no other
            log.exception("a card cannot be drawn", place=place, error=str(error))

    def _again(self, place: Place, waiting: _Waiting, retry_after: float | None) -> None:
        """Try it later, unless a newer wish waits already."""
        waiting.failures += 1
        pause = min(APART * 2**waiting.failures, _PATIENCE)
        if retry_after is not None:  # Slack counts the edits of all channels together
            pause = timedelta(seconds=retry_after)
            for channel, _ in [place, *self._waiting]:
                self._pace.hold(channel, retry_after)
        newer = self._waiting.get(place)
        if newer:
            newer.failures, newer.at = waiting.failures, self._clock.now() + pause
        else:
            waiting.at = self._clock.now() + pause
            self._waiting[place] = waiting

    async def _edit(self, place: Place, waiting: _Waiting) -> None:
        message = await waiting.draw()
        shown = self._shown.get(place)
        if message is None or (shown and shown[0] == _digest(message)):
            return
        channel, ts = place
        self._pace.take(channel, self._clock.now())
        answer = await self._api.read(
            "chat.update",
            channel,
            expect=_GONE,
            channel=channel,
            ts=ts,
            text=message.text,
            blocks=list(message.blocks),
        )
        if answer["ok"]:
            self._remember(place, message)
        else:
            self._forget(place, str(answer.get("error")))

    def _remember(self, place: Place, message: Message) -> None:
        self._shown[place] = (_digest(message), self._clock.now() + APART)
        self._shown.move_to_end(place)
        if len(self._shown) > _MOST:
            self._shown.popitem(last=False)

    def _forget(self, place: Place, word: str) -> None:
        self._gone[place] = None
        if len(self._gone) > _MOST:
            self._gone.popitem(last=False)
        self._waiting.pop(place, None)
        log.info("a card is gone and is not edited any more", place=place, why=word)


def _digest(message: Message) -> str:
    text = json.dumps([message.text, list(message.blocks)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
