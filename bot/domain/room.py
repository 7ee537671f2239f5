"""The control room: what it is called, where it reports, and who may do what in it."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Right(StrEnum):
    """What a person needs to be allowed."""

    ANYONE = "anyone"  #: Whoever is a full member of the workspace.
    GENERATE = "generate"  #: Ask for videos, and decide on posts that stay in Slack.
    PUBLISH_X = "publish_x"  #: Let posts out to X.
    ADMIN = "admin"  #: Start again after a stop, resume schedules, delete others' videos.


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Some people of the workspace."""

    #: Every full member.
    everyone: bool = False
    users: tuple[str, ...] = ()
    #: Ids of user groups; whoever is in one.
    groups: tuple[str, ...] = ()
    #: Ids of channels; whoever asks there, as Slack lets only its members.
    channels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomConfig:
    """All that `schedules.yaml` says under `slack`."""

    #: The slash command, with its stroke.
    command: str = "/video"
    language: str = "en"
    #: Where schedules and the command line report; None: nowhere.
    desk: str | None = None
    #: Where approval is asked for; None: on the card itself.
    approvers: str | None = None
    generate: Who = Who(everyone=True)
    publish_x: Who = Who()
    admin: Who = Who()
    #: Whether people may approve what they asked for themselves.
    self_approval: bool = False
    #: Videos that one person may ask for in a day of `timezone`; None: as many as the budget takes.
    daily_limit: int | None = None
    #: Whatever costs more is asked about once more.
    confirm_over_usd: Decimal = Decimal(5)
    #: Channels that take SIMULATED clips, as targets name them.
    allow_simulated: frozenset[str] = frozenset()
    #: The zone that days are counted in.
    timezone: str = "UTC"

    def holders(self, right: Right) -> tuple[Who, ...]:
        """Return who has *right*: an admin has every other one, who may post to X may ask, too."""
        return {
            Right.ANYONE: (Who(everyone=True),),
            Right.GENERATE: (self.generate, self.publish_x, self.admin),
            Right.PUBLISH_X: (self.publish_x, self.admin),
            Right.ADMIN: (self.admin,),
        }[right]
