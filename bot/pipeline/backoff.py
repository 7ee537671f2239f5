"""Backoff: how long a run waits after an error, and when trying again is no use any more.

The runner asks it for every step, `publish` for every target. Only errors that say so are tried
again; what merely has to wait (a stop, a settling write, a full disk) is waited for without end.
"""

import random
from dataclasses import dataclass

from bot.domain.run import Run, WaitReason
from bot.errors import BotError, InTheAir, LowDisk, Settling, Stopped, TargetPaused

#: Tries of one step by itself before a person has to retry it: about an hour while nothing is
#: paid for, about eight hours once a video is.
_TRIES_UNPAID, _TRIES_PAID = 20, 100
#: Tries of a step that raises what nobody foresaw.
_TRIES_UNFORESEEN = 3
#: The longest pause between two tries, and the longest that anybody may ask of us; seconds.
_LONGEST, _LONGEST_ASKED = 300.0, 24 * 3600.0
#: A paused target, and a full disk, are looked at again after this; seconds.
PAUSED, _FULL = 15 * 60.0, 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """What a run waits for, and how long."""

    reason: WaitReason
    #: None: until somebody pokes it.
    seconds: float | None
    #: Whether it counts as a failed try.
    counts: bool = False


def wait_after(run: Run, error: Exception) -> Wait | None:
    """Return how *run* waits after *error*; None when it will not go away by itself."""
    if isinstance(error, Stopped):
        return Wait(reason=WaitReason.STOPPED, seconds=None)
    if isinstance(error, TargetPaused):
        return Wait(reason=WaitReason.TARGET_PAUSED, seconds=PAUSED)
    if isinstance(error, LowDisk):
        return Wait(reason=WaitReason.BACKOFF, seconds=_FULL)
    if isinstance(error, Settling | InTheAir):
        return Wait(reason=WaitReason.BACKOFF, seconds=_asked(error) or 1.0)
    if not _may_retry(run, error):
        return None
    pause = max(_asked(error), _pause(run.attempts + 1))
    return Wait(reason=WaitReason.BACKOFF, seconds=pause, counts=True)


def _may_retry(run: Run, error: Exception) -> bool:
    if not isinstance(error, BotError):
        return run.attempts < _TRIES_UNFORESEEN
    return error.retryable and run.attempts < (_TRIES_PAID if run.job else _TRIES_UNPAID)


def _asked(error: Exception) -> float:
    asked = getattr(error, "retry_after", None) or 0.0
    return float(min(max(asked, 0.0), _LONGEST_ASKED))


def _pause(attempts: int) -> float:
    """Return the seconds after so many failed tries: doubling, and never all at once."""
    spread = random.uniform(0.7, 1.3)  # noqa: S311  # spreads load, guards nothing
    return min(2.0 ** min(attempts, 10), _LONGEST) * spread
