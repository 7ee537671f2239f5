"""The sockets: what the pipeline needs from the world, as Protocols.

Everything a plugin author must know is on this page. An implementation lives in
the folder named after its socket, is built by `bot.app` alone, and turns every
foreign exception into one from `bot.errors`.
"""

from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Mapping,
    Sequence,
)
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Protocol

from bot.domain.budget import Quote, Spend
from bot.domain.card import Card, CardWish
from bot.domain.command import Command
from bot.domain.effect import Effect, EffectState
from bot.domain.post import Delivery, Limits, Post, Target, Words
from bot.domain.prompt import Prompt, PromptTemplate
from bot.domain.run import Run, RunState, Step
from bot.domain.schedule import Fire, Pause
from bot.domain.video import (
    Asset,
    Capabilities,
    Inspection,
    Variant,
    VideoJob,
    VideoRequest,
    VideoStatus,
)
from bot.errors import BotError


class Clock(Protocol):
    """The time. Injected, so that tests need not wait."""

    def now(self) -> datetime:
        """Return the present instant, UTC."""

    async def sleep(self, seconds: float) -> None:
        """Return after *seconds* of this clock."""


class VideoProvider(Protocol):
    """Creates videos."""

    #: Its name in `schedules.yaml`.
    name: str
    capabilities: Capabilities
    #: Told the id of a video that looking at others has shown to be over; set by the pipeline.
    on_over: Callable[[str], None]
    #: Seconds after which a create whose answer was lost must show in `find`: at least the
    #: client's timeout plus the lag of the provider's listing.
    settle: float

    def estimate(self, request: VideoRequest) -> Decimal:
        """Return the price in USD.

        Raises `RequestError` for a model, size, length, derivation or character that the provider
        lacks, and for an unknown price.
        """

    async def create(self, request: VideoRequest) -> VideoJob:
        """Start a job, from words or from `request.origin`; one request, never repeated inside.

        Raises `AmbiguousCreate` when the job may exist; any other `ProviderError` means that
        surely nothing was created.
        """

    async def find(
        self, request: VideoRequest, *, since: datetime, claimed: Collection[str]
    ) -> Sequence[VideoJob]:
        """Return the jobs that a lost `create(request)` sent at *since* may have made.

        Leaves out the ids in *claimed*. Zero, one or several; repeatable.
        """

    def watch(self, job: VideoJob) -> AsyncGenerator[VideoJob]:
        """Look at *job* until it is terminal: look, yield, sleep, look again.

        An async generator (use `contextlib.aclosing`) that may be left at any yield and entered
        again with the last observation. Never raises for a failed look unless it is final
        (`Unauthorized`, `Rejected`); a job the provider no longer knows ends `failed`.
        """

    def download(self, job: VideoJob, variant: Variant) -> AsyncGenerator[bytes]:
        """Yield the bytes of a completed job's file.

        Raises `NotReady`, `Expired`, `Unavailable`, `Truncated` (fewer bytes than promised).
        Repeatable.
        """

    async def cancel(self, job: VideoJob) -> None:
        """Stop *job* where `capabilities.cancel` says so; repeatable, silent if it is over."""

    async def delete(self, job: VideoJob) -> None:
        """Have the provider forget a finished job and its files; repeatable, silent if it has.

        Raises `Rejected` for a job in progress, and `Unavailable`, `Unauthorized`, `RateLimited`.
        """

    async def create_character(self, name: str, clip: Path) -> str:
        """Keep who is seen in *clip* (an MP4) as a character; return the provider's id of it.

        Where `capabilities.characters` says so. One request, never repeated inside. Raises
        `AmbiguousCreate` when the character may exist, and any other `ProviderError`.
        """

    def list(self) -> AsyncGenerator[VideoJob]:
        """Yield the provider's videos, newest first, those of other programs included.

        Raises `Rejected` where it has no listing, and `Unavailable`, `Unauthorized`.
        """


