"""The Desk where requests are checked, the App that is everything plugged together, the engine."""
# ruff: noqa: PLC0415  # each imports what it needs when it is called: see `bot.app`

from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot.app.database import database_exists, reading
from bot.app.disk import MIN_FREE_BYTES, free_bytes, make_folder
from bot.app.files import check, load, refuse_misfits, refuse_unpublishable, used
from bot.app.networks import publishers_of, room_of, slack_client
from bot.app.tell import (
    LogNotifier,
    SystemClock,
    tell_broken,
    tell_error,
    tell_fire_error,
    tell_reloaded,
    tell_run_error,
)
from bot.app.vendors import (
    all_webhook_secrets,
    borrow_studio,
    open_providers,
    open_studio,
    studio_of,
)
from bot.app.x import XApis, x_client
from bot.app.x_credentials import live_on_x
from bot.app.x_watch import XWatch
from bot.domain.run import RunRequest
from bot.domain.schedule import Fire, Plan, ProviderType, Schedule
from bot.errors import ConfigError, DatabaseUnusable, LowDisk, RequestError
from bot.intake import Intake
from bot.pipeline import Bill, Gate, Pipeline, Ports
from bot.ports import PromptLibrary, Publisher, VideoProvider
from bot.settings import Settings
from bot.telemetry import Telemetry

if TYPE_CHECKING:
    import httpx

    from bot.media import Library
    from bot.prompts import JinjaPrompts
    from bot.scheduler import Scheduler
    from bot.slack.room import ControlRoom
    from bot.store import SqlStore
    from bot.studio import Studio

#: How long a stop waits for what is being sent right now; seconds. Web and studio need the rest
#: of the ten seconds a supervisor gives us.
_GRACE_SECONDS = 5.0


@dataclass(slots=True, kw_only=True)
class Desk:
    """Where requests are checked: all that is known before anything is written."""

    settings: Settings
    clock: SystemClock
    #: As the file stands; a running engine replaces it when the file changes.
    plan: Plan
    prompts: "JinjaPrompts"
    providers: Mapping[str, VideoProvider]
    studio: "Studio | None"
    #: Whether nothing here may reach a live network, whatever the files say.
    preview: bool
    #: Whether it is the engine that serves: only that one hears webhooks and people in Slack.
    serving: bool

    @property
    def intake(self) -> Intake:
        """What makes requests; once the networks are open, `App.intake` knows the posts' prices."""
        return Intake(lambda: self.plan, self.prompts, self.providers, self._refuse)

    def intake_for(self, publishers: Mapping[str, Publisher]) -> Intake:
        """Return what makes requests and knows what their posts cost."""
        return Intake(
            lambda: self.plan,
            self.prompts,
            self.providers,
            self._refuse,
            lambda target, *words: publishers[target.network].estimate(target, *words),
        )

    @property
    def previews(self) -> bool:
        """Whether posts are only shown on this disk."""
        return self.preview or self.plan.preview

    def _refuse(self, request: RunRequest) -> None:
        refuse_misfits(request, self.plan)
        if not self.preview:
            refuse_unpublishable(self.plan, self.settings, [(request.provider, request.targets)])

    def refuse_low_disk(self) -> None:
        """Raise `LowDisk` when there is no room for another video."""
        folder = self.settings.data_dir
        free = free_bytes(folder)
        if free < MIN_FREE_BYTES:
            raise LowDisk(
                f"Only {free // 1_000_000} MB are free in {folder}.",
                hint=f"Make room: {MIN_FREE_BYTES // 1_000_000} MB must be free to make videos.",
            )

    @asynccontextmanager
    async def provider(self, name: str) -> AsyncGenerator[VideoProvider]:
        """Open the provider *name* to ask it something, beside an engine or without one.

        Raises `RequestError` without such a provider, and `EngineRunning` for the studio while
        an engine has it in its process.
        """
        if name not in self.providers:
            raise RequestError(
                f"There is no provider {name!r} in schedules.yaml.",
                hint=f"Known: {', '.join(self.providers) or 'none'}.",
            )
        async with AsyncExitStack() as stack:
            if self.studio and self.plan.providers[name].type is ProviderType.STUDIO:
                await borrow_studio(self.studio)
                stack.push_async_callback(self.studio.close)
            yield self.providers[name]

    @asynccontextmanager
    async def opened(self, telemetry: Telemetry | None = None) -> AsyncGenerator["App"]:
        """Open, and make where missing, what an App needs; nothing moves before `App.engine`."""
        from bot.store import open_store

        url, folder = self.settings.database_url, self.settings.data_dir
        if url.startswith("sqlite"):
            make_folder(folder)
        async with AsyncExitStack() as stack:
            store = open_store(url, migrate=True)
            stack.push_async_callback(store.close)
            make_folder(folder)  # not before: a server out of reach leaves no folder behind
            slack = slack_client(self.settings)
            if slack:
                await stack.enter_async_context(slack)
            x = None
            if live_on_x(self.plan, self.settings):
                client = await stack.enter_async_context(x_client(self.settings))
                x = XApis(client, self.settings, plan=lambda: self.plan, clock=self.clock)
            yield _build(self, store, telemetry or Telemetry(), slack, x)


