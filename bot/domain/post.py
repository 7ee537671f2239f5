"""Posts: what we publish, where, and what became of it."""

import math
import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from bot.domain.card import Card
from bot.domain.video import Asset

_DESTINATION = {
    "slack": re.compile(r"#[^\s#]{1,80}|[CGD][A-Z0-9]{8,}"),
    "x": re.compile(r"@[A-Za-z0-9_]{1,15}"),
}


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Target:
    """Where a post goes: a network and a place on it."""

    #: `slack` or `x`.
    network: str
    #: A channel (`#cats`, `C0123456789`) or an account (`@reelbot`).
    destination: str

    def __str__(self) -> str:
        return f"{self.network}:{self.destination}"

    @property
    def needs_words(self) -> bool:
        """Whether a post there must not be a video alone: in public it has to say what it is."""
        return self.network == "x"

    @classmethod
    def parse(cls, text: str) -> "Target":
        """Return the target that *text* (`slack:#cats`, `x:@reelbot`) names, or `ValueError`."""
        network, colon, destination = text.partition(":")
        pattern = _DESTINATION.get(network)
        if not colon or pattern is None:
            known = " or ".join(f"{name}:…" for name in _DESTINATION)
            raise ValueError(f"{text!r} is not a target; it looks like {known}")
        if not pattern.fullmatch(destination):
            example = "slack:#cats" if network == "slack" else "x:@reelbot"
            raise ValueError(f"{text!r} does not name a place on {network}, as {example} does")
        # Handles of X are the same in any case; one account must not be two targets.
        place = destination.lower() if network == "x" else destination
        return cls(network=network, destination=place)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a target accepts; `fit` brings an asset within it or refuses before approval."""

    max_width: int
    max_height: int
    max_seconds: float
    max_bytes: int
    max_fps: float = 60.0
    #: The shorter side; nothing is ever scaled up.
    min_side: int = 1
    #: The longer side divided by the shorter one, whichever stands; no scaling changes it.
    max_aspect: float = math.inf
    min_seconds: float = 0.0

    def misfit(self, width: int, height: int, seconds: float) -> str | None:
        """Return why no scaling makes such a video fit, to follow its target's name; else None."""
        short, long = sorted((width, height))
        if seconds > self.max_seconds:
            return f"takes at most {self.max_seconds:g} seconds, not {seconds:g}"
        if seconds < self.min_seconds:
            return f"takes at least {self.min_seconds:g} seconds, not {seconds:g}"
        if short < self.min_side:
            return f"takes no side shorter than {self.min_side} pixels, not {width}x{height}"
        if long > self.max_aspect * short:
            shape = f"{self.max_aspect:g}:1"
            return f"takes no shape longer than {shape}, not {width}x{height}"
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words of a post on their way to one target."""

    #: None only where the network takes a video without words (Slack).
    caption: str | None
    #: A template made them; what a person wrote goes out as it is, or not at all.
    generated: bool = False
    #: The template lets them be cut where they are too long.
    may_cut: bool = False
    #: What was changed of them, each a sentence for people.
    changes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """The exact bytes and text for one target. This is what people approve."""

    run_id: str
    target: Target
    #: None only where the network takes a video without words (Slack).
    caption: str | None
    alt_text: str | None
    asset: Asset
    thumbnail: Asset | None
    #: Stamped on everything that shows it; refused by every live target.
    simulated: bool
    #: The card that shows the run: a post in the same place belongs to it, not beside it.
    beside: Card | None = None
    #: What was changed of the words that a template made, each a sentence for people.
    changes: tuple[str, ...] = ()


class DeliveryStatus(StrEnum):
    """What we know about a delivery."""

    PENDING = "pending"  #: Not sent, or not known yet; the ledger knows more.
    DELIVERED = "delivered"
    FAILED = "failed"
    UNCERTAIN = "uncertain"  #: May have gone out; a person has to look.
    TAKEN_DOWN = "taken_down"  #: Was there, until a person took it down.

    @property
    def is_settled(self) -> bool:
        """Whether the pipeline is done with it unless a person acts."""
        return self is not DeliveryStatus.PENDING


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What became of one Post at one Target."""

    target: Target
    status: DeliveryStatus = DeliveryStatus.PENDING
    #: The network's own id of the post.
    remote_id: str | None = None
    #: Where people can see it.
    url: str | None = None
    #: What happened, for people.
    detail: str | None = None
    #: What a person can do about it.
    hint: str | None = None
    delivered_at: datetime | None = None
    #: Shown by `preview` instead of the network itself.
    preview: bool = False
    #: What the post itself came to, USD, without what was charged beside it; None until known.
    cost: Decimal | None = None