class Publisher(Protocol):
    """Shows posts to people on one network."""

    #: Whether it only imitates the network.
    preview: bool
    #: Seconds after which a lost post must show in `find`.
    settle: float
    #: Whether not finding a post proves that it never went out.
    find_is_authoritative: bool

    def takes_simulated(self, target: Target) -> bool:
        """Return whether *target* may show what no camera and no model has made."""

    def limits(self, target: Target) -> Limits:
        """Return what *target* accepts."""

    def word(self, target: Target, words: Words) -> Words:
        """Return *words* as they would go out to *target*, with all that was changed of them.

        Changes only what a template made. Raises `PostRejected` for words that the network, or the
        rules of the account, do not take. Words that it has returned stay as they are.
        """

    def estimate(self, target: Target, caption: str | None, alt_text: str | None) -> Quote:
        """Return what a post costs; *caption* as `word` has returned it."""

    def ask_again(self, target: Target) -> None:
        """Forget that *target* took no posts: a person has looked after it. Raises nothing."""

    async def prepare(self, post: Post, earlier: Sequence[Effect] = ()) -> Mapping[str, str]:
        """Do what may be repeated and shows nothing (upload bytes); return the handle.

        The handle is committed to the ledger before `publish`, and `find` knows the post by it.
        *earlier* are the ledger's rows of this run's posts to the target until now, oldest first.
        """

    async def publish(self, post: Post, handle: Mapping[str, str]) -> Delivery:
        """Send the post; one request, never repeated inside.

        Raises `AmbiguousPost` when it may have gone out; any other `PublishError` means that it
        surely did not.
        """

    async def find(
        self, post: Post, handle: Mapping[str, str], *, since: datetime
    ) -> Sequence[Delivery]:
        """Return the deliveries a lost `publish` sent at *since* may have made. Repeatable."""

    async def take_down(self, delivery: Delivery, run_id: str) -> None:
        """Delete the post of that run; repeatable, silent if it is gone.

        Raises `TargetUnavailable`, and `PostRejected` when the network does not let us.
        """


class PromptLibrary(Protocol):
    """Renders prompt templates."""

    def list(self) -> Sequence[PromptTemplate]:
        """Return all templates by name. Raises `TemplateError` for the first broken one."""

    def get(self, name: str) -> PromptTemplate:
        """Return the template *name*; `TemplateError` naming the known ones if there is none."""

    def render(self, name: str, variables: Mapping[str, str], lang: str | None = None) -> Prompt:
        """Return the rendered prompt.

        Raises `TemplateError` naming template, variable and line.
        """


class MediaLibrary(Protocol):
    """Keeps video files, looks into them, makes them fit."""

    async def save(self, chunks: AsyncIterator[bytes], media_type: str) -> Asset:
        """Keep the bytes: written beside, synced, renamed. Repeatable.

        Raises `LowDisk` with too little room, and whatever the iterator raises; then nothing is
        kept.
        """

    def path(self, asset: Asset) -> Path:
        """Return where *asset* is on this disk."""

    async def remove(self, asset: Asset, *, unless_kept_since: datetime) -> bool:
        """Delete the file, unless somebody kept it again after that instant; whether it is gone.

        Whoever keeps a file writes down only later that it is needed. Repeatable. Raises
        `MediaError` when the disk refuses.
        """

    async def inspect(self, asset: Asset) -> Inspection:
        """Decode *asset* and return what it is.

        Raises `Truncated` when fewer frames decode than the file promises, `Unusable` when it
        is no video.
        """

    async def fit(self, asset: Asset, inspection: Inspection, limits: Limits) -> Asset:
        """Return *asset* within *limits* as H.264/AAC, faststart; itself if it already is.

        Repeatable. Raises `Unusable` when no scaling can bring it within.
        """

    async def thumbnail(self, asset: Asset) -> Asset:
        """Return a webp still of the video."""

    async def spritesheet(self, asset: Asset) -> Asset:
        """Return a jpeg of 4x4 frames of the video."""

    def free_bytes(self) -> int:
        """Return the room left on the library's disk."""


class Notifier(Protocol):
    """Tells people what became of a run. May be told twice; raises nothing."""

    async def notify(self, run: Run) -> None:
        """Tell about a run that is over or needs a person."""


