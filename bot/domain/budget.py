"""Money: promised before a request leaves, settled or released after."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum


class SpendState(StrEnum):
    """Where a spend stands."""

    RESERVED = "reserved"  #: Promised; counts against the cap.
    SETTLED = "settled"  #: Spent; counts against the cap.
    RELEASED = "released"  #: Surely not spent; counts no more.


@dataclass(frozen=True, slots=True, kw_only=True)
class Spend:
    """Money for one thing of one run. Its key makes reserving it twice the same as once."""

    #: `run:what:generation`, `what` being `video` or a target.
    key: str
    run_id: str
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """A cap for all vendors together."""

    per_day_usd: Decimal
    #: Where the day begins at midnight.
    timezone: str = "UTC"
