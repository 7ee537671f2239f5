"""A world that outlives the bot: vendor, networks, disk; and the ports that reach it.

The vendor and the networks keep their own logs, and those logs are what tests of "once" look at:
what the bot believes proves nothing. `World.boot` makes a pipeline over the same world and the
same database file, as a restart does. `Killer` ends a process at any line that matters.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from bot.domain.account import PostPrices
from bot.domain.budget import Budget, Quote
from bot.domain.card import Card, CardKind, CardWish
from bot.domain.command import Command, CommandKind
from bot.domain.effect import Effect
from bot.domain.post import Delivery, DeliveryStatus, Limits, Post, Target, Words
from bot.domain.prompt import Prompt, PromptTemplate
from bot.domain.run import Run, RunRequest, RunState
from bot.domain.schedule import ApprovalMode, ApprovalPolicy
from bot.domain.video import (
    Asset,
    Capabilities,
    Derivation,
    Inspection,
    Model,
    Variant,
    VideoJob,
    VideoRequest,
    VideoSpec,
    VideoStatus,
)
from bot.errors import AmbiguousCreate, AmbiguousPost, BotError
from bot.pipeline import Gate, Pipeline, Ports
from bot.pipeline.runner import Runner
from bot.providers.price import estimate
from bot.publishers.limits import LIMITS
from bot.store import open_store
from bot.x_api.price import quote
from tests.clock import FakeClock

SLACK = Target.parse("slack:#cats")
X = Target.parse("x:@reelbot")


class Killed(BaseException):
    """kill -9: no handler of the bot sees it coming."""


class Killer:
    """Counts the lines that matter and kills at one of them."""

    def __init__(self, at: int | None = None) -> None:
        self.at = at
        self.passed: list[str] = []

    def line(self, name: str) -> None:
        """Pass the line *name*, or die there."""
        self.passed.append(name)
        if self.at is not None and len(self.passed) == self.at:
            raise Killed(name)


@dataclass
class Vendor:
    """Who makes videos. Finishes what reached it, whatever became of the client."""

    clock: FakeClock
    #: Seconds until a job is done.
    seconds: float = 20.0
    #: Seconds until a created job shows in the listing.
    lag: float = 0.0
    #: What the next creates do: None works; "refuse", "lose" (the answer), or an error to raise
    #: before anything happened.
    script: list[str | BotError | None] = field(default_factory=list)
    #: Jobs that somebody else made with the same words.
    strangers: list[VideoJob] = field(default_factory=list)
    #: The log: every create that reached the vendor.
    jobs: dict[str, VideoJob] = field(default_factory=dict)
    #: What they asked for.
    requests: list[VideoRequest] = field(default_factory=list)
    #: The log: every delete that reached the vendor, repeated ones included.
    deletes: list[str] = field(default_factory=list)
    looks: int = 0
    fails: bool = False
    #: What every job is said to be, for ever.
    stays: VideoStatus | None = None

    def create(self, provider: str, request: VideoRequest) -> VideoJob:
        job = VideoJob(
            provider=provider,
            id=f"video_{len(self.jobs) + 1}",
            model=request.model,
            seconds=request.seconds,
            size=request.size,
            status=VideoStatus.QUEUED,
            created_at=self.clock.now(),
        )
        self.jobs[job.id] = job
        return job

    def look(self, job: VideoJob) -> VideoJob:
        self.looks += 1
        age = (self.clock.now() - self.jobs[job.id].created_at).total_seconds()
        status = VideoStatus.IN_PROGRESS if age < self.seconds else VideoStatus.COMPLETED
        if self.fails and status is VideoStatus.COMPLETED:
            status = VideoStatus.FAILED
        return replace(
            job,
            status=self.stays or status,
            progress=min(100, int(100 * age / self.seconds)),
            looks=job.looks + 1,
            look_again_at=self.clock.now() + timedelta(seconds=5 if age < 60 else 600),
        )


class FakeProvider:
    """A `VideoProvider` in front of the vendor."""

    settle = 30.0

    def __init__(self, vendor: Vendor, killer: Killer, *, authoritative: bool = True) -> None:
        self.name = "vendor"
        self.on_over = lambda _video_id: None
        self.vendor = vendor
        self.killer = killer
        model = Model(
            name="m1",
            sizes=("1280x720",),
            seconds=(8, 4),
            usd_per_second=Decimal("0.10"),
        )
        self.capabilities = Capabilities(
            models={"m1": model},
            reference=True,
            cancel=True,
            delete=True,
            derivations=frozenset(Derivation),
            characters=True,
            find_is_authoritative=authoritative,
        )
        self.cancelled: list[str] = []

    def estimate(self, request: VideoRequest) -> Decimal:
        return estimate(self.name, self.capabilities, request)

    async def create(self, request: VideoRequest) -> VideoJob:
        self.killer.line("create: before it arrives")
        script = self.vendor.script.pop(0) if self.vendor.script else None
        if isinstance(script, BotError):
            raise script
        job = self.vendor.create(self.name, request)
        self.vendor.requests.append(request)
        self.killer.line("create: after it arrived, before the answer")
        if script == "lose":
            raise AmbiguousCreate
        return job

    async def find(
        self, request: VideoRequest, *, since: datetime, claimed: Collection[str]
    ) -> Sequence[VideoJob]:
        self.killer.line("find job")
        shown = self.vendor.clock.now() - timedelta(seconds=self.vendor.lag)
        mine = [j for j in self.vendor.jobs.values() if since <= j.created_at <= shown]
        return [j for j in [*mine, *self.vendor.strangers] if j.id not in claimed]

    async def watch(self, job: VideoJob) -> AsyncIterator[VideoJob]:
        while not job.status.is_terminal:
            if job.look_again_at:
                wait = (job.look_again_at - self.vendor.clock.now()).total_seconds()
                await self.vendor.clock.sleep(wait)
            job = self.vendor.look(job)
            yield job

    async def download(self, job: VideoJob, variant: Variant) -> AsyncIterator[bytes]:
        self.killer.line("download")
        yield f"{job.id} {variant}".encode()

    async def cancel(self, job: VideoJob) -> None:
        self.cancelled.append(job.id)

    async def delete(self, job: VideoJob) -> None:
        self.killer.line("delete: before it arrives")
        script = self.vendor.script.pop(0) if self.vendor.script else None
        if isinstance(script, BotError):
            raise script
        self.vendor.deletes.append(job.id)
        self.killer.line("delete: after it arrived, before the answer")

    async def create_character(self, name: str, clip: Path) -> str:
        return f"char_{name}"

    async def list(self) -> AsyncIterator[VideoJob]:
        for job in reversed(self.vendor.jobs.values()):
            yield self.vendor.look(job)


@dataclass
class Network:
    """Who shows posts. Shows what reached it, whatever became of the client."""

    clock: FakeClock
    lag: float = 0.0
    script: list[str | BotError | None] = field(default_factory=list)
    #: How many posts `find` shows for each one that is there.
    copies: int = 1
    #: The log: (target, handle, caption) of every post that arrived, and when.
    posts: list[tuple[str, str, str | None, datetime]] = field(default_factory=list)
    #: The log: the SHA-256 of what arrived, by target.
    assets: dict[str, list[str]] = field(default_factory=dict)
    #: What a post is said to have come to.
    cost: Decimal | None = None
    #: The log: ids of posts that were taken down, repeated ones included.
    taken_down: list[str | None] = field(default_factory=list)
    #: The log: targets that a person had looked after.
    asked_again: list[str] = field(default_factory=list)


class FakePublisher:
    """A `Publisher` in front of a network."""

    preview = False
    settle = 20.0

    def __init__(self, network: Network, killer: Killer, *, authoritative: bool = True) -> None:
        self.network = network
        self.killer = killer
        self.find_is_authoritative = authoritative

    def takes_simulated(self, target: Target) -> bool:
        return self.preview

    def limits(self, target: Target) -> Limits:
        return LIMITS[target.network]

    def estimate(self, target: Target, caption: str | None, alt_text: str | None) -> Quote:
        if target.network != "x":
            return Quote()
        return quote(PostPrices(), has_link="://" in (caption or ""), has_alt_text=False)

    def word(self, target: Target, words: Words) -> Words:
        return words

    def ask_again(self, target: Target) -> None:
        self.network.asked_again.append(str(target))

    async def prepare(self, post: Post, earlier: Sequence[Effect] = ()) -> Mapping[str, str]:
        self.killer.line(f"prepare {post.target}")
        return {"media": f"media-{len(self.network.posts)}-{post.asset.sha256[:6]}"}

    async def publish(self, post: Post, handle: Mapping[str, str]) -> Delivery:
        self.killer.line(f"publish {post.target}: before it arrives")
        script = self.network.script.pop(0) if self.network.script else None
        if isinstance(script, BotError):
            raise script
        now = self.network.clock.now()
        self.network.posts.append((str(post.target), handle["media"], post.caption, now))
        self.network.assets.setdefault(str(post.target), []).append(post.asset.sha256)
        self.killer.line(f"publish {post.target}: after it arrived, before the answer")
        if script == "lose":
            raise AmbiguousPost
        return self._delivery(post.target, len(self.network.posts))

    async def find(
        self, post: Post, handle: Mapping[str, str], *, since: datetime
    ) -> Sequence[Delivery]:
        self.killer.line(f"find {post.target}")
        shown = self.network.clock.now() - timedelta(seconds=self.network.lag)
        return [
            self._delivery(post.target, number)
            for number, (target, media, _, at) in enumerate(self.network.posts, 1)
            if target == str(post.target) and media == handle["media"] and at <= shown
            for _ in range(self.network.copies)
        ]

    async def take_down(self, delivery: Delivery, run_id: str) -> None:
        self.killer.line(f"take down {delivery.target}")
        script = self.network.script.pop(0) if self.network.script else None
        if isinstance(script, BotError):
            raise script
        self.network.taken_down.append(delivery.remote_id)

    def _delivery(self, target: Target, number: int) -> Delivery:
        return Delivery(
            target=target,
            status=DeliveryStatus.DELIVERED,
            remote_id=f"post-{number}",
            url=f"https://example.test/{number}",
            delivered_at=self.network.clock.now(),
            cost=self.network.cost,
        )


class FakeBoard:
    """A `Board` in front of a network: a desk card where it was asked for, one for approvers."""

    settle = 15.0

    def __init__(self, network: Network, killer: Killer, *, authoritative: bool = True) -> None:
        self.network = network
        self.killer = killer
        self.find_is_authoritative = authoritative
        self.shown: list[tuple[str, RunState]] = []

    def wishes(self, run: Run) -> Sequence[CardWish]:
        if run.request.asked_in is None:
            return ()
        wanted = [CardWish(kind=CardKind.DESK, place=run.request.asked_in)]
        if run.asked_at and not run.approval:
            approvers = {"kind": CardKind.APPROVAL, "generation": run.generation}
            wanted.append(CardWish(**approvers, place="#approvals"))
        return [wish for wish in wanted if not any(card.answers(wish) for card in run.cards)]

    def prepare(self, run: Run, wish: CardWish) -> Mapping[str, str]:
        return {"place": wish.place}

    async def put(self, run: Run, wish: CardWish, handle: Mapping[str, str]) -> Card:
        self.killer.line(f"{wish.kind} card: before it arrives")
        script = self.network.script.pop(0) if self.network.script else None
        if isinstance(script, BotError):
            raise script
        now = self.network.clock.now()
        self.network.posts.append((handle["place"], _marks(run, wish), None, now))
        self.killer.line(f"{wish.kind} card: after it arrived, before the answer")
        if script == "lose":
            raise AmbiguousPost
        return self._card(wish, len(self.network.posts))

    async def find(
        self, run: Run, wish: CardWish, handle: Mapping[str, str], *, since: datetime
    ) -> Sequence[Card]:
        self.killer.line(f"find {wish.kind} card")
        shown = self.network.clock.now() - timedelta(seconds=self.network.lag)
        return [
            self._card(wish, number)
            for number, (_, marks, _, at) in enumerate(self.network.posts, 1)
            if marks == _marks(run, wish) and at <= shown
        ]

    def _card(self, wish: CardWish, number: int) -> Card:
        named = {"kind": wish.kind, "generation": wish.generation, "place": wish.place}
        return Card(**named, id=f"card-{number}")

    def show(self, run: Run) -> None:
        self.shown.append((run.id, run.state))


def _marks(run: Run, wish: CardWish) -> str:
    return f"{run.id} {wish.kind} {wish.generation}"


async def _frames_of(asset: Asset) -> AsyncIterator[bytes]:
    yield f"frames of {asset.sha256}".encode()


class FakeMedia:
    """A `MediaLibrary` that keeps bytes in memory; the world's disk."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.kept_at: dict[str, datetime] = {}
        self.clock = FakeClock()
        self.killer = Killer()
        self.free = 10**12
        #: What every file is found to be.
        self.found = Inspection(
            container="mp4",
            video_codec="h264",
            pixel_format="yuv420p",
            audio_codec="aac",
            width=1280,
            height=720,
            seconds=8.0,
            frames=192,
            fps=24.0,
            faststart=True,
            simulated=False,
        )
        #: Whether nothing fits as it is.
        self.refits = False

    async def save(self, chunks: AsyncIterator[bytes], media_type: str) -> Asset:
        data = b"".join([chunk async for chunk in chunks])
        sha = hashlib.sha256(data).hexdigest()
        self.files[sha] = data
        self.kept_at[sha] = self.clock.now()
        return Asset(sha256=sha, path=sha, media_type=media_type, bytes=len(data))

    def path(self, asset: Asset) -> Path:
        return Path(asset.path)

    async def remove(self, asset: Asset, *, unless_kept_since: datetime) -> bool:
        self.killer.line(f"remove {asset.media_type}")
        if asset.path in self.files and self.kept_at[asset.path] > unless_kept_since:
            return False
        self.files.pop(asset.path, None)
        return True

    async def inspect(self, asset: Asset) -> Inspection:
        return self.found

    async def fit(self, asset: Asset, inspection: Inspection, limits: Limits) -> Asset:
        if not self.refits:
            return asset
        data = b"%s within %d bytes" % (self.files[asset.sha256], limits.max_bytes)
        sha = hashlib.sha256(data).hexdigest()
        self.files[sha], self.kept_at[sha] = data, self.clock.now()
        return replace(asset, sha256=sha, path=sha, bytes=len(data))

    async def thumbnail(self, asset: Asset) -> Asset:
        return replace(asset, media_type="image/webp")

    async def spritesheet(self, asset: Asset) -> Asset:
        return replace(asset, media_type="image/jpeg")

    async def strip(self, asset: Asset) -> Asset:
        return await self.save(_frames_of(asset), "image/jpeg")

    async def is_picture(self, asset: Asset) -> bool:
        return b"broken" not in self.files[asset.sha256]

    def free_bytes(self) -> int:
        return self.free


