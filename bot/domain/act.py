"""Acts: what a person did to a run that none of its cards shows by itself."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.command import CommandKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """A command that was done, and that everybody in the control room is told of."""

    kind: CommandKind
    by: str
    at: datetime
    #: Where it is told if the run has no card, as the network names the place.
    place: str
    #: The target that it was about, as text.
    target: str | None = None