class Board(Protocol):
    """Shows runs to the people who ask for them, approve them and pay for them."""

    #: Seconds after which a lost card must show in `find`.
    settle: float
    #: Whether not finding a card proves that it was never put up.
    find_is_authoritative: bool

    def wishes(self, run: Run) -> Sequence[CardWish]:
        """Return the cards that *run*, as it stands, should have and lacks.

        None while the network is out of reach: a missing card holds back no run.
        """

    def prepare(self, run: Run, wish: CardWish) -> Mapping[str, str]:
        """Return where the card goes (its `place` and more); `find` looks there and nowhere else.

        The handle is committed to the ledger before `put`: by the time a lost card is looked for
        the file may name another place.
        """

    async def put(self, run: Run, wish: CardWish, handle: Mapping[str, str]) -> Card:
        """Put up the card; one request, never repeated inside.

        Raises `AmbiguousPost` when it may be there; any other `PublishError` means that it surely
        is not.
        """

    async def find(
        self, run: Run, wish: CardWish, handle: Mapping[str, str], *, since: datetime
    ) -> Sequence[Card]:
        """Return the cards that a lost `put` sent at *since* may have put up. Repeatable."""

    def show(self, run: Run) -> None:
        """Have the cards of *run* say how it stands, soon. Raises nothing and does not wait."""


class Observer(Protocol):
    """Hears about every step; feeds logs and metrics. Raises nothing."""

    def stepped(self, run: Run, step: Step, seconds: float) -> None:
        """*step* has a result; it took *seconds*."""

    def looked(self, run: Run, job: VideoJob) -> None:
        """The provider was asked about *job*."""

    def parked(self, run: Run) -> None:
        """*run* waits, needs attention, or is over."""

    def failed(self, run: Run, step: Step | None, error: BotError | Exception) -> None:
        """*step* raised *error*; the runner decides what comes of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to change one run, until somebody else takes it."""

    run_id: str
    #: The fence: a write with an old one raises `LeaseLost`.
    rev: int
    #: Pokes counted on the row when the lease was taken.
    pokes: int


# --- changes: what one commit can hold ---------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveRun:
    """Store *run* under the fence; `LeaseLost` if the lease is no longer ours."""

    run: Run
    lease: Lease
    #: Give the lease back in the same commit. For runs that are over: nobody learns of a poke that
    #: came meanwhile, and what a command wants of them is found in its row.
    release: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserve:
    """Promise money; a key that exists is left as it is.

    Raises `BudgetExceeded` (and the whole commit is undone) when reserved and settled money of
    that day would exceed the cap.
    """

    spends: Sequence[Spend]
    cap: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Count money that is spent already, whatever the cap; a key that exists is left as it is."""

    spend: Spend


@dataclass(frozen=True, slots=True, kw_only=True)
class Settle:
    """Say what a spend came to, USD; again, when more is known. Unknown keys are ignored."""

    key: str
    usd: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Say that reserved money was surely not spent. Only reserved spends change."""

    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Intend:
    """Write down an outside write before it is sent.

    A new key is inserted; a `not_sent` row is armed again (attempts + 1, new start, new handle).
    Raises `Conflict` for a key in any other state, and when another effect with the same
    fingerprint is in the air.
    """

    effect: Effect


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleEffect:
    """Write down what became of an effect; `Conflict` if it is not in the state *was*."""

    effect: Effect
    was: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishCommand:
    """Write down the answer to a command; a command that is not pending is left as it is."""

    command: Command