@dataclass(slots=True, kw_only=True)
class App:
    """Everything, plugged together. Nothing moves until `engine` is entered."""

    desk: Desk
    store: "SqlStore"
    media: "Library"
    gate: Gate
    pipeline: Pipeline
    #: What makes requests, and tells what they cost in all.
    intake: Intake
    #: Where `preview` shows the posts.
    feed: Path
    #: The networks that posts really go to, and those that are only imitated.
    live: Sequence[str]
    previewed: Sequence[str]
    #: None without a control room.
    room: "ControlRoom | None"
    #: None where nothing goes to X.
    x: XWatch | None

    @asynccontextmanager
    async def engine(
        self, *, only: Collection[str] | None = None, makes: bool = True
    ) -> AsyncGenerator[None]:
        """Be the one engine: move all runs, or those in *only*, while the context is open. Once.

        Raises `EngineRunning`, and `LowDisk` before anything is paid for, unless it *makes*
        nothing.
        """
        if makes:
            self.desk.refuse_low_disk()
        async with AsyncExitStack() as stack:
            stack.enter_context(self.store.engine_lock())
            if studio := self.desk.studio:
                await open_studio(studio)
                stack.push_async_callback(studio.close)
            await stack.enter_async_context(self.pipeline.run(only=only))
            yield

    def scheduler(self) -> "Scheduler":
        """Return what fires the schedules."""
        from bot.scheduler import Scheduler

        return Scheduler(
            file=self.desk.settings.schedules,
            load=self._reload,
            start=self._fire,
            store=self.store,
            clock=self.desk.clock,
            on_reloaded=tell_reloaded,
            on_broken=tell_broken,
            on_error=tell_fire_error,
        )

    def _reload(self) -> Plan:
        from bot.schedules import load_plan

        plan, settings = load_plan(self.desk.settings.schedules), self.desk.settings
        check(plan, self.desk.prompts)
        refuse_unpublishable(plan, settings, used(plan))
        on_slack = plan.preview != self.desk.plan.preview and settings.slack_bot_token
        if on_slack or live_on_x(plan, settings) != ("x" in self.live):
            raise ConfigError(
                "Whether posts go out or are previewed cannot change while the engine runs.",
                hint="Restart it; `reelbot stop` holds every post back at once.",
            )
        self.desk.plan = plan
        return plan

    async def _fire(self, schedule: Schedule, due: datetime) -> None:
        request = self.desk.intake.fired(schedule, due)
        fire = Fire(key=request.key, schedule_id=schedule.id, due=due)
        await self.pipeline.start(request, fire=fire)

    async def ready(self) -> Mapping[str, str]:
        """Return what the engine needs for its work, each `ok` or what is wrong with it."""
        stop = await self.gate.stopped()
        low = self.media.free_bytes() < MIN_FREE_BYTES
        return (
            {
                "database": "ok",
                "disk": "less than 200 MB are free" if low else "ok",
                "stop": f"stopped by {stop.by}" if stop else "ok",
            }
            | ({"slack": self.room.state} if self.room else {})
            | (self.x.states if self.x else {})
        )


@asynccontextmanager
async def running(settings: Settings) -> AsyncGenerator[tuple[App, str]]:
    """Be the engine, fire the schedules, serve health; gives the App and the address it serves on.

    The port is taken before anything is written: whoever cannot have it changes nothing.
    """
    from bot import web

    telemetry = Telemetry()
    app: App | None = None

    async def ready() -> Mapping[str, str]:
        return await app.ready() if app else {"engine": "it is starting"}

    async with AsyncExitStack() as stack:
        at = await stack.enter_async_context(desk(settings, serving=True))
        at.refuse_low_disk()
        hooks = web.Hooks(all_webhook_secrets(at.plan, settings), count=telemetry.hooked)
        surface = web.build(ready=ready, registry=telemetry.registry, hooks=hooks)
        try:
            serving = web.serve(surface, settings.host, settings.port)
            address = await stack.enter_async_context(serving)
        except ConfigError:
            await _refuse_second(settings)  # whoever starts it twice should hear that
            raise
        opening = await stack.enter_async_context(at.opened(telemetry))
        await stack.enter_async_context(opening.engine())
        passing = hooks.run(find=opening.store.run_of_video, nudge=opening.pipeline.nudge)
        await stack.enter_async_context(passing)
        if room := opening.room:
            surface.router.routes.extend(room.routes())
            entering = room.open(pipeline=opening.pipeline, intake=opening.intake)
            await stack.enter_async_context(entering)
        if opening.x:
            await stack.enter_async_context(opening.x.open())
        await stack.enter_async_context(opening.scheduler().run())
        app = opening
        yield app, address


