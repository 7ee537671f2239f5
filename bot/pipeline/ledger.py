"""The ledger: every outside write that costs, shows or cannot be repeated, once.

Steps hand in a `Write`; nobody else sends anything that matters. The intent is
on disk before the socket opens, the result in one commit with the Run that
carries it. An intent found again means that we died (or lost the answer) in the
middle: after the settle time we look, and what looking cannot settle is for a
person. Nothing is ever sent twice on a guess.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

from bot.domain.effect import Effect, EffectState
from bot.errors import (
    BotError,
    Conflict,
    InTheAir,
    LeaseLost,
    Settling,
    StoreError,
    Uncertain,
)
from bot.pipeline.gate import Gate
from bot.ports import Change, Clock, Intend, SettleEffect, Store

T = TypeVar("T")

#: Seconds until we try again what an equal request held back: one being sent in this process, one
#: whose answer was lost.
_BUSY_SECONDS, _IN_THE_AIR_SECONDS = 1.0, 5.0
#: An intent this old must not be sent any more: whoever took us for dead may have looked already.
#: Never more than half the settle time; seconds.
_STALE_SECONDS = 1.0
#: Where looking itself fails in a way that may pass, it is tried again, ever more seldom, for so
#: long; seconds.
_LOOK_AGAIN_SECONDS, _LOOK_FOR_SECONDS = 60.0, 24 * 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Write(Generic[T]):
    """One outside write: how to send it, how to find it, what to remember of it."""

    #: `run:effect[:target]:generation`; the same write has the same key for ever.
    key: str
    #: None for what belongs to no run; then no person is asked what became of it.
    run_id: str | None
    #: What the write is, for people: "the video at studio", "the post to x:@reelbot".
    name: str
    fingerprint: str | None = None
    #: Seconds after sending from when `find` can be believed.
    settle: float
    #: Whether finding nothing proves that nothing happened.
    authoritative: bool
    #: What may be repeated and shows nothing; returns the handle `send` and `find` work with.
    prepare: Callable[[], Awaitable[Mapping[str, str]]]
    send: Callable[[Mapping[str, str]], Awaitable[T]]
    find: Callable[[Mapping[str, str], datetime], Awaitable[Sequence[T]]]
    #: (the other side's id, its address) of a result: what the effect's row keeps.
    identify: Callable[[T], tuple[str | None, str | None]]
    #: The result again, from the row alone.
    rebuild: Callable[[Effect], T]
    #: Whether a stop holds it back. Only what costs nothing and is seen by nobody outside may pass.
    gated: bool = True
    #: Raises `Settling` while a command waits for other writes of the run: nothing new goes out.
    may_send: Callable[[], None]
    #: Commits the intent (and what else becomes of it) under the fence, together with what the
    #: Run has gathered so far.
    begin: Callable[[Change], Awaitable[None]]
    #: Commits the result on the Run, together with what becomes of the effect.
    keep: Callable[..., Awaitable[None]]


class Ledger:
    """Sends each write at most once."""

    def __init__(self, store: Store, gate: Gate, clock: Clock) -> None:
        self._store = store
        self._gate = gate
        self._clock = clock
        self._equal: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def once(self, write: Write[T]) -> T:
        """Return the result of *write*, sending it only if it surely was not sent before.

        Called again after a crash it picks up where the row stands. Raises `Stopped`, `Settling`
        (look again later), `InTheAir`, `Uncertain` (a person decides), and whatever `send` raises
        when the write surely did not happen.
        """
        alone = self._alone(write.fingerprint)
        if alone.locked():  # waiting here would keep a worker from other runs
            raise InTheAir(retry_after=_BUSY_SECONDS)
        async with alone:
            return await self._once(write)

    def _alone(self, fingerprint: str | None) -> asyncio.Lock:
        """Return the lock under which equal writes of this process follow one another."""
        if fingerprint is None:
            return asyncio.Lock()
        return self._equal.setdefault(fingerprint, asyncio.Lock())

    async def _once(self, write: Write[T]) -> T:
        effect = await self._store.get_effect(write.key)
        if effect is None or effect.state is EffectState.NOT_SENT:
            return await self._send(write, effect)
        if effect.state is EffectState.SENDING:
            return await self._look(write, effect)
        if effect.state is EffectState.UNCERTAIN:
            raise _uncertain(write, effect.detail)
        result = write.rebuild(effect)
        await write.keep(result)
        return result

    async def _send(self, write: Write[T], earlier: Effect | None) -> T:
        write.may_send()
        await self._check(write)
        handle = await write.prepare()
        write.may_send()  # it may have taken minutes, and somebody may have cancelled meanwhile
        effect = Effect(
            key=write.key,
            run_id=write.run_id,
            fingerprint=write.fingerprint,
            handle=handle,
            attempts=earlier.attempts + 1 if earlier else 1,
            started_at=self._clock.now(),
        )
        begun = time.monotonic()
        await self._intend(write, effect)
        try:
            # Whoever stopped us while the intent was being written down must find it unsent.
            await self._check(write)
            self._refuse_stale(write, effect, begun)
            result = await write.send(handle)
        except Settling:
            raise
        except BotError as e:
            if e.ambiguous:
                raise Settling(str(e), hint=e.hint, retry_after=write.settle) from e
            await self._not_sent(write, effect, e)
            raise
        except Exception as e:
            # Nobody foresaw it, so nobody knows what had left by then.
            raise Settling(retry_after=write.settle) from e
        await self._done(write, effect, result)
        return result

    async def _check(self, write: Write[T]) -> None:
        """Raise `Stopped` if the write must not leave."""
        if write.gated:
            await self._gate.check()

    def _refuse_stale(self, write: Write[T], effect: Effect, begun: float) -> None:
        """Raise `Settling` if this process slept between intent and request."""
        age = (self._clock.now() - effect.started_at).total_seconds()
        if max(age, time.monotonic() - begun) > max(_STALE_SECONDS, write.settle / 2):
            raise Settling(retry_after=write.settle)

    async def _intend(self, write: Write[T], effect: Effect) -> None:
        try:
            await write.begin(Intend(effect=effect))
        except Conflict as e:
            raise InTheAir(retry_after=_IN_THE_AIR_SECONDS) from e

    async def _look(self, write: Write[T], effect: Effect) -> T:
        age = (self._clock.now() - effect.started_at).total_seconds()
        if 0 <= age < write.settle:
            raise Settling(retry_after=write.settle - age)
        found = await self._find(write, effect, age)
        if len(found) == 1:
            await self._done(write, effect, found[0])
            return found[0]
        # A clock that was set back says nothing about how long the other side has had.
        if not found and write.authoritative and age >= 0:
            lost = replace(effect, state=EffectState.NOT_SENT, detail="never arrived")
            await write.begin(SettleEffect(effect=lost, was=effect.state))
            return await self._send(write, lost)
        detail = f"{len(found)} candidates were found" if found else "nothing was found"
        raise await self._doubt(write, effect, detail)

    async def _find(self, write: Write[T], effect: Effect, age: float) -> Sequence[T]:
        """Look, patiently; a look that fails for good leaves the write uncertain."""
        try:
            return await write.find(effect.handle, effect.started_at)
        except StoreError:
            raise
        except BotError as e:
            if e.retryable and age < _LOOK_FOR_SECONDS:
                pause = max(e.retry_after or 0.0, _LOOK_AGAIN_SECONDS, age / 4)
                raise Settling(str(e), hint=e.hint, retry_after=pause) from e
            raise await self._doubt(write, effect, f"looking failed: {e}") from e
        except Exception as e:
            raise await self._doubt(write, effect, f"looking failed: {type(e).__name__}") from e

    async def _doubt(self, write: Write[T], effect: Effect, detail: str) -> Uncertain:
        parked = replace(effect, state=EffectState.UNCERTAIN, detail=detail)
        await write.begin(SettleEffect(effect=parked, was=effect.state))
        return _uncertain(write, detail)

    async def _done(self, write: Write[T], effect: Effect, result: T) -> None:
        remote_id, url = write.identify(result)
        done = replace(effect, state=EffectState.DONE, remote_id=remote_id, result=url, detail=None)
        settle = SettleEffect(effect=done, was=EffectState.SENDING)
        try:
            await write.keep(result, settle)
        except LeaseLost:
            # The Run is somebody else's now; that the write happened is true all the same.
            await self._store.commit(settle)
            raise

    async def _not_sent(self, write: Write[T], effect: Effect, why: BotError) -> None:
        unsent = replace(effect, state=EffectState.NOT_SENT, detail=str(why))
        await write.begin(SettleEffect(effect=unsent, was=EffectState.SENDING))


def _uncertain(write: Write[T], detail: str | None) -> Uncertain:
    resolve = f"Look there, then tell: `reelbot runs resolve {write.run_id}`."
    return Uncertain(
        f"It is not known whether {write.name} was made: {detail or 'looking did not settle it'}.",
        hint=resolve if write.run_id else None,
    )
