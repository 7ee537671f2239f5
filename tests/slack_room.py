"""The control room of a bot over a fake Slack, with a world that outlives both.

`House.boot` starts a process: a real pipeline over SQLite, the vendor and the networks of
`tests.fakes`, and the real room over real HTTP and a real WebSocket. Leaving the context is its
death. Time is the house's: `until` lets it pass while it waits.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx

from bot.domain.budget import Budget
from bot.domain.post import Target
from bot.domain.refusal import Refusal
from bot.domain.room import RoomConfig, Who
from bot.domain.run import Run
from bot.domain.schedule import (
    AdHoc,
    ApprovalMode,
    ApprovalPolicy,
    Plan,
    ProviderEntry,
    ProviderType,
    Schedule,
    VideoDefaults,
)
from bot.intake import Intake
from bot.pipeline import Gate, Pipeline, Ports
from bot.slack.manifest import APP_SCOPES, SCOPES
from bot.slack.room import ControlRoom, Tokens
from bot.store import open_store
from tests.clock import FakeClock
from tests.fake_slack import FakeSlack
from tests.fakes import (
    SLACK,
    Ears,
    FakePrompts,
    FakeProvider,
    FakePublisher,
    Killed,
    Killer,
    MortalStore,
    World,
)
from tests.mortal import DiskMedia, Mortal

X = Target.parse("x:@reelbot")
#: Real seconds that a condition may take to come true.
PATIENCE = 20.0


def call_of(request: httpx.Request) -> str:
    """Return the method of Slack's Web API that *request* calls."""
    return request.url.path.removeprefix("/api/")


class Executioner(Killer):
    """Kills at one of the lines that *counts*, and keeps the process dead."""

    def __init__(
        self, at: int | None = None, counts: Callable[[str], bool] = lambda _line: True
    ) -> None:
        super().__init__(at)
        self.counts = counts
        self.is_dead = False

    def line(self, name: str) -> None:
        if self.is_dead:
            raise Killed(name)
        if self.counts(name):
            try:
                super().line(name)
            except Killed:
                self.is_dead = True
                raise


class ClockWaker:
    """A `Waker` that goes by the house's clock."""

    def __init__(self, clock: FakeClock, on_death: Callable[[], None]) -> None:
        self.clock = clock
        self.on_death = on_death
        self._appointments: dict[str, asyncio.Task] = {}
        self._work: set[asyncio.Task] = set()
        self._locks: dict[str, asyncio.Lock] = {}

    async def at(self, run_id: str, when: datetime) -> None:
        self._cancel(run_id)
        self._appointments[run_id] = asyncio.create_task(self._later(run_id, when))

    async def _later(self, run_id: str, when: datetime) -> None:
        await self.clock.sleep((when - self.clock.now()).total_seconds())
        self._appointments.pop(run_id, None)
        await self.poke(run_id)

    async def poke(self, run_id: str) -> None:
        self._cancel(run_id)
        task = asyncio.create_task(self._go(run_id))
        self._work.add(task)
        task.add_done_callback(self._work.discard)

    def _cancel(self, run_id: str) -> None:
        if task := self._appointments.pop(run_id, None):
            task.cancel()

    async def _go(self, run_id: str) -> None:
        try:
            async with self._locks.setdefault(run_id, asyncio.Lock()):
                await self.advance(run_id)
        except Killed:
            self.on_death()

    def is_crowded(self) -> bool:
        return False

    @asynccontextmanager
    async def run(self, advance) -> AsyncIterator[None]:
        self.advance = advance
        try:
            yield
        finally:
            tasks = [*self._appointments.values(), *self._work]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


