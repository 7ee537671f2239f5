"""Videos: what we ask for, the job that makes it, the file we keep."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

#: Ids of providers are opaque, and none is longer; LiteLLM packs its routing into some 250.
LONGEST_ID = 512
_SIZE = re.compile(r"([1-9][0-9]{1,4})x([1-9][0-9]{1,4})")


class VideoStatus(StrEnum):
    """Where a job stands. Every provider's words are mapped to these."""

    QUEUED = "queued"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"  #: By us or at the provider; nothing will come of it.
    UNKNOWN = "unknown"  #: A word nobody mapped: bounded patience, then a person looks.

    @property
    def is_terminal(self) -> bool:
        """Whether the job can no longer change."""
        return self in {self.COMPLETED, self.FAILED, self.CANCELLED}


class Variant(StrEnum):
    """The three files of a finished video."""

    VIDEO = "video"
    THUMBNAIL = "thumbnail"
    SPRITESHEET = "spritesheet"


def parse_size(size: str) -> tuple[int, int]:
    """Return (width, height) in pixels; `ValueError` if *size* is not `WxH`."""
    match = _SIZE.fullmatch(size)
    if not match:
        raise ValueError(f"{size!r} is not a size such as 1280x720")
    return int(match[1]), int(match[2])


def shape_of(size: str) -> str:
    """Return `portrait`, `landscape` or `square`; `ValueError` if *size* is not `WxH`."""
    width, height = parse_size(size)
    if width == height:
        return "square"
    return "portrait" if width < height else "landscape"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A file in our keeping. The name is its content, so keeping it twice is keeping it once."""

    #: SHA-256 of the content, hex.
    sha256: str
    #: Path within the media library.
    path: str
    media_type: str
    bytes: int


class Derivation(StrEnum):
    """How a new video can grow out of one that exists."""

    REMIX = "remix"  #: The same picture, changed as the prompt says.
    EDIT = "edit"  #: Remix's successor in the protocol; also takes a clip the provider never made.
    EXTENSION = "extension"  #: The same video, and then what the prompt says.

    @property
    def verb(self) -> str:
        """What is done to the video it grows out of, for people."""
        return "extend" if self is self.EXTENSION else self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The video that a new one grows out of: its lineage."""

    how: Derivation
    #: The provider's id of it; only the provider that made it can go on from it.
    video_id: str
    #: The run that made it.
    run_id: str
    #: How long it is. An extension needs it: only what is longer is made, and paid for.
    seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoSpec:
    """The shape of a video, apart from what it shows."""

    #: A model name of the provider; None means its first one.
    model: str | None = None
    seconds: int
    #: `WxH` in pixels.
    size: str
    #: The first frame: an image in the media library.
    reference: Asset | None = None
    #: Characters kept at the provider that appear in it, by the provider's ids.
    characters: tuple[str, ...] = ()
    #: None for a video made from words alone.
    origin: Origin | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoRequest:
    """What we ask a provider to create. Model, size and seconds are always filled in."""

    prompt: str
    model: str
    #: Of the whole video; for an extension that is the origin and what is added.
    seconds: int
    size: str
    #: The first frame, as a path on this disk.
    reference: str | None = None
    characters: tuple[str, ...] = ()
    origin: Origin | None = None

    @property
    def fingerprint(self) -> tuple[str, str, int, str]:
        """What a provider's list shows of a request; equal ones cannot be told apart there."""
        return (self.prompt, self.model, self.seconds, self.size)

    @property
    def new_seconds(self) -> int:
        """The seconds that are made anew; of an extension only those that its origin lacks."""
        extends = self.origin and self.origin.how is Derivation.EXTENSION
        return self.seconds - (self.origin.seconds or 0 if self.origin and extends else 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """What a provider's model can do and what it costs; from configuration, never guessed."""

    name: str
    #: Accepted sizes (`WxH`); the first is the default.
    sizes: tuple[str, ...]
    #: Accepted lengths; the first is the default.
    seconds: tuple[int, ...]
    #: None means unknown, and an unknown price is refused before anything is spent.
    usd_per_second: Decimal | None
    #: The day (ISO date) the price was read.
    as_of: str | None = None
    #: The day (ISO date) the vendor switches the model off.
    sunset: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a provider can do. What it cannot is refused before money is spent."""

    #: By name, in the order of configuration; the first is the default.
    models: dict[str, Model]
    #: Files it serves beside the video; what is missing is made here.
    variants: frozenset[Variant] = frozenset({Variant.VIDEO})
    reference: bool = False
    #: How videos it made can be taken further.
    derivations: frozenset[Derivation] = frozenset()
    #: Whether it keeps characters that appear in one video after another.
    characters: bool = False
    #: Whether it forgets a video when asked to.
    delete: bool = False
    cancel: bool = False
    #: Whether a listing without our job proves that the job was never created.
    find_is_authoritative: bool = False
    #: Its videos are imitations: they never reach a live account.
    simulated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoError:
    """Why a job failed, in the provider's words."""

    #: An open word; `moderation_blocked` and its like are never tried again.
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoJob:
    """One observation of a job at a provider. Never mutated: the next one replaces it."""

    #: The provider's name in `schedules.yaml`.
    provider: str
    #: The provider's own id, opaque, up to 512 characters.
    id: str
    model: str
    seconds: int
    size: str
    status: VideoStatus
    #: 0..100 where the provider tells; decoration, only `status` decides.
    progress: int | None = None
    created_at: datetime
    completed_at: datetime | None = None
    #: The provider deletes the content then.
    expires_at: datetime | None = None
    error: VideoError | None = None
    #: Where the content is, when the provider gives an address instead of `/content`.
    url: str | None = None
    #: What the provider says it charged, USD.
    cost: Decimal | None = None
    #: When it is worth looking again; set by `watch`.
    look_again_at: datetime | None = None
    #: Looks so far; the rhythm of looking hangs on it, so it survives a restart.
    looks: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What a look into a video file found."""

    container: str
    video_codec: str
    pixel_format: str
    audio_codec: str | None
    width: int
    height: int
    seconds: float
    frames: int
    fps: float
    #: `moov` before `mdat`: it plays before it is loaded.
    faststart: bool
    #: The file says of itself that no AI model and no camera made it.
    simulated: bool
    #: What is odd, one sentence each; shown to approvers. Faults that forbid posting are raised.
    findings: tuple[str, ...] = field(default=())
