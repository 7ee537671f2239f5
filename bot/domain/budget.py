"""Money: promised before a request leaves, settled or released after."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.domain.post import Target


class SpendState(StrEnum):
    """Where a spend stands."""

    RESERVED = "reserved"  #: Promised; counts against the cap.
    SETTLED = "settled"  #: Spent; counts against the cap.
    RELEASED = "released"  #: Surely not spent; counts no more.


class Item(StrEnum):
    """What a network charges for, by its name for people."""

    POST = "post"
    POST_WITH_LINK = "post with a link"
    ALT_TEXT = "alt text"
    READ = "posts read"
    USER = "account read"
    DELETE = "post taken down"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spend:
    """Money for one thing of one run. Its key makes reserving it twice the same as once."""

    #: `run:what:generation`, `what` being `video` or a target; beside a post, its item after it.
    key: str
    #: None for what an account costs whatever is posted.
    run_id: str | None
    #: `video` or the target as text.
    what: str
    #: The provider's or the network's name.
    vendor: str
    #: USD; the estimate while reserved, the truth once settled.
    usd: Decimal
    #: The budget's day it counts for, in the time zone of `schedules.yaml`.
    day: date
    at: datetime
    state: SpendState = SpendState.RESERVED
    #: What is charged beside a post; None for the video and the post itself.
    item: Item | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What a network has charged beside a post."""

    item: Item
    #: USD.
    usd: Decimal
    target: Target
    #: None for what an account costs whatever is posted.
    run_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One line of a quote."""

    item: Item
    #: USD.
    usd: Decimal
    #: What it would cost without what makes it dear, USD; None where nothing does.
    instead_of: Decimal | None = None
    #: Charged before the post is sent, so promised and settled beside it.
    before: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What one post is said to cost, part by part. Without any it is free."""

    parts: tuple[Part, ...] = ()
    #: The day the prices were read; they change without notice.
    as_of: date | None = None
    #: What each post costs that is read to find it again, should its answer be lost, USD.
    read: Decimal = Decimal(0)

    @property
    def usd(self) -> Decimal:
        """The whole, USD."""
        return _sum(self.parts)

    @property
    def sent(self) -> Decimal:
        """What is paid for sending it alone, USD."""
        return _sum(part for part in self.parts if not part.before)

    @property
    def before(self) -> tuple[Part, ...]:
        """What is charged before it is sent, so paid whatever becomes of that."""
        return tuple(part for part in self.parts if part.before)

    @property
    def dear(self) -> Part | None:
        """The part that costs more than it had to, if there is one."""
        return next((part for part in self.parts if part.instead_of is not None), None)


def _sum(parts: Iterable[Part]) -> Decimal:
    return sum((part.usd for part in parts), start=Decimal(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """A cap for all vendors together."""

    per_day_usd: Decimal
    #: Where the day begins at midnight.
    timezone: str = "UTC"

    def day(self, at: datetime) -> date:
        """Return the day that money spent at *at* counts for."""
        return at.astimezone(ZoneInfo(self.timezone)).date()
