"""What can go wrong between a caller and X, as tests script it with `FakeX.fail`."""

from dataclasses import dataclass, field

#: What stands in front of X answers when X does not.
HTML = "<html><head><title>503 Service Unavailable</title></head><body>upstream</body></html>"


@dataclass(frozen=True)
class Status:
    """Answer with that HTTP status; what was asked for happens only if *happens*.

    *body* is a dict (JSON), or text (HTML); None is X's plain problem of that status. A 429 has no
    rate limit headers of its own: see `RateLimit`.
    """

    code: int
    body: dict | str | None = None
    headers: dict = field(default_factory=dict)
    happens: bool = False


@dataclass(frozen=True)
class RateLimit:
    """Answer 429 whose `x-rate-limit-reset` lies so many seconds ahead; nothing happens."""

    seconds: int = 60


@dataclass(frozen=True)
class Reset:
    """Reset the connection: before or after the effect, or when half the body has arrived."""

    happens: bool = False
    reading: bool = False


@dataclass(frozen=True)
class Cut:
    """Do as asked, send the headers and half of the answer, and close the connection."""


@dataclass(frozen=True)
class Garbled:
    """Do as asked, and answer with half of the JSON as if it were whole."""


@dataclass(frozen=True)
class Hang:
    """Answer nothing until the caller gives up; what was asked for happens first, or never."""

    happens: bool = False


@dataclass(frozen=True)
class Slow:
    """Do as asked, and answer so many real seconds later."""

    seconds: float


Fault = Status | RateLimit | Reset | Cut | Garbled | Hang | Slow


@dataclass
class Planned:
    """A fault that waits for its call."""

    call: str
    fault: Fault
    #: Only for calls of this account; None for all.
    account: str | None
    #: Calls to let pass first.
    wait: int
    #: Calls it still hits.
    times: int

    def hits(self, call: str, account: str | None) -> bool:
        """Whether *call* is to meet it, which uses it up by one."""
        if self.call not in {call, "any"} or self.account not in {account, None} or not self.times:
            return False
        if self.wait:
            self.wait -= 1
            return False
        self.times -= 1
        return True