Change = SaveRun | Reserve | Spent | Settle | Release | Intend | SettleEffect | FinishCommand


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Who stopped all paid and public requests, and when."""

    by: str
    at: datetime
    why: str | None = None


class Store(Protocol):
    """Remembers. Every write is on disk when it returns."""

    async def commit(self, *changes: Change) -> None:
        """Do all *changes* or none; on disk before it returns."""

    # runs
    async def add_run(self, run: Run, *, fire: Fire | None = None) -> Run:
        """Add *run*, or return the one that already has its request's key.

        With *fire* its row goes into the same transaction, and the schedule's cursor moves up to
        its instant.
        """

    async def get_run(self, run_id: str) -> Run:
        """Return the run; `NotFound` without one."""

    async def find_runs(self, prefix: str) -> Sequence[Run]:
        """Return the runs whose id starts with *prefix*, newest first, at most 20."""

    async def list_runs(
        self, *, states: Collection[RunState] = (), limit: int = 20
    ) -> Sequence[Run]:
        """Return the newest runs first; all states if none is named."""

    async def videos(
        self,
        *,
        provider: str | None = None,
        statuses: Collection[VideoStatus] = (),
        limit: int = 20,
    ) -> Sequence[Run]:
        """Return the newest runs whose video was asked for.

        Of all providers and in all statuses where none is named.
        """

    async def derived_from(self, run_id: str) -> Sequence[Run]:
        """Return the runs whose video grows out of that of *run_id*, oldest first."""

    async def shared_files(self, run: Run) -> Collection[str]:
        """Return the paths of those files of *run* that another run needs, too."""

    async def unfinished(self) -> Sequence[tuple[str, datetime | None]]:
        """Return (id, wake_at) of every run that may go on: running (wake_at None) or waiting."""

    async def overdue(self, before: datetime) -> Sequence[str]:
        """Return unfinished runs with a wake_at before *before*, and running ones no one holds."""

    async def count_asked(self, source: str, since: datetime) -> int:
        """Return how many requests of the person *source* were taken since then.

        Only those whose key begins with `source!`, as intake makes them.
        """

    async def stopped_runs(self) -> Sequence[str]:
        """Return the runs that wait for a stop to be lifted."""

    async def count_runs(self) -> Mapping[RunState, int]:
        """Return how many runs stand in each state."""

    async def claim(
        self, run_id: str, *, owner: str, until: datetime, now: datetime
    ) -> tuple[Run, Lease] | None:
        """Take the lease; None while another owner's has not run out. `NotFound` without a run."""

    async def renew(self, lease: Lease, until: datetime) -> None:
        """Hold the lease longer; `LeaseLost` if it is no longer ours."""

    async def release(self, lease: Lease) -> bool:
        """Give the lease back; True when somebody poked since it was taken. Silent if lost."""

    async def release_all(self) -> None:
        """Give back the leases of dead owners. Only for the one engine, at its start."""

    async def poke(self, run_id: str) -> None:
        """Count a poke on the row, so that whoever holds the lease sees it at release."""

    # the ledger
    async def get_effect(self, key: str) -> Effect | None:
        """Return the effect of that key."""

    async def effects(self, run_id: str) -> Sequence[Effect]:
        """Return all effects of a run, oldest first."""

    async def effects_since(
        self, moment: datetime, *, kinds: Collection[str], states: Collection[EffectState]
    ) -> Sequence[Effect]:
        """Return the effects of those kinds and states that were sent since then, oldest first."""

    async def claimed_ids(self, provider: str) -> frozenset[str]:
        """Return the ids of all videos at *provider* that belong to some run, for ever."""

    async def run_of_video(self, provider: str, video_id: str) -> str | None:
        """Return the id of the run that created the video, None if none of ours did."""

    # money
    async def spends(self, run_id: str) -> Sequence[Spend]:
        """Return the spends of a run."""

    async def spent(self, day: date) -> Decimal:
        """Return what is reserved and settled for *day*, USD."""

    # schedules
    async def cursor(self, schedule_id: str) -> datetime | None:
        """Return up to which instant the schedule's moments are dealt with; None if never seen."""

    async def move_cursor(self, schedule_id: str, to: datetime) -> None:
        """Deal with everything up to *to*; never moves back."""

    async def paused(self) -> Mapping[str, Pause]:
        """Return the schedules that a person holds back, by id."""

    async def pause(self, schedule_id: str, pause: Pause) -> None:
        """Hold the schedule back: its moments pass. The first pause stays."""

    async def unpause(self, schedule_id: str) -> None:
        """Let the schedule fire again from now on. Silent if it was not paused."""

    # commands and the stop gate
    async def add_command(self, command: Command) -> Command:
        """Append *command*; returns it with its id."""

    async def get_command(self, command_id: int) -> Command:
        """Return the command; `NotFound` without one."""

    async def pending_commands(self, run_id: str | None = None) -> Sequence[Command]:
        """Return pending commands in order; of one run if *run_id* is given."""

    async def stopped(self) -> Stop | None:
        """Return who stopped everything, None if nobody has."""

    async def set_stopped(self, stop: Stop | None) -> None:
        """Stop or start; survives restarts."""


class Waker(Protocol):
    """Wakes runs. It only wakes: a lost or doubled wake-up is harmless."""

    async def at(self, run_id: str, when: datetime) -> None:
        """Advance the run at *when*; replaces an earlier appointment of the same run."""

    async def poke(self, run_id: str) -> None:
        """Advance the run as soon as a worker is free."""

    def is_crowded(self) -> bool:
        """Whether runs are queued for a free worker, so that nobody should hold one idly."""

    def run(self, advance: Callable[[str], Awaitable[None]]) -> AbstractAsyncContextManager[None]:
        """Call *advance* for every wake-up while the context is open.

        Leaving it stops taking wake-ups, lets what is being advanced finish for a grace period,
        then cancels it.
        """
