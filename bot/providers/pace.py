"""How often to look at a job: seldom at first, densely around the time its like is finished.

One `Pace` per provider; `videos_api` asks it after every look and tells it what took how long.
What it has learnt may be lost: it starts again from a guess.
"""

import math
from dataclasses import dataclass, field
from datetime import timedelta

#: How much a newly finished job counts against all before it.
WEIGHT = 0.3
#: A job that we found finished hours later (we were not running) teaches at most this.
OUTLIER = 4.0
#: The mean distance from the usual time, as a part of it, before it is known.
DOUBT = 0.2
#: Jobs are expected so many mean distances before the usual time, up to so many after it.
EARLY, LATE = 3.0, 4.0
#: Pages of a listing that a finished job may cost; its pages hold a hundred jobs.
PAGES_PER_JOB, JOBS_PER_PAGE = 2.0, 100
#: Jobs that may fall due in a second, so that a crowd does not keep the bot from its work: the
#: others hear that they are finished from the pages that are fetched for these.
LOOKS_PER_SECOND = 100.0
#: With webhooks, when we look by ourselves: after so many usual times.
RECONCILED = 3.0

Kind = tuple[str, int]


@dataclass(slots=True)
class _Usual:
    """How long jobs of a kind take, in seconds."""

    mean: float
    #: The mean distance from it.
    spread: float

    @classmethod
    def guessed(cls, seconds: float) -> "_Usual":
        return cls(seconds, DOUBT * seconds)

    @property
    def early(self) -> float:
        return max(self.mean - EARLY * self.spread, self.mean / 4)

    @property
    def late(self) -> float:
        return self.mean + LATE * self.spread

    def learn(self, seconds: float) -> None:
        seconds = min(seconds, OUTLIER * self.mean)
        apart = min(abs(seconds - self.mean), OUTLIER * self.spread)
        self.spread = max(self.spread + WEIGHT * (apart - self.spread), self.mean / 100)
        self.mean += WEIGHT * (seconds - self.mean)


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
    _usual: dict[Kind, _Usual] = field(default_factory=dict)

    def until_next_look(self, kind: Kind, age: float, crowd: int = 1) -> float:
        """Return the seconds to wait with a job of (model, seconds) that is *age* seconds old.

        One look on the way, in case it failed; then steps from the earliest usual time on, and
        ever longer ones when the job is much later than its like. Where nothing is known, it
        looks whenever the job has grown half as old again. *crowd* jobs share their looks.
        """
        usual = self._known(kind)
        if usual is None:
            return self._bounded(age / 2)
        step = self._step(usual, crowd)
        if age < usual.early:
            halfway = usual.early / 2
            wait = (halfway if age < halfway - step else usual.early) - age
        else:
            wait = (age - usual.late) / 3
        return self._bounded(max(wait, step))

    def until_reconciled(self, kind: Kind, age: float) -> float:
        """Return the seconds to wait where a webhook will tell; it may also get lost."""
        usual = self._known(kind)
        expected = RECONCILED * usual.mean if usual else 0.0
        return max(expected - age, age / 2, self.longest)

    def beat(self, kind: Kind, crowd: int) -> float:
        """Return the seconds whose multiples a crowd looks at, so that a page serves many."""
        usual = self._known(kind)
        if usual is None or crowd <= 1:
            return self.grid
        pages = math.ceil(crowd / JOBS_PER_PAGE)
        affordable = usual.mean * pages / (PAGES_PER_JOB * crowd)
        return max(min(affordable, self._alone(usual)), self.grid)

    def learn(self, kind: Kind, took: timedelta) -> None:
        """Count a finished job of that kind in."""
        seconds = max(took.total_seconds(), 0.0)
        usual = self._known(kind)
        if usual is None:
            usual = _Usual.guessed(seconds)
        else:
            usual.learn(seconds)
        self._usual[kind] = usual

    def after_failures(self, count: int) -> float:
        """Return the seconds to wait after *count* failed looks in a row; doubles every time."""
        return float(min(self.shortest * 2 ** min(count, 16), self.longest))

    def _known(self, kind: Kind) -> _Usual | None:
        if kind not in self._usual and self.guess is not None:
            return _Usual.guessed(self.guess)
        return self._usual.get(kind)

    def _step(self, usual: _Usual, crowd: int) -> float:
        if crowd <= 1:
            return self._alone(usual)
        # Of a crowd about a half is near its end.
        return max(self._alone(usual) / crowd, self.shortest, crowd / (2 * LOOKS_PER_SECOND))

    def _alone(self, usual: _Usual) -> float:
        return self._bounded(max(usual.spread / 2, usual.mean / 20))

    def _bounded(self, seconds: float) -> float:
        return min(max(seconds, self.shortest), self.longest)


def studio_pace() -> Pace:
    """Return the pace for a renderer in this very process, which takes seconds."""
    return Pace(shortest=0.25, longest=2.0, guess=5.0, grid=0.25)
