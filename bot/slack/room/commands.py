"""The slash command: a line in, one thing done or told."""

from collections.abc import Awaitable, Callable
from zoneinfo import ZoneInfo

from bot.domain.room import Right
from bot.domain.run import Run, RunState
from bot.domain.schedule import VideoDefaults
from bot.domain.video import Derivation, parse_size, shape_of
from bot.intake import Wish
from bot.slack import buttons, lists
from bot.slack.approval import approval_card, verdict_on
from bot.slack.asked import Asked
from bot.slack.blocks import Message, actions, message, section
from bot.slack.buttons import Action
from bot.slack.card import headline
from bot.slack.line import Line, parse
from bot.slack.modal import Choice
from bot.slack.room.acts import Acts
from bot.slack.room.dialogs import Dialogs
from bot.slack.room.office import Office
from bot.slack.scene import Scene
from bot.slack.verbs import VERBS

#: Runs that a list shows, unless it is told how many.
_LISTED = 10
_MOST_LISTED = 100


class Commands:
    """Does what was typed."""

    def __init__(self, office: Office, acts: Acts, dialogs: Dialogs) -> None:
        self._office = office
        self._acts = acts
        self._dialogs = dialogs
        self._on_runs: dict[str, Callable[[Asked, Run], Awaitable[None]]] = {
            "approve": self._approve,
            "reject": acts.reject,
            "cancel": acts.cancel,
            "retry": self._retry,
            "undo": self._undo,
            "delete": self._delete,
            "show": self._show,
        }
        self._on_schedules: dict[str, Callable[[Asked, str], Awaitable[None]]] = {
            "pause": acts.pause,
            "resume": acts.resume,
            "fire": self._fire,
        }
        self._answers: dict[str, Callable[[Line, Scene], Awaitable[Message]]] = {
            "help": self._help,
            "status": self._status,
            "list": self._list,
            "failed": self._failed,
            "next": self._next,
            "templates": self._templates,
            "schedules": self._schedules,
            "cost": self._cost,
        }

    def parse(self, text: str) -> Line:
        """Return what was typed; `RequestError` for what cannot be meant."""
        schedules = [schedule.id for schedule in self._office.plan().schedules]
        return parse(text, self._office.words, schedules)

    async def obey(self, asked: Asked, line: Line) -> None:
        """Do it. Raises whatever says why not."""
        if line.verb is None:
            await self._make(asked, line)
            return
        name = line.verb.name
        if name == "stop":  # before anything is asked of Slack
            await self._acts.stop(asked, line.why)
            return
        await self._office.rights.require(asked, line.verb.right)
        if line.run is not None and name in self._on_runs:
            await self._on_runs[name](asked, await self._office.find(line.run))
        elif name in self._on_schedules:
            await self._on_schedules[name](asked, line.about or "")
        elif name in self._answers:
            answer = await self._answers[name](line, await self._office.scenery.scene())
            await self._office.tell(asked, answer)
        elif name == "remix":
            await self._remix(asked, line)
        else:
            await self._start(asked)

    # --- videos ---------------------------------------------------------------------------------

    async def _make(self, asked: Asked, line: Line) -> None:
        if line.prompt is None and line.template is None:
            await self._office.rights.require(asked, Right.GENERATE)
            await self._dialogs.open_make(asked, Choice())
            return
        wish = self._wish(asked, line)
        price = self._acts.price(wish)
        if price > self._office.config.confirm_over_usd:
            await self._office.rights.require(asked, Right.GENERATE)
            await self._dialogs.open_make(asked, _choice(line, wish))
            dear = self._office.words.price(price)
            await self._office.say(asked, "answer.dear", price=dear)
            return
        await self._acts.make(asked, wish)

    def _wish(self, asked: Asked, line: Line) -> Wish:
        return Wish(
            by=asked.by,
            prompt=line.prompt,
            template=line.template,
            variables=line.variables,
            provider=line.provider,
            video=VideoDefaults(model=line.model, seconds=line.seconds, size=self._size(line)),
            targets=line.targets,
            caption=line.caption,
            lang=line.lang,
        )

    def _size(self, line: Line) -> str | None:
        """Return the size; for a mere shape the model's first one of that shape."""
        if line.size or line.shape is None:
            return line.size
        provider = line.provider or self._office.plan().ad_hoc.provider
        known = self._office.providers.get(provider)
        models = known.capabilities.models if known else {}
        wanted = line.model or self._office.plan().ad_hoc.video.model
        model = models.get(wanted or "") or next(iter(models.values()), None)
        sizes = model.sizes if model else ()
        return next((s for s in sizes if shape_of(s) == line.shape), _of_shape(line.shape))

    async def _remix(self, asked: Asked, line: Line) -> None:
        assert line.run
        source = await self._office.find(line.run)
        if line.prompt is None:
            await self._dialogs.open_remix(asked, source)
            return
        wish = Wish(
            by=asked.by,
            prompt=line.prompt,
            targets=line.targets,
            caption=line.caption,
            lang=line.lang,
        )
        price = self._acts.whole_price(self._acts.grown(source, wish, Derivation.REMIX))
        if price > self._office.config.confirm_over_usd:
            await self._office.rights.require(asked, Right.GENERATE)
            await self._dialogs.open_remix(asked, source, wish)
            dear = self._office.words.price(price)
            await self._office.say(asked, "answer.dear", price=dear)
            return
        await self._acts.remix(asked, source, wish, Derivation.REMIX)

    # --- runs -----------------------------------------------------------------------------------

    async def _show(self, asked: Asked, run: Run) -> None:
        scene = await self._office.scenery.scene(run)
        await self._office.tell(asked, lists.details_answer(run, scene))

    async def _approve(self, asked: Asked, run: Run) -> None:
        """Show what would go out, and the buttons: nobody lets out words they may not have seen."""
        scene = await self._office.scenery.scene(run)
        if verdict_on(run, run.generation) == "open":
            await self._office.tell(asked, approval_card(run, scene, generation=run.generation))
        else:
            await self._acts.approve(asked, run)

    async def _retry(self, asked: Asked, run: Run) -> None:
        if not await self._confirms(asked, run, Action.RETRY):
            await self._acts.retry(asked, run)

    async def _undo(self, asked: Asked, run: Run) -> None:
        if not run.delivered or not await self._confirms(asked, run, Action.UNDO):
            await self._acts.undo(asked, run)

    async def _delete(self, asked: Asked, run: Run) -> None:
        if not run.state.is_terminal or not await self._confirms(asked, run, Action.DELETE):
            await self._acts.delete(asked, run)

    async def _confirms(self, asked: Asked, run: Run, action: Action) -> bool:
        """Show the button instead where it asks once more; whether it does."""
        scene = await self._office.scenery.scene(run)
        button = buttons.of_run(action, run, scene)
        if "confirm" not in button:
            return False
        sure = scene.words("answer.sure")
        shown = message(sure, [section(f"{headline(run, scene)}\n{sure}"), *actions(button)])
        await self._office.tell(asked, shown)
        return True

    async def _fire(self, asked: Asked, schedule_id: str) -> None:
        request = self._office.intake.fired_by_hand(schedule_id, asked.by)
        price = self._acts.whole_price(request)
        if price <= self._office.config.confirm_over_usd:
            await self._acts.fire(asked, schedule_id)
            return
        scene = await self._office.scenery.scene()
        sure = scene.words("answer.sure")
        button = buttons.fire(schedule_id, request.targets, price, scene)
        await self._office.tell(asked, message(sure, [section(sure), *actions(button)]))

    async def _start(self, asked: Asked) -> None:
        sure = self._office.words("answer.sure")
        button = buttons.start(self._office.words)
        await self._office.tell(asked, message(sure, [section(sure), *actions(button)]))

    # --- answers --------------------------------------------------------------------------------

    async def _help(self, line: Line, scene: Scene) -> Message:
        return lists.help_answer(scene, VERBS.get(line.about or ""))

    async def _status(self, _line: Line, scene: Scene) -> Message:
        return lists.status_answer(await self._office.scenery.dashboard(), scene)

    async def _list(self, line: Line, _scene: Scene) -> Message:
        most = min(int(line.about or _LISTED) or _LISTED, _MOST_LISTED)
        runs = await self._office.store.list_runs(limit=most)
        return lists.runs_answer(runs, await self._scene_of(runs))

    async def _failed(self, _line: Line, _scene: Scene) -> Message:
        states = {RunState.FAILED, RunState.ATTENTION}
        runs = await self._office.store.list_runs(states=states, limit=_LISTED)
        return lists.runs_answer(runs, await self._scene_of(runs), failed=True)

    async def _scene_of(self, runs: object) -> Scene:
        return await self._office.scenery.scene(naming=[str(runs)])

    async def _next(self, line: Line, scene: Scene) -> Message:
        fires = await self._office.scenery.fires()
        chosen = [f for f in fires if line.about in {None, f.schedule_id}]
        return lists.next_answer(chosen, scene)

    async def _templates(self, _line: Line, scene: Scene) -> Message:
        return lists.templates_answer(self._office.prompts.list(), scene)

    async def _schedules(self, _line: Line, scene: Scene) -> Message:
        fires = {fire.schedule_id: fire for fire in await self._office.scenery.fires()}
        return lists.schedules_answer(self._office.plan().schedules, fires, scene)

    async def _cost(self, _line: Line, scene: Scene) -> Message:
        budget = self._office.plan().budget
        today = self._office.now().astimezone(ZoneInfo(budget.timezone)).date()
        spent = await self._office.store.spent(today)
        return lists.cost_answer(spent, budget.per_day_usd, scene)


def _of_shape(shape: str) -> str:
    """Return a size of that shape, for the refusal of a model that makes none."""
    size = {"portrait": "720x1280", "landscape": "1280x720"}.get(shape, "1024x1024")
    assert parse_size(size)
    return size


def _choice(line: Line, wish: Wish) -> Choice:
    """Return what was typed, as the dialog shows it."""
    return Choice(
        prompt=line.prompt,
        template=line.template,
        variables=line.variables,
        provider=line.provider,
        model=line.model,
        size=wish.video.size,
        seconds=line.seconds,
        targets=line.targets,
        caption=line.caption,
    )
