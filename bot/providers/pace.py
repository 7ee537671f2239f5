"""How often to look at a job: seldom at first, densely around the time its like is finished.

One `Pace` per provider; `videos_api` asks it after every look and tells it what took how long.
What it has learnt may be lost: it starts again from a guess.
"""

from dataclasses import dataclass, field
from datetime import timedelta

#: How much a newly finished job counts against all before it.
WEIGHT = 0.3
#: A job that we found finished hours later (we were not running) teaches at most this.
OUTLIER = 4.0

Kind = tuple[str, int]


@dataclass(slots=True, kw_only=True)
class Pace:
    """The rhythm of looking; all in seconds."""

    #: Bounds of the time between two looks at one job.
    shortest: float = 1.0
    longest: float = 60.0
    #: How long a video takes, before any was seen; None if nobody knows.
    guess: float | None = None
    #: Looks are gathered at multiples of it.
    grid: float = 1.0
    _usual: dict[Kind, float] = field(default_factory=dict)

    def until_next_look(self, kind: Kind, age: float) -> float:
        """Return the seconds to wait with a job of (model, seconds) that is *age* seconds old.

        Halves the way to shortly before the usual time, then goes in steps of a tenth of it, and
        slows down again when the job is much later than its like. Where nothing is known, it looks
        whenever the job has grown half as old again.
        """
        usual = self._usual.get(kind, self.guess)
        if usual is None:
            return min(max(age / 2, self.shortest), self.longest)
        wait = max(usual / 10, (0.8 * usual - age) / 2, (age - 1.5 * usual) / 5)
        return min(max(wait, self.shortest), self.longest)

    def learn(self, kind: Kind, took: timedelta) -> None:
        """Count a finished job of that kind in."""
        seconds = max(took.total_seconds(), 0.0)
        usual = self._usual.get(kind, self.guess)
        if usual is None:
            self._usual[kind] = seconds
            return
        seconds = min(seconds, OUTLIER * usual)
        self._usual[kind] = usual + WEIGHT * (seconds - usual)

    def after_failures(self, count: int) -> float:
        """Return the seconds to wait after *count* failed looks in a row; doubles every time."""
        return float(min(self.shortest * 2 ** min(count, 16), self.longest))


def studio_pace() -> Pace:
    """Return the pace for a renderer in this very process, which takes seconds."""
    return Pace(shortest=0.25, longest=2.0, guess=5.0, grid=0.25)
