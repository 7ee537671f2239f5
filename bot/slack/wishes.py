"""Which cards a run should have, as it stands, and where each of them belongs.

`board` asks, and holds back what cannot be put up now. Drawn from the run, the file and the
failures before it; nothing is looked up.
"""

from collections.abc import Callable
from datetime import datetime

from bot.domain.card import Card, CardKind, CardWish
from bot.domain.room import RoomConfig
from bot.domain.run import Run, RunState
from bot.pipeline.steps.approve import expiry
from bot.ports import Clock
from bot.slack.messages import Messages
from bot.slack.scenery import waits_for_approval
from bot.slack.streaks import CAP, Streaks
from bot.slack.updates import Updates

#: A reminder comes when so much of the patience is over.
_REMIND_AT = 0.75
#: Channels of two people, and people, whose channel is not known yet.
_DIRECT = ("D", "U", "W")


class Wishes:
    """What is wished for, run by run."""

    def __init__(
        self,
        *,
        clock: Clock,
        config: Callable[[], RoomConfig],
        messages: Messages,
        updates: Updates,
        streaks: Streaks,
    ) -> None:
        self._clock = clock
        self._config = config
        self._messages = messages
        self._updates = updates
        self._streaks = streaks

    def lacking(self, run: Run, *, begun: bool) -> list[CardWish]:
        """Return the cards that *run* should have and lacks.

        A run that nobody asked for in the room gets no card once it is over, unless putting it up
        had *begun*.
        """
        late = run.state.is_terminal and run.request.asked_in is None and not begun
        wanted = [
            (CardKind.DESK, 0, None if late else self._desk_of(run)),
            (CardKind.APPROVAL, run.generation, self._approval_place(run)),
            (CardKind.CALL, run.generation, self._call_place(run)),
            (CardKind.REMINDER, run.generation, self._reminder_place(run)),
            *((CardKind.ACT, n, self._act_place(run, n)) for n, _ in enumerate(run.acts)),
            (CardKind.NOTICE, run.generation, self._notice_place(run)),
        ]
        wishes = [CardWish(kind=k, generation=g, place=p) for k, g, p in wanted if p]
        return [wish for wish in wishes if not any(card.answers(wish) for card in run.cards)]

    def _desk_of(self, run: Run) -> str | None:
        """Return where the run's own card belongs; None for nowhere."""
        return self._id(run.request.asked_in or self._config().desk)

    def _id(self, place: str | None) -> str | None:
        return self._messages.known(place) if place else None

    def _approval_place(self, run: Run) -> str | None:
        """Return where approval is asked for beside the desk card; None where that has buttons."""
        desk, config = self._desk_of(run), self._config()
        approvers = self._id(config.approvers)
        if approvers is None and desk and desk.startswith(_DIRECT):  # nobody else sees its buttons
            approvers = self._id(config.desk)
        return approvers if waits_for_approval(run) and approvers != desk else None

    def _call_place(self, run: Run) -> str | None:
        is_asked = waits_for_approval(run) and self._approval_place(run) is None
        return self._desk_of(run) if is_asked else None

    def _reminder_place(self, run: Run) -> str | None:
        if not waits_for_approval(run) or self._clock.now() < remind_at(run):
            return None
        return self._approval_place(run) or self._desk_of(run)

    def _act_place(self, run: Run, number: int) -> str:
        desk = desk_card_of(run)
        return desk.place if desk else run.acts[number].place

    def _notice_place(self, run: Run) -> str | None:
        return self._desk_of(run) if self._must_tell(run) else None

    def _must_tell(self, run: Run) -> bool:
        if run.state is RunState.ATTENTION:
            return True
        if run.state is RunState.FAILED and is_told_of(run):
            return self._streaks.is_first(run)
        return self._streaks.ends(run)

    def thread(self, run: Run, wish: CardWish) -> str | None:
        """Return the message in whose thread the new one belongs."""
        if wish.kind in {CardKind.DESK, CardKind.APPROVAL}:
            return None
        streak = self._streaks.of(run)
        above = [card for card in run.cards if card.kind in {CardKind.DESK, CardKind.APPROVAL}]
        if wish.kind is CardKind.NOTICE and run.state is RunState.SUCCEEDED and streak:
            above = [streak.card] if streak.card else []
        elif wish.kind is CardKind.NOTICE and run.state is RunState.FAILED:
            above = []  # the next failures of the schedule are told there, too
        there = [card for card in above if self._id(card.place) == self._id(wish.place)]
        known = [card.id for card in there if not self._updates.is_gone((card.place, card.id))]
        return known[-1] if known else None


def desk_card_of(run: Run) -> Card | None:
    """Return the run's own card."""
    return next((card for card in run.cards if card.kind is CardKind.DESK), None)


def is_told_of(run: Run) -> bool:
    """Return whether a failure is told beside the card: nobody may be looking at it."""
    capped = run.failure is not None and run.failure.code == CAP
    return capped or run.request.source.startswith("schedule:")


def remind_at(run: Run) -> datetime:
    """Return when the approvers of *run* are reminded."""
    assert run.asked_at
    return run.asked_at + (expiry(run) - run.asked_at) * _REMIND_AT
