"""The composition root: settings -> implementations -> pipeline -> triggers.

The only module that imports implementations. It builds, opens and closes; it decides nothing
else. The CLI asks it for the database to read (`reading`), a `Desk` to check a request before
anything is written (`desk`), an `App` to talk to an engine that runs elsewhere (`opened`), or an
engine of our own (`App.engine`, `running`). Each imports what it needs when it is called: a list
or a refusal does not wait for codecs and web servers.
"""
# ruff: noqa: PLC0415  # see above

import asyncio
import shutil
from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from pydantic import SecretStr

from bot.domain.post import Target
from bot.domain.run import Run, RunRequest, RunState
from bot.domain.schedule import Ability, Fire, Plan, ProviderEntry, ProviderType, Schedule
from bot.domain.video import Capabilities, Derivation, Model, Variant
from bot.errors import ConfigError, DatabaseUnusable, EngineRunning, LowDisk, RequestError
from bot.intake import Intake
from bot.pipeline import Gate, Pipeline, Ports
from bot.ports import Notifier, PromptLibrary, Publisher, VideoProvider
from bot.settings import Settings
from bot.studio.model import MODEL, SECONDS, SIZES
from bot.telemetry import Telemetry, configure_logging

if TYPE_CHECKING:
    import httpx
    from standardwebhooks import Webhook

    from bot.media import Library
    from bot.prompts import JinjaPrompts
    from bot.scheduler import Scheduler
    from bot.slack.room import ControlRoom, Tokens
    from bot.slack_api.access import Access
    from bot.store import SqlStore
    from bot.studio import Receiver, Studio

log = structlog.get_logger()

#: Bytes that must be free before a video is paid for.
MIN_FREE_BYTES = 200_000_000
#: A server that does not even take the connection is not worth more; seconds.
_CONNECT_SECONDS = 10.0
#: What one request to Slack may take; below the time after which a lost post is looked for.
_SLACK_SECONDS = 20.0
#: How long a stop waits for what is being sent right now; seconds. Web and studio need the rest
#: of the ten seconds a supervisor gives us.
_GRACE_SECONDS = 5.0

#: What the app is called in Slack; people there can rename it.
_SLACK_NAME = "reelbot"


