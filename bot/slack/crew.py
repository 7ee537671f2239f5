"""Does what people asked for after Slack has its ack: a bounded number of tasks, all awaited.

The listeners hand work over and return at once. The invariant: nothing is forgotten half-way; when
the room closes, what was taken is finished or cancelled within a few seconds.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

#: Tasks that do something at once; a burst waits its turn, so that acks still find the loop free.
HANDS = 2
#: Tasks that are done or wait; more are turned away.
MOST = 2_000


class Crew:
    """Runs coroutines, *hands* of them at once."""

    def __init__(
        self, on_error: Callable[[Exception], None], *, hands: int = HANDS, most: int = MOST
    ) -> None:
        self._on_error = on_error
        self._hands = asyncio.Semaphore(hands)
        self._most = most
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_closed = False

    @property
    def is_full(self) -> bool:
        """Whether more would be turned away."""
        return self._is_closed or len(self._tasks) >= self._most

    def take(self, work: Coroutine[Any, Any, None], *, at_once: bool = False) -> bool:
        """Have *work* done soon; False, and it is dropped, while too much waits already.

        With *at_once* it waits behind nobody, and is turned away only when the room is closed.
        """
        if self._is_closed or (self.is_full and not at_once):
            work.close()
            return False
        task = asyncio.create_task(self._do(work, nullcontext() if at_once else self._hands))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def _do(
        self, work: Coroutine[Any, Any, None], turn: AbstractAsyncContextManager[None]
    ) -> None:
        try:
            async with turn:
                await work
        except Exception as error:  # noqa: BLE001  # one person's request must not end the room
            self._on_error(error)
        finally:
            work.close()

    async def drain(self, seconds: float) -> None:
        """Let what was taken finish within *seconds*, then cancel it; nothing more is taken."""
        self._is_closed = True
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
