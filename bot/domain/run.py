"""Runs: one trip of one video through the pipeline, remembered step by step."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self

from bot.domain.act import Act
from bot.domain.budget import Quote
from bot.domain.card import Card
from bot.domain.post import Delivery, DeliveryStatus, Post, Target
from bot.domain.prompt import Prompt
from bot.domain.schedule import ApprovalPolicy
from bot.domain.video import Asset, Inspection, VideoJob, VideoSpec, VideoStatus


class Step(StrEnum):
    """The steps, in the order they happen."""

    RENDER = "render"
    RESERVE = "reserve"
    CREATE = "create"
    WAIT = "wait"
    DOWNLOAD = "download"
    INSPECT = "inspect"
    FIT = "fit"
    APPROVE = "approve"
    PUBLISH = "publish"
    NOTIFY = "notify"


class RunState(StrEnum):
    """Where a run stands."""

    RUNNING = "running"
    WAITING = "waiting"  #: Parked; `reason` says for what, `wake_at` until when.
    ATTENTION = "attention"  #: Parked until a person resolves an uncertain write.
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_terminal(self) -> bool:
        """Whether the run is over unless a person retries it."""
        return self in {self.SUCCEEDED, self.FAILED, self.CANCELLED}


class WaitReason(StrEnum):
    """What a waiting run waits for."""

    PROVIDER = "provider"
    BACKOFF = "backoff"
    APPROVAL = "approval"
    TARGET_PAUSED = "target_paused"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """What a trigger asks for. The only thing triggers hand to the pipeline."""

    #: Two requests with the same key are one run.
    key: str
    #: `schedule:cat-hourly`, `cli:jane`, `slack:U123`.
    source: str
    #: Either a template with its variables…
    template: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    #: …or the prompt itself.
    prompt: str | None = None
    #: Words for the posts; overrides the template's.
    caption: str | None = None
    lang: str | None = None
    #: Words for single targets, as text; they override all others.
    captions: Mapping[str, str] = field(default_factory=dict)
    #: Where it was asked for, as the network of the control room names the place.
    asked_in: str | None = None
    provider: str
    video: VideoSpec
    targets: tuple[Target, ...]
    approval: ApprovalPolicy
    #: The schedule's moment, UTC; None for requests by people.
    due: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Who let the posts out."""

    #: `auto` or a person.
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What went wrong, in words for people."""

    code: str
    message: str
    hint: str | None = None
    step: Step
    at: datetime
    #: The target that refused the post, as text; None for all else, and in older runs.
    target: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """Who had the files of a run deleted. What it was and what it cost is remembered."""

    by: str
    at: datetime
    #: The provider has forgotten the video, too.
    at_provider: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What a run was promised to cost and what it did cost, USD."""

    video: Decimal
    #: Per target, as text; nothing is listed that is free.
    posts: Mapping[str, Decimal] = field(default_factory=dict)
    #: How the prices of the posts come about; nothing in runs that are older than this.
    quotes: Mapping[str, Quote] = field(default_factory=dict)

    @classmethod
    def of(cls, video: Decimal, quotes: Mapping[str, Quote]) -> Self:
        """Return the price of a video and of posts as quoted, per target as text."""
        paid = {target: quote for target, quote in quotes.items() if quote.usd}
        return cls(video=video, posts={target: q.usd for target, q in paid.items()}, quotes=paid)

    def sent(self, target: str) -> Decimal:
        """Return what the post to *target* costs by itself, without what is charged beside it."""
        quote = self.quotes.get(target)
        return quote.sent if quote else self.posts.get(target, Decimal(0))

    @property
    def total(self) -> Decimal:
        """The whole price."""
        return sum(self.posts.values(), start=self.video)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A request and everything it has produced so far.

    A step's result is the proof that the step is done: the runner goes to the
    first step without one. That is all there is to resuming.
    """

    id: str
    request: RunRequest
    state: RunState = RunState.RUNNING
    #: Why a waiting run waits, or why a cancelled one was (`rejected`, `expired`, `cancelled`).
    reason: str | None = None
    #: When a waiting run goes on by itself; None means only when somebody pokes it.
    wake_at: datetime | None = None
    #: Raised by a person's retry, edit or undo, by nothing else; part of every effect's key.
    generation: int = 1
    created_at: datetime
    updated_at: datetime
    #: Failed tries of the present step in a row; the backoff hangs on it.
    attempts: int = 0
    failure: Failure | None = None
    #: Who cancelled or rejected it.
    ended_by: str | None = None

    prompt: Prompt | None = None
    price: Price | None = None
    job: VideoJob | None = None
    #: The generation that asked for the job; the spend of the video is keyed by it.
    made_in: int = 1
    #: Since when we wait for the job; a person's "keep waiting" moves it.
    watched_since: datetime | None = None
    #: Since when the provider says only what nobody understands.
    unknown_since: datetime | None = None
    video: Asset | None = None
    thumbnail: Asset | None = None
    spritesheet: Asset | None = None
    inspection: Inspection | None = None
    posts: tuple[Post, ...] | None = None
    #: When approval was asked for; its expiry counts from here.
    asked_at: datetime | None = None
    approval: Approval | None = None
    #: Who had it posted to one more target; None: nobody but whoever asked for the run.
    posting_asked_by: str | None = None
    #: Who changed the words of which post last, by its target as text.
    edited_by: Mapping[str, str] = field(default_factory=dict)
    deliveries: tuple[Delivery, ...] = ()
    notified: bool = False
    #: The messages that show it to people, oldest first.
    cards: tuple[Card, ...] = ()
    #: What people did to it and have told, oldest first.
    acts: tuple[Act, ...] = ()
    #: Its files were deleted; nothing can be done with them any more.
    removed: Removal | None = None

    @property
    def step(self) -> Step | None:
        """The first step without a result; None when there is none left."""
        done = {
            Step.RENDER: self.prompt is not None,
            Step.RESERVE: self.price is not None,
            Step.CREATE: self.job is not None,
            Step.WAIT: self.job is not None and self.job.status is VideoStatus.COMPLETED,
            Step.DOWNLOAD: self.video is not None,
            Step.INSPECT: self.inspection is not None,
            Step.FIT: self.posts is not None,
            Step.APPROVE: self.approval is not None,
            Step.PUBLISH: all(self.delivery(t).status.is_settled for t in self.request.targets),
            Step.NOTIFY: self.notified,
        }
        return next((step for step in Step if not done[step]), None)

    @property
    def files(self) -> tuple[Asset, ...]:
        """The files of the media library that belong to it, each once."""
        stills = (self.thumbnail, self.spritesheet)
        posted = [asset for post in self.posts or () for asset in (post.asset, post.thumbnail)]
        every = (self.request.video.reference, self.video, *stills, *posted)
        return tuple({asset.path: asset for asset in every if asset}.values())

    @property
    def video_status(self) -> VideoStatus | None:
        """Where its video stands, whatever became of the posts; None if it was not asked for."""
        if self.job and self.job.status.is_terminal:
            return self.job.status
        if self.job:  # nobody looks any more when the run is over
            over = {RunState.FAILED: VideoStatus.FAILED, RunState.CANCELLED: VideoStatus.CANCELLED}
            return over.get(self.state, self.job.status)
        if self.failure and self.failure.step is Step.CREATE:
            known = {RunState.FAILED: VideoStatus.FAILED, RunState.ATTENTION: VideoStatus.UNKNOWN}
            return known.get(self.state)
        return None

    def evolve(self, **results: Any) -> Self:
        """Return a copy that carries *results*."""
        return replace(self, **results)

    def delivery(self, target: Target) -> Delivery:
        """Return the delivery to *target*, a pending one if there is none."""
        return next((d for d in self.deliveries if d.target == target), Delivery(target=target))

    def with_delivery(self, delivery: Delivery) -> Self:
        """Return a copy in which *delivery* replaces the one to the same target."""
        kept = {d.target: d for d in self.deliveries} | {delivery.target: delivery}
        return self.evolve(deliveries=tuple(kept[t] for t in self.request.targets if t in kept))

    @property
    def wordless(self) -> tuple[Target, ...]:
        """The targets whose posts lack the words that their network demands."""
        return tuple(p.target for p in self.posts or () if p.target.needs_words and not p.caption)

    @property
    def delivered(self) -> tuple[Delivery, ...]:
        """The deliveries that went out."""
        return tuple(d for d in self.deliveries if d.status is DeliveryStatus.DELIVERED)
