"""What calls cost, and how many may come. Prices in USD, of 2026-04-20, pay per use."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from tests.fake_x.accounts import Account
from tests.fake_x.refusal import no_credits, too_many

POST, POST_WITH_URL, REPLY = Decimal("0.015"), Decimal("0.200"), Decimal("0.010")
DELETE, METADATA, USER = Decimal("0.010"), Decimal("0.005"), Decimal("0.010")
READ, OWN_READ = Decimal("0.005"), Decimal("0.001")
#: Seconds of a window, and calls in it, by account and call.
WINDOW = 900
LIMITS = {
    "initialize": 1875,
    "append": 1875,
    "finalize": 1875,
    "status": 1000,
    "metadata": 500,
    "post": 100,
    "delete": 50,
    "read": 900,
    "timeline": 900,
    "me": 75,
}
BILLED = {"post", "delete", "metadata", "read", "timeline", "me"}


@dataclass
class Credits:
    """The developer's balance; media uploads are free."""

    balance: Decimal = Decimal(100)
    spent: Decimal = Decimal(0)
    _read: set[tuple[date, str]] = field(default_factory=set)

    def check(self, call: str, owner: str) -> None:
        """Refuse a call that costs when nothing is left."""
        if call in BILLED and self.balance <= 0:
            raise no_credits(owner)

    def charge(self, price: Decimal) -> None:
        self.balance -= price
        self.spent += price

    def charge_read(self, resource: str, price: Decimal, now: datetime) -> None:
        """Charge for reading *resource*, once a day (UTC)."""
        if (now.date(), resource) not in self._read:
            self._read.add((now.date(), resource))
            self.charge(price)


@dataclass
class Limits:
    """Windows of a quarter of an hour, by account and call."""

    #: By call; a test may set its own.
    of: dict[str, int] = field(default_factory=lambda: dict(LIMITS))
    _used: dict[tuple[str, str, int], int] = field(default_factory=dict)

    def take(self, call: str, account: Account | None, now: datetime) -> dict[str, str]:
        """Count a call and return its headers; a 429 when there were too many."""
        if call not in self.of:
            return {}
        window = int(now.timestamp()) // WINDOW
        key, limit = (account.id if account else "", call, window), self.of[call]
        used = self._used[key] = self._used.get(key, 0) + 1
        headers = limit_headers(limit, max(0, limit - used), (window + 1) * WINDOW)
        if used > limit:
            raise too_many(headers)
        return headers


def limit_headers(limit: int, remaining: int, reset: int) -> dict[str, str]:
    return {
        "x-rate-limit-limit": str(limit),
        "x-rate-limit-remaining": str(remaining),
        "x-rate-limit-reset": str(reset),
    }
