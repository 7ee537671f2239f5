"""Stops that did not come by Slack: everything stands still, and people here must hear why.

`room` has it looked after again and again. What is told, and once, is in the ledger; so a stop and
its end are told though we were not there when they came. Stops by Slack are told where they are
typed; of those only an end from outside is told here, if we saw the stop.
"""

from collections.abc import Callable
from datetime import timedelta

from bot.domain.effect import EffectState
from bot.domain.room import RoomConfig
from bot.ports import Clock, Stop, Store
from bot.slack import notice
from bot.slack.blocks import Message
from bot.slack.bulletins import Bulletin, Bulletins
from bot.slack.scenery import Scenery

#: What happened longer ago is no news.
_NEWS = timedelta(days=1)
_STOP, _START = "room:told:stop-", "room:told:start-"


def start_key(stop: Stop) -> str:
    """Return the key under which the end of *stop* is told, by whoever is first."""
    return f"{_START}{stop.at.isoformat()}"


class Stops:
    """Tells of stops from outside, and that they are over."""

    def __init__(
        self,
        bulletins: Bulletins,
        *,
        clock: Clock,
        store: Store,
        config: Callable[[], RoomConfig],
        scenery: Scenery,
    ) -> None:
        self._bulletins = bulletins
        self._clock = clock
        self._store = store
        self._config = config
        self._scenery = scenery
        #: The stop that was there when we last looked.
        self._seen: Stop | None = None

    async def look(self) -> None:
        """Tell what is not told yet. Repeatable."""
        desk = self._config().desk
        if desk is None:
            return
        stop = await self._scenery.stopped()
        if stop is None:
            await self._tell_start(desk)
        elif not stop.by.startswith("slack:") and stop.at > self._clock.now() - _NEWS:
            scene = await self._scenery.scene()
            call = notice.calling(self._config().admin)
            shown = notice.with_call(notice.stopped(stop, scene), call)
            await self._tell(f"{_STOP}{stop.at.isoformat()}", desk, shown)
        self._seen = stop

    async def _tell_start(self, desk: str) -> None:
        """Tell that the stop which we saw, or else the last one that was told, is over."""
        key = start_key(self._seen) if self._seen else await self._last_told()
        if key:
            await self._tell(key, desk, notice.started(await self._scenery.scene()))

    async def _last_told(self) -> str | None:
        since, done = self._clock.now() - _NEWS, {EffectState.DONE}
        told = await self._store.effects_since(since, kinds={"told"}, states=done)
        stops = [effect.key for effect in told if effect.key.startswith(_STOP)]
        return _START + stops[-1].removeprefix(_STOP) if stops else None

    async def _tell(self, key: str, desk: str, shown: Message) -> None:
        until = self._clock.now() + _NEWS
        await self._bulletins.post(Bulletin(key=key, place=desk, shown=shown, until=until))
