"""What the room says that no card says: who changed what, a welcome, the inbox; each once.

`room` and `inbox` post through here, by way of the pipeline's ledger, though no run owns these
messages. The invariant: what was begun is on disk with all its words, so that whoever starts next
finds it in Slack by its marks, or says it, as long as it is not too late. It holds nobody up: what
cannot be said now is said later, by `look`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

import structlog

from bot.domain.effect import Effect, EffectState
from bot.errors import BotError, PostRejected, Settling, StoreError
from bot.pipeline.ledger import Write
from bot.ports import Change, Clock, Store
from bot.slack.blocks import Message
from bot.slack.messages import SETTLE, Marks, Messages
from bot.slack.updates import Place

T = TypeVar("T")

log = structlog.get_logger()

#: What becomes of these is looked after here.
_KINDS = frozenset({"answer", "mended", "mention", "told", "welcome"})
_OPEN = frozenset({EffectState.SENDING, EffectState.NOT_SENT})
#: Older ones are left alone.
_LOOK_BACK = timedelta(days=30)
#: The first and the longest pause after something that could not be said.
_FIRST, _LONGEST = timedelta(seconds=15), timedelta(hours=1)


class Once(Protocol):
    """Sends a write at most once, as `Pipeline.once` does."""

    async def __call__(self, write: Write[T], /) -> T:
        """Return its result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulletin:
    """One message that belongs to no run."""

    #: `room:kind:…`; the same message has the same key for ever.
    key: str
    #: The channel, by its id or as the file names it.
    place: str
    thread: str | None = None
    shown: Message
    #: After this it would tell nobody anything: it is not said any more.
    until: datetime

    @property
    def handle(self) -> Mapping[str, str]:
        """All of it but the key, as the ledger keeps it."""
        return {
            "place": self.place,
            "thread": self.thread or "",
            "text": self.shown.text,
            "blocks": json.dumps(self.shown.blocks),
            "until": self.until.isoformat(),
        }

    @property
    def marks(self) -> Marks:
        """What it is known again by."""
        return Marks(event=f"reelbot_{self.key.split(':')[1]}", payload={"key": self.key})


def read(effect: Effect) -> Bulletin:
    """Return the bulletin as the ledger kept it."""
    handle = effect.handle
    return Bulletin(
        key=effect.key,
        place=handle["place"],
        thread=handle["thread"] or None,
        shown=Message(text=handle["text"], blocks=json.loads(handle["blocks"])),
        until=datetime.fromisoformat(handle["until"]),
    )


class Bulletins:
    """Says things once."""

    def __init__(self, once: Once, messages: Messages, *, clock: Clock, store: Store) -> None:
        self._once = once
        self._messages = messages
        self._clock = clock
        self._store = store
        #: Keys of what may not have been said yet.
        self._open: set[str] = set()
        self._has_looked_back = False

    async def post(self, bulletin: Bulletin) -> Place | None:
        """Say it and return where it stands; None while that is not known. Repeatable.

        Raises `StoreError` only.
        """
        try:
            place = await self._once(self._write(bulletin))
        except BotError as error:
            self._open.add(bulletin.key)  # now: before, `look` might find it not begun
            if isinstance(error, StoreError):
                raise
            log.info("not said yet", what=bulletin.key, why=str(error))
            return None
        self._open.discard(bulletin.key)
        return place

    async def look(self) -> None:
        """Say what could not be said, and look for what may have been; before a restart, too."""
        if not self._has_looked_back:
            since = self._clock.now() - _LOOK_BACK
            begun = await self._store.effects_since(since, kinds=_KINDS, states=_OPEN)
            self._open |= {effect.key for effect in begun}
            self._has_looked_back = True
        for key in sorted(self._open):
            effect = await self._store.get_effect(key)
            if effect is None or effect.kind not in _KINDS or effect.state not in _OPEN:
                self._open.discard(key)
            elif effect.state is EffectState.SENDING or self.is_due(effect):
                await self.post(read(effect))
            elif self._clock.now() >= read(effect).until:
                self._open.discard(key)

    def is_due(self, effect: Effect) -> bool:
        """Return whether it is time to try again what could not be said."""
        doubled = 1 << min(effect.attempts - 1, 10)
        due = effect.started_at + min(_FIRST * doubled, _LONGEST)
        return due <= self._clock.now() < read(effect).until

    def _write(self, bulletin: Bulletin) -> Write[Place]:
        async def prepare() -> Mapping[str, str]:
            return bulletin.handle

        async def send(_handle: Mapping[str, str]) -> Place:
            return await self._send(bulletin)

        async def find(handle: Mapping[str, str], since: datetime) -> Sequence[Place]:
            place = await self._messages.resolve(handle["place"])
            thread, marks = handle["thread"] or None, bulletin.marks
            found = await self._messages.find(place, marks, since=since, thread=thread)
            return [(place, ts) for ts in found]

        async def keep(_place: Place, *settled: Change) -> None:
            await self._store.commit(*settled)

        return Write(
            key=bulletin.key,
            run_id=None,
            name=bulletin.key,
            fingerprint=bulletin.key,
            settle=SETTLE,
            authoritative=True,  # as the board's cards are
            gated=False,
            prepare=prepare,
            send=send,
            find=find,
            identify=lambda place: (place[1], place[0]),
            rebuild=lambda effect: (effect.result or "", effect.remote_id or ""),
            may_send=lambda: self._must_be_in_time(bulletin),
            begin=self._store.commit,
            keep=keep,
        )

    async def _send(self, bulletin: Bulletin) -> Place:
        place = await self._messages.resolve(bulletin.place)
        posted = await self._messages.post(
            place, bulletin.shown, bulletin.marks, bulletin.thread, at_once=True
        )
        if posted is None:
            raise PostRejected
        return posted

    def _must_be_in_time(self, bulletin: Bulletin) -> None:
        if self._clock.now() >= bulletin.until:
            raise Settling