class House:
    """Slack, the vendor, the networks, the disk, the file with the plan."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = FakeClock()
        self.world = World(folder, clock=self.clock)
        self.world.media = DiskMedia(folder)
        self.world.media.clock = self.clock
        self.slack = FakeSlack(self.clock)
        # What the manifest asks for, and nothing else.
        self.slack.token("xoxb-test").scopes = frozenset(SCOPES)
        self.slack.token("xapp-test").scopes = frozenset(APP_SCOPES)
        people = self.slack.workspace
        self.jane = people.add_user("U0JANE", "jane")
        self.bob = people.add_user("U0BOB", "bob")
        self.ann = people.add_user("U0ANN", "ann")
        everyone = ("U0REELBOT", self.jane, self.bob, self.ann)
        self.cats = people.add_channel("#cats", members=everyone)
        self.desk = people.add_channel("#desk", members=everyone)
        self.approvals = people.add_channel("#approvals", members=everyone)
        config = RoomConfig(
            desk="#desk",
            publish_x=Who(users=(self.bob,)),
            admin=Who(users=(self.ann,)),
            timezone="Europe/Berlin",
        )
        self.plan = Plan(
            timezone="UTC",
            budget=Budget(per_day_usd=Decimal(10)),
            providers={"vendor": ProviderEntry(name="vendor", type=ProviderType.STUDIO)},
            ad_hoc=AdHoc(
                provider="vendor",
                video=VideoDefaults(),
                targets=(SLACK,),
                approval=ApprovalPolicy(mode=ApprovalMode.AUTO, expires_after=86400),
            ),
            schedules=(
                Schedule(
                    id="cat-hourly",
                    cron="7 * * * *",
                    timezone="UTC",
                    template="cute_cat",
                    provider="vendor",
                    video=VideoDefaults(),
                    targets=(SLACK,),
                    approval=ApprovalPolicy(mode=ApprovalMode.AUTO, expires_after=86400),
                ),
            ),
            room=config,
        )
        self.timeout = 2.0
        #: What accounts said without a run.
        self.refusals: dict[Target, Refusal | None] = {}

    def set(self, **changes: Any) -> None:
        """Change what the file says of the room."""
        self.plan = replace(self.plan, room=replace(self.plan.room, **changes))

    def ask_for(self, *, targets=(SLACK,), approval: bool = True) -> None:
        """Change what holds for requests by people."""
        mode = ApprovalMode.REQUIRED if approval else ApprovalMode.AUTO
        policy = ApprovalPolicy(mode=mode, expires_after=86400)
        ad_hoc = replace(self.plan.ad_hoc, targets=targets, approval=policy)
        self.plan = replace(self.plan, ad_hoc=ad_hoc)

    @asynccontextmanager
    async def boot(
        self, killer: Killer | None = None, *, socket: bool = True
    ) -> AsyncIterator["Live"]:
        """Start a process, and wait until it listens."""
        killer = killer or Killer()
        store = open_store(self.world.url, migrate=True)
        async with AsyncExitStack() as stack:
            stack.push_async_callback(store.close)
            live = Live(self, store, killer, socket=socket)
            try:
                async with live.running():
                    yield live
            except Killed:
                pass

    def cards(self, channel: Any = None) -> list[dict]:
        """Return the cards in *channel*: messages by the bot that are no answers."""
        messages = self.slack.messages((channel or self.cats).id)
        return [
            m for m in messages if (m.get("metadata") or {}).get("event_type") == "reelbot_card"
        ]

    def seen(self, user: str) -> list[str]:
        """Return the texts that only *user* was shown."""
        shown = [message["text"] for message in self.slack.seen_by(user)]
        return shown + [r["text"] for r in self.slack.responses]

    async def until(self, true: Callable[[], Any], *, tick: float = 0.1) -> Any:
        """Wait until *true*; time passes meanwhile, unless *tick* is 0."""
        end = asyncio.get_running_loop().time() + PATIENCE
        while not (found := true()):
            if asyncio.get_running_loop().time() > end:
                raise AssertionError("it never came true")
            await asyncio.sleep(0.005)
            if tick:
                await self.clock.advance(tick)
        return found

    async def calm(self, seconds: float = 5.0) -> None:
        """Let *seconds* of the house's time pass, in steps that leave real time for sockets."""
        for _ in range(int(seconds / 0.5)):
            await self.clock.advance(0.5)
            await asyncio.sleep(0.01)


