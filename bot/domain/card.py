"""Cards: the messages that show a run to those who asked for it, decide on it, or must know."""

from dataclasses import dataclass
from enum import StrEnum


class CardKind(StrEnum):
    """Whom a card is for."""

    DESK = "desk"  #: Those who asked: where the request was made, or where schedules report.
    APPROVAL = "approval"  #: Those who approve: one for every time they are asked.
    CALL = "call"  #: Those who approve, where the desk's card has the buttons: edits call nobody.
    REMINDER = "reminder"  #: Those who approve, once more before it is too late.
    ACT = "act"  #: Everybody there: who changed what. The generation counts the run's acts.
    NOTICE = "notice"  #: Those who must know that the run failed, needs a person, or is well again.


@dataclass(frozen=True, slots=True, kw_only=True)
class CardWish:
    """A card that a run should have."""

    kind: CardKind
    #: The run's generation it belongs to; 0 for a card that stays the same for ever.
    generation: int = 0
    #: Where it is to stand, as the network names the place.
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A card that is there, one per kind and generation. It is edited in place."""

    kind: CardKind
    generation: int = 0
    place: str
    #: The network's own id of the message.
    id: str
    #: Where people can see it.
    url: str | None = None

    def answers(self, wish: CardWish) -> bool:
        """Whether it is the card that was wished for."""
        return (self.kind, self.generation) == (wish.kind, wish.generation)