async def _refuse_second(settings: Settings) -> None:
    if not database_exists(settings):
        return
    with suppress(DatabaseUnusable):
        async with reading(settings) as store:
            if store.engine_running():
                with store.engine_lock():  # who it is, it says itself
                    pass


@asynccontextmanager
async def desk(
    settings: Settings,
    *,
    preview: bool = False,
    serving: bool = False,
    adapt: Callable[[Plan, PromptLibrary], Plan] | None = None,
) -> AsyncGenerator[Desk]:
    """Build a Desk from the files, changed by *adapt*; nothing is written or contacted.

    Only who is *serving* the HTTP surface hears webhooks and may rely on them.
    With *preview* nothing that comes of it can reach a live network. Raises `ConfigError` for
    wrong files and settings.
    """
    plan, prompts = load(settings, adapt)
    if not preview:
        refuse_unpublishable(plan, settings, used(plan))
    clock, studio = SystemClock(), studio_of(plan, settings.data_dir / "studio")
    async with AsyncExitStack() as stack:
        yield Desk(
            settings=settings,
            clock=clock,
            plan=plan,
            prompts=prompts,
            providers=await open_providers(plan, settings, studio, clock, stack, serving=serving),
            studio=studio,
            preview=preview,
            serving=serving,
        )


@asynccontextmanager
async def opened(settings: Settings) -> AsyncGenerator[App]:
    """Build an App from the files; raises `ConfigError` for wrong ones before it writes."""
    async with desk(settings) as at, at.opened() as app:
        yield app


def _build(
    at: Desk,
    store: "SqlStore",
    telemetry: Telemetry,
    slack: "httpx.AsyncClient | None",
    x: XApis | None,
) -> App:
    from bot.media import Library
    from bot.wakers.embedded import EmbeddedWaker

    data = at.settings.data_dir
    media = Library(data / "media", min_free_bytes=MIN_FREE_BYTES)
    gate = Gate(store, data / "STOP")
    feed = data / "preview"
    bill = Bill(store, at.clock, budget=lambda: at.plan.budget, on_charge=telemetry.charged)
    publishers = publishers_of(
        slack,
        x,
        previews=at.previews,
        plan=lambda: at.plan,
        media=media,
        clock=at.clock,
        feed=feed,
        charge=bill.charge,
    )
    watch = None if publishers["x"].preview else _watch(at, publishers["x"])
    room = None
    if slack and at.serving:
        room = room_of(
            slack,
            at.settings,
            plan=lambda: at.plan,
            clock=at.clock,
            store=store,
            media=media,
            prompts=at.prompts,
            providers=at.providers,
            publishers=publishers,
            refusals=lambda: watch.refusals if watch else {},
            stopped=gate.stopped,
        )
    ports = Ports(
        clock=at.clock,
        store=store,
        waker=EmbeddedWaker(clock=at.clock, on_error=tell_run_error, grace=_GRACE_SECONDS),
        gate=gate,
        prompts=at.prompts,
        providers=at.providers,
        media=media,
        publishers=publishers,
        notifier=LogNotifier(room.notices if room else None),
        board=room.board if room else None,
        observer=telemetry,
        budget=lambda: at.plan.budget,
        min_free_bytes=MIN_FREE_BYTES,
    )
    return App(
        desk=at,
        store=store,
        media=media,
        gate=gate,
        pipeline=Pipeline(ports, on_error=tell_error),
        intake=at.intake_for(publishers),
        feed=feed / "feed.html",
        live=[network for network, each in publishers.items() if not each.preview],
        previewed=[network for network, each in publishers.items() if each.preview],
        room=room,
        x=watch,
    )


def _watch(at: Desk, publisher: Publisher) -> XWatch:
    from bot.publishers.x import XPublisher

    assert isinstance(publisher, XPublisher)
    return XWatch(publisher.check, plan=lambda: at.plan, clock=at.clock)
