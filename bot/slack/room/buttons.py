"""Clicks: what each button does, for whoever may, if it is still true what the button showed."""

from collections.abc import Awaitable, Callable

from bot.domain.room import Right
from bot.domain.run import Run
from bot.slack import lists
from bot.slack.asked import Asked
from bot.slack.buttons import Action, read_value
from bot.slack.modal import Choice
from bot.slack.room.acts import Acts
from bot.slack.room.dialogs import Dialogs
from bot.slack.room.office import Office


class Buttons:
    """Does what was clicked."""

    def __init__(self, office: Office, acts: Acts, dialogs: Dialogs) -> None:
        self._office = office
        self._dialogs = dialogs
        self._acts = acts
        self._on_runs: dict[Action, Callable[[Asked, Run], Awaitable[None]]] = {
            Action.APPROVE: acts.approve,
            Action.REJECT: acts.reject,
            Action.EDIT: self._edit,
            Action.CANCEL: acts.cancel,
            Action.RETRY: acts.retry,
            Action.RESOLVE: self._resolve,
            Action.REMIX: dialogs.open_remix,
            Action.POST: self._post,
            Action.UNDO: acts.undo,
            Action.DELETE: acts.delete,
            Action.DETAILS: self._details,
            Action.MAKE: self._make_again,
        }

    async def press(self, asked: Asked, action: str, value: str) -> None:
        """Do it. Raises whatever says why not; buttons that are not ours do nothing."""
        if action == Action.MAKE and "|" not in value:
            await self._office.rights.require(asked, Right.GENERATE)
            await self._dialogs.open_make(asked, Choice())
        elif action == Action.PAUSE:
            await self._acts.pause(asked, value)
        elif action == Action.RESUME:
            await self._acts.resume(asked, value)
        elif action == Action.FIRE:
            await self._acts.fire(asked, value)
        elif action == Action.STOP:
            await self._acts.stop(asked)
        elif action == Action.START:
            await self._acts.start(asked)
        elif action in set(Action):
            await self._press_on_run(asked, Action(action), value)

    async def _press_on_run(self, asked: Asked, action: Action, value: str) -> None:
        run_id, generation = read_value(value)
        run = await self._office.store.get_run(run_id)
        if generation != run.generation and action not in {Action.DETAILS, Action.MAKE}:
            await self._office.rights.require(asked, Right.ANYONE)
            await self._office.say_stale(asked, run)
            return
        await self._on_runs[action](asked, run)

    async def _edit(self, asked: Asked, run: Run) -> None:
        await self._office.rights.require(asked, self._office.rights.needed_to_edit(run))
        await self._dialogs.open_edit(asked, run)

    async def _resolve(self, asked: Asked, run: Run) -> None:
        await self._office.rights.require(asked, Right.GENERATE)
        await self._dialogs.open_resolve(asked, run)

    async def _post(self, asked: Asked, run: Run) -> None:
        needed = self._office.rights.needed_for(self._office.scenery.accounts())
        await self._office.rights.require(asked, needed)
        await self._dialogs.open_post(asked, run)

    async def _details(self, asked: Asked, run: Run) -> None:
        await self._office.rights.require(asked, Right.ANYONE)
        scene = await self._office.scenery.scene(run)
        await self._office.tell(asked, lists.details_answer(run, scene))

    async def _make_again(self, asked: Asked, run: Run) -> None:
        await self._office.rights.require(asked, Right.GENERATE)
        await self._dialogs.open_again(asked, run)