class FakePrompts:
    """A `PromptLibrary` with one template."""

    def list(self) -> Sequence[PromptTemplate]:
        return [self.get("cute_cat")]

    def get(self, name: str) -> PromptTemplate:
        return PromptTemplate(name=name, description="", variables=(), languages=(), digest="d")

    def render(self, name: str, variables: Mapping[str, str], lang: str | None = None) -> Prompt:
        text = f"a cat, {dict(variables)}"
        return Prompt(text=text, caption="A cat.", alt_text="A cat.", template=name, digest="d")


class FakeWaker:
    """A `Waker` that the test is: it looks at appointments and calls `advance` itself."""

    def __init__(self) -> None:
        self.poked: list[str] = []
        self.due: dict[str, datetime] = {}
        self.crowded = False

    async def at(self, run_id: str, when: datetime) -> None:
        self.due[run_id] = when

    async def poke(self, run_id: str) -> None:
        self.poked.append(run_id)

    def is_crowded(self) -> bool:
        return self.crowded

    @asynccontextmanager
    async def run(self, advance: Callable[[str], Any]) -> AsyncIterator[None]:
        yield


class Ears:
    """`Notifier` and `Observer`: remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, RunState]] = []
        self.steps: list[str] = []
        self.errors: list[BaseException] = []

    async def notify(self, run: Run) -> None:
        self.told.append((run.id, run.state))

    def stepped(self, run: Run, step: object, seconds: float) -> None:
        self.steps.append(str(step))

    def looked(self, run: Run, job: VideoJob) -> None:
        pass

    def parked(self, run: Run) -> None:
        pass

    def failed(self, run: Run, step: object, error: BaseException) -> None:
        self.errors.append(error)


class MortalStore:
    """The real store, dying before or after any commit."""

    def __init__(self, store: Any, killer: Killer) -> None:
        self._store = store
        self._killer = killer
        self.commits = 0

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)
        if name not in _WRITES:
            return method

        async def mortal(*args: Any, **kwargs: Any) -> Any:
            what = " ".join([name, *(type(a).__name__ for a in args if name == "commit")])
            self._killer.line(f"{what}: before")
            result = await method(*args, **kwargs)
            self.commits += 1
            self._killer.line(f"{what}: after")
            return result

        return mortal


_WRITES = {"commit", "claim", "release", "add_run", "add_command"}


class World:
    """Everything outside of the bot's process."""

    def __init__(
        self, folder: Path, *, authoritative: bool = True, clock: FakeClock | None = None
    ) -> None:
        self.folder = folder
        self.clock = clock or FakeClock()
        self.vendor = Vendor(self.clock)
        self.slack = Network(self.clock)
        self.x = Network(self.clock)
        self.room = Network(self.clock)
        self.media = FakeMedia()
        self.media.clock = self.clock
        self.authoritative = authoritative
        self.cap = Decimal(10)
        self.url = f"sqlite:///{folder / 'reelbot.db'}"

    @asynccontextmanager
    async def boot(self, killer: Killer | None = None) -> AsyncIterator["Bot"]:
        """Start a process; leaving the context is its death, whatever it was doing."""
        store = open_store(self.url, migrate=True)
        try:
            yield Bot(self, store, killer or Killer())
        finally:
            await store.close()

    @property
    def posts(self) -> list[str]:
        """The targets of all posts that arrived anywhere."""
        return sorted(target for n in (self.slack, self.x) for target, *_ in n.posts)