class Live:
    """One process of the bot."""

    def __init__(self, house: House, store: Any, killer: Killer, *, socket: bool) -> None:
        self.house, self.killer = house, killer
        self.dead = asyncio.Event()
        self.store = MortalStore(store, killer)
        world = house.world
        world.media.killer = killer
        self.ears = Ears()
        self.client = httpx.AsyncClient(
            base_url=house.slack.api_url,
            headers={"authorization": "Bearer xoxb-test"},
            timeout=house.timeout,
            transport=Mortal(killer, call_of),
        )
        providers = {"vendor": FakeProvider(world.vendor, killer)}
        publishers = {
            "slack": FakePublisher(world.slack, killer),
            "x": FakePublisher(world.x, killer),
        }
        prompts = FakePrompts()
        gate = Gate(self.store, house.folder / "STOP")
        app, secret = ("xapp-test", None) if socket else (None, "signing-secret")
        self.room = ControlRoom(
            client=self.client,
            tokens=Tokens(bot="xoxb-test", app=app, signing_secret=secret),
            clock=house.clock,
            store=self.store,
            media=world.media,
            prompts=prompts,
            providers=providers,
            publishers=publishers,
            plan=lambda: house.plan,
            next_moment=lambda _schedule, after: after + timedelta(minutes=7),
            stopped=gate.stopped,
            draw_strip=world.media.strip,
            is_picture=world.media.is_picture,
            refusals=lambda: house.refusals,
        )
        self.socket = socket
        self.waker = ClockWaker(house.clock, self.dead.set)
        self.pipeline = Pipeline(
            Ports(
                clock=house.clock,
                store=self.store,
                waker=self.waker,
                gate=gate,
                prompts=prompts,
                providers=providers,
                media=world.media,
                publishers=publishers,
                notifier=self.room.notices,
                board=self.room.board,
                observer=self.ears,
                budget=lambda: house.plan.budget,
            ),
            on_error=self.ears.errors.append,
        )
        self.intake = Intake(
            lambda: house.plan,
            prompts,
            providers,
            estimate=lambda target, *words: publishers[target.network].estimate(target, *words),
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        opening = self.room.open(pipeline=self.pipeline, intake=self.intake)
        async with self.client, self.pipeline.run(), opening:
            if self.socket:
                await self.house.slack.sockets.wait_for(1)
            with suppress(AssertionError):
                await self.house.until(
                    lambda: self.room.state == "ok" or getattr(self.killer, "is_dead", False),
                    tick=0,
                )
            yield

    async def run(self) -> Run:
        """Return the only run."""
        [run] = await self.store.list_runs()
        return run

    async def state(self, wanted: str) -> Run:
        """Wait until the only run stands so."""
        for _ in range(2000):
            runs = await self.store.list_runs()
            if runs and (runs[0].state == wanted or runs[0].reason == wanted):
                return runs[0]
            await self.house.clock.advance(0.25)
            await asyncio.sleep(0.005)
        raise AssertionError(f"the run is {runs and (runs[0].state, runs[0].reason)}")


def button_names(message: dict) -> list[str]:
    """Return what can be pressed in *message*."""
    elements = [e for block in message["blocks"] for e in block.get("elements", ())]
    return [element["action_id"] for element in elements if "action_id" in element]


async def ask(
    house: House, text: str = "a cat surfing", user: str | None = None, channel: str = "#cats"
) -> Any:
    """Type `/video …` and see it acked in time."""
    delivery = await house.slack.slash("/video", text, user=user or house.jane, channel=channel)
    assert delivery.error is None
    return delivery
