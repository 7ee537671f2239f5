"""What to make, and when: schedules, their fires, and the file they stand in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum

from bot.domain.account import Account
from bot.domain.budget import Budget
from bot.domain.post import Target
from bot.domain.prompt import PromptTemplate
from bot.domain.room import RoomConfig
from bot.domain.video import Model, VideoSpec


class ApprovalMode(StrEnum):
    """Who lets a finished video out."""

    AUTO = "auto"  #: It is published as soon as it is ready.
    REQUIRED = "required"  #: It waits for a person, and expires without one.


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalPolicy:
    """Whether a person must agree, and how long they have."""

    mode: ApprovalMode
    #: Seconds from the moment of asking; then the run ends unposted.
    expires_after: float = 24 * 3600


class Missed(StrEnum):
    """What to do with moments that passed while nothing ran."""

    SKIP = "skip"
    LAST = "last"  #: Only the newest one.
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoDefaults:
    """What an entry says about its video; None where it leaves it to the next one up."""

    model: str | None = None
    seconds: int | None = None
    size: str | None = None

    def spec(self, models: Mapping[str, Model]) -> VideoSpec:
        """Return the shape, its gaps filled from the model: its first size, its first length.

        Without a model it is the provider's first one. Raises `KeyError` for a model that
        *models* lacks.
        """
        model = models[self.model] if self.model else next(iter(models.values()))
        return VideoSpec(
            model=model.name,
            seconds=self.seconds or model.seconds[0],
            size=self.size or model.sizes[0],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """One entry of `schedules.yaml`, its defaults already filled in, except for `video`."""

    #: Never changes: it is part of every key.
    id: str
    #: Five crontab fields; weekdays by name.
    cron: str
    timezone: str
    template: str
    variables: Mapping[str, str] = field(default_factory=dict)
    lang: str | None = None
    provider: str
    #: Only what the entry itself says; `resolve_video` asks the template and the file next.
    video: VideoDefaults
    targets: tuple[Target, ...]
    approval: ApprovalPolicy
    missed: Missed = Missed.LAST
    #: Seconds; a missed moment older than this is skipped whatever `missed` says.
    missed_within: float = 24 * 3600
    enabled: bool = True

    def key(self, due: datetime) -> str:
        """Return the key of the fire at *due*: the same for one instant in any time zone."""
        return f"{self.id}@{due.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fire:
    """One due moment of one schedule."""

    key: str
    schedule_id: str
    #: UTC.
    due: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Who holds a schedule back, and since when. Moments that pass meanwhile are not made up."""

    by: str
    at: datetime


class ProviderType(StrEnum):
    """The kinds of provider a file can name."""

    STUDIO = "studio"
    VIDEOS_API = "videos-api"


class Ability(StrEnum):
    """What only some servers of the Videos API can do beside creating videos."""

    REMIX = "remix"
    EDIT = "edit"
    EXTENSION = "extension"
    CHARACTERS = "characters"
    STILLS = "stills"
    DELETE = "delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderEntry:
    """One entry under `providers:`."""

    name: str
    type: ProviderType
    base_url: str | None = None
    #: The name of the environment variable that holds the key; never the key.
    api_key_env: str | None = None
    #: The name of the one with the secrets that sign its webhooks; None where it sends none.
    webhook_secret_env: str | None = None
    #: Seconds that one request may take; a lost one is looked for after half as much again.
    timeout: float = 60.0
    #: Whether its list proves what it lacks: a lost create that it does not show is sent again.
    trust_listing: bool = False
    can: frozenset[Ability] = frozenset()
    models: Mapping[str, Model] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdHoc:
    """What applies to requests by people (`make`, slash commands)."""

    provider: str
    #: Only what the entry itself says, as in `Schedule`.
    video: VideoDefaults
    targets: tuple[Target, ...]
    approval: ApprovalPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that `schedules.yaml` says."""

    timezone: str
    budget: Budget
    providers: Mapping[str, ProviderEntry]
    ad_hoc: AdHoc
    schedules: tuple[Schedule, ...]
    #: The X accounts, by name: those of `accounts`, or else those that targets name.
    accounts: Mapping[str, Account] = field(default_factory=dict)
    #: `defaults.video`: asked last, after the entry and its template.
    defaults: VideoDefaults = VideoDefaults()
    #: `publish: preview` at the top of the file: nothing goes to a live network.
    preview: bool = False
    #: `slack`: the control room.
    room: RoomConfig = field(default_factory=RoomConfig)

    def schedule(self, schedule_id: str) -> Schedule | None:
        """Return the schedule of that id, None if the file has none."""
        return next((s for s in self.schedules if s.id == schedule_id), None)

    def account(self, target: Target) -> Account | None:
        """Return the X account of *target*, however it is written, None if the file has none."""
        wanted = target.destination.casefold()
        return next((a for a in self.accounts.values() if a.handle.casefold() == wanted), None)


#: The cap when the file names none.
DEFAULT_BUDGET = Budget(per_day_usd=Decimal(10))


def resolve_video(
    entry: VideoDefaults, template: PromptTemplate | None, defaults: VideoDefaults
) -> VideoDefaults:
    """Return what *entry* says, its gaps filled from *template*, then from *defaults*."""
    layers: list[VideoDefaults | PromptTemplate] = [entry, defaults]
    if template:
        layers.insert(1, template)
    return VideoDefaults(
        model=next((layer.model for layer in layers if layer.model is not None), None),
        seconds=next((layer.seconds for layer in layers if layer.seconds is not None), None),
        size=next((layer.size for layer in layers if layer.size is not None), None),
    )