class Bot:
    """One process: a pipeline over the world."""

    def __init__(self, world: World, store: Any, killer: Killer) -> None:
        self.world = world
        self.clock = world.clock
        self.killer = killer
        self.store = MortalStore(store, killer)
        self.waker = FakeWaker()
        self.ears = Ears()
        self.gate = Gate(self.store, world.folder / "STOP")
        world.media.killer = killer
        self.provider = FakeProvider(world.vendor, killer, authoritative=world.authoritative)
        sure = world.authoritative
        self.board = FakeBoard(world.room, killer, authoritative=sure)
        self.ports = Ports(
            clock=world.clock,
            store=self.store,
            waker=self.waker,
            gate=self.gate,
            prompts=FakePrompts(),
            providers={"vendor": self.provider},
            media=world.media,
            publishers={
                "slack": FakePublisher(world.slack, killer, authoritative=sure),
                "x": FakePublisher(world.x, killer, authoritative=sure),
            },
            notifier=self.ears,
            board=self.board,
            observer=self.ears,
            budget=lambda: Budget(per_day_usd=world.cap),
        )
        self.pipeline = Pipeline(self.ports, on_error=self.ears.errors.append)
        self.runner = Runner(self.ports, owner=f"bot-{id(self)}", show=lambda _run: None)

    async def start(self, **changes: Any) -> Run:
        return await self.pipeline.start(make_request(**changes))

    async def advance(self, run_id: str) -> Run:
        """Advance once, with the clock jumping over what is held in memory."""
        async with self.clock.auto():
            await self.runner.advance(run_id)
        return await self.store.get_run(run_id)

    async def settle(self, run_id: str, *, limit: int = 200) -> Run:
        """Advance, jumping to each wake-up, until the run rests or waits for a person."""
        for _ in range(limit):
            run = await self.advance(run_id)
            if run.state.is_terminal or run.state is RunState.ATTENTION:
                return run
            if run.wake_at is None or run.reason == "approval":
                return run
            # Not the row: a look that changed nothing has moved only the appointment.
            ahead = (self.waker.due[run_id] - self.clock.now()).total_seconds()
            await self.clock.advance(max(ahead, 0))
        raise AssertionError(f"the run never rests: {run}")

    async def tell(self, kind: str, run_id: str, by: str = "ann", **args: str) -> str:
        """Give a command, let it be obeyed, return the answer."""
        command = await self.store.add_command(self.command(kind, run_id, by, **args))
        await self.advance(run_id)
        answered = await self.store.get_command(command.id)
        return answered.answer or answered.state

    def command(self, kind: str, run_id: str, by: str = "ann", **args: str) -> Command:
        """Return what *by* asks of a run."""
        return Command(kind=CommandKind(kind), run_id=run_id, args=args, by=by, at=self.clock.now())


def make_request(**changes: Any) -> RunRequest:
    """Return a request for a cat on both networks."""
    mode = ApprovalMode.REQUIRED if changes.pop("approval", None) else ApprovalMode.AUTO
    request = RunRequest(
        key=changes.pop("key", "cat@1"),
        source="test",
        template="cute_cat",
        provider="vendor",
        video=VideoSpec(seconds=8, size="1280x720", model="m1"),
        targets=(SLACK, X),
        approval=ApprovalPolicy(mode=mode, expires_after=3600),
    )
    return replace(request, **changes)


async def soon() -> None:
    """Let everything that is ready run."""
    for _ in range(10):
        await asyncio.sleep(0)
