"""What went wrong, in words for people; kept on the Run and on its deliveries."""

from datetime import datetime

from bot.domain.run import Failure, Step
from bot.errors import BotError, PublishError


def failure(step: Step, error: Exception, now: datetime) -> Failure:
    """Return *error* in words; of what nobody foresaw only the kind, the log has the rest."""
    if isinstance(error, BotError):
        return Failure(
            code=error.code,
            message=str(error),
            hint=error.hint,
            step=step,
            at=now,
            target=error.target if isinstance(error, PublishError) else None,
        )
    return Failure(
        code="internal",
        message=f"An internal error stopped the run: {type(error).__name__}.",
        hint="The log has the details; `reelbot runs retry` tries again.",
        step=step,
        at=now,
    )
