"""What can go wrong between a caller and Slack, as tests script it with `FakeSlack.fail`."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Refuse:
    """Answer `ok: false` with that word; nothing happens."""

    word: str
    more: dict = field(default_factory=dict)


@dataclass(frozen=True)
class RateLimit:
    """Answer 429 with `Retry-After`; nothing happens."""

    seconds: int = 3


@dataclass(frozen=True)
class Status:
    """Answer with that HTTP status; what was asked for happens only if *happens*."""

    code: int
    body: str = "<html>upstream error</html>"
    happens: bool = False


@dataclass(frozen=True)
class Reset:
    """Reset the connection, before or after what was asked for happens."""

    happens: bool = False


@dataclass(frozen=True)
class Hang:
    """Answer nothing until the caller gives up; what was asked for happens first, or never."""

    happens: bool = False


@dataclass(frozen=True)
class Slow:
    """Do as asked, and answer so many real seconds later."""

    seconds: float


Fault = Refuse | RateLimit | Status | Reset | Hang | Slow


@dataclass
class Planned:
    """A fault that waits for its call."""

    method: str
    fault: Fault
    #: Only for calls about this channel id; None for all.
    channel: str | None
    #: Calls it still hits.
    times: int

    def hits(self, method: str, channel: str | None) -> bool:
        return self.method in {method, "any"} and self.channel in {None, channel}
