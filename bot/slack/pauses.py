"""Targets that take no posts: each is told of once, in one message, and once that it is over.

`room` has them looked after again and again. A message belongs to the target and to no run: ten
runs that wait for one account are a number in it. What was told is in the ledger, so that whoever
starts next goes on with it.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from bot.domain.effect import Effect, EffectState
from bot.domain.post import Target
from bot.domain.refusal import Refusal
from bot.domain.room import RoomConfig
from bot.domain.run import RunState
from bot.ports import Clock, Store
from bot.slack import notice
from bot.slack.blocks import Message
from bot.slack.board import SlackBoard
from bot.slack.bulletins import Bulletin, Bulletins, read
from bot.slack.held import plain
from bot.slack.scenery import Scenery
from bot.slack.updates import Place

_PAUSED, _MENDED = "room:paused:", "room:mended:"
#: What was told longer ago is told anew.
_FOLLOWED = timedelta(days=30)
#: What could not be told within this is no news, nor is one that may be there or not.
_NEWS = timedelta(days=1)
#: Runs that are looked through for those that wait.
_MOST = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pause:
    """A pause as the ledger knows it."""

    effect: Effect
    #: The message that tells that it is over; None while it goes on.
    mended: Effect | None

    @property
    def target(self) -> Target:
        return Target.parse(_name(self.effect).partition(":")[2])

    @property
    def began(self) -> datetime:
        return datetime.fromtimestamp(float(_name(self.effect).partition(":")[0]), UTC)

    @property
    def message(self) -> Place:
        """Where it is told; only once that is done."""
        return self.effect.result or "", self.effect.remote_id or ""

    @property
    def is_told(self) -> bool:
        return self.effect.state is EffectState.DONE

    def is_followed(self, now: datetime) -> bool:
        """Return whether it may still be told, or become known to be."""
        if self.effect.state is EffectState.NOT_SENT:
            return now < read(self.effect).until
        doubtful = self.effect.state is EffectState.UNCERTAIN
        return not doubtful or now < self.effect.started_at + _NEWS


class Pauses:
    """The messages about paused targets in one workspace."""

    def __init__(
        self,
        bulletins: Bulletins,
        board: SlackBoard,
        *,
        clock: Clock,
        store: Store,
        config: Callable[[], RoomConfig],
        scenery: Scenery,
        refusals: Callable[[], Mapping[Target, Refusal | None]],
    ) -> None:
        """Make them; *refusals* tells of targets that are asked without a run, as the room does."""
        self._bulletins = bulletins
        self._board = board
        self._clock = clock
        self._store = store
        self._config = config
        self._scenery = scenery
        self._met = refusals
        self._looking = asyncio.Lock()
        self._has_looked_back = False

    async def look(self) -> None:
        """Tell what is not told yet, and keep true what is. Repeatable."""
        async with self._looking:
            if desk := self._config().desk:
                await self._look(desk)

    async def _look(self, desk: str) -> None:
        pauses = await self._pauses()
        now = self._clock.now()
        goes_on = {plain(p.target): p for p in pauses if not p.mended and p.is_followed(now)}
        if goes_on:
            await self._look_back()
        refused = self._refused()
        for target in {**goes_on, **refused}:
            await self._tend(desk, goes_on.get(target), refused.get(target))
        for pause in pauses:
            if pause.is_told and pause.mended and now < pause.mended.started_at + _NEWS:
                shown = read(pause.mended).shown
                self._board.updates.show(pause.message, partial(_as_it_is, shown))

    async def _pauses(self) -> list[_Pause]:
        """Return the pauses that the ledger knows of, oldest first."""
        since, kinds = self._clock.now() - _FOLLOWED, {"paused", "mended"}
        told = await self._store.effects_since(since, kinds=kinds, states=set(EffectState))
        mended = {_name(each): each for each in told if each.key.startswith(_MENDED)}
        paused = [each for each in told if each.key.startswith(_PAUSED)]
        return [_Pause(effect=each, mended=mended.get(_name(each))) for each in paused]

    async def _look_back(self) -> None:
        """Have all runs seen, once: a pause is not over while one waits that nobody has seen."""
        if self._has_looked_back:
            return
        states = {RunState.RUNNING, RunState.WAITING}
        for run in await self._store.list_runs(states=states, limit=_MOST):
            self._board.held.saw(run)
        self._has_looked_back = True

    def _refused(self) -> dict[Target, Refusal]:
        """Return what each target said last, where it has taken no post since."""
        held = self._board.held
        met = filter(None, self._met().values())
        every = sorted([*met, *held.refusals()], key=lambda refusal: refusal.at)
        return {plain(r.target): r for r in every if r.at > held.taken(r.target)}

    async def _tend(self, desk: str, pause: _Pause | None, refusal: Refusal | None) -> None:
        over = pause if pause and self._is_over(pause, refusal) else None
        if over and over.is_told:
            await self._tell_end(over)
        elif over and over.effect.state is EffectState.SENDING:  # it is only looked for
            bulletin = read(over.effect)
            await self._say(bulletin.key, desk, bulletin.shown, within=timedelta(0))
        elif refusal:  # nobody was told of one that is over: the next one is another
            await self._tell(desk, None if over else pause, refusal)

    def _is_over(self, pause: _Pause, refusal: Refusal | None) -> bool:
        """Return whether the target took a post, or nobody wants it to any more."""
        held, target = self._board.held, pause.target
        in_doubt = plain(target) in map(plain, self._met())
        wanted = refusal or in_doubt or held.waiting(target)
        return held.taken(target) > pause.began or not wanted

    async def _tell(self, desk: str, pause: _Pause | None, refusal: Refusal) -> None:
        """Bring its message up to date, and put it up where it may lack."""
        if pause is None:
            began = f"{self._clock.now().timestamp():.6f}"
            await self._put_up(f"{_PAUSED}{began}:{refusal.target}", desk, refusal)
        elif pause.is_told:
            self._board.updates.show(pause.message, partial(self._draw, refusal))
        elif pause.effect.state is EffectState.SENDING or self._bulletins.is_due(pause.effect):
            await self._put_up(pause.effect.key, desk, refusal)

    async def _put_up(self, key: str, desk: str, refusal: Refusal) -> None:
        shown = await self._draw(refusal)
        if put := await self._say(key, desk, shown, call=notice.calling(self._config().admin)):
            self._board.updates.shows(put, shown)  # a call is worth no edit

    async def _draw(self, refusal: Refusal) -> Message:
        scene = await self._scenery.scene(naming=[refusal.why])
        return notice.paused(refusal, self._board.held.waiting(refusal.target), scene)

    async def _tell_end(self, pause: _Pause) -> None:
        took_one = self._board.held.taken(pause.target) > pause.began
        shown = notice.mended(pause.target, await self._scenery.scene(), took_one=took_one)
        place, ts = pause.message
        thread = None if self._board.updates.is_gone(pause.message) else ts
        await self._say(f"{_MENDED}{_name(pause.effect)}", place, shown, thread=thread)

    async def _say(
        self,
        key: str,
        place: str,
        shown: Message,
        *,
        call: str = "",
        thread: str | None = None,
        within: timedelta = _NEWS,
    ) -> Place | None:
        bulletin = Bulletin(
            key=key,
            place=place,
            thread=thread,
            shown=notice.with_call(shown, call),
            until=self._clock.now() + within,
        )
        return await self._bulletins.post(bulletin)


def _name(effect: Effect) -> str:
    """Return what a pause and its end have in common: when it began, and the target."""
    return effect.key.split(":", 2)[2]


async def _as_it_is(shown: Message) -> Message:
    return shown
