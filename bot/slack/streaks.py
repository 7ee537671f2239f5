"""Failures in a row: the same failure again edits one message, and one "recovered" follows.

`board` tells every run that ended, in the order in which they did, and asks which messages are
due. All of it can be told anew from the runs themselves, which carry their notices.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from bot.domain.card import Card, CardKind
from bot.domain.run import Run, RunState

#: The failure that is about the whole house, not about one schedule.
CAP = "budget_exceeded"
_MOST_RUNS = 10_000


@dataclass(slots=True, kw_only=True)
class Streak:
    """Runs of one schedule that failed in the same way, one after the other."""

    code: str
    #: Their ids, the first one first; it is the one that carries the message.
    runs: list[str] = field(default_factory=list)
    #: The newest of them.
    last: Run
    card: Card | None = None


class Streaks:
    """The failures that go on."""

    def __init__(self) -> None:
        self._streaks: dict[str, Streak] = {}

    def saw(self, run: Run) -> None:
        """Note how a run ended; again changes nothing."""
        key = _key(run)
        if key is None or not run.state.is_terminal:
            return
        if run.state is RunState.FAILED:
            self._failed(key, run)
        elif run.state is RunState.SUCCEEDED:
            self._succeeded(key, run)

    def of(self, run: Run) -> Streak | None:
        """Return the streak that *run* ended in, or that it ends."""
        key = _key(run)
        return self._streaks.get(key) if key else None

    def is_first(self, run: Run) -> bool:
        """Return whether *run* begins a streak that nobody was told of, as far as is known."""
        streak = self.of(run)
        if streak is None or run.failure is None or streak.code != run.failure.code:
            return True
        return streak.card is None and streak.runs[0] == run.id

    def ends(self, run: Run) -> bool:
        """Return whether *run* went well after failures that people were told of."""
        streak = self.of(run)
        return run.state is RunState.SUCCEEDED and streak is not None and streak.card is not None

    def _failed(self, key: str, run: Run) -> None:
        assert run.failure
        streak = self._streaks.get(key)
        if streak is None or streak.code != run.failure.code or _is_another_day(streak, run):
            streak = self._streaks[key] = Streak(code=run.failure.code, last=run)
        if run.id not in streak.runs[-_MOST_RUNS:]:
            streak.runs.append(run.id)
            streak.last = run
        streak.card = streak.card or notice_of(run.cards, run.generation)

    def _succeeded(self, key: str, run: Run) -> None:
        streak = self._streaks.get(key)
        told = notice_of(run.cards, run.generation)
        if streak and (streak.card is None or told):
            del self._streaks[key]


def _key(run: Run) -> str | None:
    """Return what the run's failures are counted by; None where its own card tells enough."""
    if run.failure is not None and run.failure.code == CAP and run.state is RunState.FAILED:
        return CAP
    source = run.request.source
    return source if source.startswith("schedule:") else None


def _is_another_day(streak: Streak, run: Run) -> bool:
    """Return whether the cap was reached anew; other failures go on over midnight."""
    return streak.code == CAP and streak.last.updated_at.date() != run.updated_at.date()


def notice_of(cards: Iterable[Card], generation: int) -> Card | None:
    """Return the notice of that generation."""
    return next(
        (c for c in cards if c.kind is CardKind.NOTICE and c.generation == generation), None
    )