class SystemClock:
    """The real time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(seconds, 0))


class LogNotifier:
    """Tells people through the log, and through the control room where there is one."""

    def __init__(self, room: Notifier | None) -> None:
        self._room = room

    async def notify(self, run: Run) -> None:
        quiet = run.state in {RunState.SUCCEEDED, RunState.CANCELLED}
        told = {"run": run.id, "state": run.state.value, "source": run.request.source}
        if run.failure:
            told |= {"why": run.failure.message, "hint": run.failure.hint or ""}
        (log.info if quiet else log.warning)("run", **told)
        if self._room:
            await self._room.notify(run)


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
        """What makes requests."""
        return Intake(lambda: self.plan, self.prompts, self.providers, self._refuse)

    @property
    def previews(self) -> bool:
        """Whether posts are only shown on this disk."""
        return self.preview or self.plan.preview

    def _refuse(self, request: RunRequest) -> None:
        if not self.preview:
            _refuse_paid(self.plan, self.settings, [(request.provider, request.targets)])

    def refuse_low_disk(self) -> None:
        """Raise `LowDisk` when there is no room for another video."""
        folder = self.settings.data_dir
        free = _free_bytes(folder)
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
                await _borrow_studio(self.studio)
                stack.push_async_callback(self.studio.close)
            yield self.providers[name]

    @asynccontextmanager
    async def opened(self, telemetry: Telemetry | None = None) -> AsyncGenerator["App"]:
        """Open, and make where missing, what an App needs; nothing moves before `App.engine`."""
        from bot.store import open_store

        url, folder = self.settings.database_url, self.settings.data_dir
        if url.startswith("sqlite"):
            _make_folder(folder)
        async with AsyncExitStack() as stack:
            store = open_store(url, migrate=True)
            stack.push_async_callback(store.close)
            _make_folder(folder)  # not before: a server out of reach leaves no folder behind
            slack = _slack(self.settings)
            if slack:
                await stack.enter_async_context(slack)
            yield _build(self, store, telemetry or Telemetry(), slack)


@dataclass(slots=True, kw_only=True)
class App:
    """Everything, plugged together. Nothing moves until `engine` is entered."""

    desk: Desk
    store: "SqlStore"
    media: "Library"
    gate: Gate
    pipeline: Pipeline
    #: Where `preview` shows the posts.
    feed: Path
    #: The networks that posts really go to; all others are previewed.
    live: Sequence[str]
    #: None without a control room.
    room: "ControlRoom | None"

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
                await _open_studio(studio)
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
            on_reloaded=_tell_reloaded,
            on_broken=_tell_broken,
            on_error=_tell_fire_error,
        )

    def _reload(self) -> Plan:
        from bot.schedules import load_plan

        plan, settings = load_plan(self.desk.settings.schedules), self.desk.settings
        _check(plan, self.desk.prompts)
        _refuse_paid(plan, settings, _used(plan))
        if plan.preview != self.desk.plan.preview and settings.slack_bot_token:
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
        return {
            "database": "ok",
            "disk": "less than 200 MB are free" if low else "ok",
            "stop": f"stopped by {stop.by}" if stop else "ok",
        } | ({"slack": self.room.state} if self.room else {})


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
        hooks = web.Hooks(_webhook_secrets(at.plan, settings), count=telemetry.hooked)
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
            entering = room.open(pipeline=opening.pipeline, intake=opening.desk.intake)
            await stack.enter_async_context(entering)
        await stack.enter_async_context(opening.scheduler().run())
        app = opening
        yield app, address


def webhook_secrets(entry: ProviderEntry, settings: Settings) -> "Sequence[Webhook]":
    """Return what verifies the provider's webhooks; none where it sends none.

    Raises `ConfigError` for a variable that is not set or holds no secret.
    """
    from bot.web import read_secrets

    if entry.webhook_secret_env is None:
        return ()
    secret = settings.secret(entry.webhook_secret_env)
    if secret is None:
        raise ConfigError(
            f"Provider {entry.name!r} takes webhooks, but {entry.webhook_secret_env} is not set.",
            hint="Set it in the environment or in .env, or leave webhook_secret_env out.",
        )
    return read_secrets(entry.webhook_secret_env, secret.get_secret_value())


def _webhook_secrets(plan: Plan, settings: Settings) -> "dict[str, Sequence[Webhook]]":
    return {
        name: webhook_secrets(entry, settings)
        for name, entry in plan.providers.items()
        if entry.webhook_secret_env
    }


async def _refuse_second(settings: Settings) -> None:
    if not database_exists(settings):
        return
    with suppress(DatabaseUnusable):
        async with reading(settings) as store:
            if store.engine_running():
                with store.engine_lock():  # who it is, it says itself
                    pass


async def _open_studio(studio: "Studio") -> None:
    from bot.studio.store import FolderUnusable

    try:
        await studio.open()
    except FolderUnusable as e:
        raise ConfigError(
            f"{e}", hint="Give each bot a folder of its own with REELBOT_DATA_DIR."
        ) from e


async def _borrow_studio(studio: "Studio") -> None:
    from bot.studio.store import FolderInUse

    try:
        await studio.open()
    except FolderInUse as e:
        raise EngineRunning(
            "The studio belongs to the running engine, which alone can ask it.",
            hint="Ask again when the engine has stopped.",
        ) from e


@asynccontextmanager
async def reading(settings: Settings) -> AsyncGenerator["SqlStore"]:
    """Open the database as it is, beside an engine or without one; nothing is changed."""
    from bot.store import open_store

    store = open_store(settings.database_url, migrate=False)
    try:
        yield store
    finally:
        await store.close()


def load_settings(*, quiet: bool = False, env_file: Path = Path(".env")) -> Settings:
    """Read the settings and let the log follow them; *quiet* logs only errors, unless debugging."""
    settings = Settings.load(env_file)
    level = "ERROR" if quiet and settings.log_level != "DEBUG" else settings.log_level
    configure_logging(settings.log_format, level)
    return settings


def next_moments(schedule: Schedule, count: int) -> list[datetime]:
    """Return the next *count* moments of *schedule*, UTC."""
    from bot.scheduler import moments

    return moments(schedule, datetime.now(UTC), count=count)


@asynccontextmanager
async def gate(settings: Settings) -> AsyncGenerator[Gate]:
    """Open nothing but the stop gate: stopping must work when files are broken."""
    from bot.store import open_store

    _make_folder(settings.data_dir)
    store = open_store(settings.database_url, migrate=True)
    try:
        yield Gate(store, settings.data_dir / "STOP")
    finally:
        await store.close()


def database_exists(settings: Settings) -> bool:
    """Return whether there is a database to read; for PostgreSQL only asking it tells."""
    scheme, _, path = settings.database_url.partition(":///")
    return not scheme.startswith("sqlite") or Path(path).exists()


def upgrade_database(settings: Settings) -> None:
    """Create the database or bring it up to date; `EngineRunning` beside an engine."""
    from bot.store import open_store

    _make_folder(settings.data_dir)
    asyncio.run(open_store(settings.database_url, migrate=True).close())


def prompt_library(settings: Settings) -> "JinjaPrompts":
    """Return the templates alone."""
    from bot.prompts import JinjaPrompts

    return JinjaPrompts(settings.prompts)


async def fetch(url: str, *, most_bytes: int) -> bytes:
    """Return a file from an address named by whoever sits at this machine; see `media.fetch`."""
    from bot.media.fetch import fetch

    return await fetch(url, most_bytes=most_bytes, own=True)


def schedule_schema() -> Mapping[str, object]:
    """Return the JSON Schema of `schedules.yaml`."""
    from bot.schedules import json_schema

    return json_schema()


def load(
    settings: Settings, adapt: Callable[[Plan, PromptLibrary], Plan] | None = None
) -> tuple[Plan, "JinjaPrompts"]:
    """Read and check all files people write. Raises `ConfigError`; touches nothing."""
    from bot.schedules import load_plan

    plan, prompts = load_plan(settings.schedules), prompt_library(settings)
    if adapt:
        plan = adapt(plan, prompts)
    _check(plan, prompts)
    return plan, prompts


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
        _refuse_paid(plan, settings, _used(plan))
    clock, studio = SystemClock(), _studio(plan, settings.data_dir / "studio")
    async with AsyncExitStack() as stack:
        yield Desk(
            settings=settings,
            clock=clock,
            plan=plan,
            prompts=prompts,
            providers=await _providers(plan, settings, studio, clock, stack, serving=serving),
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
    at: Desk, store: "SqlStore", telemetry: Telemetry, slack: "httpx.AsyncClient | None"
) -> App:
    from bot.media import Library
    from bot.wakers.embedded import EmbeddedWaker

    data = at.settings.data_dir
    media = Library(data / "media", min_free_bytes=MIN_FREE_BYTES)
    gate = Gate(store, data / "STOP")
    feed = data / "preview"
    publishers = _publishers(at, media, feed, slack)
    room = _room(at, store, media, publishers, slack) if slack and at.serving else None
    ports = Ports(
        clock=at.clock,
        store=store,
        waker=EmbeddedWaker(clock=at.clock, on_error=_tell_run_error, grace=_GRACE_SECONDS),
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
        pipeline=Pipeline(ports, on_error=_tell_error),
        feed=feed / "feed.html",
        live=[network for network, each in publishers.items() if not each.preview],
        room=room,
    )


# --- publishers and the control room -----------------------------------------------------------


def _slack(settings: Settings) -> "httpx.AsyncClient | None":
    """Return what talks to Slack; None without a token."""
    import httpx

    token = settings.slack_bot_token
    if token is None:
        return None
    return httpx.AsyncClient(
        base_url=settings.slack_api_url,
        headers={"authorization": f"Bearer {token.get_secret_value()}"},
        timeout=httpx.Timeout(_SLACK_SECONDS, connect=_CONNECT_SECONDS),
    )


def _publishers(
    at: Desk, media: "Library", feed: Path, slack: "httpx.AsyncClient | None"
) -> Mapping[str, Publisher]:
    """Return who shows posts: the networks that are connected, and previews of all others."""
    from bot.publishers.preview import PreviewPublisher
    from bot.publishers.slack import SlackPublisher

    publishers: dict[str, Publisher] = {
        network: PreviewPublisher(network, feed, media=media, clock=at.clock)
        for network in ("slack", "x")
    }
    if slack and not at.previews:
        publishers["slack"] = SlackPublisher(
            slack,
            media=media,
            clock=at.clock,
            allow_simulated=lambda: at.plan.room.allow_simulated,
        )
    return publishers


def _room(
    at: Desk,
    store: "SqlStore",
    media: "Library",
    publishers: Mapping[str, Publisher],
    slack: "httpx.AsyncClient",
) -> "ControlRoom | None":
    """Return the control room; None where Slack has no way to reach us."""
    from bot.slack.room import ControlRoom

    tokens = _slack_tokens(at.settings)
    if tokens is None:
        return None
    return ControlRoom(
        client=slack,
        tokens=tokens,
        clock=at.clock,
        store=store,
        media=media,
        prompts=at.prompts,
        providers=at.providers,
        publishers=publishers,
        plan=lambda: at.plan,
        next_moment=_next_moment,
    )


def _slack_tokens(settings: Settings) -> "Tokens | None":
    from bot.slack.room import Tokens

    bot, app, secret = (
        each.get_secret_value() if each else None
        for each in (
            settings.slack_bot_token,
            settings.slack_app_token,
            settings.slack_signing_secret,
        )
    )
    by_http = settings.slack_events_url is not None
    if bot is None or not (secret if by_http else app):
        return None
    return Tokens(bot=bot, signing_secret=secret) if by_http else Tokens(bot=bot, app=app)


def _next_moment(schedule: Schedule, after: datetime) -> datetime | None:
    from bot.scheduler import moments

    return next(iter(moments(schedule, after, count=1)), None) if schedule.enabled else None


# --- providers ---------------------------------------------------------------------------------


def capabilities_of(entry: ProviderEntry) -> Capabilities:
    """Return what a configured provider can do."""
    if entry.type is ProviderType.STUDIO:
        model = Model(
            name=MODEL,
            sizes=("1280x720", *(size for size in SIZES if size != "1280x720")),
            seconds=tuple(int(seconds) for seconds in SECONDS),
            usd_per_second=Decimal(0),
        )
        return Capabilities(
            models={MODEL: model},
            variants=frozenset(Variant),
            reference=True,
            derivations=frozenset(Derivation),
            characters=True,
            delete=True,
            find_is_authoritative=True,
            simulated=True,
        )
    return Capabilities(
        models=dict(entry.models),
        variants=frozenset(Variant if Ability.STILLS in entry.can else {Variant.VIDEO}),
        reference=True,
        derivations=frozenset(how for how in Derivation if how.value in entry.can),
        characters=Ability.CHARACTERS in entry.can,
        delete=Ability.DELETE in entry.can,
        find_is_authoritative=entry.trust_listing,
    )


def _studio(plan: Plan, folder: Path) -> "Studio | None":
    from bot.studio import Studio

    used = any(entry.type is ProviderType.STUDIO for entry in plan.providers.values())
    return Studio(folder) if used else None


async def _providers(
    plan: Plan,
    settings: Settings,
    studio: "Studio | None",
    clock: SystemClock,
    stack: AsyncExitStack,
    *,
    serving: bool,
) -> dict[str, VideoProvider]:
    from bot.providers.pace import Pace, studio_pace
    from bot.providers.videos_api import VideosApiProvider

    providers: dict[str, VideoProvider] = {}
    for name, entry in plan.providers.items():
        client = await stack.enter_async_context(_client(entry, settings, studio))
        simulated = entry.type is ProviderType.STUDIO
        providers[name] = VideosApiProvider(
            name,
            client=client,
            capabilities=capabilities_of(entry),
            clock=clock,
            # The studio is in this process: what it accepted is in its list at once.
            settle=2.0 if simulated else 1.5 * entry.timeout,
            key_name=entry.api_key_env,
            pace=studio_pace() if simulated else Pace(),
            hinted=serving and entry.webhook_secret_env is not None,
        )
    return providers


def _client(
    entry: ProviderEntry, settings: Settings, studio: "Studio | None"
) -> "httpx.AsyncClient":
    import httpx

    if entry.type is ProviderType.STUDIO:
        assert studio
        transport = httpx.ASGITransport(app=studio.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://studio/v1")
    key = settings.secret(entry.api_key_env) if entry.api_key_env else None
    headers = {"authorization": f"Bearer {key.get_secret_value()}"} if key else {}
    timeout = httpx.Timeout(entry.timeout, connect=min(entry.timeout, _CONNECT_SECONDS))
    return httpx.AsyncClient(base_url=entry.base_url or "", headers=headers, timeout=timeout)


# --- connecting to Slack -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackApp:
    """The app that a workspace makes for the bot."""

    manifest: Mapping[str, object]
    #: Where Slack offers to make it.
    link: str
    #: What to write to the admin who approves it.
    plea: str


def slack_app(settings: Settings) -> SlackApp:
    """Return the app as `schedules.yaml` and the settings name it. Raises `ConfigError`."""
    from bot.schedules import load_plan
    from bot.slack import manifest
    from bot.slack.words import words

    room = load_plan(settings.schedules).room
    texts = words(room.language)
    made = manifest.manifest(
        texts, name=_SLACK_NAME, command=room.command, url=settings.slack_events_url
    )
    return SlackApp(
        manifest=made,
        link=manifest.link(made),
        plea=manifest.plea(texts, name=_SLACK_NAME, url=settings.slack_events_url),
    )


@asynccontextmanager
async def slack_access(settings: Settings) -> AsyncGenerator["Access"]:
    """Open what asks Slack about the tokens of *settings*; it only reads."""
    import httpx

    from bot.slack.manifest import SCOPES
    from bot.slack_api.access import Access
    from bot.slack_api.secret import app_id
    from bot.slack_api.web_api import WebApi

    def client(token: SecretStr | None) -> httpx.AsyncClient:
        headers = {"authorization": f"Bearer {token.get_secret_value()}"} if token else {}
        return httpx.AsyncClient(
            base_url=settings.slack_api_url, headers=headers, timeout=_CONNECT_SECONDS
        )

    token = settings.slack_app_token
    async with client(settings.slack_bot_token) as bot, client(token) as app:
        yield Access(
            bot=WebApi(bot),
            app=WebApi(app),
            app_id=app_id(token.get_secret_value()) if token else None,
            scopes=SCOPES,
        )


# --- checks ------------------------------------------------------------------------------------


def _check(plan: Plan, prompts: "JinjaPrompts") -> None:
    from bot.schedules import check_plan

    capabilities = {name: capabilities_of(entry) for name, entry in plan.providers.items()}
    errors = check_plan(plan, prompts, capabilities)
    if errors:
        raise ConfigError("\n".join(map(str, errors)), hint=errors[0].hint)


def _used(plan: Plan) -> list[tuple[str, Sequence[Target]]]:
    """Return who makes videos for which targets."""
    scheduled = [(s.provider, s.targets) for s in plan.schedules if s.enabled]
    return [*scheduled, (plan.ad_hoc.provider, plan.ad_hoc.targets)]


def _refuse_paid(
    plan: Plan, settings: Settings, used: Iterable[tuple[str, Sequence[Target]]]
) -> None:
    """Refuse to pay for videos that nothing could publish.

    Where nothing is connected, posts are shown in `preview`. That is right for the studio's videos,
    which no live account may show anyway; a paid one would be wasted on it unless the file says so.
    """
    if plan.preview:
        return
    free = ProviderType.STUDIO
    for name, targets in used:
        mute = [t for t in targets if t.network != "slack" or not settings.slack_bot_token]
        if mute and plan.providers[name].type is not free:
            connect = "This version cannot post to X yet: leave the target out"
            if mute[0].network == "slack":
                connect = "`reelbot slack setup` connects Slack"
            raise ConfigError(
                f"Provider {name!r} costs money, but nothing is connected that could post to "
                f"{mute[0]}.",
                hint=f"{connect}; `publish: preview` at the top of schedules.yaml shows the posts "
                "locally.",
            )


def _free_bytes(folder: Path) -> int:
    there = next(p for p in [folder, *folder.absolute().parents] if p.is_dir())
    usage = shutil.disk_usage(there)
    return usage.free if usage.total else MIN_FREE_BYTES  # /proc and its like have no size


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as e:
        raise ConfigError(
            f"The data folder {folder} cannot be written: {e.strerror}.",
            hint="Set REELBOT_DATA_DIR to a folder you may write to.",
        ) from e


# --- what the log is told ----------------------------------------------------------------------


def _tell_run_error(run_id: str, error: BaseException) -> None:
    log.error("run interrupted", run=run_id, error=str(error), exc_info=error)


def _tell_error(error: Exception) -> None:
    log.error("engine", error=str(error))


def _tell_fire_error(schedule: Schedule, error: Exception) -> None:
    log.error("a schedule cannot fire", schedule=schedule.id, error=str(error))


def _tell_broken(error: Exception) -> None:
    log.error("schedules.yaml is broken; the old schedules stay", error=str(error))


def _tell_reloaded(added: Sequence[str], changed: Sequence[str], removed: Sequence[str]) -> None:
    log.info("schedules reloaded", added=added, changed=changed, removed=removed)


# --- the studio alone --------------------------------------------------------------------------


@asynccontextmanager
async def serving_studio(
    settings: Settings,
    folder: Path,
    *,
    host: str,
    port: int,
    workers: int,
    expires_after: timedelta,
    webhook_url: str | None,
    webhook_anywhere: bool,
) -> AsyncGenerator[str]:
    """Serve a studio of its own while the context is open; gives its address.

    Raises `ConfigError` before anything is written: whoever cannot have the port changes nothing.
    """
    from bot import web
    from bot.studio import Studio
    from bot.studio.door import LocalOnly
    from bot.studio.webhooks import is_loopback

    key = settings.studio_api_key
    if key is None and not is_loopback(host):
        raise ConfigError(
            f"On {host} anybody could use the studio, for it asks for no key.",
            hint="Set REELBOT_STUDIO_API_KEY, or serve it on 127.0.0.1.",
        )
    studio = Studio(
        folder,
        workers=workers,
        expires_after=expires_after,
        key=key.get_secret_value() if key else None,
        receiver=_receiver(settings, webhook_url, anywhere=webhook_anywhere),
    )
    async with AsyncExitStack() as stack:
        try:
            surface = studio.app if key else LocalOnly(studio.app)
            address = await stack.enter_async_context(web.serve(surface, host, port))
        except ConfigError as e:
            hint = "Choose another one with --port, or another address with --host."
            raise ConfigError(f"{e}", hint=hint) from e
        try:
            _make_folder(folder)
            await _open_studio(studio)
        except ConfigError as e:
            raise ConfigError(f"{e}", hint="Choose another folder with --folder.") from e
        stack.push_async_callback(studio.close)
        yield address


def _receiver(settings: Settings, url: str | None, *, anywhere: bool) -> "Receiver | None":
    from bot.studio.webhooks import Receiver, ReceiverUnusable, SecretUnusable

    secret = settings.studio_webhook_secret
    if url is None:
        return None
    if secret is None:
        raise ConfigError(
            "The studio has nothing to sign webhooks with.",
            hint="Set REELBOT_STUDIO_WEBHOOK_SECRET to whsec_ and a key in base64.",
        )
    try:
        return Receiver(url=url, secret=secret.get_secret_value(), anywhere=anywhere)
    except SecretUnusable as e:
        hint = "Set REELBOT_STUDIO_WEBHOOK_SECRET to whsec_ and a key in base64."
        raise ConfigError(f"Webhooks cannot be sent: {e}", hint=hint) from e
    except ReceiverUnusable as e:
        hint = "Give an address of this machine, or allow any with --webhook-anywhere."
        raise ConfigError(f"Webhooks cannot be sent: {e}", hint=hint) from e
